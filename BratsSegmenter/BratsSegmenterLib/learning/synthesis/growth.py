"""How a glioma takes its place: the shape of its core, and oedema that runs along white matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from BratsSegmenterLib.learning.synthesis.filters import blur, soft_step
from BratsSegmenterLib.learning.synthesis.head import Head
from BratsSegmenterLib.learning.synthesis.randomness import Randomness
from BratsSegmenterLib.learning.synthesis.settings import SynthesisSettings, TumourKind

_HOMOGENEOUS = 0.6
_ISOTROPIC = 0.2
_INFILTRATING = 0.3
_FAINT = 0.35
_LEAST_SPEED = 1e-3
_MOST_FRONT_STEPS = 45
_FAR = 1e3
_LOBE_SMOOTHNESS = 0.12


@dataclass(frozen=True, eq=False)
class TumourPlan:
    """What is decided before anything is drawn.

    Attributes
    ----------
    kind : TumourKind
    centre : Tensor, shape (3, 1, 1, 1)
        Millimetres from the centre of the grid.
    radius_mm : float
        Of the core.
    homogeneous : bool
        Whether core and oedema have little texture.
    oedema_extent_mm : float
        How far oedema reaches along white matter.
    displacement : float
        Strength of the mass effect, 0 to below 1.
    infiltrates : bool
        Whether the disease runs through cortex and deep grey matter as easily as through white matter.
    faint : bool
        Whether it hardly differs from healthy tissue but in FLAIR.
    """

    kind: TumourKind
    centre: Tensor
    radius_mm: float
    homogeneous: bool
    oedema_extent_mm: float
    displacement: float
    infiltrates: bool
    faint: bool


@dataclass(frozen=True, eq=False)
class Growth:
    """Core and oedema, before the core is divided.

    Attributes
    ----------
    level : Tensor of float32, shape (slices, rows, columns)
        Implicit shape of the core: below 1 inside, 1 on its surface.
    allowed, core : Tensor of bool, shape (slices, rows, columns)
        Where tumour can be, and where the core is.
    travel_mm : Tensor of float32, shape (slices, rows, columns)
        Length of the way from the core, at the speed of white matter.
    oedema : Tensor of float32, shape (slices, rows, columns)
        0 to 1, with a soft border.
    """

    level: Tensor
    allowed: Tensor
    core: Tensor
    travel_mm: Tensor
    oedema: Tensor


def draw_plan(settings: SynthesisSettings, centre_mm: NDArray[np.float64], random: Randomness) -> TumourPlan:
    """Kind, size, oedema and mass effect of a tumour at `centre_mm`."""
    kind = random.pick(settings.kinds)
    low_grade = kind is TumourKind.LOW_GRADE
    homogeneous = random.chance(_HOMOGENEOUS)
    radius = random.log_normal(*(settings.low_grade_radius_mm if low_grade else settings.core_radius_mm))
    displacement = random.uniform(0, settings.mass_effect) if random.chance(0.8) else 0.0
    return TumourPlan(
        kind,
        random.grid.column(centre_mm),
        radius,
        homogeneous,
        _oedema_extent_mm(settings, low_grade, homogeneous, random),
        displacement * (0.6 if low_grade else 1),
        infiltrates=random.chance(_INFILTRATING),
        faint=random.chance(_FAINT),
    )


def _oedema_extent_mm(settings: SynthesisSettings, low_grade: bool, homogeneous: bool, random: Randomness) -> float:
    if random.chance(0.3 if low_grade else 0.08):
        return 0.0
    if low_grade and homogeneous:
        return random.uniform(1.2, 5.5)
    return random.log_normal(*settings.oedema_extent_mm)


def grow(plan: TumourPlan, head: Head, settings: SynthesisSettings, random: Randomness) -> Growth:
    """Let the planned tumour grow in a head."""
    level = _core_level(plan, settings, random)
    enters_ventricles, enters_sulci = random.chance(0.25), random.chance(0.5)
    allowed = head.brain_distance_mm < 0.3
    if not enters_ventricles:
        allowed = allowed & (head.ventricles <= 0.5)
    if not enters_sulci:
        allowed = allowed & (head.fluid <= 0.6)
    core = (level < 1) & allowed
    travel = _travel_mm(core, _speed(plan, head, random), plan.oedema_extent_mm, random.grid.spacing_mm)
    smooth = blur(travel.clamp(max=2 * plan.oedema_extent_mm + 4), random.uniform(0.4, 0.9))
    tissue = (head.brain_distance_mm < 0.5) & (head.ventricles < 0.5) & (head.fluid < 0.7)
    softness_mm = random.uniform(0.8, 3.5 if plan.faint else 2)
    oedema = soft_step(plan.oedema_extent_mm - smooth, softness_mm) if plan.oedema_extent_mm else core.float()
    return Growth(level, allowed, core, smooth, oedema * tissue)


def _core_level(plan: TumourPlan, settings: SynthesisSettings, random: Randomness) -> Tensor:
    """Smooth union of ellipsoids with fractal noise on the surface; sometimes a second focus elsewhere."""
    lobes = [_ellipsoid(plan.centre, plan.radius_mm, random)]
    for _ in range(random.numbers.poisson(0.9)):
        offset = random.grid.column(random.numbers.normal(0, 0.55 * plan.radius_mm, 3))
        lobes.append(_ellipsoid(plan.centre + offset, plan.radius_mm * random.uniform(0.4, 0.85), random))
    if random.chance(settings.second_focus):
        offset = random.grid.column(random.numbers.normal(0, 2.2 * plan.radius_mm, 3))
        lobes.append(_ellipsoid(plan.centre + offset, plan.radius_mm * random.uniform(0.25, 0.7), random))
    level = -_LOBE_SMOOTHNESS * torch.logsumexp(-torch.stack(lobes) / _LOBE_SMOOTHNESS, 0)
    lengths = [random.resolvable(plan.radius_mm * share) for share in (0.9, 0.45, 0.22)]
    roughness = random.fractal(lengths, [1, 0.7, random.uniform(0.2, 0.6)])
    return level + random.uniform(0.08, 0.32) * roughness


def _ellipsoid(centre: Tensor, radius_mm: float, random: Randomness) -> Tensor:
    """Distance from the centre of a randomly turned ellipsoid, 1 on its surface."""
    axes = np.linalg.qr(random.numbers.normal(size=(3, 3)))[0] @ np.diag(np.exp(random.numbers.normal(0, 0.22, 3)))
    turn = torch.as_tensor(axes.T, dtype=torch.float32, device=centre.device)
    offset = random.grid.positions_mm - centre
    return (turn @ offset.flatten(1)).view_as(offset).square().sum(0).sqrt() / radius_mm


def _speed(plan: TumourPlan, head: Head, random: Randomness) -> Tensor:
    """How fast oedema advances: 1 in white matter, slower in grey matter, hardly at all through fluid."""
    inside = (head.brain_distance_mm < 0).float()
    if random.chance(_ISOTROPIC):
        return inside.clamp(min=_LEAST_SPEED)
    if plan.infiltrates:
        in_grey = random.uniform(0.8, 1.2)
    elif random.chance(0.35):
        in_grey = random.uniform(0.08, 0.4)
    else:
        in_grey = random.uniform(0.4, 1.0)
    speed = 0.95 * head.white_matter + in_grey * (1 - head.white_matter)
    through_fluid = ((head.fluid > 0.5) | (head.ventricles > 0.5)).float()
    irregular = torch.exp(random.uniform(0.2, 0.7) * random.fractal([16, 32], [1, 1]))
    return (speed * (1 - 0.97 * through_fluid) * inside * irregular).clamp(_LEAST_SPEED, 2.5)


def _travel_mm(core: Tensor, speed: Tensor, extent_mm: float, spacing_mm: float) -> Tensor:
    """Shortest time from `core` to every voxel at `speed`, in millimetres of unit speed.

    The front advances voxel by voxel, alternately to 26 and to 6 neighbours, which comes close to Euclidean spheres.
    It has the travelling wave's shape of a Fisher-KPP reaction-diffusion tumour (Swanson et al. 2000,
    doi:10.1046/j.1365-2184.2000.00177.x) at a fraction of its cost.
    """
    cost = (spacing_mm / speed).clamp(max=extent_mm + 10)
    travel = torch.where(core, 0.0, _FAR)
    for step in range(int(min(1.6 * extent_mm / spacing_mm + 1, _MOST_FRONT_STEPS))):
        if step % 2 == 0:
            nearest = -F.max_pool3d(-travel[None], 3, 1, 1)[0]
            travel = torch.minimum(travel, nearest + 1.35 * cost)
        else:
            travel = torch.minimum(travel, _least_face_neighbour(travel) + cost)
    return travel


def _least_face_neighbour(travel: Tensor) -> Tensor:
    padded = F.pad(travel[None, None], (1,) * 6, value=_FAR)[0, 0]
    inner = slice(1, -1)
    neighbours = []
    for axis in range(3):
        for side in (slice(None, -2), slice(2, None)):
            neighbours.append(padded[tuple(side if other == axis else inner for other in range(3))])
    return torch.stack(neighbours).amin(0)
