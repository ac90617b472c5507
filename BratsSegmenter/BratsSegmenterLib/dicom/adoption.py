"""Structures that were read become a segmentation of ours again, to be edited on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.dicom.rtstruct_reader import ReadStructures
from BratsSegmenterLib.domain import (
    ED,
    ET,
    NCR,
    RC,
    REGIONS,
    TC,
    WT,
    Algorithm,
    Region,
    Segmentation,
    Volume,
)
from BratsSegmenterLib.errors import SeriesError

_LAST_WINS = (ED, RC, NCR, ET)
_Masks = dict[Region, NDArray[np.bool_]]
_OTHER_NAMES = {
    "edema": "ED",
    "snfh": "ED",
    "peritumoural oedema": "ED",
    "peritumoral edema": "ED",
    "necrosis": "NCR",
    "necrotic": "NCR",
    "net": "NCR",
    "enhancing": "ET",
    "enhancing tumor": "ET",
    "enhancing lesion": "ET",
    "gd-enhancing tumor": "ET",
    "cavity": "RC",
}
_NAMES = {region.key.lower(): key for key, region in REGIONS.items()}
_NAMES |= {region.name.lower(): key for key, region in REGIONS.items()}
_NAMES |= _OTHER_NAMES


def segmentation_from(
    structures: ReadStructures, volume: Volume, algorithm: Algorithm
) -> tuple[Segmentation, tuple[str, ...]]:
    """The label map of the structures that carry a name of our regions.

    Where leaf regions overlap, enhancing tumour comes before necrosis, cavity and oedema. Whole tumour and tumour
    core follow from the leaves and are not taken over; only where there is no oedema, what of the whole tumour lies in
    no other region is labelled so, and the segmentation says which regions it therefore does not measure.

    Parameters
    ----------
    structures : ReadStructures
        Read on the grid of `volume`.
    volume : Volume
    algorithm : Algorithm
        Who drew them, as far as it is known.

    Returns
    -------
    Segmentation
    tuple of str
        Sentences about what was left out or had to be decided.

    Raises
    ------
    SeriesError
        None of the structures is a leaf region of ours or the whole tumour.
    """
    notes = []
    found: _Masks = {}
    for name, mask in structures.masks.items():
        region = _region_named(name)
        if region is None:
            notes.append(f"{name} is no region of this program; it was left out.")
        elif region is not TC:
            found[region] = found[region] | mask if region in found else mask
    if not found:
        names = ", ".join(structures.masks)
        raise SeriesError(
            f"None of the structures ({names}) is enhancing tumour, necrotic core, oedema, cavity or whole tumour.",
            "Rename them to ET, NCR, ED, RC and WT where they were drawn.",
        )
    leaves, not_measured = _in_parts(found)
    if ED in leaves and ED not in found:
        notes.append("No oedema was drawn; what of the whole tumour lies in no other region is drawn as oedema.")
    labels = np.zeros(volume.geometry.shape, np.uint8)
    for region in _LAST_WINS:
        if region in leaves:
            shared = np.count_nonzero(labels[leaves[region]])
            labels[leaves[region]] = region.label
            if shared:
                notes.append(f"{shared} voxels belonged to {region.key} and another region; they went to {region.key}.")
    return Segmentation(labels, volume.geometry, algorithm, not_measured), tuple(notes)


def _in_parts(found: _Masks) -> tuple[_Masks, dict[str, str]]:
    """The leaf regions, the rest of a whole tumour as oedema, and the reason for each region that is not measured."""
    leaves = {region: mask for region, mask in found.items() if region is not WT}
    if ED in leaves:
        return leaves, {}
    if WT not in found:
        return leaves, {region.key: f"{region.name} is not measured: no oedema was drawn." for region in (ED, WT)}
    rest = found[WT].copy()
    for mask in leaves.values():
        rest &= ~mask
    if not rest.any():
        return leaves, {}
    missing = [region for region in (ET, NCR) if region not in leaves]
    undivided = (*missing, ED, TC) if missing else ()
    why = "the whole tumour was drawn, but not this part of it"
    return leaves | {ED: rest}, {region.key: f"{region.name} is not measured: {why}." for region in undivided}


def _region_named(name: str) -> Region | None:
    key = _NAMES.get(name.strip().lower().replace("_", " "))
    return REGIONS[key] if key else None
