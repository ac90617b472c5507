"""Structures that were read become a segmentation of ours again, to be edited on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.dicom.outline_gaps import without_gaps
from BratsSegmenterLib.dicom.region_names import region_named
from BratsSegmenterLib.dicom.rtstruct_reader import ReadStructures
from BratsSegmenterLib.domain import (
    ED,
    ET,
    LEAF_REGIONS,
    NCR,
    RC,
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


def segmentation_from(
    structures: ReadStructures, volume: Volume, algorithm: Algorithm, is_ours: bool = False
) -> tuple[Segmentation, tuple[str, ...]]:
    """The label map of the structures that carry a name of our regions.

    Where leaf regions overlap, enhancing tumour comes before necrosis, cavity and oedema. Nested regions tell the leaf
    that was not drawn: the tumour core without its enhancing part is necrosis, the whole tumour without its core is
    oedema. What they leave undivided is kept too, the core under the label of necrosis, the whole tumour under that of
    oedema, and the segmentation says which regions it therefore does not measure. A rim between outlines that were
    drawn each by itself is no core, but oedema.

    Parameters
    ----------
    structures : ReadStructures
        Read on the grid of `volume`.
    volume : Volume
    algorithm : Algorithm
        Who drew them, as far as it is known.
    is_ours : bool
        This program wrote them: it leaves out a region that was looked for and not found, and says of any other that it
        was not measured. Of others' structures without oedema nobody knows whether it was looked for.

    Returns
    -------
    Segmentation
    tuple of str
        Sentences about what was left out or had to be decided.

    Raises
    ------
    SeriesError
        None of the structures is a region of ours.
    """
    found, notes = _by_region(structures)
    if not found:
        names = ", ".join(structures.others)
        raise SeriesError(
            f"None of the structures ({names}) is enhancing tumour, necrotic core, oedema, cavity, tumour core or "
            "whole tumour.",
            "Rename them to ET, NCR, ED, RC, TC and WT where they were drawn.",
        )
    parts = _Parts(found, is_ours)
    parts.divide_core()
    parts.divide_whole()
    notes += parts.notes
    labels = np.zeros(volume.geometry.shape, np.uint8)
    for region in _LAST_WINS:
        if region in parts.leaves:
            mask = parts.leaves[region]
            shared = np.count_nonzero(labels[mask])
            labels[mask] = region.label
            if shared:
                key = TC.key if region is NCR and NCR.key in parts.not_measured else region.key
                notes.append(f"{shared} voxels belonged to {key} and another region; they went to {key}.")
    return Segmentation(labels, volume.geometry, algorithm, parts.not_measured), tuple(notes)


def _by_region(structures: ReadStructures) -> tuple[_Masks, list[str]]:
    """The masks of our regions, and a sentence about each structure that is none."""
    found: _Masks = {}
    for name, mask in structures.masks.items():
        region = region_named(name)
        if region is not None:
            found[region] = found[region] | mask if region in found else mask
    return found, [f"{name} is no region of this program; it was left out." for name in structures.others]


class _Parts:
    """The leaf regions that follow from what was drawn.

    Attributes
    ----------
    leaves : dict of Region to ndarray of bool
    not_measured : dict of str to str
        Region key to the reason.
    notes : list of str
        What had to be decided.
    """

    def __init__(self, found: _Masks, is_ours: bool) -> None:
        self._found = found
        self._is_ours = is_ours
        self.leaves = {region: mask for region, mask in found.items() if region in LEAF_REGIONS}
        self.not_measured: dict[str, str] = {}
        self.notes: list[str] = []

    def divide_core(self) -> None:
        """What of the core is neither enhancing nor necrotic: necrosis, where the enhancing part was told apart."""
        core = self._core()
        if core is None:
            return
        rest = self._rest(core, (ET, NCR, RC))
        if not rest.any():
            return
        if ET in self.leaves:
            self.notes.append(
                f"{np.count_nonzero(rest)} voxels of the tumour core were drawn neither as enhancing tumour nor as "
                "necrotic core; they are drawn as necrotic core."
            )
        else:
            self._leave_unmeasured((ET, NCR), "the tumour core was drawn, but not this part of it")
            lost = " The necrotic core inside it is not told apart from it." if NCR in self.leaves else ""
            self.notes.append(f"The tumour core was drawn undivided; it is drawn as necrotic core.{lost}")
        self._add(NCR, rest)

    def divide_whole(self) -> None:
        """What of the whole tumour lies in no other region: oedema."""
        if WT not in self._found:
            if ED not in self.leaves and not self._is_ours:
                self._leave_unmeasured((ED, WT), "no oedema was drawn")
            return
        rest = self._rest(self._found[WT], LEAF_REGIONS)
        if not rest.any():
            return
        if ED in self.leaves:
            count = np.count_nonzero(rest)
            self.notes.append(f"{count} voxels of the whole tumour lie in no other region; they are drawn as oedema.")
        else:
            self.notes.append(
                "No oedema was drawn; what of the whole tumour lies in no other region is drawn as oedema."
            )
        missing = [region for region in (ET, NCR) if region not in self.leaves]
        if missing and self._core() is None:
            self._leave_unmeasured((*missing, ED, TC), "the whole tumour was drawn, but not this part of it")
        self._add(ED, rest)

    def _core(self) -> NDArray[np.bool_] | None:
        """The tumour core where its outline was drawn: its own, or that of the whole tumour around oedema."""
        found = self._found
        if TC in found:
            return found[TC]
        if {WT, ED} <= found.keys() and not {ET, NCR} <= found.keys():
            core = found[WT] & ~found[ED]
            rest = self._rest(core, (ET, NCR, RC))
            return core & ~rest | without_gaps(rest, core & ~rest, found[ED])
        return None

    def _rest(self, mask: NDArray[np.bool_], regions: Iterable[Region]) -> NDArray[np.bool_]:
        rest = mask.copy()
        for region in regions:
            if region in self.leaves:
                rest &= ~self.leaves[region]
        return rest

    def _add(self, region: Region, mask: NDArray[np.bool_]) -> None:
        self.leaves[region] = mask | self.leaves[region] if region in self.leaves else mask

    def _leave_unmeasured(self, regions: Iterable[Region], why: str) -> None:
        self.not_measured |= {region.key: region.unmeasured.of(why) for region in regions}
