"""Labelled cases on disk for tests, in the manner of BraTS."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

SHAPE = (40, 52, 44)


def write_labelled_case(folder: Path, seed: int, labels_shape: tuple[int, int, int] = SHAPE) -> None:
    """A stripped brain with a tumour, 1 mm, ``t1.nii.gz`` to ``seg.nii.gz``."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    axes = np.meshgrid(*(np.linspace(-1.2, 1.2, size) for size in SHAPE), indexing="ij")
    brain = np.sum([axis**2 for axis in axes], axis=0) < 1
    tumour = np.sum([(axis - 0.3) ** 2 for axis in axes], axis=0) < 0.08
    for name in ("t1", "t1c", "t2", "flair"):
        image = (brain * (100 + 60 * tumour + rng.normal(0, 5, SHAPE))).astype(np.float32)
        sitk.WriteImage(sitk.GetImageFromArray(image), str(folder / f"{name}.nii.gz"))
    labels = np.resize((tumour * 2).astype(np.int16), labels_shape)
    sitk.WriteImage(sitk.GetImageFromArray(labels), str(folder / "seg.nii.gz"))
