"""N4: the slow shading that receive coils lay over an image."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.progress import Progress

_SHRINK = 6
# Cubic splines of 2 elements a side, twice. More would follow large tumours as if they were shading
# (Testing/benchmarks/bias_field.py). ITK's filter cannot be stopped, so it runs as short executions, each on what the
# former left.
_CONTROL_POINTS = (5, 5)
_ITERATIONS = 15
_CONVERGENCE = 1e-4


def bias_field(
    array: NDArray[np.float32],
    geometry: Geometry,
    mask: NDArray[np.bool_],
    progress: Progress,
    control_points: tuple[int, ...] = _CONTROL_POINTS,
) -> NDArray[np.float32]:
    """The factor by which shading brightens each voxel, 1 on average inside the mask; 1 everywhere without tissue.

    N4 (Tustison et al., IEEE TMI 29:1310, 2010) on every sixth voxel; the field is smooth, so it is carried to the
    full grid by linear interpolation.

    Parameters
    ----------
    array : ndarray of float32, shape (slices, rows, columns)
        Values above 0 inside the mask count; N4 works on their logarithm.
    geometry : Geometry
        Of the array.
    mask : ndarray of bool, shape of `array`
        Tissue.
    progress : Progress
    control_points : tuple of int
        Of the cubic splines along each side, one number for each execution of N4.

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    image = sitk.Shrink(geometry.image(array), [_SHRINK] * 3)
    tissue = sitk.Shrink(geometry.image((mask & (array > 0)).astype(np.uint8)), [_SHRINK] * 3)
    inside = sitk.GetArrayFromImage(tissue) > 0
    if not inside.any():
        return np.ones(geometry.shape, np.float32)
    log_field = np.zeros(inside.shape)
    for n, points in enumerate(control_points):
        progress.update(n / len(control_points))
        n4 = sitk.N4BiasFieldCorrectionImageFilter()
        n4.SetNumberOfControlPoints([points] * 3)
        n4.SetMaximumNumberOfIterations([_ITERATIONS])
        n4.SetConvergenceThreshold(_CONVERGENCE)
        corrected = n4.Execute(image, tissue)
        log_field += sitk.GetArrayFromImage(n4.GetLogBiasFieldAsImage(image))
        image = corrected
    log_field -= log_field[inside].mean()
    field = sitk.GetImageFromArray(np.exp(log_field).astype(np.float32))
    field.CopyInformation(image)
    return sitk.GetArrayFromImage(_on_full_grid(field, geometry))


def _on_full_grid(field: sitk.Image, geometry: Geometry) -> sitk.Image:
    resampler = sitk.ResampleImageFilter()
    resampler.SetReferenceImage(geometry.image(np.empty(geometry.shape, np.uint8)))
    resampler.UseNearestNeighborExtrapolatorOn()
    return resampler.Execute(field)
