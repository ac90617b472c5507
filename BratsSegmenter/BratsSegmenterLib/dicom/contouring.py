"""How a structure set draws the regions beyond what is exact and sufficient, and how it says so."""

from __future__ import annotations

from dataclasses import dataclass

from BratsSegmenterLib.domain import ED, ET, NCR, NESTED_REGIONS, TC, WT, Region, Segmentation

SMOOTH_TOLERANCE_PX = 0.5
"""How far a smooth contour may run from the edges of its pixels."""

_SMOOTH = "Contours are smoothed for appearance"
_SMOOTH_SENTENCE = (
    f"{_SMOOTH}: they run within {SMOOTH_TOLERANCE_PX:g} pixel of the voxels' edges and no voxel's centre changes"
    " sides; the volume they enclose is less than that of the voxels."
)


@dataclass(frozen=True)
class Contouring:
    """What is drawn in a structure set, and how.

    Attributes
    ----------
    with_nested : bool
        Whole tumour and tumour core are ROIs too; they follow from the leaf regions.
    smooth : bool
        Corners are cut for the look of it.
    """

    with_nested: bool = False
    smooth: bool = False

    def regions(self, segmentation: Segmentation) -> tuple[Region, ...]:
        """The regions of a result that become ROIs where they have voxels."""
        nested = NESTED_REGIONS if self.with_nested else ()
        measured = (region for region in nested if region.key not in segmentation.not_measured)
        return tuple(dict.fromkeys((*segmentation.told_apart, *measured)))

    def drawn(self, segmentation: Segmentation) -> Contouring:
        """What :meth:`stated` makes of the structure set of a result that is drawn so."""
        names = tuple(region.key for region in self.regions(segmentation) if segmentation.mask(region).any())
        return Contouring.stated(names, self.description)

    @property
    def description(self) -> str:
        """What the object must say of it (Structure Set Description); empty for exact contours."""
        return _SMOOTH_SENTENCE if self.smooth else ""

    @classmethod
    def stated(cls, roi_names: tuple[str, ...], description: str) -> Contouring:
        """The contouring of a structure set of ours, from its ROI Names and its Structure Set Description."""
        names = set(roi_names)
        # A whole tumour or a core without the rest of it stands for what could not be told apart.
        has_core_and_part = TC.key in names and not names.isdisjoint((WT.key, ET.key, NCR.key))
        is_nested = {WT.key, ED.key} <= names or (has_core_and_part and ED.key not in names)
        return cls(is_nested, description.startswith(_SMOOTH))


EXACT = Contouring()
"""Exact contours of the leaf regions, what leaves unless something else is asked for."""
