"""Structure sets, ours and others', as voxels on the slices of a series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import RTStructureSetStorage

from BratsSegmenterLib.dicom.contours import Contour
from BratsSegmenterLib.dicom.polygons import coverage
from BratsSegmenterLib.dicom.reading import UNREADABLE, read_whole
from BratsSegmenterLib.dicom.slice_planes import ON_PLANE_MM, SlicePlanes
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.errors import SeriesError

_CONTOUR_DATA = Tag("ContourData")
_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
_FARTHEST_MM = 1e5

DAMAGED = (*UNREADABLE, IndexError, OSError, RuntimeError)
"""What the content of a damaged object raises when it is looked at, long after its file was opened."""


@dataclass(frozen=True, eq=False)
class ReadStructures:
    """What a structure set or segmentation object says, on the grid of a volume.

    Attributes
    ----------
    masks : mapping of str to ndarray of bool, shape (slices, rows, columns)
        By ROI name or segment label; they may overlap.
    tolerated : tuple of str
        Sentences for the user: what was not as it should be, and what was made of it.
    """

    masks: Mapping[str, NDArray[np.bool_]] = field(repr=False)
    tolerated: tuple[str, ...] = ()


def read_rtstruct(source: Path | Dataset, volume: Volume) -> ReadStructures:
    """Read the closed contours of a structure set as voxels of a volume, by geometry alone.

    A voxel belongs to a region when its centre does. A contour inside another one is a hole, one that partly overlaps
    another is united with it. The nearest slice takes a contour that lies between slices.

    Parameters
    ----------
    source : Path or pydicom.Dataset
        The RTSTRUCT object.
    volume : Volume
        In the same frame of reference.

    Raises
    ------
    SeriesError
        The file is damaged or no structure set, belongs to another frame of reference, or holds no contour that lies
        on the volume's slices.
    """
    name = source.name if isinstance(source, Path) else "The structure set"
    dataset = read_whole(source) if isinstance(source, Path) else source
    try:
        return _Reading(dataset, volume, name).structures()
    except DAMAGED as error:
        raise SeriesError(
            f"{name} is a damaged structure set.", "Fetch it again, or leave it out.", type(error).__name__
        ) from error


class _Reading:
    """One structure set being read; collects what had to be tolerated."""

    def __init__(self, dataset: Dataset, volume: Volume, name: str) -> None:
        self._dataset = dataset
        self._volume = volume
        self._planes = SlicePlanes(volume)
        self._name = name
        self._tolerated: list[str] = []

    def structures(self) -> ReadStructures:
        self._require_structure_set()
        names = self._roi_names()
        masks: dict[str, NDArray[np.bool_]] = {}
        for roi in self._dataset.get("ROIContourSequence") or []:
            number = int(roi.ReferencedROINumber)
            label = names.get(number, f"ROI {number}")
            mask = self._mask(label, roi.get("ContourSequence") or [])
            if mask is not None:
                masks[label] = mask | masks[label] if label in masks else mask
        if not masks:
            raise SeriesError(
                f"{self._name} holds no contour that lies on the slices of {self._volume.series.label}.",
                "Choose the series on which it was drawn.",
                " ".join(self._tolerated),
            )
        return ReadStructures(masks, tuple(self._tolerated))

    def _require_structure_set(self) -> None:
        if self._dataset.get("SOPClassUID") != RTStructureSetStorage:
            raise SeriesError(f"{self._name} is no RT structure set.", "Choose another file.")
        found = {
            item.get("FrameOfReferenceUID") for item in self._dataset.get("ReferencedFrameOfReferenceSequence", [])
        }
        found |= {
            item.get("ReferencedFrameOfReferenceUID") for item in self._dataset.get("StructureSetROISequence", [])
        }
        found = {str(uid) for uid in found if uid}
        if not found:
            self._tolerated.append("The frame of reference is not named; taken as that of the series.")
        elif self._volume.series.frame_of_reference_uid not in found:
            raise SeriesError(
                f"{self._name} was drawn in another frame of reference than {self._volume.series.label}.",
                "Choose the series on which it was drawn.",
            )

    def _roi_names(self) -> dict[int, str]:
        items = self._dataset.get("StructureSetROISequence") or []
        names = {int(item.ROINumber): str(item.get("ROIName") or f"ROI {item.ROINumber}") for item in items}
        if len(set(names.values())) < len(names):
            self._tolerated.append("Several regions have the same name; they were united.")
        return names

    def _mask(self, label: str, items: Iterable[Dataset]) -> NDArray[np.bool_] | None:
        """The region's voxels, or None where it has no contour on the slices."""
        remarks: Counter[str] = Counter()
        contours = self._on_slices(list(self._polygons(items, remarks)), remarks)
        if contours:
            mask, overlapping = _filled(contours, self._volume.geometry.shape)
            remarks["overlap another one on the same slice; they were united"] += overlapping
            self._note_thicker_slices(label, contours)
        self._tolerated += [f"{label}: {count} contours {what}." for what, count in remarks.items() if count]
        if not contours:
            self._tolerated.append(f"{label}: left out, no contour lies on the slices.")
            return None
        return mask

    def _note_thicker_slices(self, label: str, contours: list[Contour]) -> None:
        steps = np.diff(sorted({contour.slice_index for contour in contours}))
        if len(steps) > 2 and steps.min() > 1 and np.ptp(steps) <= 1:
            self._tolerated.append(f"{label}: drawn on thicker slices; those of the series between them stay empty.")

    def _polygons(self, items: Iterable[Dataset], remarks: Counter[str]) -> Iterator[_Polygon]:
        for item in items:
            kind = str(item.get("ContourGeometricType", ""))
            points = contour_points_mm(item)
            if kind not in _CLOSED:
                remarks[f"of type {kind or 'unknown'} have no area; they were left out"] += 1
            elif len(points) < 3:
                remarks["have fewer than three points; they were left out"] += 1
            elif not np.isfinite(points).all() or np.abs(points).max() > _FARTHEST_MM:
                remarks["have impossible coordinates; they were left out"] += 1
            else:
                yield _Polygon(points, _referenced_image(item))

    def _on_slices(self, polygons: list[_Polygon], remarks: Counter[str]) -> list[Contour]:
        """The polygons on their slices; of several planes that fall on one slice the nearest."""
        planes = self._planes
        placed = []
        for polygon in polygons:
            offsets = planes.offset_mm(polygon.points_mm)
            offset = float(offsets.mean())
            k = planes.nearest(offset)
            distance = abs(offset - planes.offsets_mm[k])
            if np.ptp(offsets) > max(ON_PLANE_MM, 0.2 * planes.spacing_mm):
                remarks["are not parallel to the slices; they were left out"] += 1
            elif distance > 0.5 * planes.spacing_mm + ON_PLANE_MM:
                remarks["lie outside the series; they were left out"] += 1
            else:
                placed.append((polygon, k, offset, distance))
                remarks["lie between slices; the nearest slice took them"] += distance > max(
                    ON_PLANE_MM, 0.02 * planes.spacing_mm
                )
                remarks["name another image than the one they lie on; their coordinates were believed"] += (
                    self._is_wrong_reference(polygon, k)
                )
                remarks["do not name their image; their coordinates were believed"] += polygon.image is None
        return self._nearest_plane_only(placed, remarks)

    def _is_wrong_reference(self, polygon: _Polygon, k: int) -> bool:
        frame = self._volume.frames[k]
        expected = (frame.sop_instance_uid, frame.number)
        return polygon.image is not None and self._planes.has_image[k] and polygon.image != expected

    def _nearest_plane_only(
        self, placed: list[tuple[_Polygon, int, float, float]], remarks: Counter[str]
    ) -> list[Contour]:
        best: dict[int, tuple[float, float]] = {}
        for _, k, offset, distance in placed:
            if k not in best or distance < best[k][1] - ON_PLANE_MM:
                best[k] = (offset, distance)
        contours = []
        for polygon, k, offset, _ in placed:
            if abs(offset - best[k][0]) <= ON_PLANE_MM:
                contours.append(Contour(k, self._planes.pixels(k, polygon.points_mm)))
            else:
                remarks["share a slice with a nearer one; they were left out"] += 1
        return contours


@dataclass(frozen=True, eq=False)
class _Polygon:
    """A closed contour as it was read; `image` is the (SOP Instance UID, frame number) it names."""

    points_mm: NDArray[np.float64]
    image: tuple[str, int | None] | None


def contour_points_mm(item: Dataset) -> NDArray[np.float64]:
    """Contour Data (3006,0050), shape (n, 3); also where an explicit VR made it UN (PS3.5 6.2.2)."""
    element = item.get_item(_CONTOUR_DATA) if _CONTOUR_DATA in item else None
    value = element.value if element is not None else b""
    if value is None or len(value) == 0:
        return np.empty((0, 3))
    numbers = value.strip(b" \0").split(b"\\") if isinstance(value, bytes) else value
    return np.array(numbers).astype(float).reshape(-1, 3)


def _referenced_image(item: Dataset) -> tuple[str, int | None] | None:
    images = item.get("ContourImageSequence") or []
    if not images:
        return None
    number = images[0].get("ReferencedFrameNumber")
    return str(images[0].get("ReferencedSOPInstanceUID")), None if number is None else int(number)


def _filled(contours: list[Contour], shape: tuple[int, int, int]) -> tuple[NDArray[np.bool_], int]:
    """The voxels inside, and how many contours partly overlap another one of their slice."""
    slices, places = np.unique([contour.slice_index for contour in contours], return_inverse=True)
    drawn = [Contour(int(place), contour.points) for place, contour in zip(places, contours, strict=True)]
    counts = coverage(drawn, (len(slices), *shape[1:]))
    planes = counts % 2 == 1
    overlapping = 0
    for place in np.flatnonzero((counts > 1).any(axis=(1, 2))):
        planes[place], found = _nested([contour for contour in drawn if contour.slice_index == place], shape[1:])
        overlapping += found
    mask = np.zeros(shape, bool)
    mask[slices] = planes
    return mask, overlapping


def _nested(contours: list[Contour], shape: tuple[int, int]) -> tuple[NDArray[np.bool_], int]:
    """One slice with contours in contours, from the largest: true holes are cut out, overlaps united."""
    fills = [coverage([Contour(0, contour.points)], (1, *shape))[0] > 0 for contour in contours]
    fills.sort(key=np.count_nonzero, reverse=True)
    plane = np.zeros(shape, bool)
    overlapping = 0
    for index, fill in enumerate(fills):
        size = np.count_nonzero(fill)
        common = [np.count_nonzero(fill & larger) for larger in fills[:index]]
        repeats = any(np.array_equal(fill, larger) for larger in fills[:index])
        if repeats or any(0 < pixels < size for pixels in common):
            plane |= fill
            overlapping += 1
        else:
            plane ^= fill
    return plane, overlapping
