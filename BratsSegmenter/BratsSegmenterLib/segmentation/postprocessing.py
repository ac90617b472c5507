"""Rules against pieces and holes too small to be believed; all off unless asked for, and never silent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import ED, ET, NCR, RC, TC, WT, Region
from BratsSegmenterLib.sentence_form import SentenceForm

_FACES = ndimage.generate_binary_structure(3, 1)
_FACES_EDGES_CORNERS = np.ones((3, 3, 3), bool)
_MM3_PER_ML = 1000.0

LITTLE_ENHANCEMENT = SentenceForm(
    "Enhancing tumour of only {:.0f} mm3 was counted as necrotic core, because the rules of post-processing believe in "
    "enhancement from {:g} mm3 on."
)


@dataclass(frozen=True)
class Postprocessing:
    """Sizes below which something is removed or filled, in mm3; 0 switches a rule off.

    Attributes
    ----------
    largest_hole_mm3 : float
        What core (TC) encloses on all sides (6 neighbours) and is no larger is counted as necrotic core, and then what
        tumour (WT) encloses as oedema. A cavity stays.
    least_tumour_mm3 : float
        A connected piece of tumour (WT, 26 neighbours) that is smaller is erased.
    least_isolated_core_mm3 : float
        A connected piece of core (TC, 26 neighbours) that is smaller and does not enhance is counted as oedema when
        there is a larger piece, and erased where oedema is not measured.
    least_isolated_oedema_mm3 : float
        A connected piece that holds oedema alone and is smaller is erased when there is a larger piece of tumour.
    least_enhancing_mm3 : float
        When all enhancing tumour together is smaller, it becomes necrotic core (Isensee et al. 2020,
        arXiv:2011.00848, section 2.3).
    least_isolated_enhancement_mm3 : float
        A connected piece of enhancing tumour (26 neighbours) that is smaller is counted as necrotic core when there is
        one that is not. BraTS 2023 counts no lesion of 50 mm3 or less (Moawad et al. 2023, arXiv:2306.00838).
    """

    largest_hole_mm3: float = 0.0
    least_tumour_mm3: float = 0.0
    least_isolated_core_mm3: float = 0.0
    least_isolated_oedema_mm3: float = 0.0
    least_enhancing_mm3: float = 0.0
    least_isolated_enhancement_mm3: float = 0.0


PRESETS = {
    "off": Postprocessing(),
    "high-grade": Postprocessing(least_tumour_mm3=10_000),
    "low-grade": Postprocessing(least_tumour_mm3=3_000),
}
"""By name. The two cluster sizes erase every tumour smaller than 10 mL or 3 mL: use them only on cohorts with one
large tumour each."""


@dataclass(frozen=True, eq=False)
class Cleaned:
    """Labels after post-processing.

    Attributes
    ----------
    labels : ndarray of uint8
    findings : tuple of str
        A sentence for each rule that changed something.
    doubts : tuple of str
        Those of them after which the result is doubtful: all of the enhancement was taken away.
    """

    labels: NDArray[np.uint8] = field(repr=False)
    findings: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def postprocess(
    labels: NDArray[np.uint8], voxel_volume_ml: float, rules: Postprocessing, not_measured: Collection[str] = ()
) -> Cleaned:
    """Apply `rules` to a label map; `labels` itself is left as it is.

    Parameters
    ----------
    labels : ndarray of uint8, shape (slices, rows, columns)
    voxel_volume_ml : float
    rules : Postprocessing
    not_measured : collection of str
        Keys of the regions that the images say nothing about: nothing becomes one of them or is called so.
    """
    has_oedema = WT.key not in not_measured
    voxel_mm3 = voxel_volume_ml * _MM3_PER_ML
    cleaned = labels.copy()
    findings: list[str] = []
    doubts: list[str] = []
    if rules.largest_hole_mm3 > 0:
        for region, filling in ((TC, NCR), (WT, ED)) if has_oedema else ((TC, NCR),):
            findings += _fill_holes(cleaned, region, filling, voxel_mm3, rules.largest_hole_mm3)
    if rules.least_tumour_mm3 > 0:
        findings += _erase_small_pieces(cleaned, voxel_mm3, rules.least_tumour_mm3)
    if rules.least_isolated_core_mm3 > 0:
        findings += _replace_isolated_core(cleaned, voxel_mm3, rules.least_isolated_core_mm3, has_oedema)
    if rules.least_isolated_oedema_mm3 > 0:
        findings += _erase_isolated_oedema(
            cleaned, voxel_mm3, rules.least_isolated_oedema_mm3, ED if ED.key not in not_measured else WT
        )
    if rules.least_enhancing_mm3 > 0:
        doubts = _replace_little_enhancement(cleaned, voxel_mm3, rules.least_enhancing_mm3)
        findings += doubts
    if rules.least_isolated_enhancement_mm3 > 0:
        findings += _replace_isolated_enhancement(cleaned, voxel_mm3, rules.least_isolated_enhancement_mm3)
    return Cleaned(cleaned, tuple(findings), tuple(doubts))


def _fill_holes(
    labels: NDArray[np.uint8], region: Region, filling: Region, voxel_mm3: float, largest_mm3: float
) -> list[str]:
    drawn = np.isin(labels, region.labels)
    holes, sizes_mm3 = _numbered(ndimage.binary_fill_holes(drawn) & ~drawn, _FACES, voxel_mm3)
    holds_cavity = np.bincount(holes[labels == RC.label], minlength=len(sizes_mm3)) > 0
    filled = np.flatnonzero((sizes_mm3 > 0) & (sizes_mm3 <= largest_mm3) & ~holds_cavity)
    if not filled.size:
        return []
    labels[np.isin(holes, filled)] = filling.label
    what = f"holes in the {region.name.lower()} of at most {largest_mm3:g} mm3"
    return [_about(what, "filled", filled, sizes_mm3)]


def _erase_small_pieces(labels: NDArray[np.uint8], voxel_mm3: float, least_mm3: float) -> list[str]:
    pieces, sizes_mm3 = _pieces(labels, WT, voxel_mm3)
    small = np.flatnonzero((sizes_mm3 > 0) & (sizes_mm3 < least_mm3))
    return _erase(labels, pieces, small, sizes_mm3, f"pieces of tumour smaller than {least_mm3:g} mm3")


def _replace_isolated_core(
    labels: NDArray[np.uint8], voxel_mm3: float, least_mm3: float, has_oedema: bool
) -> list[str]:
    pieces, sizes_mm3 = _pieces(labels, TC, voxel_mm3)
    small = _isolated(pieces, sizes_mm3, least_mm3, labels == ET.label)
    what = f"isolated pieces of non-enhancing core smaller than {least_mm3:g} mm3"
    if not has_oedema:
        return _erase(labels, pieces, small, sizes_mm3, what)
    if not small.size:
        return []
    labels[np.isin(pieces, small)] = ED.label
    return [_about(what, "counted as oedema", small, sizes_mm3)]


def _erase_isolated_oedema(
    labels: NDArray[np.uint8], voxel_mm3: float, least_mm3: float, drawn_as: Region
) -> list[str]:
    pieces, sizes_mm3 = _pieces(labels, WT, voxel_mm3)
    small = _isolated(pieces, sizes_mm3, least_mm3, np.isin(labels, TC.labels))
    what = f"isolated pieces of {drawn_as.name.lower()} smaller than {least_mm3:g} mm3"
    return _erase(labels, pieces, small, sizes_mm3, what)


def _isolated(
    pieces: NDArray[np.int32], sizes_mm3: NDArray[np.floating], least_mm3: float, kept: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Numbers of the pieces that are smaller than `least_mm3` and than the largest one and hold nothing of `kept`."""
    holds_kept = np.bincount(pieces[kept], minlength=len(sizes_mm3)) > 0
    return np.flatnonzero((sizes_mm3 > 0) & (sizes_mm3 < min(least_mm3, sizes_mm3.max())) & ~holds_kept)


def _pieces(
    labels: NDArray[np.uint8], region: Region, voxel_mm3: float
) -> tuple[NDArray[np.int32], NDArray[np.floating]]:
    return _numbered(np.isin(labels, region.labels), _FACES_EDGES_CORNERS, voxel_mm3)


def _numbered(
    mask: NDArray[np.bool_], neighbours: NDArray[np.bool_], voxel_mm3: float
) -> tuple[NDArray[np.int32], NDArray[np.floating]]:
    """The connected pieces of a mask, numbered from 1 on, and their sizes by number; outside has the size 0."""
    pieces, _ = ndimage.label(mask, neighbours)
    sizes_mm3 = np.bincount(pieces.ravel()) * voxel_mm3
    sizes_mm3[0] = 0
    return pieces, sizes_mm3


def _erase(
    labels: NDArray[np.uint8],
    pieces: NDArray[np.int32],
    erased: NDArray[np.intp],
    sizes_mm3: NDArray[np.floating],
    what: str,
) -> list[str]:
    if not erased.size:
        return []
    labels[np.isin(pieces, erased)] = 0
    return [_about(what, "erased", erased, sizes_mm3)]


def _about(what: str, done: str, pieces: NDArray[np.intp], sizes_mm3: NDArray[np.floating]) -> str:
    return (
        f"By the rules of post-processing {what} were {done}: {pieces.size}, {sizes_mm3[pieces].sum():.0f} mm3 in all."
    )


def _replace_little_enhancement(labels: NDArray[np.uint8], voxel_mm3: float, least_mm3: float) -> list[str]:
    enhancing = labels == ET.label
    volume_mm3 = np.count_nonzero(enhancing) * voxel_mm3
    if not 0 < volume_mm3 < least_mm3:
        return []
    labels[enhancing] = NCR.label
    return [LITTLE_ENHANCEMENT.of(volume_mm3, least_mm3)]


def _replace_isolated_enhancement(labels: NDArray[np.uint8], voxel_mm3: float, least_mm3: float) -> list[str]:
    pieces, sizes_mm3 = _pieces(labels, ET, voxel_mm3)
    small = np.flatnonzero((sizes_mm3 > 0) & (sizes_mm3 < least_mm3))
    if not small.size or sizes_mm3.max() < least_mm3:
        return []
    labels[np.isin(pieces, small)] = NCR.label
    what = f"isolated pieces of enhancing tumour smaller than {least_mm3:g} mm3"
    return [_about(what, "counted as necrotic core", small, sizes_mm3)]
