"""What the model drew, as thin outlines over the edited segments."""

from __future__ import annotations

from pathlib import Path

import slicer

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.scene.hierarchy import place_under_study
from BratsSegmenterLib.scene.segments import create_segmentation

_NAME = "Glioma, as the model drew it"
_THIN = 1
COLOUR = (255, 130, 230)  # of no region to anybody's eyes, and seen on bright and dark tissue


class Comparison:
    """A second segmentation of the scene, each region hidden until asked for; neither edited, nor sent, nor saved.

    Slicer draws no dashed outlines of segments: these are thin, pink whatever the region, and never filled.

    Parameters
    ----------
    labels : Path
        The model's label map.
    reference : vtkMRMLScalarVolumeNode
    study : StudySummary
        Below which it stands.
    """

    def __init__(self, labels: Path, reference: slicer.vtkMRMLScalarVolumeNode, study: StudySummary) -> None:
        self._node = create_segmentation(labels, reference, _NAME)
        self._node.SetSaveWithScene(False)
        place_under_study((self._node,), study)
        self._display = self._node.GetDisplayNode()
        self._display.SetVisibility3D(False)
        self._display.SetVisibility2DFill(False)
        self._display.SetSliceIntersectionThickness(_THIN)
        self._display.SetAllSegmentsVisibility(False)
        segmentation = self._node.GetSegmentation()
        for key in segmentation.GetSegmentIDs():
            segmentation.GetSegment(key).SetColor(*(part / 255 for part in COLOUR))

    @property
    def is_in_scene(self) -> bool:
        """Whether nobody took it out of the scene."""
        return bool(slicer.mrmlScene.IsNodePresent(self._node))

    def show(self, key: str, visible: bool) -> None:
        """Show or hide one region's outline; a region that the model did not draw has none."""
        if self._node.GetSegmentation().GetSegment(key) is not None:
            self._display.SetSegmentVisibility(key, visible)

    def remove(self) -> None:
        """Take it out of the scene, unless it is gone already."""
        if self.is_in_scene:
            slicer.mrmlScene.RemoveNode(self._node)
