"""One correction: the label maps before and after, and what of them goes into the ledger."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import REGIONS, WT, Algorithm, Segmentation
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.measurement import dice


@dataclass(frozen=True, eq=False)
class Correction:
    """What a person made of a label map.

    Attributes
    ----------
    study_uid, reviewer : str
        Kept as pseudonyms only. The reviewer may be empty.
    minutes_spent : float
    before, after : Segmentation
        In the same grid.
    starts_from_ai : bool
        Whether `before` is what the model drew; otherwise a person had worked on it already.
    """

    study_uid: str = field(repr=False)
    reviewer: str = field(repr=False)
    minutes_spent: float
    before: Segmentation
    after: Segmentation
    starts_from_ai: bool = True

    @property
    def changes_nothing(self) -> bool:
        """Whether a person left the label map as it was."""
        return np.array_equal(self.before.labels, self.after.labels)


@dataclass(frozen=True)
class RegionChange:
    """How much of a region changed: the Dice coefficient of before and after (1 where both are empty), millilitres."""

    region: str
    dice: float
    before_ml: float
    after_ml: float

    @property
    def shares_nothing(self) -> bool:
        """Whether there was something before and after, and nowhere the same."""
        return self.dice == 0 and self.before_ml > 0 and self.after_ml > 0


@dataclass(frozen=True)
class LedgerEntry:
    """One correction as the ledger keeps it.

    Attributes
    ----------
    number : int
        Counted from 1.
    previous, sha256 : str
        Of the entry before, and of this one.
    made_at : str
        ISO 8601, UTC.
    study, reviewer : str
        Pseudonyms; no reviewer where nobody signed.
    minutes_spent : float
    starts_from_ai : bool
    algorithm : Algorithm
    software_version : str
    before_mask, after_mask : str
        SHA-256 of the files in ``masks``, which are named by it.
    regions : tuple of RegionChange
        Of every region, nested ones included.
    """

    number: int
    previous: str
    sha256: str
    made_at: str
    study: str
    reviewer: str
    minutes_spent: float
    starts_from_ai: bool
    algorithm: Algorithm
    software_version: str
    before_mask: str
    after_mask: str
    regions: tuple[RegionChange, ...]

    @property
    def changes_nothing(self) -> bool:
        """Whether a person signed the label map as it was, and so took back a correction that was sent before."""
        return all(change.dice == 1 for change in self.regions)

    @property
    def is_elsewhere(self) -> bool:
        """Whether the tumour that was drawn lies where there was none before: it may be another patient's."""
        return any(change.region == WT.key and change.shares_nothing for change in self.regions)


def region_changes(before: Segmentation, after: Segmentation) -> tuple[RegionChange, ...]:
    """The change of every region, ET, NCR, ED, RC, WT and TC."""
    return tuple(_change(key, before, after) for key in REGIONS)


def encode_mask(segmentation: Segmentation) -> bytes:
    """A compressed npz: ``labels``, uint8 (slices, rows, columns), and ``affine`` to LPS millimetres; no identity."""
    content = io.BytesIO()
    np.savez_compressed(content, labels=segmentation.labels, affine=segmentation.geometry.affine)
    return content.getvalue()


def decode_mask(content: bytes, algorithm: Algorithm) -> Segmentation:
    """What :func:`encode_mask` made bytes of; `algorithm` drew it, or what it was corrected from."""
    with np.load(io.BytesIO(content)) as kept:
        labels, affine = kept["labels"], kept["affine"]
    slices, rows, columns = labels.shape
    return Segmentation(labels, Geometry((slices, rows, columns), affine), algorithm)


def _change(key: str, before: Segmentation, after: Segmentation) -> RegionChange:
    one, other = before.mask(REGIONS[key]), after.mask(REGIONS[key])
    return RegionChange(key, dice(one, other), _volume_ml(one, before), _volume_ml(other, after))


def _volume_ml(mask: NDArray[np.bool_], segmentation: Segmentation) -> float:
    return int(np.count_nonzero(mask)) * segmentation.geometry.voxel_volume_ml
