"""Heads without disease: label maps made ready to be deformed and given any contrast."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.geometry import bounding_box
from BratsSegmenterLib.image_files import read_whole_image
from BratsSegmenterLib.learning.synthesis.distances import signed_distance_mm
from BratsSegmenterLib.learning.synthesis.icbm152 import icbm152_tissues
from BratsSegmenterLib.learning.synthesis.tissues import (
    BRAIN,
    DEEP_GREY_MATTER,
    LEFT_HEMISPHERE,
    RIGHT_HEMISPHERE,
    Tissue,
    tissues_of_labels,
)
from BratsSegmenterLib.progress import Progress

_MARGIN_MM = ((30, 24), (24, 24), (24, 24))
"""What is kept around the brain: below and above, in front and behind, to the right and left."""
_DISTANCE_STEP_MM = 0.25
_DISTANCE_ZERO = 128
"""Distances are kept as bytes: 128 is the brain's surface, smaller is inside."""
_FALX_REACH_MM = 3
_CLOSING_MM = 3

SEED_GROUPS: dict[tuple[Tissue, ...], float] = {
    (Tissue.WHITE_MATTER,): 0.68,
    (Tissue.CORTEX,): 0.15,
    (*DEEP_GREY_MATTER, Tissue.HIPPOCAMPUS): 0.09,
    (Tissue.CEREBELLAR_WHITE_MATTER, Tissue.CEREBELLAR_CORTEX): 0.08,
}
"""Where gliomas start, and how often."""


@dataclass(frozen=True, eq=False)
class Anatomy:
    """One head at 1 mm.

    Attributes
    ----------
    tissues : Tensor of uint8, shape (slices, rows, columns)
        Values of :class:`Tissue`; slices go up, rows to the back, columns to the left.
    brain_distance : Tensor of uint8, shape of tissues
        Signed distance to the brain's surface in quarters of a millimetre, 128 at the surface.
    fractions : Tensor of bfloat16, shape (tissues + 1, slices, rows, columns), or None
        Share of every tissue in each coarse voxel, and the distance in millimetres as the last channel; None where
        the case's grid is so fine that the label map itself is used.
    pooling : int
        Fine voxels along each side of a coarse one.
    centre : ndarray of float64, shape (3,)
        Middle of the brain's bounding box, as (slice, row, column) of :attr:`tissues`.
    seeds : tuple of ndarray of int16, shape (n, 3)
        Voxels in which a glioma may start, one array for each group of :data:`SEED_GROUPS`.
    """

    tissues: Tensor
    brain_distance: Tensor
    fractions: Tensor | None
    pooling: int
    centre: NDArray[np.float64]
    seeds: tuple[NDArray[np.int16], ...]

    @classmethod
    def prepare(
        cls,
        tissues: NDArray[np.uint8],
        brain_distance: NDArray[np.uint8],
        spacing_mm: float,
        device: torch.device | str = "cpu",
    ) -> Anatomy:
        """Bring a head onto `device`, ready for cases on a grid of `spacing_mm`."""
        labels = torch.from_numpy(tissues)
        distance = torch.from_numpy(brain_distance)
        pooling = max(1, round(spacing_mm))
        fractions = None
        if pooling > 1:
            fine = (*((labels == tissue).float() for tissue in Tissue), _millimetres(distance))
            pooled = [F.avg_pool3d(channel[None], pooling, ceil_mode=True)[0] for channel in fine]
            fractions = torch.stack(pooled).to(torch.bfloat16).to(device)
        brain = bounding_box(brain_distance < _DISTANCE_ZERO)
        centre = np.array([(side.start + side.stop - 1) / 2 for side in brain])
        seeds = tuple(np.argwhere(np.isin(tissues, group)).astype(np.int16) for group in SEED_GROUPS)
        return cls(labels.to(device), distance.to(device), fractions, pooling, centre, seeds)

    def mix(self, table: Tensor) -> Tensor:
        """Values of the tissues in every voxel, partial volume included, and the distance to the brain's surface.

        Parameters
        ----------
        table : Tensor of float32, shape (channels, tissues)

        Returns
        -------
        Tensor of float32, shape (channels + 1, slices, rows, columns)
            At 1 mm, or coarser by :attr:`pooling`; the last channel is the signed distance in millimetres.
        """
        if self.fractions is None:
            return torch.cat([table[:, self.tissues.long()], _millimetres(self.brain_distance)[None]])
        rows = torch.zeros(len(table) + 1, len(Tissue) + 1, device=table.device)
        rows[:-1, :-1] = table
        rows[-1, -1] = 1
        mixed = rows.to(torch.bfloat16) @ self.fractions.flatten(1)
        return mixed.float().view(-1, *self.fractions.shape[1:])

    def draw_seed(self, random: np.random.Generator) -> NDArray[np.float64]:
        """A place where a glioma may start, as (slice, row, column) relative to :attr:`centre`."""
        shares = np.array(
            [weight * bool(len(places)) for weight, places in zip(SEED_GROUPS.values(), self.seeds, strict=True)]
        )
        places = self.seeds[int(random.choice(len(shares), p=shares / shares.sum()))]
        return places[int(random.integers(len(places)))] - self.centre


def load_anatomies(
    folder: Path | None,
    spacing_mm: float,
    device: torch.device | str = "cpu",
    cache: Path | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> tuple[Anatomy, ...]:
    """Heads from a folder of whole-head label maps, or from the ICBM 2009a atlas that nilearn brings along.

    Parameters
    ----------
    folder : Path or None
        With label maps (``.nii``, ``.nii.gz``) in FreeSurfer's or SynthSeg's numbering at 1 mm; None for
        the atlas.
    spacing_mm : float
        Of the cases to be made.
    cache : Path or None
        Where prepared heads are kept, since preparing one takes seconds.
    limit : int or None
        Use only the first heads.

    Raises
    ------
    LearningError
        The folder has no label map, or one of them cannot be used.
    """
    progress = progress or Progress()
    anatomies = []
    heads = _heads(folder, limit)
    for number, (name, tissues_of_head) in enumerate(heads.items()):
        progress.update(number / len(heads), name)
        tissues, distance = _cached(name, tissues_of_head, cache)
        anatomies.append(Anatomy.prepare(tissues, distance, spacing_mm, device))
    return tuple(anatomies)


def _heads(folder: Path | None, limit: int | None) -> dict[str, Callable[[], NDArray[np.uint8]]]:
    """What each head is called, unique in a cache, and how to get its tissues."""
    if folder is None:
        return {"icbm152": icbm152_tissues}
    files = sorted([*folder.glob("*.nii"), *folder.glob("*.nii.gz")])[:limit]
    if not files:
        raise LearningError(
            f"The folder '{folder}' has no label map (.nii or .nii.gz).",
            "Give a folder with whole-head label maps, or none to use the built-in atlas.",
        )
    return {f"{file.name}-{file.stat().st_size}": partial(_tissues_of_file, file) for file in files}


def _cached(
    name: str, tissues_of_head: Callable[[], NDArray[np.uint8]], cache: Path | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Tissues and brain distance of a head, prepared once and kept in `cache`."""
    kept = cache / f"{name}.npz" if cache else None
    if kept and kept.exists():
        with np.load(kept) as arrays:
            return arrays["tissues"], arrays["distance"]
    tissues = tissues_of_head()
    distance = _brain_distance(tissues)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        unfinished = kept.with_name(f".{os.getpid()}-{kept.name}")
        np.savez_compressed(unfinished, tissues=tissues, distance=distance)
        os.replace(unfinished, kept)
    return tissues, distance


def _tissues_of_file(file: Path) -> NDArray[np.uint8]:
    """Tissues of a label map, cut out around the brain, with dura and falx."""
    try:
        image = sitk.DICOMOrient(read_whole_image(file), "LPS")
    except RuntimeError as error:
        raise LearningError(
            f"The label map '{file.name}' cannot be read.", "Copy it again, or leave it out.", str(error)
        ) from error
    labels = sitk.GetArrayFromImage(image).astype(np.int64)
    tissues = tissues_of_labels(labels, file.name)
    brain = np.isin(tissues, BRAIN)
    box = _box_around(brain)
    labels, tissues = labels[box], tissues[box].copy()
    tissues[_dura(labels, tissues)] = Tissue.DURA
    return tissues


def _box_around(brain: NDArray[np.bool_]) -> tuple[slice, ...]:
    return tuple(
        slice(max(side.start - before, 0), min(side.stop + after, length))
        for side, (before, after), length in zip(bounding_box(brain), _MARGIN_MM, brain.shape, strict=True)
    )


def _dura(labels: NDArray[np.int64], tissues: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """CSF voxels that touch the skull, and the falx: CSF half-way between the hemispheres."""
    csf = tissues == Tissue.CSF
    skull = np.isin(tissues, (Tissue.BONE, Tissue.MARROW))
    to_left = signed_distance_mm(np.isin(labels, LEFT_HEMISPHERE))
    to_right = signed_distance_mm(np.isin(labels, RIGHT_HEMISPHERE))
    falx = (np.maximum(to_left, to_right) <= _FALX_REACH_MM) & (np.abs(to_left - to_right) <= 1)
    return csf & (ndimage.binary_dilation(skull) | falx)


def _brain_distance(tissues: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Signed distance to the surface of the brain, sulci closed, as bytes."""
    brain = sitk.GetImageFromArray(np.isin(tissues, BRAIN).astype(np.uint8))
    closed = sitk.BinaryMorphologicalClosing(brain, [_CLOSING_MM] * 3)
    signed = signed_distance_mm(sitk.GetArrayFromImage(sitk.BinaryFillhole(closed)) > 0)
    return np.clip(np.round(signed / _DISTANCE_STEP_MM) + _DISTANCE_ZERO, 0, 255).astype(np.uint8)


def _millimetres(distance: Tensor) -> Tensor:
    return (distance.float() - _DISTANCE_ZERO) * _DISTANCE_STEP_MM


def draw_anatomy(anatomies: Sequence[Anatomy], random: np.random.Generator) -> Anatomy:
    """One of the heads.

    Raises
    ------
    LearningError
        There is none.
    """
    if not anatomies:
        raise LearningError("There is no anatomy to make heads from.", "Load anatomies first.")
    return anatomies[int(random.integers(len(anatomies)))]
