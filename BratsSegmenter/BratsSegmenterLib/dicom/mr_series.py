"""Writes classic MR series of synthetic heads: for the demo, for ``nifti-to-dicom`` and for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage

from BratsSegmenterLib.dicom.values import decimal_string, new_uid
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.geometry import Geometry


@dataclass(frozen=True)
class StudyIdentity:
    """The patient and study blocks that all series of one synthetic study share."""

    patient_name: str = "Phantom^Glioma"
    patient_id: str = "PHANTOM-1"
    accession_number: str = "A1"
    study_date: str = "20260102"
    study_description: str = "MR BRAIN W/WO CONTRAST"
    study_uid: str = field(default_factory=new_uid)
    frame_of_reference_uid: str = field(default_factory=new_uid)


@dataclass(frozen=True)
class Protocol:
    """How a series says it was acquired: the attributes that sequence recognition reads."""

    description: str
    scanning_sequence: str
    acquisition_type: str
    repetition_time_ms: float
    echo_time_ms: float
    inversion_time_ms: float | None = None
    contrast_agent: str = ""
    acquisition_time: str = "101500"
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "M", "NONE")


@dataclass(frozen=True)
class Rescale:
    """Image value = slope * stored value + intercept (DICOM PS3.3 C.11.1)."""

    slope: float
    intercept: float

    @classmethod
    def to_16_bits(cls, array: NDArray) -> Rescale:
        """Spends all 16 bits on the range of `array`, or nothing where its whole numbers fit as they are.

        Both numbers have the digits that a Decimal String keeps (see :data:`_DIGITS`), the intercept rounded down and
        the slope rounded up, so that the lowest and the highest value still fit.
        """
        lowest, highest = float(array.min()), float(array.max())
        if lowest >= 0 and highest <= _LARGEST_16_BITS and np.array_equal(array, np.rint(array)):
            return cls(1.0, 0.0)
        intercept = _rounded(lowest, ROUND_FLOOR)
        slope = _rounded((highest - intercept) / _LARGEST_16_BITS, ROUND_CEILING)
        return cls(slope or 1.0, intercept)


_DIGITS = 9
"""That 16 characters hold beside a sign, a point and an exponent of two or three digits (DICOM PS3.5 6.2)."""
_LARGEST_12_BITS, _LARGEST_16_BITS = 4095, 65535

PROTOCOLS = {
    Sequence.T1: Protocol("Ax T1 SE", "SE", "2D", 550, 11, acquisition_time="101000"),
    Sequence.T2: Protocol("Ax T2 TSE", "SE", "2D", 4500, 98, acquisition_time="101500"),
    Sequence.FLAIR: Protocol("Ax T2 FLAIR", "SE", "2D", 9000, 120, 2500, acquisition_time="102000"),
    Sequence.T1C: Protocol(
        "T1 MPRAGE +C", "GR", "3D", 2000, 3, 900, contrast_agent="GADOBUTROL", acquisition_time="103000"
    ),
}


def write_mr_series(
    array: NDArray,
    geometry: Geometry,
    folder: Path,
    identity: StudyIdentity,
    protocol: Protocol,
    series_number: int,
    rescale: Rescale | None = None,
) -> list[Path]:
    """Write one classic MR series (DICOM PS3.3 A.4), explicit VR little endian, one file a slice.

    Parameters
    ----------
    array : ndarray, shape (slices, rows, columns)
        Without `rescale` values 0 to 4095, stored in 12 bits; rounded to whole numbers and clipped.
    geometry : Geometry
        Of the array. Its k axis must be the normal of a slice.
    folder : Path
        Made when missing; files are named by instance number.
    identity : StudyIdentity
    protocol : Protocol
    series_number : int
    rescale : Rescale
        Stores the values in 16 bits instead; they return within half a slope.

    Returns
    -------
    list of Path
        The files, in slice order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    series_uid = new_uid()
    files = []
    for k, values in enumerate(array):
        dataset = _instance(_stored(values, rescale), geometry, k, identity, protocol)
        dataset.SeriesInstanceUID = series_uid
        dataset.SeriesNumber = series_number
        if rescale is not None:
            _describe_rescale(dataset, rescale)
        path = folder / f"{k + 1:04d}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        files.append(path)
    return files


def _rounded(value: float, rounding: str) -> float:
    return float(Context(_DIGITS, rounding).create_decimal_from_float(value))


def _stored(plane: NDArray, rescale: Rescale | None) -> NDArray:
    if rescale is None:
        return np.clip(np.rint(plane), 0, _LARGEST_12_BITS).astype("<u2")
    exact = plane.astype(np.float64)  # 32 bits would lose a small range far from 0
    return np.clip(np.rint((exact - rescale.intercept) / rescale.slope), 0, _LARGEST_16_BITS).astype("<u2")


def _describe_rescale(dataset: FileDataset, rescale: Rescale) -> None:
    dataset.BitsStored, dataset.HighBit = 16, 15
    dataset.RescaleSlope, dataset.RescaleIntercept = (
        f"{value:.{_DIGITS - 1}e}" for value in (rescale.slope, rescale.intercept)
    )
    dataset.RescaleType = "US"


def _instance(plane: NDArray, geometry: Geometry, k: int, identity: StudyIdentity, protocol: Protocol) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = UID(new_uid())
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = MRImageStorage
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    _describe_patient_and_study(dataset, identity)
    _describe_acquisition(dataset, protocol)
    _describe_plane(dataset, plane, geometry, k)
    dataset.InstanceNumber = k + 1
    return dataset


def _describe_patient_and_study(dataset: FileDataset, identity: StudyIdentity) -> None:
    dataset.PatientName = identity.patient_name
    dataset.PatientID = identity.patient_id
    dataset.PatientBirthDate = "19600101"
    dataset.PatientSex = "O"
    dataset.StudyInstanceUID = identity.study_uid
    dataset.StudyDate = identity.study_date
    dataset.StudyTime = "100000"
    dataset.StudyID = "1"
    dataset.StudyDescription = identity.study_description
    dataset.AccessionNumber = identity.accession_number
    dataset.ReferringPhysicianName = ""
    dataset.FrameOfReferenceUID = identity.frame_of_reference_uid
    dataset.PositionReferenceIndicator = ""


def _describe_acquisition(dataset: FileDataset, protocol: Protocol) -> None:
    dataset.Modality = "MR"
    dataset.Manufacturer = "BratsSegmenter phantom"
    dataset.BodyPartExamined = "BRAIN"
    dataset.PatientPosition = "HFS"
    dataset.ImageType = list(protocol.image_type)
    dataset.SeriesDescription = protocol.description
    dataset.ProtocolName = protocol.description
    dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = dataset.StudyDate
    dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = protocol.acquisition_time
    dataset.ScanningSequence = (
        [protocol.scanning_sequence] if protocol.inversion_time_ms is None else [protocol.scanning_sequence, "IR"]
    )
    dataset.SequenceVariant = "SK"
    dataset.ScanOptions = ""
    dataset.MRAcquisitionType = protocol.acquisition_type
    dataset.RepetitionTime = protocol.repetition_time_ms
    dataset.EchoTime = protocol.echo_time_ms
    dataset.EchoTrainLength = 1
    dataset.MagneticFieldStrength = 3
    if protocol.inversion_time_ms is not None:
        dataset.InversionTime = protocol.inversion_time_ms
    if protocol.contrast_agent:
        dataset.ContrastBolusAgent = protocol.contrast_agent


def _describe_plane(dataset: FileDataset, plane: NDArray, geometry: Geometry, k: int) -> None:
    column_spacing, row_spacing, slice_spacing = geometry.spacing_mm
    position = geometry.points_mm(np.array([[0.0, 0.0, k]]))[0]
    dataset.PixelSpacing = [decimal_string(row_spacing), decimal_string(column_spacing)]
    dataset.SliceThickness = dataset.SpacingBetweenSlices = decimal_string(slice_spacing)
    dataset.ImageOrientationPatient = [decimal_string(value) for value in geometry.direction[:, :2].T.ravel()]
    dataset.ImagePositionPatient = [decimal_string(value) for value in position]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = plane.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.WindowCenter, dataset.WindowWidth = 500, 1000
    dataset.PixelData = plane.tobytes()
