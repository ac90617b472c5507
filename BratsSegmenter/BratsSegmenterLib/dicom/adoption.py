"""Structures that were read become a segmentation of ours again, to be edited on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.dicom.rtstruct_reader import ReadStructures
from BratsSegmenterLib.domain import ED, ET, LEAF_REGIONS, NCR, RC, REGIONS, Algorithm, Region, Segmentation, Volume
from BratsSegmenterLib.errors import SeriesError

_LAST_WINS = (ED, RC, NCR, ET)
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
    core follow from the leaves and are not taken over.

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
        None of the structures is one of our leaf regions.
    """
    notes = []
    found: dict[Region, NDArray[np.bool_]] = {}
    for name, mask in structures.masks.items():
        region = _region_named(name)
        if region is None:
            notes.append(f"{name} is no region of this program; it was left out.")
        elif region in LEAF_REGIONS:
            found[region] = found[region] | mask if region in found else mask
    if not found:
        names = ", ".join(structures.masks)
        raise SeriesError(
            f"None of the structures ({names}) is enhancing tumour, necrotic core, oedema or cavity.",
            "Rename them to ET, NCR, ED and RC where they were drawn.",
        )
    labels = np.zeros(volume.geometry.shape, np.uint8)
    for region in _LAST_WINS:
        if region in found:
            shared = np.count_nonzero(labels[found[region]])
            labels[found[region]] = region.label
            if shared:
                notes.append(f"{shared} voxels belonged to {region.key} and another region; they went to {region.key}.")
    return Segmentation(labels, volume.geometry, algorithm), tuple(notes)


def _region_named(name: str) -> Region | None:
    key = _NAMES.get(name.strip().lower().replace("_", " "))
    return REGIONS[key] if key else None
