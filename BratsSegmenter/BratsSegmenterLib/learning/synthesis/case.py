"""One seeded call, one case."""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, field

import torch
from torch import Tensor

from BratsSegmenterLib.domain import ED, ET, NCR, RC, Sequence
from BratsSegmenterLib.learning.synthesis.acquisition import acquire
from BratsSegmenterLib.learning.synthesis.anatomy import Anatomy, draw_anatomy
from BratsSegmenterLib.learning.synthesis.appearance import PaintedTumour, paint_tumour
from BratsSegmenterLib.learning.synthesis.cavity import LEAST_RADIUS_MM, resect
from BratsSegmenterLib.learning.synthesis.compartments import Compartments, divide
from BratsSegmenterLib.learning.synthesis.contrast import draw_contrast
from BratsSegmenterLib.learning.synthesis.deformation import draw_placement, elastic_displacement, mass_effect
from BratsSegmenterLib.learning.synthesis.distractors import with_distractors
from BratsSegmenterLib.learning.synthesis.filters import blur
from BratsSegmenterLib.learning.synthesis.growth import Growth, TumourPlan, draw_plan, grow
from BratsSegmenterLib.learning.synthesis.head import Head, render_head
from BratsSegmenterLib.learning.synthesis.randomness import Grid, Randomness
from BratsSegmenterLib.learning.synthesis.settings import SynthesisSettings, TumourKind
from BratsSegmenterLib.learning.synthesis.skull_stripping import foreground, imperfect_mask, normalise
from BratsSegmenterLib.learning.synthesis.soft_tissue import with_patchy_soft_tissue
from BratsSegmenterLib.progress import Progress

_BRAIN_MARGIN_MM = 1.0


@dataclass(frozen=True, eq=False)
class SyntheticCase:
    """A head with, or without, a glioma.

    Attributes
    ----------
    images : Tensor of float32, shape (4, slices, rows, columns)
        T1, T1c, T2, FLAIR, normalised in the mask; zero outside it and where a sequence is missing. Slices go up,
        rows to the back, columns to the left.
    labels : Tensor of uint8, shape (slices, rows, columns)
        0 background, 1 NCR, 2 ED, 3 ET, 4 RC.
    brain : Tensor of bool, shape (slices, rows, columns)
        The true brain, tumour included.
    present : tuple of Sequence
    spacing_mm : float
    kind : TumourKind or None
        None for a healthy head.
    skull_stripped : bool
    """

    images: Tensor = field(repr=False)
    labels: Tensor = field(repr=False)
    brain: Tensor = field(repr=False)
    present: tuple[Sequence, ...]
    spacing_mm: float
    kind: TumourKind | None
    skull_stripped: bool


def synthesise(
    anatomies: SequenceOf[Anatomy],
    settings: SynthesisSettings,
    seed: int | SequenceOf[int],
    device: torch.device | str = "cpu",
    progress: Progress | None = None,
) -> SyntheticCase:
    """Make one case.

    Parameters
    ----------
    anatomies : sequence of Anatomy
        Prepared for ``settings.spacing_mm`` on `device`.
    seed : int or sequence of int
        The same seed, settings and anatomies give the same case on the same kind of device.

    Raises
    ------
    LearningError
        There is no anatomy.
    Cancelled
    """
    progress = progress or Progress()
    grid = Grid.centred(settings.shape, settings.spacing_mm, torch.device(device))
    random = Randomness(seed, grid)
    anatomy = draw_anatomy(anatomies, random.numbers)
    contrast = draw_contrast(random, settings.contrast_spread)
    stripped = not random.chance(settings.with_skull)
    placement = draw_placement(random, shows_face=not stripped)
    positions, plan = grid.positions_mm, None
    if not random.chance(settings.healthy):
        plan = draw_plan(settings, placement.to_case(anatomy.draw_seed(random.numbers)), random)
        positions = mass_effect(positions, plan.centre, plan.radius_mm, plan.displacement, random.uniform(1.3, 2.6))
    if settings.elastic:
        positions = positions + elastic_displacement(random)
    progress.raise_if_cancelled()
    head = render_head(anatomy, contrast, positions, placement, random)
    if settings.distractors:
        progress.raise_if_cancelled()
        head = with_distractors(head, random, settings.sinuses)
    labels = torch.zeros(settings.shape, dtype=torch.uint8, device=grid.device)
    if plan is not None:
        head, labels = _with_tumour(plan, head, settings, random, progress)
    progress.raise_if_cancelled()
    head = with_patchy_soft_tissue(head, random)
    return _imaged(head, labels, plan, stripped, settings, random)


def _with_tumour(
    plan: TumourPlan, head: Head, settings: SynthesisSettings, random: Randomness, progress: Progress
) -> tuple[Head, Tensor]:
    """The head with its tumour, and the labels an expert would draw."""
    progress.raise_if_cancelled()
    growth = grow(plan, head, settings, random)
    progress.raise_if_cancelled()
    parts = divide(plan, growth, random)
    painted = paint_tumour(plan, growth, parts, head, random, settings.core_texture)
    cavity = None
    if plan.radius_mm > LEAST_RADIUS_MM and random.chance(settings.resected):
        painted, cavity = resect(plan, growth, painted, random)
    return painted.head, _labels(growth, parts, painted, cavity, random)


def _labels(
    growth: Growth, parts: Compartments, painted: PaintedTumour, cavity: Tensor | None, random: Randomness
) -> Tensor:
    """Labels from what is visible, partial volume included, rather than from the geometry alone.

    Experts draw enhancing rims thicker than they are, close small gaps and follow oedema to where it ends rather than
    to where it is half as strong, so these labels do too.
    """
    near_core = parts.core | parts.oedema | (growth.oedema > 0.4)
    generous = blur(painted.enhancement, random.uniform(0.5, 1.4) / random.grid.spacing_mm)
    enhancing = (generous > random.uniform(0.2, 0.42)) & near_core
    labels = torch.zeros(parts.core.shape, dtype=torch.uint8, device=parts.core.device)
    labels[growth.oedema > random.uniform(0.32, 0.5)] = ED.label
    labels[parts.core & ~enhancing] = NCR.label
    labels[enhancing] = ET.label
    if cavity is not None:
        labels[cavity] = RC.label
    return labels


def _imaged(
    head: Head,
    labels: Tensor,
    plan: TumourPlan | None,
    stripped: bool,
    settings: SynthesisSettings,
    random: Randomness,
) -> SyntheticCase:
    """The head as scanned, stripped or not, normalised, some sequences missing."""
    tumour = labels > 0
    mask = imperfect_mask(head.brain_distance_mm, tumour, random)
    images = head.images.clamp(min=0)
    if settings.acquisition:
        images = acquire(images, mask, random)
    images = normalise(images, mask if stripped else foreground(images), random)
    present = _draw_present(settings.missing_sequence, random)
    for channel, sequence in enumerate(Sequence):
        if sequence not in present:
            images[channel] = 0
    return SyntheticCase(
        images,
        labels,
        (head.brain_distance_mm < _BRAIN_MARGIN_MM) | tumour,
        present,
        settings.spacing_mm,
        plan.kind if plan else None,
        stripped,
    )


def _draw_present(missing: float, random: Randomness) -> tuple[Sequence, ...]:
    """The sequences that were acquired: at least one."""
    present = tuple(sequence for sequence in Sequence if not random.chance(missing))
    return present or (list(Sequence)[random.index(len(Sequence))],)
