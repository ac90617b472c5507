"""Synthetic cases as files, named as BraTS names them since 2023."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.image_files import write_image
from BratsSegmenterLib.learning.synthesis.case import SyntheticCase

_SUFFIXES = {Sequence.T1: "t1n", Sequence.T1C: "t1c", Sequence.T2: "t2w", Sequence.FLAIR: "t2f"}


def case_geometry(case: SyntheticCase) -> Geometry:
    """The grid of a case: axes along those of the patient, centred on the origin."""
    spacing = (case.spacing_mm,) * 3
    shape = (case.labels.shape[0], case.labels.shape[1], case.labels.shape[2])
    origin = -(np.array(shape[::-1]) - 1) / 2 * case.spacing_mm
    return Geometry.from_axes(shape, spacing, np.eye(3), origin)


def write_case(case: SyntheticCase, folder: Path, name: str) -> Path:
    """Write ``<folder>/<name>/<name>-{t1n,t1c,t2w,t2f,seg}.nii.gz``; missing sequences have no file.

    Returns
    -------
    Path
        The case's folder.

    Raises
    ------
    ExportError
        The disk refused.
    """
    geometry, target = case_geometry(case), folder / name
    for channel, sequence in enumerate(Sequence):
        if sequence in case.present:
            image = geometry.image(case.images[channel].cpu().numpy())
            write_image(image, target / f"{name}-{_SUFFIXES[sequence]}.nii.gz")
    write_image(geometry.image(case.labels.cpu().numpy()), target / f"{name}-seg.nii.gz")
    return target
