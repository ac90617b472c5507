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
from BratsSegmenterLib.dicom.contour_slices import (
    distinct_planes,
    is_every_nth_slice,
    lie_over_each_other,
    listed_step_mm,
    planes_of_slices,
    slice_step_mm,
    slices_between,
)
from BratsSegmenterLib.dicom.contours import Contour
from BratsSegmenterLib.dicom.named_images import listed_images
from BratsSegmenterLib.dicom.polygons import RegionContour, filled
from BratsSegmenterLib.dicom.provenance import MANUFACTURER
from BratsSegmenterLib.dicom.reading import UNREADABLE, read_whole
from BratsSegmenterLib.dicom.slice_planes import ON_PLANE_MM, SlicePlanes
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.errors import SeriesError

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
    contour that lies between slices.

    Contours that were drawn on thicker slices fill the slices that are nearer to them than to their neighbours. The
    places of their images in the list of their series tell how thick (PS3.3 C.8.8.5), else the distance of contours
    that lie over each other. What names the images of these very slices, and all of ours that does not say otherwise,
    stays on them.

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
class _Roi:
    """A region, and where it was drawn: see :meth:`_Reading._source`."""

    label: str
    polygons: Sequence[ClosedContour]
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
        self._listed = listed_images(dataset)
        self._series_of = {image: uid for uid, images in self._listed.items() for image in images}
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
            polygons = list(closed_contours(item.get("ContourSequence") or [], self._planes, remarks))
            sources = Counter(self._source(polygon) for polygon in polygons)
            yield _Roi(label, polygons, max(sources, key=sources.__getitem__, default=""), remarks)

    def _source(self, polygon: ClosedContour) -> str:
        """Where a contour was drawn: on the image of its slice, or on one of the series with that UID; "" unknown."""
        frame = self._volume.frames[self._planes.nearest(polygon.offset_mm)]
        if (frame.sop_instance_uid, frame.number) in polygon.images or (self._is_ours and not polygon.images):
            return _THESE_SLICES
        return next((self._series_of[image] for image in polygon.images if image in self._series_of), "")

    def _step_mm(self, source: str, rois: Sequence[_Roi]) -> float | None:
        """The distance of the slices that the regions of one source were drawn on; None where it is not known."""
        own_mm = self._planes.spacing_mm
        polygons = [polygon for roi in rois if roi.source == source for polygon in roi.polygons]
        if not polygons or (source == _THESE_SLICES and self._is_ours):
            return own_mm
        offsets, plane_of = distinct_planes(np.array([one.offset_mm for one in polygons]), self._same_plane_mm)
        is_of_this_series = source in (_THESE_SLICES, self._volume.series.series_uid)
        is_of_another_series = source in self._listed and not is_of_this_series
        series_mm = own_mm if is_of_this_series else None
        if is_of_another_series:
            series_mm = self._listed_step_mm(source, polygons, offsets, plane_of)
        is_over_next = self._lie_over_each_other(polygons, plane_of, len(offsets))
        alone_will_do = is_of_another_series and series_mm is None
        step_mm = slice_step_mm(offsets, is_over_next, fewest_steps=1 if alone_will_do else 2)
        if series_mm is None:
            return step_mm if step_mm or is_of_another_series else own_mm
        is_thicker = step_mm is not None and step_mm > _THICKER * series_mm and is_every_nth_slice(offsets, step_mm)
        return step_mm if is_thicker else series_mm

    def _listed_step_mm(
        self, source: str, polygons: Sequence[ClosedContour], offsets: NDArray[np.float64], plane_of: NDArray[np.intp]
    ) -> float | None:
        listed = self._listed[source]
        place_of = {image: place for place, image in enumerate(listed)}
        places = {
            int(plane): place_of[image]
            for polygon, plane in zip(polygons, plane_of, strict=True)
            for image in polygon.images & place_of.keys()
        }
        planes = sorted(places)
        return listed_step_mm(offsets[planes], np.array([places[plane] for plane in planes], np.intp), len(listed))

    def _lie_over_each_other(
        self, polygons: Sequence[ClosedContour], plane_of: NDArray[np.intp], plane_count: int
    ) -> NDArray[np.bool_]:
        contours = [
            Contour(int(plane), self._planes.pixels(self._planes.nearest(polygon.offset_mm), polygon.points_mm))
            for polygon, plane in zip(polygons, plane_of, strict=True)
        ]
        return lie_over_each_other(contours, plane_count, self._volume.geometry.shape[1:])

    def _mask(self, roi: _Roi, drawn_step_mm: float | None) -> NDArray[np.bool_] | None:
        """The region's voxels, or None where it has no contour on the slices."""
        remarks, step_mm = roi.remarks, max(drawn_step_mm or 0, self._planes.spacing_mm)
        contours = self._on_slices(roi.polygons, step_mm, remarks)
        if contours:
            mask, overlapping = filled(contours, self._volume.geometry.shape)
            remarks["overlap another one on the same slice; they were united"] += overlapping
        self._tolerated += [f"{roi.label}: {count} contours {what}." for what, count in remarks.items() if count]
        if not contours:
            self._tolerated.append(f"{roi.label}: left out, no contour lies on the slices.")
            return None
        if drawn_step_mm is None:
            self._tolerated.append(
                f"{roi.label}: drawn on another series whose slices may be thicker; each contour fills one slice."
            )
        if step_mm > _THICKER * self._planes.spacing_mm:
            self._tolerated.append(
                f"{roi.label}: drawn on slices {step_mm:.1f} mm apart; each contour fills the slices of the series "
                "that are nearest to it."
            )
        empty = slices_between(mask)
        if empty and not (self._is_ours and roi.source == _THESE_SLICES):
            self._tolerated.append(f"{roi.label}: it has no contour on {empty}, but above and below; left empty.")
        return mask

    def _on_slices(
        self, polygons: Sequence[ClosedContour], step_mm: float, remarks: Counter[str]
    ) -> list[RegionContour]:
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

    def _is_wrong_reference(self, polygon: ClosedContour, k: int) -> bool:
        frame = self._volume.frames[k]
        expected = (frame.sop_instance_uid, frame.number)
        return bool(polygon.images) and bool(self._planes.has_image[k]) and expected not in polygon.images
