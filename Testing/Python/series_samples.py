"""MR series of known content and geometry for tests: classic and enhanced, straight and oblique, and damaged ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from io import BytesIO
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.tag import Tag
from pydicom.uid import UID, EnhancedMRImageStorage, ExplicitVRLittleEndian, JPEG2000Lossless

from BratsSegmenterLib import domain
from BratsSegmenterLib.dicom.mr_series import PROTOCOLS, Protocol, StudyIdentity, write_mr_series
from BratsSegmenterLib.dicom.values import new_uid
from BratsSegmenterLib.geometry import Geometry

SHAPE = (12, 40, 32)
SPACING_MM = (0.9, 1.1, 5.0)
T1 = PROTOCOLS[domain.Sequence.T1]


def values(shape: tuple[int, int, int] = SHAPE, seed: int = 0) -> NDArray[np.uint16]:
    """Stored values of 12 bits, shape (slices, rows, columns); no two slices or rows are alike."""
    noise = np.random.default_rng(seed).integers(0, 100, shape)
    return (noise + 1000 + 200 * np.arange(shape[0])[:, None, None] % 2000).astype(np.uint16)


def axial(shape: tuple[int, int, int] = SHAPE, spacing_mm: tuple[float, float, float] = SPACING_MM) -> Geometry:
    """Slices along the body's axis; pixels are not square."""
    return Geometry.from_axes(shape, spacing_mm, np.eye(3), np.array([-14.5, -21.25, -30.0]))


def sagittal(shape: tuple[int, int, int] = SHAPE, spacing_mm: tuple[float, float, float] = SPACING_MM) -> Geometry:
    """Rows run from front to back, columns downwards, slices from left to right (row x column direction)."""
    direction = np.array([[0, 0, -1], [1, 0, 0], [0, -1, 0]], float)
    return Geometry.from_axes(shape, spacing_mm, direction, np.array([30.0, -21.25, 40.0]))


def oblique(shape: tuple[int, int, int] = SHAPE, spacing_mm: tuple[float, float, float] = SPACING_MM) -> Geometry:
    """Turned about all three axes, as a technologist aligns slices with the skull base."""
    turned = sitk.Euler3DTransform()
    turned.SetRotation(np.deg2rad(12), np.deg2rad(-7), np.deg2rad(4))
    direction = np.array(turned.GetMatrix()).reshape(3, 3)
    return Geometry.from_axes(shape, spacing_mm, direction, np.array([-14.5, -21.25, -30.0]))


GEOMETRIES: dict[str, Callable[[], Geometry]] = {"axial": axial, "sagittal": sagittal, "oblique": oblique}


def classic(
    folder: Path,
    array: NDArray | None = None,
    geometry: Geometry | None = None,
    protocol: Protocol = T1,
    identity: StudyIdentity | None = None,
    number: int = 1,
) -> list[Path]:
    """A classic series, one file a slice, in slice order."""
    geometry = geometry or oblique()
    array = values(geometry.shape) if array is None else array
    return write_mr_series(array, geometry, folder, identity or StudyIdentity(), protocol, number)


def enhanced(
    file: Path,
    array: NDArray | None = None,
    geometry: Geometry | None = None,
    order: Sequence[int] | None = None,
    slopes: Sequence[float] | None = None,
    contrast: str = "T1",
    timing_ms: tuple[float, float] = (500, 12),
    identity: StudyIdentity | None = None,
    number: int = 1,
) -> Path:
    """An enhanced multi-frame object (PS3.3 A.36): `order` lists the slices as the frames are stored.

    Parameters
    ----------
    file : Path
    array : ndarray of uint16, shape (slices, rows, columns)
    geometry : Geometry
    order : sequence of int
        Slice k of each frame; spatial order when not given.
    slopes : sequence of float
        Rescale slope of slice k; shared and 1 when not given.
    contrast : str
        Acquisition Contrast: T1, T2, FLUID_ATTENUATED ...
    timing_ms : tuple of float
        Repetition and echo time.
    identity : StudyIdentity
    number : int
        Series number.
    """
    geometry = geometry or oblique()
    array = values(geometry.shape) if array is None else array
    order = range(len(array)) if order is None else order
    identity = identity or StudyIdentity()
    dataset = _file(EnhancedMRImageStorage)
    dataset.PatientName, dataset.PatientID = identity.patient_name, identity.patient_id
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = identity.study_uid, new_uid()
    dataset.FrameOfReferenceUID = identity.frame_of_reference_uid
    dataset.StudyDate, dataset.StudyTime = identity.study_date, "100000"
    dataset.AcquisitionDateTime = f"{identity.study_date}10{number:02d}00"
    dataset.Modality, dataset.SeriesNumber, dataset.InstanceNumber = "MR", number, 1
    dataset.SeriesDescription = "enhanced"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", contrast, "NONE"]
    dataset.AcquisitionContrast = contrast
    dataset.SharedFunctionalGroupsSequence = [_shared_groups(geometry, timing_ms, slopes is None)]
    dataset.PerFrameFunctionalGroupsSequence = [_frame_groups(geometry, k, slopes) for k in order]
    _put_pixels(dataset, array[list(order)])
    dataset.NumberOfFrames = len(order)
    file.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(file, enforce_file_format=True)
    return file


def in_parts(file: Path, folder: Path, frames_each: int) -> None:
    """An enhanced object as several of the same series, each with so many of its frames."""
    folder.mkdir(parents=True)
    whole = dcmread(file)
    groups, pixels = whole.PerFrameFunctionalGroupsSequence, whole.pixel_array
    for number, first in enumerate(range(0, len(groups), frames_each), 1):
        part = deepcopy(whole)
        part.PerFrameFunctionalGroupsSequence = groups[first : first + frames_each]
        part.PixelData = pixels[first : first + frames_each].tobytes()
        part.NumberOfFrames, part.InstanceNumber = len(part.PerFrameFunctionalGroupsSequence), number
        part.SOPInstanceUID = part.file_meta.MediaStorageSOPInstanceUID = new_uid()
        part.save_as(folder / f"{number}.dcm")


def change(file: Path, edit: Callable[[Dataset], None]) -> None:
    """Rewrite one file after `edit` changed its dataset."""
    dataset = dcmread(file)
    edit(dataset)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(file, enforce_file_format=True)


def put(dataset: Dataset, keyword: str, value: bytes) -> None:
    """Set an attribute to bytes that pydicom itself would not write."""
    tag = Tag(keyword)
    dataset[tag] = RawDataElement(tag, dictionary_VR(tag), len(value), value, 0, False, True)


def copy_as_new_instance(file: Path, to: Path, edit: Callable[[Dataset], None] = lambda dataset: None) -> Path:
    """A second instance with the same content and another SOP Instance UID."""
    dataset = dcmread(file)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(new_uid())
    edit(dataset)
    dataset.save_as(to, enforce_file_format=True)
    return to


def compress(file: Path, transfer_syntax: UID) -> None:
    """Store the pixels of one file losslessly in another transfer syntax."""
    dataset = dcmread(file)
    if transfer_syntax == JPEG2000Lossless:
        dataset.PixelData = encapsulate([_jpeg2000(dataset.pixel_array)])
        dataset.file_meta.TransferSyntaxUID = transfer_syntax
    else:
        dataset.compress(transfer_syntax, generate_instance_uid=False)
    dataset.save_as(file, enforce_file_format=True)


def _jpeg2000(plane: NDArray) -> bytes:
    """A lossless code stream; pydicom itself only encodes JPEG 2000 with a further package."""
    stream = BytesIO()
    Image.fromarray(plane).save(stream, "JPEG2000", no_jp2=True, irreversible=False)
    return stream.getvalue()


def _file(sop_class: UID) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, UID(new_uid())
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    return dataset


def _put_pixels(dataset: Dataset, array: NDArray) -> None:
    dataset.Rows, dataset.Columns = array.shape[1:]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.PixelData = np.ascontiguousarray(array, "<u2").tobytes()


def _shared_groups(geometry: Geometry, timing_ms: tuple[float, float], shared_slope: bool) -> Dataset:
    column_spacing, row_spacing, slice_spacing = geometry.spacing_mm
    groups = Dataset()
    groups.PixelMeasuresSequence = [
        _item(PixelSpacing=[_decimal(row_spacing), _decimal(column_spacing)], SliceThickness=_decimal(slice_spacing))
    ]
    groups.PlaneOrientationSequence = [
        _item(ImageOrientationPatient=[_decimal(value) for value in geometry.direction[:, :2].T.ravel()])
    ]
    groups.MRTimingAndRelatedParametersSequence = [_item(RepetitionTime=timing_ms[0], FlipAngle=90)]
    groups.MREchoSequence = [_item(EffectiveEchoTime=float(timing_ms[1]))]
    if shared_slope:
        groups.PixelValueTransformationSequence = [_item(RescaleSlope=1, RescaleIntercept=0, RescaleType="US")]
    return groups


def _frame_groups(geometry: Geometry, k: int, slopes: Sequence[float] | None) -> Dataset:
    groups = Dataset()
    position = geometry.points_mm(np.array([[0.0, 0.0, k]]))[0]
    groups.PlanePositionSequence = [_item(ImagePositionPatient=[_decimal(value) for value in position])]
    groups.FrameContentSequence = [_item(StackID="1", InStackPositionNumber=k + 1)]
    if slopes is not None:
        groups.PixelValueTransformationSequence = [
            _item(RescaleSlope=_decimal(slopes[k]), RescaleIntercept=0, RescaleType="US")
        ]
    return groups


def _item(**attributes: object) -> Dataset:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def _decimal(value: float) -> str:
    return f"{value:.10f}"[:16]
