"""Registered research images made worse in the ways in which a scanner's images are worse.

Research cases are registered, have thin slices and no skull. Movement and thick slices can be put back; a skull cannot,
so that nothing here tells how well the brain is found.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from enum import Enum

import numpy as np
import SimpleITK as sitk

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.learning.evaluation.cases import LabelledCase

LARGEST_TURN_DEG = 10.0
LARGEST_SHIFT_MM = 8.0
SLICE_THICKNESS_MM = 5.0


class Degradation(Enum):
    """In which way images are made worse."""

    MOVED = "moved"
    THICK_SLICES = "thick slices"


def degraded(case: LabelledCase, degradation: Degradation) -> LabelledCase:
    """The case with worse images; its labels stay as they are."""
    return _moved(case) if degradation is Degradation.MOVED else _thick_sliced(case)


def _moved(case: LabelledCase) -> LabelledCase:
    """Every sequence but the reference turned and shifted, as if the head had moved between the scans.

    By up to 10 degrees about an axis and up to 8 mm along each, drawn from the case's name: the same every time. The
    headers do not tell.
    """
    from BratsSegmenterLib.dicom import reference_sequence

    reference = reference_sequence(case.images)
    random = np.random.default_rng(zlib.crc32(case.name.encode()))
    images = {
        sequence: image if sequence is reference else _turned(case.geometries[sequence].image(image), random)
        for sequence, image in case.images.items()
    }
    return replace(case, images=images)


def _thick_sliced(case: LabelledCase) -> LabelledCase:
    """Every sequence in axial slices of 5 mm, each the mean of the thin slices in it."""
    images, geometries = {}, {}
    for sequence in case.images:
        images[sequence], geometries[sequence] = _thick(case, sequence)
    return replace(case, images=images, geometries=geometries)


def _turned(image: sitk.Image, random: np.random.Generator) -> np.ndarray:
    axis = random.normal(size=3)
    angle = np.deg2rad(random.uniform(0, LARGEST_TURN_DEG))
    movement = sitk.VersorRigid3DTransform()
    movement.SetCenter(image.TransformContinuousIndexToPhysicalPoint([(size - 1) / 2 for size in image.GetSize()]))
    movement.SetRotation(axis.tolist(), float(angle))
    movement.SetTranslation(random.uniform(-LARGEST_SHIFT_MM, LARGEST_SHIFT_MM, 3).tolist())
    return sitk.GetArrayFromImage(sitk.Resample(image, image, movement, sitk.sitkLinear, 0.0))


def _thick(case: LabelledCase, sequence: Sequence) -> tuple[np.ndarray, Geometry]:
    upright = sitk.DICOMOrient(case.geometries[sequence].image(case.images[sequence]), "LPS")
    thin, geometry = sitk.GetArrayFromImage(upright), Geometry.of_image(upright)
    width, height, thickness = geometry.spacing_mm
    together = max(1, round(SLICE_THICKNESS_MM / thickness))
    count = len(thin) // together
    thick = thin[: count * together].reshape(count, together, *thin.shape[1:]).mean(axis=1)
    first_mm = geometry.points_mm(np.array([[0.0, 0.0, (together - 1) / 2]]))[0]
    spacing = (width, height, thickness * together)
    return thick, Geometry.from_axes((count, *thin.shape[1:]), spacing, geometry.direction, first_mm)
