"""One level of a rigid registration by mutual information, which can be watched and stopped."""

from __future__ import annotations

from typing import NamedTuple

import SimpleITK as sitk

from BratsSegmenterLib.errors import Cancelled, explaining_memory
from BratsSegmenterLib.preprocessing.head import coarse
from BratsSegmenterLib.progress import Progress

_HISTOGRAM_BINS = 32
_SEED = 7
_MINIMUM_STEP_MM = 1e-3
_STEP_RELAXATION = 0.6


class Level(NamedTuple):
    """How finely one level looks: voxel size, number of samples, first step and most iterations."""

    spacing_mm: float
    samples: int
    step_mm: float
    iterations: int


@explaining_memory()  # ITK says both by the same kind of error
def improve(
    fixed: sitk.Image, moving: sitk.Image, start: sitk.Euler3DTransform, level: Level, progress: Progress
) -> sitk.Euler3DTransform:
    """The rigid transform near `start` (fixed to moving) with the highest Mattes mutual information.

    Regular step gradient descent on random samples of the fixed image (Mattes et al., IEEE TMI 22:120, 2003); the
    sampling is seeded, so that a run can be repeated.

    Raises
    ------
    Cancelled
        Within one iteration of the user's wish.
    RuntimeError
        From ITK, when the images do not overlap.
    BratsSegmenterError
        The memory is not enough.
    """
    fixed, moving = coarse(fixed, level.spacing_mm), coarse(moving, level.spacing_mm)
    transform = sitk.Euler3DTransform(start)
    method = _method(fixed, level)
    method.SetInitialTransform(transform, inPlace=True)
    method.SetOptimizerAsRegularStepGradientDescent(
        level.step_mm, _MINIMUM_STEP_MM, level.iterations, _STEP_RELAXATION, gradientMagnitudeTolerance=1e-6
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.AddCommand(sitk.sitkIterationEvent, lambda: _stop_when_cancelled(method, progress))
    method.Execute(fixed, moving)
    progress.raise_if_cancelled()
    return transform


@explaining_memory()
def mutual_information(fixed: sitk.Image, moving: sitk.Image, transform: sitk.Transform, level: Level) -> float:
    """Mattes mutual information of the images under a transform (fixed to moving); more is better.

    Raises
    ------
    RuntimeError
        From ITK, when the images do not overlap.
    BratsSegmenterError
        The memory is not enough.
    """
    fixed, moving = coarse(fixed, level.spacing_mm), coarse(moving, level.spacing_mm)
    method = _method(fixed, level)
    method.SetInitialTransform(transform)
    return -method.MetricEvaluate(fixed, moving)


def _method(fixed: sitk.Image, level: Level) -> sitk.ImageRegistrationMethod:
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(_HISTOGRAM_BINS)
    method.SetInterpolator(sitk.sitkLinear)
    share = level.samples / fixed.GetNumberOfPixels()
    if share < 1.0:
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(share, _SEED)
    return method


def _stop_when_cancelled(method: sitk.ImageRegistrationMethod, progress: Progress) -> None:
    # An exception must not pass through ITK: it would be printed and lost. `improve` raises it after Execute.
    try:
        progress.raise_if_cancelled()
    except Cancelled:
        method.StopRegistration()
