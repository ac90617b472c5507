"""What the generator draws and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from BratsSegmenterLib.learning.limits import AT_LEAST_ONE, NOT_NEGATIVE, POSITIVE, PROBABILITY, Limits, limited


class TumourKind(Enum):
    """How a tumour's core is built."""

    RING = "ring"
    """Necrosis with an enhancing rim: most glioblastomas."""
    SOLID = "solid"
    """Enhancing throughout."""
    PATCHY = "patchy"
    """Islands of enhancement in non-enhancing tumour."""
    LOW_GRADE = "low-grade"
    """No or hardly any enhancement, often homogeneous, often without much oedema."""
    CYSTIC = "cystic"
    """A thin enhancing wall around fluid."""


_KINDS = {
    TumourKind.RING: 0.46,
    TumourKind.SOLID: 0.10,
    TumourKind.PATCHY: 0.17,
    TumourKind.LOW_GRADE: 0.20,
    TumourKind.CYSTIC: 0.07,
}


@dataclass(frozen=True)
class SynthesisSettings:
    """What the generator draws and how often; every probability lies between 0 and 1.

    Attributes
    ----------
    shape : tuple of int
        Slices, rows, columns of every case. Slices go up, rows to the back, columns to the left ("SPL").
    spacing_mm : float
        Of the isotropic grid.
    kinds : mapping of TumourKind to float
        Relative frequencies.
    healthy : float
        Probability of a head without tumour.
    second_focus : float
        Probability of a second, distant focus.
    resected : float
        Probability that the core, or part of it, was resected.
    core_radius_mm, low_grade_radius_mm : tuple of (median, log standard deviation, least, greatest)
        Of the core's radius, log-normal.
    oedema_extent_mm : tuple of (median, log standard deviation, least, greatest)
        How far oedema reaches along white matter, log-normal.
    contrast_spread : float
        Factor on how far the brightness of healthy tissue varies between examinations.
    core_texture : float
        Factor on how uneven a tumour's core is; 0 makes it uniform.
    mass_effect : float
        Greatest strength of the displacement by the tumour; 1 would press tissue into a point.
    elastic : bool
        Whether anatomies are warped.
    distractors : bool
        Whether white-matter lesions, vessels, cysts and the like are drawn.
    sinuses : float
        Probability of venous sinuses at the brain's surface, where distractors are drawn.
    acquisition : bool
        Whether blur, thick slices, bias field, noise, clipping and motion are applied.
    with_skull : float
        Probability that the head is not skull-stripped.
    missing_sequence : float
        Probability of each sequence to be missing; one always stays.
    """

    shape: tuple[int, int, int] = limited((80, 96, 80), AT_LEAST_ONE)
    spacing_mm: float = limited(2.0, POSITIVE)
    kinds: Mapping[TumourKind, float] = field(
        default_factory=lambda: MappingProxyType(_KINDS), metadata=Limits(0, items=1).metadata
    )
    healthy: float = limited(0.03, PROBABILITY)
    second_focus: float = limited(0.08, PROBABILITY)
    resected: float = limited(0.12, PROBABILITY)
    core_radius_mm: tuple[float, float, float, float] = limited((18.0, 0.45, 4.0, 40.0), NOT_NEGATIVE)
    low_grade_radius_mm: tuple[float, float, float, float] = limited((25.0, 0.38, 7.0, 46.0), NOT_NEGATIVE)
    oedema_extent_mm: tuple[float, float, float, float] = limited((11.0, 0.55, 2.0, 27.0), NOT_NEGATIVE)
    contrast_spread: float = limited(1.0, NOT_NEGATIVE)
    core_texture: float = limited(1.0, NOT_NEGATIVE)
    mass_effect: float = limited(0.65, PROBABILITY)
    elastic: bool = True
    distractors: bool = True
    sinuses: float = limited(0.5, PROBABILITY)
    acquisition: bool = True
    with_skull: float = limited(0.12, PROBABILITY)
    missing_sequence: float = limited(0.06, PROBABILITY)
