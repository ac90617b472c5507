"""What lies over the images: the regions as outlines or fill, and the model's doubt as a colour map."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from BratsSegmenterLib.scene.views import slice_logics
from BratsSegmenterLib.scene.volumes import loading_volume
from BratsSegmenterLib.steps import Steps

_COLOURS_OF_DOUBT = "vtkMRMLColorTableNodeIron"
_NO_DOUBT, _FULL_DOUBT = 0.3, 1.0  # entropy; below the first the image is left as it is


class RegionStyle(Enum):
    """How regions are drawn on slices."""

    OUTLINE = "outline"
    FILL = "fill"
    BOTH = "both"
    NONE = "none"


@dataclass(frozen=True)
class Look:
    """How a result is shown.

    Attributes
    ----------
    style : RegionStyle
    fill_opacity : float
        From 0 to 1.
    hidden : frozenset of str
        Keys of the regions that are not shown.
    doubt_opacity : float or None
        From 0 to 1; None where the model's doubt does not lie over the images.
    """

    style: RegionStyle
    fill_opacity: float
    hidden: frozenset[str]
    doubt_opacity: float | None


def look_of(segmentation_node: Any, doubt: Any) -> Look:
    """How the scene shows a segmentation and the model's entropy map, which may be None."""
    display, keys = segmentation_node.GetDisplayNode(), segmentation_node.GetSegmentation().GetSegmentIDs()
    has_outline, has_fill = display.GetVisibility2DOutline(), display.GetVisibility2DFill()
    if has_outline:
        style = RegionStyle.BOTH if has_fill else RegionStyle.OUTLINE
    else:
        style = RegionStyle.FILL if has_fill else RegionStyle.NONE
    composite = slice_logics()[0].GetSliceCompositeNode()
    is_doubt_shown = doubt is not None and composite.GetForegroundVolumeID() == doubt.GetID()
    return Look(
        style,
        max((display.GetSegmentOpacity2DFill(key) for key in keys), default=1.0),
        frozenset(key for key in keys if not display.GetSegmentVisibility(key)),
        composite.GetForegroundOpacity() if is_doubt_shown else None,
    )


def draw_regions(segmentation_node: Any, style: RegionStyle, fill_opacity: float) -> None:
    """Draw all regions in a style, the fill with an opacity of 0 to 1."""
    display = segmentation_node.GetDisplayNode()
    modified = display.StartModify()
    display.SetVisibility2DOutline(style in (RegionStyle.OUTLINE, RegionStyle.BOTH))
    display.SetVisibility2DFill(style in (RegionStyle.FILL, RegionStyle.BOTH))
    display.SetAllSegmentsOpacity2DFill(fill_opacity)
    display.EndModify(modified)


def show_region(segmentation_node: Any, key: str, visible: bool) -> None:
    """Show or hide one region, on slices and in 3D; nothing where there is no such segment."""
    if segmentation_node.GetSegmentation().GetSegment(key) is not None:
        segmentation_node.GetDisplayNode().SetSegmentVisibility(key, visible)


def loading_doubt(path: Path) -> Steps[Any]:
    """Load the model's entropy map as a volume with a colour map, transparent where there is no doubt; step by step."""
    volume = yield from loading_volume(path, "Doubt of the model")
    display = volume.GetDisplayNode()
    display.SetAndObserveColorNodeID(_COLOURS_OF_DOUBT)
    display.SetWindowLevelMinMax(0.0, _FULL_DOUBT)
    display.SetAutoThreshold(False)
    display.SetThreshold(_NO_DOUBT, _FULL_DOUBT)
    display.SetApplyThreshold(True)
    return volume


def show_doubt(volume: Any, opacity: float) -> None:
    """Lay the entropy map over the slices with an opacity of 0 to 1; nothing when `volume` is None."""
    for logic in slice_logics():
        composite = logic.GetSliceCompositeNode()
        composite.SetForegroundVolumeID(None if volume is None else volume.GetID())
        composite.SetForegroundOpacity(opacity)
