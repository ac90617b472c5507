"""Longest diameter of a lesion and its perpendicular on one axial slice, as RANO 2.0 measures them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull

from BratsSegmenterLib.domain import Diameters
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.measurement.beside_cavity import crosses, diameters_beside

_MEASURABLE_MM = 10.0
_THICK_MM = 5.0
_LARGEST_TILT = np.cos(np.deg2rad(45))
_IN_PLANE = np.zeros((3, 3, 3), bool)  # pixels of one slice that share an edge or a corner belong together
_IN_PLANE[1] = True
_Ends = tuple[tuple[float, float, float], tuple[float, float, float]]
_EDGE_MIDDLES = np.array([(0.5, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.0, -0.5)])


def axial_diameters(
    mask: NDArray[np.bool_], necrosis: NDArray[np.bool_], cavity: NDArray[np.bool_], geometry: Geometry
) -> Diameters:
    """The diameters of one lesion on the slice where a piece of it is longest.

    RANO measures enhancing lesions with clear margins in two diameters on one slice (Wen et al., J Clin Oncol 2010;
    RANO 2.0, Wen et al., J Clin Oncol 2023). Nodules that are apart there, and one lesion only by a bridge on other
    slices, are therefore pieces that are measured one by one, so that no diameter runs across healthy brain from one
    to the next. Enhancement around necrosis is one piece, also where the ring is broken; around a resection cavity,
    which the criteria leave out of a measurement, it is not; where it closes round one, its diameters stay inside of
    it. A piece that is too narrow to be measurable, such as the bridge itself, counts only where all are.

    Both diameters run from outline to outline of the piece's convex hull, across necrosis and notches, as a caliper is
    set. The outline goes through the middles of the pixels' outer edges. On slices within 45 degrees of axial, the
    diameters lie in the slices as they were acquired; a lesion on sagittal or coronal slices is first resampled to
    axial planes as fine as the grid's finest spacing, and :attr:`Diameters.slice_index` is the acquired slice nearest
    to the middle of the longest diameter.

    Measurable is what has both diameters of at least 10 mm and is seen on at least two of these slices; where they lie
    more than 5 mm apart, both must be twice as long as that distance (Wen et al., 2010).

    Parameters
    ----------
    mask : ndarray of bool, shape (slices, rows, columns)
        One connected lesion, not empty.
    necrosis : ndarray of bool, shape of `mask`
        Necrosis in and around it: it holds pieces of the lesion together and is not measured itself.
    cavity : ndarray of bool, shape of `mask`
        Resection cavity.
    geometry : Geometry
        Of all three.
    """
    core = mask | necrosis
    if _is_axial(geometry):
        return _longest(mask, core, cavity, geometry)
    axial_geometry = _axial_geometry(mask, geometry)
    axial, axial_core, axial_cavity = (_resampled(part, geometry, axial_geometry) for part in (mask, core, cavity))
    diameters = _longest(axial, axial_core, axial_cavity & ~axial, axial_geometry)
    nearest = int(np.rint(geometry.indices(np.array([diameters.middle_mm]))[0, 2]))
    return replace(diameters, slice_index=min(max(nearest, 0), geometry.shape[0] - 1), is_reformatted=True)


def _is_axial(geometry: Geometry) -> bool:
    return bool(abs(geometry.direction[2, 2]) >= _LARGEST_TILT)


def _axial_geometry(mask: NDArray[np.bool_], geometry: Geometry) -> Geometry:
    """Isotropic planes square to the patient's axes that hold the mask."""
    centres_mm = geometry.points_mm(np.argwhere(mask)[:, ::-1].astype(float))
    spacing = min(geometry.spacing_mm)
    margin = np.ceil(max(geometry.spacing_mm) / spacing) * spacing
    lowest, highest = centres_mm.min(axis=0) - margin, centres_mm.max(axis=0) + margin
    columns, rows, slices = (np.ceil((highest - lowest) / spacing).astype(int) + 1).tolist()
    return Geometry.from_axes((slices, rows, columns), (spacing,) * 3, np.eye(3), lowest)


def _resampled(mask: NDArray[np.bool_], geometry: Geometry, axial: Geometry) -> NDArray[np.bool_]:
    """The mask on other planes; its outline at half of the linear interpolation."""
    slices, rows, columns = axial.shape
    reference = sitk.Image([columns, rows, slices], sitk.sitkFloat32)
    reference.SetSpacing(axial.spacing_mm)
    reference.SetOrigin(axial.origin_mm.tolist())
    image = geometry.image(mask.astype(np.float32))
    return sitk.GetArrayFromImage(sitk.Resample(image, reference, sitk.Transform(), sitk.sitkLinear, 0.0)) >= 0.5


def _longest(
    mask: NDArray[np.bool_], core: NDArray[np.bool_], cavity: NDArray[np.bool_], geometry: Geometry
) -> Diameters:
    numbers, _count = ndimage.label(core, structure=_IN_PLANE)
    numbers[~mask] = 0
    pieces = [(number, box) for number, box in enumerate(ndimage.find_objects(numbers), 1) if box is not None]
    reaches_mm = np.array([_diagonal_mm(box, geometry) for _number, box in pieces])
    least_mm = _least_mm(geometry)
    longest, size = None, (False, 0.0, 0.0)
    for place in np.argsort(-reaches_mm, kind="stable"):
        reach_mm = float(reaches_mm[place])
        if _size(reach_mm, reach_mm, least_mm) < size:
            break
        number, box = pieces[place]
        rows, columns = np.nonzero(numbers[box][0] == number)
        pixels = np.column_stack((columns + box[2].start, rows + box[1].start))
        found = _on_slice(box[0].start, pixels, core[box[0].start], cavity[box[0].start], geometry)
        found_size = _size(found.longest_mm, found.perpendicular_mm, least_mm)
        if found_size > size:
            longest, size = found, found_size
    assert longest is not None, "a lesion has voxels"
    return replace(longest, is_measurable=size[0] and bool(mask.any(axis=(1, 2)).sum() >= 2))


def _least_mm(geometry: Geometry) -> float:
    """What both diameters must reach on slices at that distance."""
    distance_mm = geometry.spacing_mm[2]
    return _MEASURABLE_MM if distance_mm <= _THICK_MM else 2 * distance_mm


def _size(longest_mm: float, perpendicular_mm: float, least_mm: float) -> tuple[bool, float, float]:
    """By which pieces are compared: what is measurable comes before what is longer."""
    return min(longest_mm, perpendicular_mm) >= least_mm, longest_mm, perpendicular_mm


def _diagonal_mm(box: tuple[slice, slice, slice], geometry: Geometry) -> float:
    """Of the box around the pixels of a slice: no diameter is longer."""
    _slices, rows, columns = box
    width, height = geometry.spacing_mm[:2]
    return float(np.hypot((columns.stop - columns.start) * width, (rows.stop - rows.start) * height))


def _on_slice(
    k: int, pixels: NDArray[np.intp], core: NDArray[np.bool_], cavity: NDArray[np.bool_], geometry: Geometry
) -> Diameters:
    """Of (column, row) pixels of slice k, which has that core and that cavity."""
    spacing = np.array(geometry.spacing_mm[:2])
    outline = _outline(pixels)
    hull = outline[ConvexHull(outline).vertices]
    longest = _farthest_pair(hull * spacing) / spacing
    perpendicular = _longest_chord_across(hull * spacing, (longest[1] - longest[0]) * spacing) / spacing
    if crosses(longest, cavity) or crosses(perpendicular, cavity):
        longest, perpendicular = diameters_beside(outline, core, cavity, spacing)
    return Diameters(
        slice_index=k,
        longest_mm=float(np.linalg.norm((longest[1] - longest[0]) * spacing)),
        perpendicular_mm=float(np.linalg.norm((perpendicular[1] - perpendicular[0]) * spacing)),
        longest_ends=_ends_mm(geometry, k, longest),
        perpendicular_ends=_ends_mm(geometry, k, perpendicular),
    )


def _outline(pixels: NDArray[np.intp]) -> NDArray[np.float64]:
    """Middles (column, row) of the outer edges of pixels: an edge between two of them is there twice."""
    edges, counts = np.unique((pixels[:, np.newaxis] + _EDGE_MIDDLES).reshape(-1, 2), axis=0, return_counts=True)
    return edges[counts == 1]


def _farthest_pair(hull: NDArray[np.float64]) -> NDArray[np.float64]:
    distances = np.linalg.norm(hull[:, np.newaxis] - hull, axis=2)
    return hull[list(np.unravel_index(np.argmax(distances), distances.shape))]


def _longest_chord_across(hull: NDArray[np.float64], direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ends of the longest chord of a convex polygon square to `direction`; one of them is a vertex."""
    along = direction / np.linalg.norm(direction)
    across = np.array([-along[1], along[0]])
    positions, heights = hull @ along, hull @ across
    start, end = int(np.argmin(positions)), int(np.argmax(positions))
    # From end to end, a convex polygon has one height above each position on either side.
    there, back = _chain(start, end, len(hull)), _chain(end, start, len(hull))[::-1]
    one = np.interp(positions, positions[there], heights[there])
    other = np.interp(positions, positions[back], heights[back])
    longest = int(np.argmax(np.abs(one - other)))
    return positions[longest] * along + np.outer((one[longest], other[longest]), across)


def _chain(start: int, end: int, count: int) -> NDArray[np.intp]:
    """Indices of a closed polygon of `count` vertices from `start` on to `end`."""
    return (start + np.arange((end - start) % count + 1)) % count


def _ends_mm(geometry: Geometry, k: int, points: NDArray[np.float64]) -> _Ends:
    one, other = geometry.points_mm(np.column_stack((points, (k, k)))).tolist()
    return tuple(one), tuple(other)
