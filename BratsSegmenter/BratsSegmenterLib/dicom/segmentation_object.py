"""DICOM Segmentation objects (PS3.3 A.51): the lossless master of a result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import highdicom as hd
import numpy as np
from highdicom.color import CIELabColor
from highdicom.seg import SegmentAlgorithmTypeValues, SegmentDescription
from highdicom.seg import Segmentation as SegmentationObject
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage, SegmentationStorage

from BratsSegmenterLib.dicom.concepts import SOURCE_IMAGE, algorithm_identification, concept, declare_private_scheme
from BratsSegmenterLib.dicom.notes_in_objects import whole_notes
from BratsSegmenterLib.dicom.provenance import ObjectKind, Provenance, WrittenObject
from BratsSegmenterLib.dicom.slice_planes import SlicePlanes, require_drawn_on
from BratsSegmenterLib.dicom.source_images import source_images
from BratsSegmenterLib.dicom.study_objects import (
    image_item,
    put,
    reference_item,
    save,
    series_and_equipment,
    stamp,
    tracking_uid,
    writable_notes,
)
from BratsSegmenterLib.domain import (
    BRAIN,
    MORPHOLOGICALLY_ABNORMAL_STRUCTURE,
    RC,
    Code,
    Frame,
    Region,
    Segmentation,
    Volume,
)

_SEGMENTATION = Code("113076", "DCM", "Segmentation")
_LONGEST_LONG_TEXT = 10240  # characters of VR LT (PS3.5 table 6.2-1)


def write_seg(path: Path, volume: Volume, segmentation: Segmentation, provenance: Provenance) -> WrittenObject:
    """Write the regions as a binary, multi-segment SEG on the slices of the reference volume.

    Segments are those of :attr:`Segmentation.told_apart`, numbered in their order; only a nested region overlaps what
    is drawn inside it. Regions and slices without voxels are left out, and only the images of slices with voxels are
    referred to.

    Raises
    ------
    ExportError
        The segmentation lies on another grid, has no voxels at all, or the disk refused.
    """
    require_drawn_on(volume, segmentation)
    regions = [region for region in segmentation.told_apart if segmentation.mask(region).any()]
    slices = np.flatnonzero(segmentation.labels.any(axis=(1, 2)))
    dataset = SegmentationObject(
        source_images=_for_highdicom(source_images(volume, slices) or source_images(volume)),
        pixel_array=_pixels(segmentation.labels[slices], regions),
        segmentation_type="BINARY",
        segment_descriptions=[
            _segment(number, region, volume.series.study_uid, provenance) for number, region in enumerate(regions, 1)
        ],
        plane_positions=_plane_positions(volume, slices),
        omit_empty_frames=True,
        **series_and_equipment(ObjectKind.SEG, provenance),
        content_label="GLIOMA",
        content_description=provenance.series_description(ObjectKind.SEG),
        content_creator_name=provenance.reviewer or None,
        series_description=provenance.series_description(ObjectKind.SEG),
    )
    _name_the_segment_in_each_frame(dataset)
    _refer_to_the_images_of_the_volume(dataset, volume)
    notes = writable_notes(volume, provenance)
    if notes:
        dataset.ImageComments = whole_notes(notes, _LONGEST_LONG_TEXT)
    stamp(dataset, volume, provenance)
    _refer_to_predecessor(dataset, provenance)
    if RC in regions:
        declare_private_scheme(dataset)
    return save(dataset, path, ObjectKind.SEG)


def _for_highdicom(images: list[Dataset]) -> list[Dataset]:
    """The images, single ones of an enhanced series in the guise of classic ones: it takes one multi-frame object."""
    for image in images:
        if "NumberOfFrames" not in image:
            put(image, "SOPClassUID", MRImageStorage)
    return images


def _pixels(labels: NDArray[np.uint8], regions: Sequence[Region]) -> NDArray[np.uint8]:
    """Segment numbers; where regions overlap a stack of masks along the last axis, which takes twice the time."""
    owned = [label for region in regions for label in region.labels]
    if len(set(owned)) < len(owned):
        return np.stack([np.isin(labels, region.labels) for region in regions], axis=-1).astype(np.uint8)
    numbers = np.zeros(256, np.uint8)
    for number, region in enumerate(regions, 1):
        numbers[list(region.labels)] = number
    return numbers[labels]


def _segment(number: int, region: Region, study_uid: str, provenance: Provenance) -> SegmentDescription:
    return SegmentDescription(
        segment_number=number,
        segment_label=region.name,
        segmented_property_category=concept(MORPHOLOGICALLY_ABNORMAL_STRUCTURE),
        segmented_property_type=concept(region.code),
        algorithm_type=SegmentAlgorithmTypeValues[provenance.authorship.value],
        algorithm_identification=algorithm_identification(provenance),
        tracking_uid=tracking_uid(study_uid, region),
        tracking_id=region.key,
        anatomic_regions=[concept(BRAIN)],
        display_color=CIELabColor.from_rgb(*region.colour),
    )


def _name_the_segment_in_each_frame(dataset: Dataset) -> None:
    """A lone segment is named once for all frames, which PS3.3 A.51.5 allows and readers, highdicom's own, miss."""
    (shared,) = dataset.SharedFunctionalGroupsSequence
    named = shared.get("SegmentIdentificationSequence")
    if named is None:
        return
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        frame.SegmentIdentificationSequence = named
    del shared.SegmentIdentificationSequence


def _plane_positions(volume: Volume, slices: NDArray[np.intp]) -> list[hd.PlanePositionSequence]:
    return [
        hd.PlanePositionSequence(hd.CoordinateSystemNames.PATIENT, position.tolist())
        for position in SlicePlanes(volume).positions_mm[slices]
    ]


def _refer_to_the_images_of_the_volume(dataset: Dataset, volume: Volume) -> None:
    """By their own classes; each frame names that of its slice, if it was not interpolated (PS3.3 C.7.6.16.2.6).

    highdicom names none at all as soon as one slice has no image; and it goes by position alone, so that it takes
    another echo's where a multi-frame object holds several stacks.
    """
    class_of = {frame.sop_instance_uid: frame.sop_class_uid for frame in volume.frames}
    for item in dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence:
        item.ReferencedSOPClassUID = class_of[item.ReferencedSOPInstanceUID]
    planes = SlicePlanes(volume)
    for group in dataset.PerFrameFunctionalGroupsSequence:
        position = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
        k = planes.nearest(float(planes.offset_mm(position)))
        group.DerivationImageSequence = [_derivation(volume.frames[k])] if planes.has_image[k] else []


def _derivation(frame: Frame) -> Dataset:
    source = image_item(frame)
    source.SpatialLocationsPreserved = "YES"
    source.PurposeOfReferenceCodeSequence = [concept(SOURCE_IMAGE)]
    item = Dataset()
    item.SourceImageSequence = [source]
    item.DerivationCodeSequence = [concept(_SEGMENTATION)]
    return item


def _refer_to_predecessor(dataset: Dataset, provenance: Provenance) -> None:
    predecessor = provenance.predecessor(SegmentationStorage)
    if predecessor:
        series = Dataset()
        series.SeriesInstanceUID = predecessor.series_uid
        series.ReferencedInstanceSequence = [reference_item(predecessor)]
        dataset.ReferencedSeriesSequence = [*dataset.ReferencedSeriesSequence, series]
