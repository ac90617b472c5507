"""Part 5: the segments, corrected with Slicer's own Segment Editor."""

from __future__ import annotations

import slicer

from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.widgets.part import Part
from BratsSegmenterLib.widgets.workflow import Workflow

_UNDO_STATES = 20


class ReviewPart(Part):
    """Embeds the Segment Editor on the segmentation of the reviewed study."""

    def __init__(self, workflow: Workflow, review: Review) -> None:
        super().__init__("ReviewPart")
        self._workflow = workflow
        self._review = review
        self._editor_node: slicer.vtkMRMLSegmentEditorNode | None = None
        editor = self.ui.segmentEditor
        editor.setMaximumNumberOfUndoStates(_UNDO_STATES)
        editor.setSegmentationNodeSelectorVisible(False)
        editor.setSourceVolumeNodeSelectorVisible(False)
        editor.setSwitchToSegmentationsButtonVisible(False)

    def update(self) -> None:
        """Edit the result's segments; nothing while there is no result."""
        editor = self.ui.segmentEditor
        segmentation = self._review.parameters.segmentation if self._workflow.result is not None else None
        self.widget.setEnabled(segmentation is not None and not self._workflow.state.is_busy)
        if segmentation is editor.segmentationNode():
            return
        if segmentation is not None:
            self._ensure_editor_node()
        editor.setSegmentationNode(segmentation)
        editor.setSourceVolumeNode(self._review.parameters.reference if segmentation is not None else None)

    def release(self) -> None:
        """Let go of the scene's nodes before they are removed, and stop an effect that is in use."""
        self.ui.segmentEditor.setActiveEffectByName("")
        self.ui.segmentEditor.setSegmentationNode(None)
        self.ui.segmentEditor.setMRMLSegmentEditorNode(None)
        self._editor_node = None

    def _ensure_editor_node(self) -> None:
        """The editor's state lives in a node of our own, so that the Segment Editor module keeps its own."""
        editor = self.ui.segmentEditor
        editor.setMRMLScene(slicer.mrmlScene)
        if self._editor_node is None:
            node = slicer.mrmlScene.GetSingletonNode("BratsSegmenter", "vtkMRMLSegmentEditorNode")
            if node is None:
                node = slicer.vtkMRMLSegmentEditorNode()
                node.SetSingletonTag("BratsSegmenter")
                # ET, NCR and ED exclude each other: what is painted as one is no longer another.
                node.SetOverwriteMode(slicer.vtkMRMLSegmentEditorNode.OverwriteAllSegments)
                node = slicer.mrmlScene.AddNode(node)
            self._editor_node = node
            editor.setMRMLSegmentEditorNode(node)
