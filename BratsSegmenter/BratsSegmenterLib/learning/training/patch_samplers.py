"""Three ways to choose axial patches, after Banerjee et al. 2018 (doi:10.1007/978-3-030-11723-8).

Tumour is rare: drawn blindly, nearly all patches would show none. All three favour tumour and avoid near-duplicates.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from BratsSegmenterLib.learning.training.cases import TrainingCase
from BratsSegmenterLib.learning.training.settings import PatchSampler, PatchSettings

Centre = tuple[int, int, int]
"""Slice, row, column of the middle of a patch."""

_ATTEMPTS = 60
_NEAR = 16
"""Half the side, in voxels, of the neighbourhood by which two patches are compared and coverage is counted."""
_TUMOUR_COVERAGE = 0.75
_BRAIN_COVERAGE = 0.75
_SAME = 0.9
_SAME_IN_TUMOUR = 0.5
_EXCLUSION_VOXELS = {0: 8, 1: 3, 2: 5, 3: 3, 4: 5}
"""Half side of the box around a patch's centre that later centres avoid, by the label at the centre."""


def draw_patches(case: TrainingCase, settings: PatchSettings, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Patches of one case.

    Returns
    -------
    images : Tensor of float32, shape (patches, 4, size, size)
    labels : Tensor of uint8, shape (patches, size, size)
    """
    centres = patch_centres(case, settings, random)
    half = settings.size // 2
    margins = (half, half, half, half)
    images, labels = F.pad(case.images.float(), margins), F.pad(case.labels, margins)
    window = [(k, slice(j, j + settings.size), slice(i, i + settings.size)) for k, j, i in centres]
    return torch.stack([images[:, k, rows, columns] for k, rows, columns in window]), torch.stack(
        [labels[place] for place in window]
    )


def patch_centres(case: TrainingCase, settings: PatchSettings, random: np.random.Generator) -> list[Centre]:
    """Where the patches of one training step lie; as many as the settings ask for."""
    labels = case.labels.cpu().numpy()
    brain = case.brain.cpu().numpy() | (labels > 0)
    sampler = _SAMPLERS[settings.sampler]
    centres = sampler(case.images.float().mean(0).cpu().numpy(), labels, brain, settings.per_step, random)
    while len(centres) < settings.per_step:  # too few acceptable places: a small tumour, or none
        centres.append(_any_place(brain, random))
    return centres


def _by_zones(image: NDArray, labels: NDArray, brain: NDArray, count: int, random: np.random.Generator) -> list[Centre]:
    """Half of the patches from tumour, mostly filled with it; the others from other brain; no two alike."""
    centres: list[Centre] = []
    for _ in range(_ATTEMPTS):
        in_tumour = len(centres) % 2 == 0 and bool(labels.any())
        centre = _any_place(labels > 0 if in_tumour else brain & (labels == 0), random)
        covered = not in_tumour or _coverage(labels > 0, centre) >= _TUMOUR_COVERAGE
        alike = _SAME_IN_TUMOUR if in_tumour else _SAME
        if covered and all(_correlation(image, centre, other) < alike for other in centres):
            centres.append(centre)
        if len(centres) == count:
            break
    return centres


def _unlike_the_last(
    image: NDArray, labels: NDArray, brain: NDArray, count: int, random: np.random.Generator
) -> list[Centre]:
    """Through the slices from below; a patch is taken if it differs enough from the one taken last.

    More are taken than are wanted; a random part of them is given, so that it comes from all of the tumour.
    """
    slices = np.flatnonzero((labels > 0).any((1, 2)) if labels.any() else brain.any((1, 2)))
    if not len(slices):
        return []
    centres: list[Centre] = []
    for k in np.sort(random.choice(slices, _ATTEMPTS)):
        here = (labels[k] > 0) if labels[k].any() and random.random() < 0.5 else brain[k]
        if not here.any():
            continue
        _, j, i = _any_place(here[None], random)
        centre = (int(k), j, i)
        limit = _SAME_IN_TUMOUR if labels[centre] else _SAME
        mostly_brain = _coverage(brain, centre) > 0.5
        if mostly_brain and (not centres or _correlation(image, centre, centres[-1]) < limit):
            centres.append(centre)
    chosen = sorted(random.permutation(len(centres))[:count])
    return [centres[number] for number in chosen]


def _with_exclusion_boxes(
    image: NDArray, labels: NDArray, brain: NDArray, count: int, random: np.random.Generator
) -> list[Centre]:
    """At random among places not yet excluded; each patch excludes a box around it, small for rare tissue."""
    free = brain.copy()
    centres: list[Centre] = []
    for _ in range(_ATTEMPTS):
        tumour = free & (labels > 0)
        wanted = tumour if len(centres) % 2 == 0 and tumour.any() else free & (labels == 0)
        if not wanted.any():
            break
        centre = _any_place(wanted, random)
        reach = _EXCLUSION_VOXELS[int(labels[centre])]
        free[tuple(slice(max(0, place - reach), place + reach + 1) for place in centre)] = False
        if _coverage(brain, centre) >= _BRAIN_COVERAGE:
            centres.append(centre)
        if len(centres) == count:
            break
    return centres


def _any_place(where: NDArray[np.bool_], random: np.random.Generator) -> Centre:
    """A random true voxel; the middle of the array when there is none."""
    places = np.argwhere(where)
    if not len(places):
        k, j, i = (side // 2 for side in where.shape)
    else:
        k, j, i = (int(index) for index in places[int(random.integers(len(places)))])
    return k, j, i


def _neighbourhood(volume: NDArray, centre: Centre) -> NDArray:
    k, j, i = centre
    padded = np.pad(volume[k], _NEAR)
    return padded[j : j + 2 * _NEAR, i : i + 2 * _NEAR]


def _coverage(mask: NDArray[np.bool_], centre: Centre) -> float:
    """Share of the neighbourhood that `mask` fills; around a tumour smaller than it, share of what it could fill."""
    reachable = min(float(mask[centre[0]].sum()), (2.0 * _NEAR) ** 2)
    return float(_neighbourhood(mask, centre).sum()) / max(reachable, 1.0)


def _correlation(image: NDArray, first: Centre, second: Centre) -> float:
    """Normalised cross-correlation of two neighbourhoods, -1 to 1."""
    a, b = (_neighbourhood(image, centre).ravel() for centre in (first, second))
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale else 1.0


_Sampler = Callable[[NDArray, NDArray, NDArray, int, np.random.Generator], list[Centre]]

_SAMPLERS: dict[PatchSampler, _Sampler] = {
    PatchSampler.ZONES: _by_zones,
    PatchSampler.LAST_PATCH: _unlike_the_last,
    PatchSampler.EXCLUSION: _with_exclusion_boxes,
}
