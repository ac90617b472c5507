"""A small head as a label map, and settings small enough to make and learn from it within a test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.learning.synthesis import Anatomy, SynthesisSettings, load_anatomies
from BratsSegmenterLib.learning.training import SyntheticCases, TrainingSettings
from BratsSegmenterLib.learning.training.settings import CaseSettings, NetworkSettings, OptimisationSettings

SHAPE = (76, 84, 72)
SYNTHESIS = SynthesisSettings(
    shape=(24, 24, 24),
    spacing_mm=3.0,
    healthy=0.0,
    second_focus=0.0,
    resected=0.0,
    with_skull=0.0,
    missing_sequence=0.0,
    core_radius_mm=(9.0, 0.2, 7.5, 13.0),
    low_grade_radius_mm=(10.0, 0.2, 8.0, 14.0),
)
TRAINING = TrainingSettings(
    name="small",
    network=NetworkSettings(channels=(4, 6, 8), supervised_levels=2),
    cases=CaseSettings(block=4, uses=2, workers=0),
    optimisation=OptimisationSettings(steps=12, warmup_steps=2, mixed_precision=False),
    synthesis=SYNTHESIS,
)


def head_labels(shape: tuple[int, int, int] = SHAPE) -> NDArray[np.uint16]:
    """Nested ellipsoids in FreeSurfer's numbering: ventricles, white matter, cortex, CSF, skull, skin."""
    axes = np.meshgrid(*[np.linspace(-1, 1, side) for side in shape], indexing="ij")
    radius = np.sqrt(sum(axis**2 for axis in axes))
    left = axes[2] > 0
    labels = np.zeros(shape, np.uint16)
    for outer, right_value, left_value in (
        (0.95, 511, 511),
        (0.88, 515, 515),
        (0.80, 24, 24),
        (0.76, 42, 3),
        (0.66, 41, 2),
        (0.18, 43, 4),
        (0.06, 63, 31),
    ):
        labels[radius < outer] = right_value
        labels[(radius < outer) & left] = left_value
    return labels


def write_head(folder: Path, name: str = "head.nii.gz") -> Path:
    """The head as a NIfTI file."""
    folder.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(sitk.GetImageFromArray(head_labels()), str(folder / name))
    return folder / name


def small_anatomies(folder: Path, spacing_mm: float = SYNTHESIS.spacing_mm) -> tuple[Anatomy, ...]:
    """The head, prepared."""
    write_head(folder)
    return load_anatomies(folder, spacing_mm)


def small_cases(folder: Path, **changes: object) -> SyntheticCases:
    """Endless cases of the small head."""
    return SyntheticCases(small_anatomies(folder), replace(SYNTHESIS, **changes), (7,))  # type: ignore[arg-type]
