"""Structure sets, ours and others', as voxels on the slices of a series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import RTStructureSetStorage

from BratsSegmenterLib.dicom.contour_slices import (
    distinct_planes,
    is_every_nth_slice,
    planes_of_slices,
    slice_step_mm,
    slices_between,
)
from BratsSegmenterLib.dicom.contours import Contour
from BratsSegmenterLib.dicom.named_images import NamedImage, listed_images, named_images
from BratsSegmenterLib.dicom.polygons import RegionContour, filled
from BratsSegmenterLib.dicom.provenance import MANUFACTURER
from BratsSegmenterLib.dicom.reading import UNREADABLE, read_whole
from BratsSegmenterLib.dicom.slice_planes import ON_PLANE_MM, SlicePlanes
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.errors import SeriesError

_CONTOUR_DATA = Tag("ContourData")
_EXCLUSIVE = "CLOSEDPLANAR_XOR"
_CLOSED = ("CLOSED_PLANAR", _EXCLUSIVE)
_FARTHEST_MM = 1e5
_THICKER = 1.02  # times the distance of the slices

DAMAGED = (*UNREADABLE, IndexError, OSError, RuntimeError)
"""What the content of a damaged object raises when it is looked at, long after its file was opened."""


FRAME_OF_REFERENCE_NOT_NAMED = "The frame of reference is not named; taken as that of the series."
SAME_NAMES = "Several regions have the same name; they were united."

_THESE_SLICES = "these slices"


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
    another is united with it; those of type CLOSEDPLANAR_XOR are combined by exclusive or. The nearest slice takes a
    contour that lies between slices. Contours that were drawn on thicker slices, as the distance of their planes tells,
    fill the slices that are nearer to them than to their neighbours; what names the images of these very slices, and
    all of ours that does not say otherwise, stays on them.

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


@dataclass(frozen=True, eq=False)
class _Polygon:
    """A closed contour as it was read, parallel to the slices; `offset_mm` along their normal."""

    points_mm: NDArray[np.float64]
    offset_mm: float
    images: frozenset[NamedImage]
    is_exclusive: bool


@dataclass(frozen=True, eq=False)
class _Roi:
    """A region, and where it was drawn: see :meth:`_Reading._source`."""

    label: str
    polygons: Sequence[_Polygon]
    source: str
    remarks: Counter[str]


class _Reading:
    """One structure set being read; collects what had to be tolerated."""

    def __init__(self, dataset: Dataset, volume: Volume, name: str) -> None:
        self._dataset = dataset
        self._volume = volume
        self._planes = SlicePlanes(volume)
        self._name = name
        self._is_ours = str(dataset.get("Manufacturer")) == MANUFACTURER
        self._series_of = {image: uid for uid, images in listed_images(dataset).items() for image in images}
        self._same_plane_mm = max(ON_PLANE_MM, 0.02 * self._planes.spacing_mm)
        self._tolerated: list[str] = []

    def structures(self) -> ReadStructures:
        self._require_structure_set()
        rois = list(self._rois())
        steps_mm = {source: self._step_mm(source, rois) for source in {roi.source for roi in rois}}
        masks: dict[str, NDArray[np.bool_]] = {}
        for roi in rois:
            mask = self._mask(roi, steps_mm[roi.source])
            if mask is not None:
                masks[roi.label] = mask | masks[roi.label] if roi.label in masks else mask
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
        found |= set(self._frames_of_reference().values())
        found = {str(uid) for uid in found if uid}
        if not found:
            self._tolerated.append(FRAME_OF_REFERENCE_NOT_NAMED)
        elif self._volume.series.frame_of_reference_uid not in found:
            raise SeriesError(
                f"{self._name} was drawn in another frame of reference than {self._volume.series.label}.",
                "Choose the series on which it was drawn.",
            )

    def _frames_of_reference(self) -> dict[int, str]:
        """By ROI Number, empty where a ROI names none."""
        items = self._dataset.get("StructureSetROISequence") or []
        return {int(item.ROINumber): str(item.get("ReferencedFrameOfReferenceUID") or "") for item in items}

    def _roi_names(self) -> dict[int, str]:
        items = self._dataset.get("StructureSetROISequence") or []
        names = {int(item.ROINumber): str(item.get("ROIName") or f"ROI {item.ROINumber}") for item in items}
        if len(set(names.values())) < len(names):
            self._tolerated.append(SAME_NAMES)
        return names

    def _rois(self) -> Iterator[_Roi]:
        names, frames_of_reference = self._roi_names(), self._frames_of_reference()
        for item in self._dataset.get("ROIContourSequence") or []:
            number = int(item.ReferencedROINumber)
            label = names.get(number, f"ROI {number}")
            if frames_of_reference.get(number) not in (None, "", self._volume.series.frame_of_reference_uid):
                self._tolerated.append(f"{label}: drawn in another frame of reference; left out.")
                continue
            remarks: Counter[str] = Counter()
            polygons = list(self._polygons(item.get("ContourSequence") or [], remarks))
            sources = Counter(self._source(polygon) for polygon in polygons)
            yield _Roi(label, polygons, max(sources, key=sources.__getitem__, default=""), remarks)

    def _polygons(self, items: Iterable[Dataset], remarks: Counter[str]) -> Iterator[_Polygon]:
        for item in items:
            kind = str(item.get("ContourGeometricType", ""))
            points = contour_points_mm(item)
            if kind not in _CLOSED:
                remarks[f"of type {kind or 'unknown'} have no area; they were left out"] += 1
                continue
            if len(points) < 3:
                remarks["have fewer than three points; they were left out"] += 1
                continue
            if not np.isfinite(points).all() or np.abs(points).max() > _FARTHEST_MM:
                remarks["have impossible coordinates; they were left out"] += 1
                continue
            offsets = self._planes.offset_mm(points)
            if np.ptp(offsets) > max(ON_PLANE_MM, 0.2 * self._planes.spacing_mm):
                remarks["are not parallel to the slices; they were left out"] += 1
                continue
            images = frozenset(named_images(item.get("ContourImageSequence") or []))
            yield _Polygon(points, float(offsets.mean()), images, kind == _EXCLUSIVE)

    def _source(self, polygon: _Polygon) -> str:
        """Where a contour was drawn: on the image of its slice, or on one of the series with that UID; "" unknown."""
        frame = self._volume.frames[self._planes.nearest(polygon.offset_mm)]
        if (frame.sop_instance_uid, frame.number) in polygon.images or (self._is_ours and not polygon.images):
            return _THESE_SLICES
        return next((self._series_of[image] for image in polygon.images if image in self._series_of), "")

    def _step_mm(self, source: str, rois: Sequence[_Roi]) -> float:
        """The distance of the slices that the regions of one source were drawn on; never less than the series' own."""
        own_mm = self._planes.spacing_mm
        if source == _THESE_SLICES and self._is_ours:
            return own_mm
        offsets = np.array([polygon.offset_mm for roi in rois if roi.source == source for polygon in roi.polygons])
        if not offsets.size:
            return own_mm
        planes, _ = distinct_planes(offsets, self._same_plane_mm)
        step_mm = slice_step_mm(planes) or own_mm
        if source == _THESE_SLICES and step_mm > _THICKER * own_mm and not is_every_nth_slice(planes, step_mm):
            return own_mm
        return max(step_mm, own_mm)

    def _mask(self, roi: _Roi, step_mm: float) -> NDArray[np.bool_] | None:
        """The region's voxels, or None where it has no contour on the slices."""
        remarks = roi.remarks
        contours = self._on_slices(roi.polygons, step_mm, remarks)
        if contours:
            mask, overlapping = filled(contours, self._volume.geometry.shape)
            remarks["overlap another one on the same slice; they were united"] += overlapping
        self._tolerated += [f"{roi.label}: {count} contours {what}." for what, count in remarks.items() if count]
        if not contours:
            self._tolerated.append(f"{roi.label}: left out, no contour lies on the slices.")
            return None
        if step_mm > _THICKER * self._planes.spacing_mm:
            self._tolerated.append(
                f"{roi.label}: drawn on slices {step_mm:.1f} mm apart; each contour fills the slices of the series "
                "that are nearest to it."
            )
        empty = slices_between(mask)
        if empty and not (self._is_ours and roi.source == _THESE_SLICES):
            self._tolerated.append(f"{roi.label}: it has no contour on {empty}, but above and below; left empty.")
        return mask

    def _on_slices(self, polygons: Sequence[_Polygon], step_mm: float, remarks: Counter[str]) -> list[RegionContour]:
        """The polygons on the slices that they fill; of several planes that fall on one slice the nearest."""
        if not polygons:
            return []
        planes = self._planes
        offsets, plane_of = distinct_planes(np.array([one.offset_mm for one in polygons]), self._same_plane_mm)
        plane_in = planes_of_slices(offsets, planes.offsets_mm, step_mm)
        contours = []
        for polygon, plane in zip(polygons, plane_of, strict=True):
            slices = np.flatnonzero(plane_in == plane)
            k = planes.nearest(polygon.offset_mm)
            distance_mm = abs(polygon.offset_mm - planes.offsets_mm[k])
            if not slices.size:
                is_outside = distance_mm > 0.5 * planes.spacing_mm - ON_PLANE_MM
                where = "lie outside the series" if is_outside else "share a slice with a nearer one"
                remarks[f"{where}; they were left out"] += 1
                continue
            contours += [
                RegionContour(Contour(int(own), planes.pixels(int(own), polygon.points_mm)), polygon.is_exclusive)
                for own in slices
            ]
            is_between = distance_mm > self._same_plane_mm and step_mm <= _THICKER * planes.spacing_mm
            remarks["lie between slices; the nearest slice took them"] += is_between
            remarks["name another image than the one they lie on; their coordinates were believed"] += (
                self._is_wrong_reference(polygon, k)
            )
            remarks["do not name their image; their coordinates were believed"] += not polygon.images
        return contours

    def _is_wrong_reference(self, polygon: _Polygon, k: int) -> bool:
        frame = self._volume.frames[k]
        expected = (frame.sop_instance_uid, frame.number)
        return bool(polygon.images) and bool(self._planes.has_image[k]) and expected not in polygon.images


def contour_points_mm(item: Dataset) -> NDArray[np.float64]:
    """Contour Data (3006,0050), shape (n, 3); also where an explicit VR made it UN (PS3.5 6.2.2)."""
    element = item.get_item(_CONTOUR_DATA) if _CONTOUR_DATA in item else None
    value = element.value if element is not None else b""
    if value is None or len(value) == 0:
        return np.empty((0, 3))
    numbers = value.strip(b" \0").split(b"\\") if isinstance(value, bytes) else value
    return np.array(numbers).astype(float).reshape(-1, 3)
