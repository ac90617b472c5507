"""What looks like tumour and is none: lesions of ageing, vessels, cysts."""

from __future__ import annotations

import torch
from torch import Tensor

from BratsSegmenterLib.learning.synthesis.contrast import FLAIR, T1, T1C, T2
from BratsSegmenterLib.learning.synthesis.filters import blend, blur, soft_step
from BratsSegmenterLib.learning.synthesis.head import Head
from BratsSegmenterLib.learning.synthesis.randomness import Randomness

_COLUMN_AXIS = 2
_OUTERMOST_VESSEL_MM = 8.0
"""How far outside the brain's surface its vessels and sinuses reach: no further than the skull's inside."""


def with_distractors(head: Head, random: Randomness, sinuses: float) -> Head:
    """The head with some of: white-matter lesions, periventricular caps, vessels and sinuses, a cyst or old infarct.

    Parameters
    ----------
    head, random
    sinuses : float
        Share of heads with venous sinuses at the brain's surface.
    """
    images = head.images
    for probability, draw in (
        (0.45, _white_matter_lesions),
        (0.35, _periventricular_caps),
        (0.6, _small_vessels),
        (0.65, _large_vessels),
        (sinuses, _venous_sinuses),
        (0.12, _fluid_cavity),
        (0.06, _old_infarct),
    ):
        if probability > 0 and random.chance(probability):
            images = draw(head.with_images(images), random)
    return head.with_images(images)


def _white_matter_lesions(head: Head, random: Randomness) -> Tensor:
    contrast, grid = head.contrast, random.grid
    near_midline = torch.exp(-((grid.positions_mm[_COLUMN_AXIS] / 30) ** 2))
    clusters = random.fractal([random.uniform(4, 9), random.uniform(10, 20)], [1, 0.6])
    weight = soft_step(clusters + random.uniform(-0.3, 0.9) * near_midline - random.uniform(1.7, 2.6), 0.12)
    weight = weight * head.white_matter * random.uniform(0.4, 1)
    images = head.images.clone()
    images[FLAIR] += weight * random.uniform(0.1, 0.6) * (contrast.grey[FLAIR] + 0.2)
    images[T2] += weight * random.uniform(0.05, 0.5) * (contrast.fluid[T2] - contrast.white[T2])
    images[[T1, T1C]] -= weight * random.uniform(0, 0.3) * (contrast.white[T1] - contrast.fluid[T1]).abs()
    return images


def _periventricular_caps(head: Head, random: Randomness) -> Tensor:
    spread = blur(head.ventricles, random.uniform(1.5, 4.5) / random.grid.spacing_mm)
    caps = (spread * (1 - head.ventricles) * head.white_matter * 2).clamp(0, 1)
    caps = caps * (0.6 + 0.4 * random.field(18)[0]).clamp(0, 1)
    images = head.images.clone()
    images[FLAIR] += caps * random.uniform(0, 0.35)
    images[T2] += caps * random.uniform(0, 0.3)
    return images


def _small_vessels(head: Head, random: Randomness) -> Tensor:
    lines = _random_lines(random, (5, 11), (0.03, 0.10), (6, 14), (0.05, 0.14))
    images = head.images.clone()
    inside = head.brain_distance_mm < 1.5
    images[T1C] += lines * _near_fluid(head, 1.0, 1.8, 0.05) * inside * random.uniform(0.15, 1)
    return images


def _large_vessels(head: Head, random: Randomness) -> Tensor:
    lines = _random_lines(random, (12, 22), (0.04, 0.12), (12, 22), (0.06, 0.16))
    images = head.images.clone()
    images[T1C] += lines * _near_fluid(head, 1.5, 1.6, 0.15) * _inside_skull(head) * random.uniform(0.2, 1.4)
    return images


def _venous_sinuses(head: Head, random: Randomness) -> Tensor:
    """Bands along the brain's surface, as wide as the sagittal and transverse sinuses, that a brain mask leaves in.

    Flowing blood is dark in T2 and FLAIR, where it is not too slow.
    """
    depth_mm, width_mm, bend_mm = random.uniform(2, 6), random.uniform(4, 10), random.uniform(25, 50)
    band = soft_step(width_mm / (2 * bend_mm) - random.field(bend_mm)[0].abs(), 0.02)
    weight = band * soft_step(head.brain_distance_mm + depth_mm, 0.7) * _inside_skull(head)
    is_slow = random.chance(0.2)
    values = torch.zeros(4, 1, 1, 1, device=random.grid.device)
    values[T1] = random.uniform(0.2, 0.7)
    values[T1C] = random.uniform(0.9, 2.4)
    for channel in (T2, FLAIR):
        values[channel] = random.uniform(0.3, 0.8) if is_slow else random.uniform(0.05, 0.4)
    return blend(head.images, weight, values)


def _random_lines(
    random: Randomness,
    first_mm: tuple[float, float],
    first_width: tuple[float, float],
    second_mm: tuple[float, float],
    second_width: tuple[float, float],
) -> Tensor:
    """Curved lines: where two smooth fields are both close to zero."""
    first = random.field(random.uniform(*first_mm))[0].abs() < random.uniform(*first_width)
    second = random.field(random.uniform(*second_mm))[0].abs() < random.uniform(*second_width)
    return blur((first & second).float(), 0.5)


def _near_fluid(head: Head, sigma: float, gain: float, floor: float) -> Tensor:
    """1 in sulci and fissures, `floor` far from them: where vessels run."""
    return (blur((head.fluid + head.ventricles).clamp(0, 1), sigma) * gain).clamp(floor, 1)


def _inside_skull(head: Head) -> Tensor:
    """1 in the brain and close around it, 0 in scalp, face and air."""
    return soft_step(_OUTERMOST_VESSEL_MM - head.brain_distance_mm, 0.7)


def _blob(random: Randomness, radius_mm: float) -> Tensor:
    """A rounded, somewhat irregular body anywhere in the head, 0 to 1."""
    centre = random.grid.column(random.numbers.uniform(-55, 55, 3))
    distance = (random.grid.positions_mm - centre).square().sum(0).sqrt() / radius_mm
    return soft_step(1 - distance - 0.25 * random.field(10)[0], 0.08)


def _fluid_cavity(head: Head, random: Randomness) -> Tensor:
    """An arachnoid or porencephalic cyst: CSF in every sequence."""
    weight = _blob(random, random.uniform(4, 16)) * (head.brain_distance_mm < 1)
    return blend(head.images, weight, head.contrast.fluid.view(4, 1, 1, 1))


def _old_infarct(head: Head, random: Randomness) -> Tensor:
    """Tissue lost to fluid, with a bright border of gliosis in FLAIR."""
    weight = _blob(random, random.uniform(6, 18)) * (head.brain_distance_mm < 0.5)
    border = (blur(weight, random.uniform(1, 2.5)) * (1 - weight)).clamp(0, 1) * head.white_matter
    images = blend(head.images, weight * random.uniform(0.5, 1), head.contrast.fluid.view(4, 1, 1, 1))
    images[FLAIR] += border * random.uniform(0.2, 1.2) * head.contrast.grey[FLAIR]
    return images
