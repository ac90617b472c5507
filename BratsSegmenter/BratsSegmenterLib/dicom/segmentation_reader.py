"""DICOM Segmentation objects, ours and others', as voxels on the grid of a volume."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from highdicom.seg import Segmentation as SegmentationObject
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import SegmentationStorage

from BratsSegmenterLib.dicom.named_images import named_images
from BratsSegmenterLib.dicom.planes import functional_group
from BratsSegmenterLib.dicom.reading import frame_count, read_whole
from BratsSegmenterLib.dicom.region_names import region_coded, region_named
from BratsSegmenterLib.dicom.rtstruct_reader import (
    DAMAGED,
    FRAME_OF_REFERENCE_NOT_NAMED,
    SAME_NAMES,
    ReadStructures,
)
from BratsSegmenterLib.dicom.segment_spacing import take_thickness_for_spacing
from BratsSegmenterLib.dicom.slice_planes import SlicePlanes
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.geometry import Geometry

_LABEL_MAP_SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"
_LABEL_MAP = "LABELMAP"
_ON_GRID_VOXELS = 0.02
_MOST_VOXELS = 1 << 27

_Masks = dict[str, NDArray[np.bool_]]
_Found = Iterator[tuple[int, NDArray[np.bool_], float, float]]
"""Of each segment its number, its voxels in the volume, and how much of it lies outside of how much, millilitres."""


def read_seg(path: Path, volume: Volume) -> ReadStructures:
    """Read the segments of a SEG as voxels of a volume.

    Frames on the volume's own pixels and slices are taken exactly; on another grid each voxel of the volume takes the
    value at its centre. What lies outside the volume is cut off. A frame without a position lies where the image of
    the volume does that it was derived from. Fractional segments count from one half. Only segments that are regions of
    ours, by their label or else by their coded type, become voxels.

    Parameters
    ----------
    path : Path
    volume : Volume
        In the same frame of reference.

    Raises
    ------
    SeriesError
        The file is damaged or contradicts itself, is no SEG or only a part of one, belongs to another frame of
        reference, has no voxel of our regions in the volume, or lies on another grid that is none or too large.
    """
    dataset = read_whole(path)
    try:
        _require_seg(dataset, volume, path.name)
        return _structures(dataset, volume, path.name)
    except DAMAGED as error:
        raise SeriesError(
            f"{path.name} is a damaged segmentation object.", "Fetch it again, or leave it out.", type(error).__name__
        ) from error


def _require_seg(dataset: Dataset, volume: Volume, name: str) -> None:
    if dataset.get("SOPClassUID") not in (SegmentationStorage, _LABEL_MAP_SEGMENTATION_STORAGE):
        raise SeriesError(f"{name} is no segmentation object.", "Choose another file.")
    _require_whole(dataset, name)
    if dataset.get("FrameOfReferenceUID") not in (None, "", volume.series.frame_of_reference_uid):
        raise SeriesError(
            f"{name} was drawn in another frame of reference than {volume.series.label}.",
            "Choose the series on which it was drawn.",
        )
    _require_consistent(dataset, name)


def _require_whole(dataset: Dataset, name: str) -> None:
    """That it is no part of a concatenation, the other parts of which hold further frames (DICOM PS3.3 C.7.6.16.1)."""
    parts = dataset.get("InConcatenationTotalNumber")
    if "ConcatenationUID" in dataset and parts != 1:
        number = dataset.get("InConcatenationNumber")
        raise SeriesError(
            f"{name} is part {number or '?'} of {parts or 'several'} of a segmentation; only whole ones can be read.",
            "Choose one that is a single object, or have its maker write it as one.",
        )


def _require_consistent(dataset: Dataset, name: str) -> None:
    """That every frame is told where it lies, and every segment from the others."""
    frames, described = frame_count(dataset), len(dataset.PerFrameFunctionalGroupsSequence)
    if frames != described:
        raise SeriesError(
            f"{name} holds {frames} frames and describes {described} of them.", "Fetch it again, or leave it out."
        )
    numbers = [int(segment.SegmentNumber) for segment in dataset.SegmentSequence]
    if len(set(numbers)) < len(numbers):
        raise SeriesError(
            f"{name} gives several segments the same number, so that nobody can tell whose its frames are.",
            "Have its maker write it anew, or leave it out.",
        )


def _structures(dataset: Dataset, volume: Volume, name: str) -> ReadStructures:
    tolerated = []
    if not dataset.get("FrameOfReferenceUID"):
        dataset.FrameOfReferenceUID = volume.series.frame_of_reference_uid
        tolerated.append(FRAME_OF_REFERENCE_NOT_NAMED)
    labels, by_code = _labels(dataset)
    tolerated += [f"{label} is taken as {region}, its coded type." for label, region in by_code]
    tolerated += _undescribed(dataset, labels)
    if len(set(labels.values())) < len(labels):
        tolerated.append(SAME_NAMES)
    if dataset.SegmentationType == "FRACTIONAL":
        tolerated.append("The segments are fractional; from one half on, a voxel counts.")
    placement = _Placement.of(dataset, volume, name)
    if placement is None:
        tolerated.append("The segments lie on another grid than the series; each voxel took the value at its centre.")
        step_mm = take_thickness_for_spacing(dataset)
        if step_mm is not None:
            tolerated.append(
                f"The segments do not say how far apart their slices are; taken as their thickness, {step_mm:.1f} mm."
            )
    regions = [number for number, label in labels.items() if region_named(label) is not None]
    others = dict.fromkeys(labels[number] for number in labels if number not in (*regions, *_background(dataset)))
    if placement is None:
        found = _resampled(dataset, volume.geometry, regions, name)
    else:
        found = _pasted(dataset, volume, placement, regions)
    masks: _Masks = {}
    for number, mask, outside_ml, whole_ml in found:
        label = labels[number]
        if whole_ml and not mask.any():
            tolerated.append(f"{label}: left out, none of it lies on the slices.")
            continue
        if outside_ml:
            tolerated.append(f"{label}: {outside_ml:.2f} of {whole_ml:.2f} mL lie outside the series and were cut off.")
        masks[label] = masks[label] | mask if label in masks else mask
    if regions and not any(mask.any() for mask in masks.values()):
        raise SeriesError(
            f"{name} has no voxel in {volume.series.label}.",
            "Choose the series on which it was drawn.",
            " ".join(tolerated),
        )
    return ReadStructures(masks, tuple(tolerated), tuple(others))


def _labels(dataset: Dataset) -> tuple[dict[int, str], list[tuple[str, str]]]:
    """Segment Number to label, and each label in whose place a region's name stands because of the coded type.

    A segment without a label is named by its coded type, and gets that as its label.
    """
    labels, by_code = {}, []
    for segment in dataset.SegmentSequence:
        coded_type = (segment.get("SegmentedPropertyTypeCodeSequence") or [Dataset()])[0]
        if not segment.get("SegmentLabel"):
            segment.SegmentLabel = str(coded_type.get("CodeMeaning") or f"Segment {segment.SegmentNumber}")
        label, region = str(segment.SegmentLabel), region_coded(coded_type)
        if region is not None and region_named(label) is None:
            by_code.append((label, region.name))
            label = region.name
        labels[int(segment.SegmentNumber)] = label
    return labels, by_code


def _undescribed(dataset: Dataset, labels: Collection[int]) -> list[str]:
    """A sentence about what belongs to a segment that the object does not describe."""
    segments = _frame_segments(dataset)
    if segments is None:
        what, is_known = "voxels", np.isin(dataset.pixel_array, [*_background(dataset), *labels])
    else:
        what, is_known = "frames", np.isin(segments, [*labels])
    count = is_known.size - np.count_nonzero(is_known)
    return [f"{count} {what} belong to segments that are not described; they were left out."] if count else []


def _background(dataset: Dataset) -> tuple[int, ...]:
    """The values of a label map around its segments, which it describes as it has to (DICOM PS3.3 C.8.20.2.3)."""
    return (0, int(dataset.get("PixelPaddingValue") or 0)) if dataset.SegmentationType == _LABEL_MAP else ()


class _Placement:
    """Where each frame goes on a volume: its slice, and the row and column of its first pixel."""

    def __init__(self, slices: NDArray[np.intp], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> None:
        self.slices = slices
        self.rows = rows
        self.columns = columns

    @classmethod
    def of(cls, dataset: Dataset, volume: Volume, name: str) -> _Placement | None:
        """None where a frame is turned, scaled or shifted against the volume's pixels."""
        planes = SlicePlanes(volume)
        axes, positions = _frame_planes(dataset, volume, planes, name)
        in_plane = volume.geometry.affine[:3, :2]
        longest = max(int(dataset.Rows), int(dataset.Columns))
        drift_voxels = np.abs(axes - in_plane).max() * longest / min(volume.geometry.spacing_mm)
        offsets = planes.offset_mm(positions)
        nearest = np.array([planes.nearest(offset) for offset in offsets])
        beyond = np.rint((offsets - planes.offsets_mm[nearest]) / planes.spacing_mm)
        off_plane_mm = offsets - planes.offsets_mm[nearest] - beyond * planes.spacing_mm
        first = np.array([planes.pixels(int(k), position) for k, position in zip(nearest, positions, strict=True)])
        whole = np.rint(first).astype(np.intp)
        worst = max(drift_voxels, np.abs(off_plane_mm).max() / planes.spacing_mm, np.abs(first - whole).max())
        slices = nearest + beyond.astype(np.intp)
        return cls(slices, whole[:, 1], whole[:, 0]) if worst <= _ON_GRID_VOXELS else None


def _frame_planes(
    dataset: Dataset, volume: Volume, planes: SlicePlanes, name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each frame: steps along a row and a column, shape (n, 3, 2), and position, shape (n, 3); millimetres."""
    shared = dataset.SharedFunctionalGroupsSequence[0]
    slice_of = {(frame.sop_instance_uid, frame.number): k for k, frame in enumerate(volume.frames)}
    axes, positions = [], []
    for groups in dataset.PerFrameFunctionalGroupsSequence:
        if not any("PlanePositionSequence" in where for where in (groups, shared)):
            # Pixels of derived frames are those of their images where these have as many (DICOM PS3.3 A.51.5.1).
            sources = functional_group(groups, shared, "DerivationImageSequence").get("SourceImageSequence") or []
            k = next((slice_of[image] for image in named_images(sources) if image in slice_of), None)
            if k is None or (int(dataset.Rows), int(dataset.Columns)) != volume.geometry.shape[1:]:
                raise SeriesError(
                    f"{name} says of its frames only which images they belong to, and those are not the images of "
                    f"{volume.series.label}.",
                    "Choose the series on which it was drawn.",
                )
            axes.append(volume.geometry.affine[:3, :2])
            positions.append(planes.positions_mm[k])
            continue
        spacing = functional_group(groups, shared, "PixelMeasuresSequence").PixelSpacing
        cosines = np.array(functional_group(groups, shared, "PlaneOrientationSequence").ImageOrientationPatient, float)
        axes.append(np.column_stack((cosines[:3] * float(spacing[1]), cosines[3:] * float(spacing[0]))))
        positions.append(functional_group(groups, shared, "PlanePositionSequence").ImagePositionPatient)
    return np.array(axes), np.array(positions, float).reshape(-1, 3)


def _pasted(dataset: Dataset, volume: Volume, placement: _Placement, numbers: Collection[int]) -> _Found:
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    frames = dataset.pixel_array.reshape(-1, rows, columns)
    segments = _frame_segments(dataset)
    shape, voxel_ml = volume.geometry.shape, volume.geometry.voxel_volume_ml
    for number in numbers:
        mask = np.zeros(shape, bool)
        outside = drawn = 0
        for frame in range(len(frames)) if segments is None else np.flatnonzero(segments == number):
            inside = _is_inside(frames[frame], number, dataset)
            k, top, left = placement.slices[frame], placement.rows[frame], placement.columns[frame]
            cut = inside[max(-top, 0) : max(shape[1] - top, 0), max(-left, 0) : max(shape[2] - left, 0)]
            if not 0 <= k < shape[0]:
                cut = cut[:0]
            drawn += int(np.count_nonzero(inside))
            outside += int(np.count_nonzero(inside) - np.count_nonzero(cut))
            if cut.size:
                row, column = max(top, 0), max(left, 0)
                mask[k, row : row + cut.shape[0], column : column + cut.shape[1]] |= cut
        yield number, mask, outside * voxel_ml, drawn * voxel_ml


def _frame_segments(dataset: Dataset) -> NDArray[np.intp] | None:
    """The segment of each frame; None where the pixel values are the segment numbers (label map)."""
    if dataset.SegmentationType == _LABEL_MAP:
        return None
    shared = dataset.SharedFunctionalGroupsSequence[0]
    return np.array(
        [
            int(functional_group(groups, shared, "SegmentIdentificationSequence").ReferencedSegmentNumber)
            for groups in dataset.PerFrameFunctionalGroupsSequence
        ]
    )


def _is_inside(frame: NDArray, number: int, dataset: Dataset) -> NDArray[np.bool_]:
    if dataset.SegmentationType == _LABEL_MAP:
        return frame == number
    if dataset.SegmentationType == "FRACTIONAL":
        return frame >= 0.5 * dataset.MaximumFractionalValue
    return frame > 0


def _resampled(dataset: Dataset, geometry: Geometry, numbers: Collection[int], name: str) -> _Found:
    segments = SegmentationObject.from_dataset(dataset, copy=False)
    stored = segments.get_volume_geometry()
    if stored is None:
        raise SeriesError(
            f"The frames of {name} are no slices at even distances, and they are not those of the series.",
            "Choose the series on which it was drawn, or leave it out.",
        )
    if np.prod(stored.spatial_shape) > _MOST_VOXELS:
        size = " x ".join(str(voxels) for voxels in stored.spatial_shape)
        raise SeriesError(f"The grid of {name} is too large to be read: {size} voxels.", "Leave it out.")
    # highdicom counts (slice, row, column), Geometry (column, row, slice); both in LPS
    grid = Geometry(stored.spatial_shape, np.array(stored.affine, float)[:, [2, 1, 0, 3]])
    reference = geometry.image(np.zeros(geometry.shape, np.uint8))
    for number in numbers:
        inside = segments.get_volume(segment_numbers=[number]).array[..., 0] >= 0.5
        sampled = sitk.Resample(
            grid.image(inside.astype(np.uint8)), reference, sitk.Transform(), sitk.sitkNearestNeighbor, 0
        )
        places = geometry.indices(grid.points_mm(np.argwhere(inside)[:, ::-1].astype(float)))
        outside = ((places < -0.5) | (places > np.array(geometry.shape[::-1]) - 0.5)).any(axis=1)
        stored_ml = np.array((np.count_nonzero(outside), len(places))) * grid.voxel_volume_ml
        yield number, sitk.GetArrayFromImage(sampled) > 0, *stored_ml
