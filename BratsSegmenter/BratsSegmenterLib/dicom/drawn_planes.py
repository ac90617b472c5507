"""The planes that contours were drawn on, also tilted a little against the slices to be filled, and their distance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.dicom.closed_contours import ClosedContour
from BratsSegmenterLib.dicom.contour_slices import (
    THICKER,
    distinct_planes,
    is_every_nth_slice,
    lie_over_each_other,
    listed_step_mm,
    slice_step_mm,
)
from BratsSegmenterLib.dicom.contours import Contour
from BratsSegmenterLib.dicom.named_images import NamedImage
from BratsSegmenterLib.dicom.slice_planes import ON_PLANE_MM, SlicePlanes

_FLAT_MM = 0.05  # coordinates are often written with one decimal
_MOST_TILT = 0.05  # millimetres a millimetre, three degrees


@dataclass(frozen=True, eq=False)
class DrawnPlanes:
    """The planes that contours lie on.

    Attributes
    ----------
    offsets_mm : ndarray, shape (planes,)
        Along the normal of the slices, ascending.
    of : mapping of ClosedContour to int
        The plane of each contour.
    """

    offsets_mm: NDArray[np.float64]
    of: Mapping[ClosedContour, int]


def drawn_planes(contours: Sequence[ClosedContour], slices: SlicePlanes) -> DrawnPlanes:
    """The planes that the contours of one source lie on.

    Slices that are tilted by tenths of a degree put two lesions of one image at two places along the normal. Contours
    that name the same image are therefore one plane, in the middle of them, but only where one tilted plane holds them
    all and they do not each lie on a slice, of which several are theirs, without being tilted like it: some programs
    name the same image in every contour, and others a multi-frame object without a frame. Other contours are one plane
    where they lie at one place.

    Parameters
    ----------
    contours : sequence of ClosedContour
    slices : SlicePlanes
    """
    same_plane_mm = same_plane_tolerance_mm(slices)
    groups = list(_on_one_image(contours, slices))
    ends = [[one.offset_mm for one in group] for group in groups]
    middles = np.array([(min(offsets) + max(offsets)) / 2 for offsets in ends])
    offsets_mm, plane_of = distinct_planes(middles, same_plane_mm)
    of = {contour: int(plane) for group, plane in zip(groups, plane_of, strict=True) for contour in group}
    return DrawnPlanes(offsets_mm, of)


def same_plane_tolerance_mm(slices: SlicePlanes) -> float:
    """What lies closer than this along the normal lies on one plane."""
    return max(ON_PLANE_MM, 0.02 * slices.spacing_mm)


def _on_one_image(contours: Sequence[ClosedContour], slices: SlicePlanes) -> Iterator[list[ClosedContour]]:
    """Together what names the same images and lies on one plane, each other contour by itself."""
    by_images: dict[frozenset[NamedImage], list[ClosedContour]] = {}
    for contour in contours:
        if contour.names_its_frame:
            by_images.setdefault(contour.images, []).append(contour)
        else:
            yield [contour]
    for group in by_images.values():
        if len(group) > 1 and _lie_on_one_plane(group, slices):
            yield group
        else:
            yield from ([contour] for contour in group)


def _lie_on_one_plane(contours: Sequence[ClosedContour], slices: SlicePlanes) -> bool:
    points = np.concatenate([contour.points_mm for contour in contours])
    offsets = slices.offset_mm(points)
    offsets -= offsets.mean()
    in_plane = slices.in_plane_mm(points)
    in_plane -= in_plane.mean(axis=0)
    tilt = np.linalg.lstsq(in_plane, offsets, rcond=None)[0]
    off_plane_mm = (offsets - in_plane @ tilt).std()
    if off_plane_mm > _flat_mm(slices) or np.linalg.norm(tilt) > _MOST_TILT:
        return False
    leaning_mm = np.concatenate([slices.offset_mm(contour.points_mm) - contour.offset_mm for contour in contours]).std()
    return bool(off_plane_mm < leaning_mm) or not _lie_on_several_slices(contours, slices)


def _lie_on_several_slices(contours: Sequence[ClosedContour], slices: SlicePlanes) -> bool:
    """Whether each contour lies on the plane of a slice, and not all on that of the same one."""
    nearest = [slices.nearest(contour.offset_mm) for contour in contours]
    off_slice_mm = np.array([contour.offset_mm for contour in contours]) - slices.offsets_mm[nearest]
    return len(set(nearest)) > 1 and bool(np.abs(off_slice_mm).max() <= _flat_mm(slices))


def _flat_mm(slices: SlicePlanes) -> float:
    """How far coordinates may lie off a plane that they were drawn on."""
    return max(_FLAT_MM, same_plane_tolerance_mm(slices))


def drawn_step_mm(
    drawn: DrawnPlanes,
    slices: SlicePlanes,
    shape: tuple[int, int],
    is_of_these: bool,
    listed: Sequence[NamedImage] | None,
) -> float | None:
    """The distance of the slices that the contours of one source were drawn on; None where it is not known.

    Parameters
    ----------
    drawn : DrawnPlanes
        At least one.
    slices : SlicePlanes
        That are to be filled.
    shape : tuple of int
        Their rows and columns.
    is_of_these : bool
        The contours were drawn on the series of these slices.
    listed : sequence of NamedImage, optional
        The images of the series that they were drawn on, where it is another one and known.
    """
    series_mm = slices.spacing_mm if is_of_these else None
    if listed is not None:
        series_mm = _listed_step_mm(drawn, listed)
    contours = [
        Contour(plane, slices.pixels(slices.nearest(polygon.offset_mm), polygon.points_mm))
        for polygon, plane in drawn.of.items()
    ]
    is_over_next = lie_over_each_other(contours, len(drawn.offsets_mm), shape)
    alone_will_do = listed is not None and series_mm is None
    step_mm = slice_step_mm(drawn.offsets_mm, is_over_next, fewest_steps=1 if alone_will_do else 2)
    if series_mm is None:
        return step_mm if step_mm or listed is not None else slices.spacing_mm
    is_thicker = step_mm is not None and step_mm > THICKER * series_mm and is_every_nth_slice(drawn.offsets_mm, step_mm)
    return step_mm if is_thicker else series_mm


def _listed_step_mm(drawn: DrawnPlanes, listed: Sequence[NamedImage]) -> float | None:
    place_of = {image: place for place, image in enumerate(listed)}
    places = {
        plane: place_of[image] for polygon, plane in drawn.of.items() for image in polygon.images & place_of.keys()
    }
    planes = sorted(places)
    in_list = np.array([places[plane] for plane in planes], np.intp)
    return listed_step_mm(drawn.offsets_mm[planes], in_list, len(listed))
