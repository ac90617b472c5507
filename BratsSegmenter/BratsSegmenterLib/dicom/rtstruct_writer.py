"""RT Structure Sets (DICOM PS3.3 A.19) that every reader turns back into the voxels they were made of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.charset import default_encoding
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.tag import Tag
from pydicom.uid import ImplicitVRLittleEndian, RTStructureSetStorage

from BratsSegmenterLib.dicom.contouring import EXACT, Contouring
from BratsSegmenterLib.dicom.contours import MAX_POINTS, Contour, region_contours
from BratsSegmenterLib.dicom.notes_in_objects import whole_notes
from BratsSegmenterLib.dicom.provenance import ObjectKind, Provenance, WrittenObject
from BratsSegmenterLib.dicom.slice_planes import SlicePlanes, require_drawn_on
from BratsSegmenterLib.dicom.study_objects import (
    date_and_time,
    image_item,
    new_object,
    reference_item,
    save,
    writable_notes,
)
from BratsSegmenterLib.domain import Region, Segmentation, Volume

_STUDY_COMPONENT = "1.2.840.10008.3.1.2.3.1"  # retired Detached Study Management, allowed by PS3.3 C.8.8.5.4
_CONTOUR_DATA = Tag("ContourData")
_LONGEST_SHORT_TEXT = 1024  # characters of VR ST (PS3.5 table 6.2-1)
_GROSS_TUMOUR = ("ET", "NCR", "TC")


def write_rtstruct(
    path: Path,
    volume: Volume,
    segmentation: Segmentation,
    provenance: Provenance,
    *,
    contouring: Contouring = EXACT,
    max_points: int = MAX_POINTS,
) -> WrittenObject:
    """Write the regions of a segmentation as one structure set in the study of its reference volume.

    Implicit VR: an explicit one cannot hold contours over 64 kB. Each contour lies exactly on the plane of its slice
    and names the instance (and frame) of that slice, unless that slice was interpolated across a gap. Regions without
    voxels are left out; a whole tumour or core of which nothing was told apart is a ROI of its own.

    Parameters
    ----------
    path : Path
        Of the file; its folder is made when missing.
    volume : Volume
        The reference volume, on whose slices the contours lie.
    segmentation : Segmentation
        On the grid of that volume.
    provenance : Provenance
    contouring : Contouring
        Exact contours of the leaf regions when not given.
    max_points : int
        Cap on the points of a contour; a longer one is cut into parts along a pixel row.

    Raises
    ------
    ExportError
        The segmentation lies on another grid, has no voxels at all, or the disk refused.
    """
    require_drawn_on(volume, segmentation)
    drawn = contouring.regions(segmentation)
    contours = {r: region_contours(segmentation.mask(r), max_points, contouring.smooth) for r in drawn}
    regions = [region for region, drawn in contours.items() if drawn]
    dataset = new_object(RTStructureSetStorage, ImplicitVRLittleEndian, volume, provenance)
    _describe_structure_set(dataset, volume, provenance, contouring)
    _reference_images(dataset, volume)
    planes = SlicePlanes(volume)
    images = [image_item(frame) if own else None for frame, own in zip(volume.frames, planes.has_image, strict=True)]
    dataset.ROIContourSequence = [
        _roi_contours(number, region, contours[region], planes, images) for number, region in enumerate(regions, 1)
    ]
    dataset.StructureSetROISequence = [
        _roi(number, region, volume, provenance) for number, region in enumerate(regions, 1)
    ]
    dataset.RTROIObservationsSequence = [_observation(number, region) for number, region in enumerate(regions, 1)]
    return save(dataset, path, ObjectKind.RTSTRUCT)


def _describe_structure_set(
    dataset: FileDataset, volume: Volume, provenance: Provenance, contouring: Contouring
) -> None:
    dataset.Modality = ObjectKind.RTSTRUCT.value
    dataset.SeriesNumber = provenance.series_number
    dataset.SeriesDescription = provenance.series_description(ObjectKind.RTSTRUCT)
    dataset.InstanceNumber = 1
    dataset.StructureSetLabel = f"Glioma v{provenance.version}"
    dataset.StructureSetName = dataset.SeriesDescription
    notes = writable_notes(volume, provenance)
    description = whole_notes((contouring.description, *notes), _LONGEST_SHORT_TEXT)
    if description:
        dataset.StructureSetDescription = description
    dataset.StructureSetDate, dataset.StructureSetTime = date_and_time(provenance.content_time)
    predecessor = provenance.predecessor(RTStructureSetStorage)
    if predecessor:
        dataset.PredecessorStructureSetSequence = [reference_item(predecessor)]
    if provenance.approved_at is None:
        dataset.ApprovalStatus = "UNAPPROVED"
        return
    dataset.ApprovalStatus = "APPROVED"
    dataset.ReviewDate, dataset.ReviewTime = date_and_time(provenance.approved_at)
    dataset.ReviewerName = provenance.reviewer


def _reference_images(dataset: FileDataset, volume: Volume) -> None:
    series = Dataset()
    series.SeriesInstanceUID = volume.series.series_uid
    series.ContourImageSequence = [image_item(frame) for frame in dict.fromkeys(volume.frames)]
    study = Dataset()
    study.ReferencedSOPClassUID = _STUDY_COMPONENT
    study.ReferencedSOPInstanceUID = volume.series.study_uid
    study.RTReferencedSeriesSequence = [series]
    frame_of_reference = Dataset()
    frame_of_reference.FrameOfReferenceUID = volume.series.frame_of_reference_uid
    frame_of_reference.RTReferencedStudySequence = [study]
    dataset.ReferencedFrameOfReferenceSequence = [frame_of_reference]


def _roi(number: int, region: Region, volume: Volume, provenance: Provenance) -> Dataset:
    item = Dataset()
    item.ROINumber = number
    item.ReferencedFrameOfReferenceUID = volume.series.frame_of_reference_uid
    item.ROIName = region.key
    item.ROIDescription = region.name
    item.ROIGenerationAlgorithm = provenance.authorship.value
    return item


def _observation(number: int, region: Region) -> Dataset:
    item = Dataset()
    item.ObservationNumber = number
    item.ReferencedROINumber = number
    item.ROIObservationLabel = region.key
    item.RTROIInterpretedType = "GTV" if region.key in _GROSS_TUMOUR else ""
    item.ROIInterpreter = ""
    return item


def _roi_contours(
    number: int, region: Region, contours: Sequence[Contour], planes: SlicePlanes, images: Sequence[Dataset | None]
) -> Dataset:
    item = Dataset()
    item.ROIDisplayColor = list(region.colour)
    item.ContourSequence = [
        _contour(contour_number, planes.points_mm(slice_index, points), images[slice_index])
        for contour_number, (slice_index, points) in enumerate(contours, 1)
    ]
    item.ReferencedROINumber = number
    return item


def _contour(number: int, points_mm: NDArray[np.float64], image: Dataset | None) -> Dataset:
    item = Dataset()
    if image is not None:
        item.ContourImageSequence = [image]
    item.ContourGeometricType = "CLOSED_PLANAR"
    item.NumberOfContourPoints = len(points_mm)
    item.ContourNumber = number
    value = _decimal_strings(points_mm)
    item[_CONTOUR_DATA] = RawDataElement(_CONTOUR_DATA, "DS", len(value), value, 0, True, True)
    item.set_original_encoding(True, True, default_encoding)  # lets pydicom write the ready bytes as they are
    return item


def _decimal_strings(points_mm: NDArray[np.float64]) -> bytes:
    """Contour Data (DICOM PS3.5 6.2 DS): four decimals, less than the 16 characters that each may have."""
    values = (points_mm.round(4) + 0.0).ravel().tolist()  # + 0.0 turns -0.0 into 0.0
    text = ("%.4f\\" * len(values) % tuple(values))[:-1]
    return (text + " " * (len(text) % 2)).encode("ascii")
