"""DICOM Segmentation objects, ours and others', as voxels on the grid of a volume."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from highdicom.seg import Segmentation as SegmentationObject
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import SegmentationStorage

from BratsSegmenterLib.dicom.reading import read_whole
from BratsSegmenterLib.dicom.rtstruct_reader import DAMAGED, ReadStructures
from BratsSegmenterLib.dicom.slice_planes import SlicePlanes
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.geometry import Geometry

_LABEL_MAP_SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"
_ON_GRID_VOXELS = 0.02
_MOST_VOXELS = 1 << 27

_Masks = dict[str, NDArray[np.bool_]]


def read_seg(path: Path, volume: Volume) -> ReadStructures:
    """Read the segments of a SEG as voxels of a volume.

    Frames on the volume's own pixels and slices, or on a part of them, are taken exactly; on another grid each voxel
    of the volume takes the value at its centre. Fractional segments count from one half.

    Parameters
    ----------
    path : Path
    volume : Volume
        In the same frame of reference.

    Raises
    ------
    SeriesError
        The file is damaged or no SEG, or belongs to another frame of reference.
    """
    dataset = read_whole(path)
    if dataset.get("SOPClassUID") not in (SegmentationStorage, _LABEL_MAP_SEGMENTATION_STORAGE):
        raise SeriesError(f"{path.name} is no segmentation object.", "Choose another file.")
    if dataset.get("FrameOfReferenceUID") != volume.series.frame_of_reference_uid:
        raise SeriesError(
            f"{path.name} was drawn in another frame of reference than {volume.series.label}.",
            "Choose the series on which it was drawn.",
        )
    try:
        return _structures(dataset, volume)
    except DAMAGED as error:
        raise SeriesError(
            f"{path.name} is a damaged segmentation object.", "Fetch it again, or leave it out.", type(error).__name__
        ) from error


def _structures(dataset: Dataset, volume: Volume) -> ReadStructures:
    tolerated = []
    if dataset.SegmentationType == "FRACTIONAL":
        tolerated.append("The segments are fractional; from one half on, a voxel counts.")
    placement = _Placement.of(dataset, volume)
    if placement is None:
        tolerated.append("The segments lie on another grid than the series; each voxel took the value at its centre.")
        return ReadStructures(_resampled(dataset, volume.geometry), tuple(tolerated))
    return ReadStructures(_pasted(dataset, volume.geometry.shape, placement), tuple(tolerated))


class _Placement:
    """Where each frame goes on a volume: its slice, and the row and column of its first pixel."""

    def __init__(self, slices: NDArray[np.intp], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> None:
        self.slices = slices
        self.rows = rows
        self.columns = columns

    @classmethod
    def of(cls, dataset: Dataset, volume: Volume) -> _Placement | None:
        """None where a frame is turned, scaled or shifted against the volume's pixels, or sticks out of them."""
        planes = SlicePlanes(volume)
        axes, positions = _frame_planes(dataset)
        rows, columns = int(dataset.Rows), int(dataset.Columns)
        in_plane = volume.geometry.affine[:3, :2]
        drift_voxels = np.abs(axes - in_plane).max() * max(rows, columns) / min(volume.geometry.spacing_mm)
        offsets = planes.offset_mm(positions)
        slices = np.array([planes.nearest(offset) for offset in offsets])
        off_plane_voxels = np.abs(offsets - planes.offsets_mm[slices]).max() / planes.spacing_mm
        first = np.array([planes.pixels(int(k), position) for k, position in zip(slices, positions, strict=True)])
        whole = np.rint(first).astype(np.intp)
        worst = max(drift_voxels, off_plane_voxels, np.abs(first - whole).max())
        inside = (whole >= 0).all() and (whole <= np.array(volume.geometry.shape[:0:-1]) - (columns, rows)).all()
        return cls(slices, whole[:, 1], whole[:, 0]) if worst <= _ON_GRID_VOXELS and inside else None


def _frame_planes(dataset: Dataset) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each frame: steps along a row and a column, shape (n, 3, 2), and position, shape (n, 3); millimetres."""
    shared = dataset.SharedFunctionalGroupsSequence[0]
    axes, positions = [], []
    for groups in dataset.PerFrameFunctionalGroupsSequence:
        spacing = _macro(groups, shared, "PixelMeasuresSequence").PixelSpacing
        cosines = np.array(_macro(groups, shared, "PlaneOrientationSequence").ImageOrientationPatient, float)
        axes.append(np.column_stack((cosines[:3] * float(spacing[1]), cosines[3:] * float(spacing[0]))))
        positions.append(_macro(groups, shared, "PlanePositionSequence").ImagePositionPatient)
    return np.array(axes), np.array(positions, float).reshape(-1, 3)


def _macro(groups: Dataset, shared: Dataset, keyword: str) -> Dataset:
    return (groups if keyword in groups else shared)[keyword].value[0]


def _pasted(dataset: Dataset, shape: tuple[int, int, int], placement: _Placement) -> _Masks:
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    frames = dataset.pixel_array.reshape(-1, rows, columns)
    segments = _frame_segments(dataset)
    masks: _Masks = {}
    for segment in dataset.SegmentSequence:
        number = int(segment.SegmentNumber)
        mask = masks.setdefault(str(segment.SegmentLabel), np.zeros(shape, bool))
        for frame in np.flatnonzero((segments == number) | (segments == 0)):
            top, left = placement.rows[frame], placement.columns[frame]
            window = mask[placement.slices[frame], top : top + rows, left : left + columns]
            window |= _is_inside(frames[frame], number if segments[frame] == 0 else None, dataset)
    return masks


def _frame_segments(dataset: Dataset) -> NDArray[np.intp]:
    """The segment of each frame; 0 where the pixel values are the segment numbers (label map)."""
    if dataset.SegmentationType == "LABELMAP":
        return np.zeros(len(dataset.PerFrameFunctionalGroupsSequence), np.intp)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    return np.array(
        [
            int(_macro(groups, shared, "SegmentIdentificationSequence").ReferencedSegmentNumber)
            for groups in dataset.PerFrameFunctionalGroupsSequence
        ]
    )


def _is_inside(frame: NDArray, label: int | None, dataset: Dataset) -> NDArray[np.bool_]:
    if label is not None:
        return frame == label
    if dataset.SegmentationType == "FRACTIONAL":
        return frame >= 0.5 * dataset.MaximumFractionalValue
    return frame > 0


def _resampled(dataset: Dataset, geometry: Geometry) -> _Masks:
    segments = SegmentationObject.from_dataset(dataset, copy=False)
    stored = segments.get_volume_geometry()
    if stored is None or np.prod(stored.spatial_shape) > _MOST_VOXELS:
        raise ValueError("frames that are no regular volume")
    # highdicom counts (slice, row, column), Geometry (column, row, slice); both in LPS
    grid = Geometry(stored.spatial_shape, np.array(stored.affine, float)[:, [2, 1, 0, 3]])
    reference = geometry.image(np.zeros(geometry.shape, np.uint8))
    masks: _Masks = {}
    for number in segments.segment_numbers:
        values = segments.get_volume(segment_numbers=[number]).array[..., 0]
        image = grid.image((values >= 0.5).astype(np.uint8))
        sampled = sitk.Resample(image, reference, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
        label = str(segments.get_segment_description(number).segment_label)
        mask = sitk.GetArrayFromImage(sampled) > 0
        masks[label] = masks[label] | mask if label in masks else mask
    return masks
