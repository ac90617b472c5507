"""The head after surgery: a cavity where the core was, blood products on its wall, tumour left behind."""

from __future__ import annotations

import torch
from torch import Tensor

from BratsSegmenterLib.learning.synthesis.appearance import PaintedTumour
from BratsSegmenterLib.learning.synthesis.contrast import FLAIR, T1, T1C, T2
from BratsSegmenterLib.learning.synthesis.filters import blend, blur
from BratsSegmenterLib.learning.synthesis.growth import Growth, TumourPlan
from BratsSegmenterLib.learning.synthesis.head import Head
from BratsSegmenterLib.learning.synthesis.randomness import Randomness

LEAST_RADIUS_MM = 7.0
"""Smaller tumours are not resected here: their cavity would be a few voxels."""
_OPEN_TO_SURFACE = 0.6
"""Share of the cavities that reach the brain's surface along the surgeon's way in."""
_LOWEST_ENTRY_MM = -10.0
"""From the tumour's centre: the way in seldom comes from below."""


def resect(
    plan: TumourPlan, growth: Growth, painted: PaintedTumour, random: Randomness
) -> tuple[PaintedTumour, Tensor]:
    """Take out most of the core.

    Returns
    -------
    painted : PaintedTumour
        With the cavity in its images.
    cavity : Tensor of bool, shape (slices, rows, columns)
    """
    spacing, contrast = random.grid.spacing_mm, painted.head.contrast
    level = growth.level / random.uniform(0.55, 1.05)
    if random.chance(_OPEN_TO_SURFACE):
        level = torch.minimum(level, _way_in(plan, painted.head, random))
    level = level + 0.18 * random.fractal([random.resolvable(plan.radius_mm * 0.5)], [1])
    cavity = (level < 1) & growth.allowed
    flair = random.uniform(0, 0.5) if random.chance(0.7) else random.uniform(0.5, 1.6)
    towards_fluid = random.uniform(0.55, 1.1)
    brightness = [
        contrast.towards_fluid(T1, towards_fluid),
        contrast.towards_fluid(T1C, towards_fluid),
        contrast.towards_fluid(T2, random.uniform(0.7, 1.1)),
        contrast.towards_fluid(FLAIR, 1 - flair),
    ]
    fluid = torch.tensor(brightness, device=random.grid.device).view(4, 1, 1, 1)
    texture = 0.5 * painted.texture * random.fractal([random.resolvable(4), 12], [0.6, 1])
    images = blend(painted.head.images, blur(cavity.float(), 1.0 / spacing), fluid + texture)
    if random.chance(0.6):
        thickness = random.uniform(1.5, 3.8) / plan.radius_mm
        images = _with_blood(images, blur(((level - 1).abs() < thickness).float(), 0.4), plan, random)
    return PaintedTumour(painted.head.with_images(images), painted.enhancement, painted.texture), cavity


def _way_in(plan: TumourPlan, head: Head, random: Randomness) -> Tensor:
    """Distance from the shortest way between tumour and surface, 1 on the wall of a corridor around it."""
    from_centre = random.grid.positions_mm - plan.centre
    reachable = (head.brain_distance_mm.abs() < random.grid.spacing_mm) & (from_centre[0] > _LOWEST_ENTRY_MM)
    distance = torch.where(reachable, from_centre.square().sum(0), torch.inf)
    entry = from_centre.flatten(1)[:, distance.argmin()].view(3, 1, 1, 1)
    along = ((from_centre * entry).sum(0) / entry.square().sum().clamp(min=1)).clamp(0, 1)
    width_mm = max(random.uniform(0.35, 0.8) * plan.radius_mm, random.grid.spacing_mm)
    return (from_centre - along * entry).square().sum(0).sqrt() / width_mm


def _with_blood(images: Tensor, wall: Tensor, plan: TumourPlan, random: Randomness) -> Tensor:
    """Methaemoglobin on parts of the wall: bright in T1 with and without contrast agent, dark in T2."""
    parts = random.field(random.resolvable(plan.radius_mm * 0.5))[0] > random.uniform(-1, 1)
    weight = wall * parts
    images = images.clone()
    images[[T1, T1C]] += weight * random.uniform(0.1, 0.7)
    images[T2] *= 1 - weight * random.uniform(0, 0.5)
    return images
