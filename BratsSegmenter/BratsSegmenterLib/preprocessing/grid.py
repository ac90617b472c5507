"""The grid that networks see, and moving images between grids.

The standard grid has voxels of 1 mm along the patient axes: i from right to left, j from anterior to posterior, k from
inferior to superior (LPS, direction matrix the identity), as in the BraTS data. It lies in the reference's own patient
space: nothing is moved to an atlas, only cropped to the head, so that the way back is one interpolation.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.geometry import Geometry, corners

SPACING_MM = 1.0
_FWHM_OF_SIGMA = 2.3548  # full width at half maximum of a Gaussian of standard deviation 1


def standard_grid(
    low_mm: NDArray[np.float64], high_mm: NDArray[np.float64], anchor_mm: NDArray[np.float64]
) -> Geometry:
    """The smallest standard grid that holds a box and has a voxel centre on `anchor_mm`.

    Parameters
    ----------
    low_mm, high_mm : ndarray, shape (3,)
        Corners of the box, LPS.
    anchor_mm : ndarray, shape (3,)
        A voxel centre of the reference, LPS: a 1 mm reference along the patient axes is then not interpolated at all.
    """
    first = anchor_mm + np.floor((low_mm - anchor_mm) / SPACING_MM) * SPACING_MM
    columns, rows, slices = np.ceil((high_mm - first) / SPACING_MM - 1e-6).astype(int) + 1
    shape = (int(slices), int(rows), int(columns))
    return Geometry.from_axes(shape, (SPACING_MM,) * 3, np.eye(3), first)


def bounding_box_mm(mask: sitk.Image, margin_mm: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest LPS coordinates of the voxels of a mask, its voxels' edges included, with a margin."""
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.Execute(mask)
    *first, columns, rows, slices = statistics.GetBoundingBox(1)
    low = np.array(first) - 0.5
    high = low + np.array([columns, rows, slices])
    points = Geometry.of_image(mask).points_mm(corners(zip(low, high, strict=True)))
    return points.min(axis=0) - margin_mm, points.max(axis=0) + margin_mm


def intersection_mm(
    box: tuple[NDArray[np.float64], NDArray[np.float64]], geometry: Geometry
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The part of a box inside the bounding box of a grid's voxels."""
    points = geometry.points_mm(corners((-0.5, n - 0.5) for n in geometry.shape[::-1]))
    return np.maximum(box[0], points.min(axis=0)), np.minimum(box[1], points.max(axis=0))


def resample(
    image: sitk.Image, grid: Geometry, transform: sitk.Transform | None = None, outside: float = 0.0
) -> sitk.Image:
    """The image on another grid by linear interpolation.

    Parameters
    ----------
    image : SimpleITK.Image
    grid : Geometry
    transform : SimpleITK.Transform, optional
        Maps a point of the grid to a point of the image, LPS.
    outside : float
        The value where the image does not reach.
    """
    slices, rows, columns = grid.shape
    return sitk.Resample(
        image,
        (columns, rows, slices),
        transform or sitk.Transform(),
        sitk.sitkLinear,
        grid.origin_mm.tolist(),
        grid.spacing_mm,
        grid.direction.ravel().tolist(),
        outside,
    )


def with_thin_slices(image: sitk.Image, thick_mm: float) -> sitk.Image:
    """The image with voxels of about 1 mm along every axis on which its voxels are further apart than `thick_mm`.

    Half-way between thick slices a straight line mixes both; a cubic spline comes closer to what a slice there would
    have shown (Lehmann, Gönner and Spitzer 1999, IEEE Transactions on Medical Imaging 18(11):1049-1075). What
    overshoots the range of the image is cut. Each voxel becomes an odd number of thinner ones, which fill it: the
    middle one has its value.

    Parameters
    ----------
    image : SimpleITK.Image of float32
    thick_mm : float
    """
    for axis, (size, spacing) in enumerate(zip(image.GetSize(), image.GetSpacing(), strict=True)):
        if size > 1 and spacing > thick_mm:
            image = _thinner(image, axis, into=2 * round((spacing / SPACING_MM - 1) / 2) + 1)
    return image


def _thinner(image: sitk.Image, axis: int, into: int) -> sitk.Image:
    """Each voxel as `into` thinner ones along one axis (0 to 2: i, j, k); it fills the same space."""
    from scipy.interpolate import CubicSpline

    values = np.moveaxis(sitk.GetArrayViewFromImage(image), 2 - axis, 0)
    centres = np.arange(len(values))
    thin_centres = np.clip((np.arange(len(values) * into) + 0.5) / into - 0.5, 0, centres[-1])
    # A spline's value is a sum of its knots, each with a weight that is the same on every line.
    weights = CubicSpline(centres, np.eye(len(centres)))(thin_centres).astype(np.float32)
    thin = np.tensordot(weights, values, axes=1)
    thin.clip(values.min(), values.max(), out=thin)
    geometry = Geometry.of_image(image)
    affine = geometry.affine.copy()
    affine[:3, axis] /= into
    affine[:3, 3] -= (into - 1) / 2 * affine[:3, axis]
    thin = np.moveaxis(thin, 0, 2 - axis)
    return Geometry(thin.shape, affine).image(thin)


def smoothed_to(image: sitk.Image, spacing_mm: float) -> sitk.Image:
    """The image smoothed along the axes that are much finer than `spacing_mm`: no detail turns into noise there."""
    own = np.array(image.GetSpacing())
    if own.min() > 0.75 * spacing_mm:
        return image
    variances = np.clip(spacing_mm**2 - own**2, 0.0, None) / _FWHM_OF_SIGMA**2
    return sitk.DiscreteGaussian(image, variances.tolist(), maximumKernelWidth=9)
