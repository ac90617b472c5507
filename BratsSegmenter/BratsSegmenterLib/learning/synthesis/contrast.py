"""How bright every tissue is in T1, T1c, T2 and FLAIR: the priors of the field and how far they spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.learning.synthesis.randomness import Randomness
from BratsSegmenterLib.learning.synthesis.tissues import BRAIN, Tissue

T1, T1C, T2, FLAIR = (sequence.channel for sequence in Sequence)


class Brightness(NamedTuple):
    """Typical brightness of one tissue, where CSF in T2 is 1."""

    t1: float
    t2: float
    flair: float


TYPICAL = {
    Tissue.AIR: Brightness(0.00, 0.00, 0.00),
    Tissue.WHITE_MATTER: Brightness(0.86, 0.36, 0.46),
    Tissue.CORTEX: Brightness(0.62, 0.54, 0.60),
    Tissue.VENTRICLE: Brightness(0.22, 1.00, 0.12),
    Tissue.CSF: Brightness(0.22, 1.00, 0.14),
    Tissue.CEREBELLAR_WHITE_MATTER: Brightness(0.86, 0.38, 0.46),
    Tissue.CEREBELLAR_CORTEX: Brightness(0.62, 0.54, 0.58),
    Tissue.THALAMUS: Brightness(0.74, 0.46, 0.54),
    Tissue.CAUDATE: Brightness(0.63, 0.52, 0.58),
    Tissue.PUTAMEN: Brightness(0.68, 0.48, 0.55),
    Tissue.PALLIDUM: Brightness(0.80, 0.34, 0.46),
    Tissue.HIPPOCAMPUS: Brightness(0.62, 0.56, 0.64),
    Tissue.BRAINSTEM: Brightness(0.80, 0.42, 0.52),
    Tissue.CHOROID_PLEXUS: Brightness(0.45, 0.80, 0.45),
    Tissue.WHITE_MATTER_LESION: Brightness(0.70, 0.60, 0.80),
    Tissue.VEIN: Brightness(0.30, 0.30, 0.25),
    Tissue.ARTERY: Brightness(0.35, 0.25, 0.20),
    Tissue.BONE: Brightness(0.10, 0.10, 0.10),
    Tissue.MARROW: Brightness(0.75, 0.45, 0.45),
    Tissue.SOFT_TISSUE: Brightness(0.60, 0.50, 0.50),
    Tissue.SKIN: Brightness(0.80, 0.60, 0.60),
    Tissue.MUCOSA: Brightness(0.45, 0.80, 0.60),
    Tissue.EYE: Brightness(0.22, 1.00, 0.20),
    Tissue.MUSCLE: Brightness(0.50, 0.30, 0.35),
    Tissue.OPTIC_NERVE: Brightness(0.75, 0.50, 0.50),
    Tissue.SPINAL_CORD: Brightness(0.75, 0.50, 0.50),
    Tissue.PERIVASCULAR_SPACE: Brightness(0.40, 0.50, 0.30),
    Tissue.DURA: Brightness(0.45, 0.40, 0.40),
}

_SPREAD = 0.05
_SPREAD_OUTSIDE_BRAIN = 0.20
_ANY_OUTSIDE_BRAIN = 0.4
"""Share of examinations in which fat, muscle and the like have any brightness: fat suppression, surface coils and
inversion times change them most."""
_SOFT = (Tissue.MARROW, Tissue.SOFT_TISSUE, Tissue.SKIN, Tissue.MUCOSA, Tissue.MUSCLE)

_PARENCHYMA = tuple(
    tissue for tissue in BRAIN if tissue not in (Tissue.VENTRICLE, Tissue.CHOROID_PLEXUS, Tissue.PERIVASCULAR_SPACE)
)
_WHITE = (Tissue.WHITE_MATTER, Tissue.CEREBELLAR_WHITE_MATTER, Tissue.BRAINSTEM, Tissue.PALLIDUM)
_GREY = tuple(tissue for tissue in _PARENCHYMA if tissue not in (*_WHITE, Tissue.WHITE_MATTER_LESION))


class Enhancement(NamedTuple):
    """How often and how much a healthy tissue takes up gadolinium."""

    probability: float
    least: float
    greatest: float


_ENHANCING = {
    Tissue.VEIN: Enhancement(0.9, 0.3, 1.2),
    Tissue.CHOROID_PLEXUS: Enhancement(0.9, 0.1, 0.9),
    Tissue.DURA: Enhancement(0.6, 0.0, 0.8),
    Tissue.MUCOSA: Enhancement(0.9, 0.2, 1.0),
    Tissue.ARTERY: Enhancement(0.7, 0.1, 1.0),
    Tissue.PERIVASCULAR_SPACE: Enhancement(0.5, 0.0, 0.8),
    Tissue.SOFT_TISSUE: Enhancement(1.0, 0.0, 0.3),
}
_NARROW_SULCI = 0.75
"""Share of heads whose sulci hold less fluid than those of the label maps: the young, and swollen brains."""
_OTHER_T1 = 0.6
"""Share of examinations whose T1c was acquired by another pulse sequence than their T1."""
_BLOOD_OF_GREY_MATTER = 0.08
"""Greatest brightening of grey matter in T1c: it holds more blood than white matter."""
_FULL_SULCI = 0.6
"""Share of examinations in which vessels and meninges brighten the sulci in T1c, finer than the grid resolves."""
_GREY_TO_WHITE = {T1: (0.15, 1.0), T1C: (0.0, 0.9), T2: (0.25, 1.2), FLAIR: (0.25, 1.3)}
"""How strong the difference between grey and white matter is, relative to the priors: least and greatest."""
_BLACK_BLOOD = 0.35
"""Share of spin-echo T1c images in which flowing blood stays dark."""


@dataclass(frozen=True, eq=False)
class Contrast:
    """Brightness of every tissue in one examination.

    Attributes
    ----------
    table : Tensor of float32, shape (4, tissues)
    """

    table: Tensor

    @property
    def white(self) -> Tensor:
        """White matter in T1, T1c, T2 and FLAIR."""
        return self.table[:, Tissue.WHITE_MATTER]

    @property
    def grey(self) -> Tensor:
        """Cortex in T1, T1c, T2 and FLAIR."""
        return self.table[:, Tissue.CORTEX]

    @property
    def fluid(self) -> Tensor:
        """Ventricular CSF in T1, T1c, T2 and FLAIR."""
        return self.table[:, Tissue.VENTRICLE]

    def towards_fluid(self, channel: int, fraction: float) -> float:
        """Brightness at `fraction` of the way from grey matter to CSF."""
        return float(self.grey[channel] + (self.fluid[channel] - self.grey[channel]) * fraction)


def draw_contrast(random: Randomness, spread: float = 1.0) -> Contrast:
    """Brightness of one examination: the prior of each sequence, spread, but ordered as its physics orders it.

    Parameters
    ----------
    random : Randomness
    spread : float
        Factor on how far the brightness of brain tissue varies.
    """
    table = _spread_priors(random, spread)
    _enhance(table, random)
    _scale_parenchyma(table, random, spread)
    if random.chance(0.3):
        table[FLAIR, [Tissue.VENTRICLE, Tissue.CSF]] += random.uniform(0, 0.25)  # incomplete suppression
    table[FLAIR, Tissue.CSF] += random.uniform(0, 0.2)
    if random.chance(_NARROW_SULCI):
        table[:, Tissue.CSF] += (table[:, Tissue.CORTEX] - table[:, Tissue.CSF]) * random.uniform(0, 0.75)
    table[FLAIR, Tissue.DURA] += random.uniform(0, 0.2)
    return Contrast(torch.tensor(np.clip(table, 0, 2.5), dtype=torch.float32, device=random.grid.device))


def _spread_priors(random: Randomness, spread: float) -> NDArray[np.float64]:
    rows = [TYPICAL[tissue] for tissue in Tissue]
    t1, t2, flair = (np.array([getattr(row, name) for row in rows]) for name in Brightness._fields)
    deviation = np.full(len(Tissue), _SPREAD_OUTSIDE_BRAIN)
    if random.chance(_ANY_OUTSIDE_BRAIN):
        outside = list(_SOFT)
        for values in (t1, t2, flair):
            values[outside] = random.numbers.uniform(0, 1.3, len(outside))
    deviation[[Tissue.AIR, Tissue.BONE, Tissue.CSF, Tissue.OPTIC_NERVE, Tissue.SPINAL_CORD, *BRAIN]] = _SPREAD * spread
    table = np.array([t1, t1, t2, flair]) + random.numbers.normal(size=(4, len(Tissue))) * deviation
    if not random.chance(_OTHER_T1):
        table[T1C] = table[T1] + random.numbers.normal(0, 0.015, len(Tissue))
    return table


def _enhance(table: NDArray[np.float64], random: Randomness) -> None:
    dose = random.uniform(0.4, 1.3)
    for tissue, enhancement in _ENHANCING.items():
        if random.chance(enhancement.probability):
            table[T1C, tissue] += random.uniform(enhancement.least, enhancement.greatest) * dose
    if random.chance(_FULL_SULCI):
        table[T1C, Tissue.CSF] += random.uniform(0, 0.4) * dose
    table[T1C, _GREY] += random.uniform(0, _BLOOD_OF_GREY_MATTER)
    if random.chance(_BLACK_BLOOD):
        table[T1C, Tissue.VEIN] = table[T1, Tissue.VEIN]


def _scale_parenchyma(table: NDArray[np.float64], random: Randomness, spread: float) -> None:
    """Let the difference between grey and white matter vary from faint to strong."""
    for channel, (least, greatest) in _GREY_TO_WHITE.items():
        middle = (table[channel, Tissue.WHITE_MATTER] + table[channel, Tissue.CORTEX]) / 2
        parenchyma = table[channel, _PARENCHYMA]
        table[channel, _PARENCHYMA] = middle + (parenchyma - middle) * max(
            0.0, random.uniform(1 + (least - 1) * spread, 1 + (greatest - 1) * spread)
        )
