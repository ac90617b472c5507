"""What the core is made of: enhancing rim, islands and septa, faint zones, necrosis, satellites."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from BratsSegmenterLib.learning.synthesis.filters import blur
from BratsSegmenterLib.learning.synthesis.growth import Growth, TumourPlan
from BratsSegmenterLib.learning.synthesis.randomness import Randomness
from BratsSegmenterLib.learning.synthesis.settings import TumourKind

_HALF = 0.5


@dataclass(frozen=True, eq=False)
class Compartments:
    """The parts of a tumour, each a mask of shape (slices, rows, columns).

    Attributes
    ----------
    core, enhancing, oedema : Tensor of bool
        `enhancing` is part of `core`; `oedema` lies outside it.
    faint : Tensor of float32
        1 where the enhancement is weak.
    """

    core: Tensor
    enhancing: Tensor
    oedema: Tensor
    faint: Tensor


def divide(plan: TumourPlan, growth: Growth, random: Randomness) -> Compartments:
    """Divide a grown tumour into its compartments."""
    lengths = [random.resolvable(plan.radius_mm * share) for share in (0.5, 0.25)]
    pattern = random.fractal(lengths, [1, 0.8])
    core, oedema = growth.core, (growth.oedema > _HALF) & ~growth.core
    enhancing = _enhancing(plan, growth, pattern, random)
    faint = torch.zeros_like(growth.level)
    if random.chance(0.6) and enhancing.any():
        halo = blur(enhancing.float(), random.uniform(1, 4) / random.grid.spacing_mm)
        zone = core & ~enhancing & (halo + 0.12 * pattern > random.uniform(0.12, 0.4))
        enhancing, faint = enhancing | zone, zone.float()
    if plan.kind in (TumourKind.RING, TumourKind.PATCHY) and random.chance(0.25):
        layer = (growth.travel_mm < random.uniform(2, 6)) & ~core & (oedema | (growth.oedema > 0.3))
        core, oedema = core | layer, oedema & ~layer
    if plan.kind is not TumourKind.LOW_GRADE and random.chance(0.15):
        satellites = oedema & (random.fractal([6, 12], [1, 1]) > random.uniform(1.9, 2.4))
        core, enhancing, oedema = core | satellites, enhancing | satellites, oedema & ~satellites
    return Compartments(core, enhancing, oedema, faint)


def _enhancing(plan: TumourPlan, growth: Growth, pattern: Tensor, random: Randomness) -> Tensor:
    """Where the core takes up contrast agent, by the tumour's kind."""
    core = growth.core
    if plan.kind in (TumourKind.RING, TumourKind.CYSTIC):
        return _rim(plan, growth, pattern, random)
    if plan.kind is TumourKind.SOLID:
        return core & (pattern < random.uniform(0.8, 2.2))
    if plan.kind is TumourKind.PATCHY:
        return core & (pattern > random.uniform(-0.4, 1.2))
    if random.chance(0.3):
        return core & (pattern > random.uniform(1.6, 2.4))
    return torch.zeros_like(core)


def _rim(plan: TumourPlan, growth: Growth, pattern: Tensor, random: Randomness) -> Tensor:
    """An uneven rim; often with islands or septa, sometimes with gaps."""
    core, radius = growth.core, plan.radius_mm
    rim = core & (growth.level + random.uniform(0.02, 0.25) * pattern > 1 - _rim_mm(plan.kind, random) / radius)
    if random.chance(0.6):
        rim = rim | (core & (pattern > random.uniform(0.9, 1.8)))
    if random.chance(0.3) and radius > 9:
        septa = random.field(random.resolvable(0.6 * radius))[0].abs() < random.uniform(0.1, 0.35)
        rim = rim | (core & septa)
    if random.chance(0.3):
        rim = rim & (random.field(random.resolvable(0.8 * radius))[0] > -random.uniform(0.4, 1.4))
    return rim


def _rim_mm(kind: TumourKind, random: Randomness) -> float:
    if kind is TumourKind.CYSTIC:
        thickness = random.uniform(1.2, 3.5)
    elif random.chance(0.6):
        thickness = random.uniform(2, 7)
    else:
        thickness = random.uniform(5, 14)
    return max(thickness, random.grid.spacing_mm)
