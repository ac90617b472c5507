"""Structure sets, ours and others', as voxels on the slices of a series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import RTStructureSetStorage

from BratsSegmenterLib.dicom.closed_contours import ClosedContour, closed_contours
from BratsSegmenterLib.dicom.contour_slices import THICKER, planes_of_slices, slices_between
from BratsSegmenterLib.dicom.contours import Contour
from BratsSegmenterLib.dicom.drawn_planes import DrawnPlanes, drawn_planes, drawn_step_mm, same_plane_tolerance_mm
from BratsSegmenterLib.dicom.named_images import is_named, listed_images
from BratsSegmenterLib.dicom.pixel_chains import are_pixel_chains, filled_chains
from BratsSegmenterLib.dicom.polygons import RegionContour, filled
from BratsSegmenterLib.dicom.provenance import MANUFACTURER
from BratsSegmenterLib.dicom.reading import read_whole
from BratsSegmenterLib.dicom.region_names import region_named
from BratsSegmenterLib.dicom.slice_planes import ON_PLANE_MM, SlicePlanes
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.unreadable import UNREADABLE

DAMAGED = (*UNREADABLE, IndexError, OSError, RuntimeError)
"""What the content of a damaged object raises when it is looked at, long after its file was opened."""


FRAME_OF_REFERENCE_NOT_NAMED = "The frame of reference is not named; taken as that of the series."
SAME_NAMES = "Several regions have the same name; they were united."

_THESE_SLICES = "these slices"
_FEWEST_POINTS = 3  # that enclose an area


@dataclass(frozen=True, eq=False)
class ReadStructures:
    """What a structure set or segmentation object says, on the grid of a volume.

    Attributes
    ----------
    masks : mapping of str to ndarray of bool, shape (slices, rows, columns)
        By ROI name or segment label, of what is a region of ours; they may overlap.
    tolerated : tuple of str
        Sentences for the user: what was not as it should be, and what was made of it.
    others : tuple of str
        The names of all other structures, of which no voxels are made.
    """

    masks: Mapping[str, NDArray[np.bool_]] = field(repr=False)
    tolerated: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def read_rtstruct(source: Path | Dataset, volume: Volume) -> ReadStructures:
    """Read the closed contours of a structure set as voxels of a volume, by geometry alone.

    A voxel belongs to a region when its centre does; where all contours of a region step from pixel centre to pixel
    centre, the pixels that they step on belong to it too. A contour inside another one is a hole, one that partly
    overlaps another is united with it; those of type CLOSEDPLANAR_XOR are combined by exclusive or. The nearest slice
    takes a contour that lies between slices. Only structures that carry a name of our regions are filled; where the
    others were drawn still tells how thick the slices were.

    Contours that were drawn on thicker slices fill the slices that are nearer to them than to their neighbours. The
    places of their images in the list of their series tell how thick (PS3.3 C.8.8.5), else the distance of contours
    that lie over each other. What names the images of these very slices stays on them, unless another program drew on
    every other slice or every third and so on: then the contours fill those between, too. Ours never do.

    Parameters
    ----------
    source : Path or pydicom.Dataset
        The RTSTRUCT object.
    volume : Volume
        In the same frame of reference.

    Raises
    ------
    SeriesError
        The file is damaged or no structure set, belongs to another frame of reference, or holds regions of ours of
        which no contour lies on the volume's slices.
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
class _Roi:
    """A region, where it was drawn (see :meth:`_Reading._source`), and whether its contours step on its pixels."""

    label: str
    polygons: Sequence[ClosedContour]
    source: str
    remarks: Counter[str]
    are_chains: bool


@dataclass(frozen=True, eq=False)
class _Drawing:
    """The planes that the structures of one source lie on, and how far apart its slices are; None where not known."""

    planes: DrawnPlanes
    step_mm: float | None


class _Reading:
    """One structure set being read; collects what had to be tolerated."""

    def __init__(self, dataset: Dataset, volume: Volume, name: str) -> None:
        self._dataset = dataset
        self._volume = volume
        self._planes = SlicePlanes(volume)
        self._name = name
        self._is_ours = str(dataset.get("Manufacturer")) == MANUFACTURER
        self._listed = listed_images(dataset)
        self._series_of = {image: uid for uid, images in self._listed.items() for image in images}
        self._tolerated: list[str] = []

    def structures(self) -> ReadStructures:
        self._require_structure_set()
        rois = list(self._rois())
        regions = [roi for roi in rois if region_named(roi.label) is not None]
        drawings = {source: self._drawing(source, rois) for source in {roi.source for roi in regions}}
        masks: dict[str, NDArray[np.bool_]] = {}
        for roi in regions:
            mask = self._mask(roi, drawings[roi.source])
            if mask is not None:
                masks[roi.label] = mask | masks[roi.label] if roi.label in masks else mask
        if not masks and (regions or not rois):
            raise SeriesError(
                f"{self._name} holds no contour that lies on the slices of {self._volume.series.label}.",
                "Choose the series on which it was drawn.",
                " ".join(self._tolerated),
            )
        others = dict.fromkeys(roi.label for roi in rois if roi not in regions)
        return ReadStructures(masks, tuple(self._tolerated), tuple(others))

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
            polygons = list(closed_contours(item.get("ContourSequence") or [], self._planes, remarks))
            are_chains = are_pixel_chains([self._pixels(polygon) for polygon in polygons])
            if not are_chains:
                areas = [polygon for polygon in polygons if len(polygon.points_mm) >= _FEWEST_POINTS]
                remarks["have fewer than three points; they were left out"] += len(polygons) - len(areas)
                polygons = areas
            sources = Counter(self._source(polygon) for polygon in polygons)
            yield _Roi(label, polygons, max(sources, key=sources.__getitem__, default=""), remarks, are_chains)

    def _pixels(self, polygon: ClosedContour) -> NDArray[np.float64]:
        """Of its vertices, (column, row) on the nearest slice."""
        return self._planes.pixels(self._planes.nearest(polygon.offset_mm), polygon.points_mm)

    def _source(self, polygon: ClosedContour) -> str:
        """Where a contour was drawn: on the image of its slice, or on one of the series with that UID; "" unknown."""
        frame = self._volume.frames[self._planes.nearest(polygon.offset_mm)]
        if is_named(polygon.images, (frame.sop_instance_uid, frame.number)) or (self._is_ours and not polygon.images):
            return _THESE_SLICES
        return next((self._series_of[image] for image in polygon.images if image in self._series_of), "")

    def _drawing(self, source: str, rois: Sequence[_Roi]) -> _Drawing:
        polygons = [polygon for roi in rois if roi.source == source for polygon in roi.polygons]
        drawn = drawn_planes(polygons, self._planes)
        return _Drawing(drawn, self._step_mm(source, drawn))

    def _step_mm(self, source: str, drawn: DrawnPlanes) -> float | None:
        if not drawn.of or (source == _THESE_SLICES and self._is_ours):
            return self._planes.spacing_mm
        is_of_these = source in (_THESE_SLICES, self._volume.series.series_uid)
        listed = None if is_of_these else self._listed.get(source)
        return drawn_step_mm(drawn, self._planes, self._volume.geometry.shape[1:], is_of_these, listed)

    def _mask(self, roi: _Roi, drawing: _Drawing) -> NDArray[np.bool_] | None:
        """The region's voxels, or None where it has no contour on the slices."""
        remarks, step_mm = roi.remarks, max(drawing.step_mm or 0, self._planes.spacing_mm)
        contours, beside = self._on_slices(roi.polygons, drawing.planes, step_mm, remarks)
        if contours and roi.are_chains:
            mask = filled_chains([one.contour for one in contours], self._volume.geometry.shape)
            remarks["run through the centres of pixels; the pixels on them belong to it"] += len(contours)
        elif contours:
            mask, overlapping = filled(contours, self._volume.geometry.shape)
            remarks["overlap another one on the same slice; they were united"] += overlapping
        self._tolerated += [f"{roi.label}: {count} contours {what}." for what, count in remarks.items() if count]
        if not contours:
            self._tolerated.append(f"{roi.label}: left out, no contour lies on the slices.")
            return None
        lost_ml = self._not_covered_ml(beside, mask)
        if lost_ml:
            self._tolerated.append(
                f"{roi.label}: up to {lost_ml:.2f} mL inside the contours that share a slice with a nearer one lie in "
                "none that was taken."
            )
        if drawing.step_mm is None:
            self._tolerated.append(
                f"{roi.label}: drawn on another series whose slices may be thicker; each contour fills one slice."
            )
        if step_mm > THICKER * self._planes.spacing_mm:
            self._tolerated.append(
                f"{roi.label}: drawn on slices {step_mm:.1f} mm apart; each contour fills the slices of the series "
                "that are nearest to it."
            )
        empty = slices_between(mask)
        if empty and not (self._is_ours and roi.source == _THESE_SLICES):
            self._tolerated.append(f"{roi.label}: it has no contour on {empty}, but above and below; left empty.")
        return mask

    def _on_slices(
        self, polygons: Sequence[ClosedContour], drawn: DrawnPlanes, step_mm: float, remarks: Counter[str]
    ) -> tuple[list[RegionContour], dict[int, list[RegionContour]]]:
        """The polygons on the slices that they fill, and by their plane those whose slice took a nearer plane."""
        contours: list[RegionContour] = []
        beside: dict[int, list[RegionContour]] = {}
        if not polygons:
            return contours, beside
        planes = self._planes
        of_region = np.unique([drawn.of[polygon] for polygon in polygons])
        place_in = planes_of_slices(drawn.offsets_mm[of_region], planes.offsets_mm, step_mm)
        plane_in = np.where(place_in < 0, -1, of_region[place_in])
        for polygon in polygons:
            plane = drawn.of[polygon]
            slices = np.flatnonzero(plane_in == plane)
            k = planes.nearest(drawn.offsets_mm[plane])
            distance_mm = abs(drawn.offsets_mm[plane] - planes.offsets_mm[k])
            if not slices.size:
                is_outside = distance_mm > 0.5 * planes.spacing_mm - ON_PLANE_MM
                where = "lie outside the series" if is_outside else "share a slice with a nearer one"
                remarks[f"{where}; they were left out"] += 1
                if not is_outside:
                    beside.setdefault(plane, []).append(self._on_slice(polygon, k))
                continue
            contours += [self._on_slice(polygon, int(own)) for own in slices]
            is_between = distance_mm > same_plane_tolerance_mm(planes) and step_mm <= THICKER * planes.spacing_mm
            remarks["lie between slices; the nearest slice took them"] += is_between
            remarks["name another image than the one they lie on; their coordinates were believed"] += (
                self._is_wrong_reference(polygon, k)
            )
            remarks["do not name their image; their coordinates were believed"] += not polygon.images
        return contours, beside

    def _on_slice(self, polygon: ClosedContour, k: int) -> RegionContour:
        return RegionContour(Contour(k, self._planes.pixels(k, polygon.points_mm)), polygon.is_exclusive)

    def _not_covered_ml(self, beside: Mapping[int, Sequence[RegionContour]], mask: NDArray[np.bool_]) -> float:
        """How much of each slice only planes enclose that it did not take."""
        lost: dict[int, NDArray[np.bool_]] = {}
        for contours in beside.values():
            k = contours[0].contour.slice_index
            flat = [RegionContour(Contour(0, one.contour.points), one.is_exclusive) for one in contours]
            plane = filled(flat, (1, *mask.shape[1:]))[0][0] & ~mask[k]
            lost[k] = lost[k] | plane if k in lost else plane
        return sum(map(np.count_nonzero, lost.values())) * self._volume.geometry.voxel_volume_ml

    def _is_wrong_reference(self, polygon: ClosedContour, k: int) -> bool:
        frame = self._volume.frames[k]
        is_expected = is_named(polygon.images, (frame.sop_instance_uid, frame.number))
        return bool(polygon.images) and bool(self._planes.has_image[k]) and not is_expected
