"""A closed surface that grows from the middle of the head to the edge of the brain.

After BET (Smith, Human Brain Mapping 17:143, 2002): each vertex of a triangulated sphere moves outwards until the
darkest value just inside of it is no longer brain, while a curvature that no brain has is smoothed away.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.preprocessing.sphere import Sphere, triangulated_sphere
from BratsSegmenterLib.progress import Progress

_STEPS = 600
_START_RADIUS_MM = 35.0
_DARKEST_WITHIN_MM = 18.0
_BRIGHTEST_WITHIN_MM = 9.0
_IMAGE_FORCE = 0.05
# Radii of curvature between which the smoothing falls from full to little (Smith 2002, section "update component 2").
_SHARPEST_MM, _FLATTEST_MM = 3.33, 10.0
_RASTER = 12  # points along a triangle's edge: about 6 mm in 2 mm voxels leave no gap


def grow_brain_surface(
    image: NDArray[np.float32],
    spacing_mm: float,
    centre: NDArray[np.float64],
    edge: float,
    progress: Progress,
) -> NDArray[np.bool_]:
    """The inside of the grown surface.

    Parameters
    ----------
    image : ndarray of float32, shape (k, j, i)
        Isotropic; brain about 1 and nothing brighter, liquor less, bone and air about 0.
    spacing_mm : float
        Of a voxel.
    centre : ndarray, shape (3,)
        Voxel (k, j, i) well inside the brain.
    edge : float
        The share of the brightest value nearby below which a value is no longer brain.
    progress : Progress

    Returns
    -------
    ndarray of bool, shape of `image`

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    sphere = triangulated_sphere()
    points = sphere.points * _START_RADIUS_MM
    depths_mm = np.arange(spacing_mm / 2, _DARKEST_WITHIN_MM, spacing_mm)
    near = depths_mm <= _BRIGHTEST_WITHIN_MM
    for step in range(_STEPS):
        if step % 30 == 0:
            progress.update(step / _STEPS)
        normals = _normals(points, sphere)
        around = points[sphere.neighbours]
        pull = around.mean(axis=1) - points
        outwards = np.einsum("vc,vc->v", pull, normals)
        edge_mm = np.linalg.norm(around - points[:, None], axis=2).mean()
        values = _sampled(image, points, normals, depths_mm, centre, spacing_mm)
        growth = _growth(values, values[:, near], edge)
        along = outwards * _smoothing(outwards, edge_mm) + _IMAGE_FORCE * growth * edge_mm
        points = points + 0.5 * (pull - outwards[:, None] * normals) + along[:, None] * normals
    return _filled(points / spacing_mm + centre, sphere, image.shape)


def _growth(values: NDArray[np.float32], near: NDArray[np.float32], edge: float) -> NDArray[np.float32]:
    """Above 0 where the surface is still in the brain, below 0 where it has left it; one value a vertex."""
    brightest = np.maximum(near.max(axis=1), 0.5)
    return 2.0 * (values.min(axis=1) - brightest * edge) / brightest


def _smoothing(outwards_mm: NDArray[np.float64], edge_mm: float) -> NDArray[np.float64]:
    """How much of the inward or outward bend is taken away in one step: little when flat, all when sharp."""
    curvature = 2.0 * np.abs(outwards_mm) / edge_mm**2
    middle = (1 / _SHARPEST_MM + 1 / _FLATTEST_MM) / 2
    steepness = 6.0 / (1 / _SHARPEST_MM - 1 / _FLATTEST_MM)
    return 0.5 * (1.0 + np.tanh(steepness * (curvature - middle)))


def _normals(points: NDArray[np.float64], sphere: Sphere) -> NDArray[np.float64]:
    a, b, c = (points[sphere.triangles[:, corner]] for corner in range(3))
    normals = sphere.faces_of_vertex @ np.cross(b - a, c - a)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)


def _sampled(
    image: NDArray[np.float32],
    points: NDArray[np.float64],
    normals: NDArray[np.float64],
    depths_mm: NDArray[np.float64],
    centre: NDArray[np.float64],
    spacing_mm: float,
) -> NDArray[np.float32]:
    """Values below each vertex, shape (vertices, depths); 0 outside the image."""
    inwards = points[:, None] - normals[:, None] * depths_mm[None, :, None]
    k, j, i = np.rint(inwards / spacing_mm + centre).astype(int).transpose(2, 0, 1)
    inside = (k >= 0) & (j >= 0) & (i >= 0) & (k < image.shape[0]) & (j < image.shape[1]) & (i < image.shape[2])
    return np.where(inside, image[np.where(inside, k, 0), np.where(inside, j, 0), np.where(inside, i, 0)], 0.0)


def _filled(voxels: NDArray[np.float64], sphere: Sphere, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The voxels on and inside the surface."""
    first, second = np.meshgrid(np.linspace(0, 1, _RASTER), np.linspace(0, 1, _RASTER))
    weights = np.stack([first, second, 1 - first - second], -1)[first + second <= 1 + 1e-9]
    on_surface = np.rint(np.einsum("wc,fcx->fwx", weights, voxels[sphere.triangles])).astype(int).reshape(-1, 3)
    clipped = np.clip(on_surface, -1, shape) + 1
    shell = np.zeros([size + 2 for size in shape], bool)
    shell[tuple(clipped.T)] = True
    return ndimage.binary_fill_holes(shell)[1:-1, 1:-1, 1:-1]
