"""How a tumour looks in each sequence, relative to the same head's own grey matter, white matter and CSF.

So the physics of each sequence constrains the contrast, while its strength varies widely.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from BratsSegmenterLib.learning.synthesis.compartments import Compartments
from BratsSegmenterLib.learning.synthesis.contrast import FLAIR, T1, T1C, T2, Contrast
from BratsSegmenterLib.learning.synthesis.filters import blend, blur
from BratsSegmenterLib.learning.synthesis.growth import Growth, TumourPlan
from BratsSegmenterLib.learning.synthesis.head import Head
from BratsSegmenterLib.learning.synthesis.randomness import Randomness
from BratsSegmenterLib.learning.synthesis.settings import TumourKind

_DETECTABLE = 0.08
"""Least brightness by which enhancing tumour exceeds the rest of the core in T1c."""
_IN_T1 = (0.0, 0.8)
"""How plain oedema is in T1, as a share of how plain it is in T1c, where the tissue around it brightens a little."""
_LEVELLING = 0.5
"""Share of tumours whose oedema is about equally bright in grey and white matter: water outweighs both. Each of T2
and FLAIR has its own."""


@dataclass(frozen=True, eq=False)
class PaintedTumour:
    """A head with a tumour in its images.

    Attributes
    ----------
    head : Head
    enhancement : Tensor of float32, shape (slices, rows, columns)
        How much of each voxel enhances, 0 to 1, as an eye would see it.
    texture : float
        Amplitude of the core's texture.
    """

    head: Head
    enhancement: Tensor
    texture: float


def paint_tumour(
    plan: TumourPlan, growth: Growth, parts: Compartments, head: Head, random: Randomness, unevenness: float = 1.0
) -> PaintedTumour:
    """Draw oedema, then core, then enhancement, each over the one before.

    Parameters
    ----------
    plan, growth, parts, head, random
    unevenness : float
        Factor on the texture of the core.
    """
    spacing = random.grid.spacing_mm
    softness = random.uniform(0.5, 2.4) if plan.kind is TumourKind.LOW_GRADE else random.uniform(0.35, 0.8)
    core = blur(parts.core.float(), 1.2 * softness / spacing)
    enhancement = blur(parts.enhancing.float(), 1.2 * min(softness, 0.8) / spacing)
    texture = unevenness * (random.uniform(0.01, 0.08) if plan.homogeneous else random.uniform(0.05, 0.2))

    oedema = _oedema_values(plan, growth, head, random)
    images = blend(head.images, growth.oedema, oedema)
    around = _surroundings(parts, oedema, head.contrast)
    brightness = _core_brightness(plan, around, head.contrast, random)
    images = blend(images, core, _textured(brightness, texture, random))
    enhancing = _enhancing_values(plan, parts, around, brightness, texture, head.contrast, random)
    images = blend(images, enhancement, enhancing)
    if random.chance(0.18):
        images = _haemorrhage(images, parts.core, random)
    return PaintedTumour(head.with_images(images), enhancement, texture)


def _patterns(random: Randomness) -> Tensor:
    return random.fractal([random.resolvable(3), 7, 16], [0.5, 0.8, 1])


def _oedema_values(plan: TumourPlan, growth: Growth, head: Head, random: Randomness) -> Tensor:
    """T1 and T2 part of the way to CSF, FLAIR brighter; a little weaker far from the core, least of all in T2."""
    contrast = head.contrast
    fade = torch.exp(-growth.travel_mm.clamp(min=0) / max(plan.oedema_extent_mm, 1) * random.uniform(0, 0.8))
    texture = 0.18 * (random.uniform(0.1, 0.6) if plan.homogeneous else 1)
    strength = (0.85 + texture * _patterns(random)) * fade.clamp(0.4, 1)
    if plan.faint:
        in_t1c, in_t2, in_flair = random.uniform(0, 0.15), random.uniform(0.15, 0.5), random.uniform(0.2, 0.7)
    else:
        in_t1c, in_t2, in_flair = random.uniform(0, 0.5), random.uniform(0.5, 1), random.uniform(0.25, 1.6)
    values = head.images.clone()
    for channel, towards_fluid in ((T1, in_t1c * random.uniform(*_IN_T1)), (T1C, in_t1c)):
        values[channel] += (contrast.fluid[channel] - values[channel]) * towards_fluid * strength.clamp(0, 1.05)
    wet = (contrast.fluid[T2] - values[T2]) * in_t2 * strength.clamp(0.8, 1.1)
    level = contrast.towards_fluid(T2, in_t2 - 0.1) * strength.clamp(min=0.85)
    values[T2] += _levelled(wet, level - values[T2], random)
    middle = (contrast.grey[FLAIR] + contrast.white[FLAIR]) / 2
    level = middle * (1 + in_flair) * strength.clamp(min=0.8)
    values[FLAIR] += _levelled(middle * in_flair * strength, level - values[FLAIR], random)
    return values


def _levelled(added: Tensor, to_level: Tensor, random: Randomness) -> Tensor:
    """What oedema adds, in some tumours drawn towards what makes grey and white matter equally bright."""
    if not random.chance(_LEVELLING):
        return added
    return added + (to_level.clamp(min=0) - added) * random.uniform(0.5, 1)


def _surroundings(parts: Compartments, oedema: Tensor, contrast: Contrast) -> list[float]:
    """Brightness in T1, T1c, T2, FLAIR of the oedema around a core, or of what oedema would be like there."""
    if parts.oedema.any():
        return [float(channel[parts.oedema].mean()) for channel in oedema]
    grey = contrast.grey.tolist()
    return [grey[T1], grey[T1C], contrast.towards_fluid(T2, 0.5), 1.7 * grey[FLAIR]]


def _core_brightness(plan: TumourPlan, around: list[float], contrast: Contrast, random: Randomness) -> list[float]:
    """Brightness of the non-enhancing core in T1, T1c, T2, FLAIR: `around` is that of its oedema."""
    if plan.kind is TumourKind.CYSTIC:
        return _fluid_brightness(contrast, random)
    if plan.kind in (TumourKind.RING, TumourKind.SOLID) and random.chance(0.85):
        return _necrosis_brightness(around, contrast, random)
    return _cellular_brightness(plan, around, contrast, random)


def _fluid_brightness(contrast: Contrast, random: Randomness) -> list[float]:
    share = random.uniform(0.3, 1.05)
    t1, t1c = (contrast.towards_fluid(channel, share) for channel in (T1, T1C))
    flair = contrast.towards_fluid(FLAIR, 1 - random.uniform(0, 1.2))
    return [t1, t1c + random.uniform(0, 0.12), contrast.towards_fluid(T2, random.uniform(0.75, 1.1)), flair]


def _necrosis_brightness(around: list[float], contrast: Contrast, random: Randomness) -> list[float]:
    """Mostly a little wetter than the oedema and about as bright in FLAIR; suppressed there like fluid in a few."""
    wetter = random.uniform(-0.2, 0.75)
    t1, t1c = (_wetter(around, contrast, channel, wetter) for channel in (T1, T1C))
    t2 = _wetter(around, contrast, T2, random.uniform(-0.2, 0.9))
    suppressed = random.chance(0.2)
    flair = float(contrast.fluid[FLAIR])
    flair += (around[FLAIR] - flair) * (random.uniform(0, 0.6) if suppressed else random.uniform(0.6, 1.4))
    return [t1, t1c + random.uniform(0, 0.08), t2, flair]


def _cellular_brightness(plan: TumourPlan, around: list[float], contrast: Contrast, random: Randomness) -> list[float]:
    """Solid tumour that does not enhance; FLAIR is dark in a few: the T2-FLAIR mismatch of some astrocytomas."""
    if plan.faint and plan.kind is TumourKind.LOW_GRADE:
        share = random.uniform(-0.2, 0.3)
        t1, t1c = (contrast.towards_fluid(channel, share) for channel in (T1, T1C))
        t2 = contrast.towards_fluid(T2, random.uniform(-0.05, 0.35))
        flair = float(contrast.grey[FLAIR]) * random.uniform(1.15, 1.7)
        return [t1, t1c + random.uniform(-0.02, 0.05), t2, flair]
    wetter = random.uniform(-0.2, 0.7)
    t1, t1c = (_wetter(around, contrast, channel, wetter) for channel in (T1, T1C))
    t2 = _wetter(around, contrast, T2, random.uniform(-0.4, 0.8))
    flair = around[FLAIR] * (0.5 if random.chance(0.12) else 1) * random.uniform(0.75, 1.4)
    return [t1, t1c + random.uniform(-0.02, 0.05), t2, flair]


def _wetter(around: list[float], contrast: Contrast, channel: int, share: float) -> float:
    """Brightness `share` of the way from the oedema to CSF; drier than the oedema below zero."""
    return around[channel] + (float(contrast.fluid[channel]) - around[channel]) * share


def _textured(brightness: list[float], amplitude: float, random: Randomness) -> Tensor:
    """Images of uniform tissue with a texture that is opposite in T1 and T2, where water makes it."""
    shared = _patterns(random)
    signs = (1, 1, -1.3, -1.3 if random.chance(0.5) else 1.3)
    return torch.stack(
        [
            value + amplitude * (sign * shared + 0.5 * random.field(6)[0])
            for value, sign in zip(brightness, signs, strict=True)
        ]
    )


def _enhancing_values(
    plan: TumourPlan,
    parts: Compartments,
    around: list[float],
    core_brightness: list[float],
    texture: float,
    contrast: Contrast,
    random: Randomness,
) -> Tensor:
    """Enhancing tumour: graded in T1c, weak in the faint zones, never darker than what it encloses."""
    t1 = contrast.towards_fluid(T1, random.uniform(-0.3, 0.5))
    uptake = 0.65 * random.uniform(_DETECTABLE if random.chance(0.3) else 0.3, 1.3)
    t1c = max(t1, float(contrast.white[T1C]) * random.uniform(0.7, 1)) + uptake
    t2 = _wetter(around, contrast, T2, random.uniform(-0.4, 0.5))
    flair = around[FLAIR] * random.uniform(0.65, 1.35)
    values = _textured([t1, t1c, t2, flair], texture, random)

    gradient = (1 + random.uniform(0, 0.5) * random.field(random.resolvable(0.7 * plan.radius_mm))[0]).clamp(0.25, 1.6)
    uneven = t1c + random.uniform(0.03, 0.4) * _patterns(random)
    graded = (t1 + (uneven - t1) * gradient).clamp(min=core_brightness[T1C] + _DETECTABLE)
    weakening = blur(parts.faint, 0.6) * random.uniform(0.3, 0.8)
    values[T1C] = graded + weakening * (core_brightness[T1C] - graded)
    return values


def _haemorrhage(images: Tensor, core: Tensor, random: Randomness) -> Tensor:
    """Blood or calcification in a part of the core."""
    clot = (random.fractal([6, 14], [1, 1]) > random.uniform(1, 1.8)) & core
    weight = blur(clot.float(), 0.5)
    images = images.clone()
    images[[T1, T1C]] += weight * random.uniform(-0.3, 0.8)
    images[T2] *= 1 - weight * random.uniform(0, 0.5)
    images[FLAIR] *= 1 - weight * random.uniform(-0.3, 0.5)
    return images
