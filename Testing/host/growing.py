"""What the effect "Grow from seeds" leaves in the scene: a proposal, until it is applied or cancelled.

As in Slicer, the proposal is a segmentation of its own that the editor's node refers to, with the segments that were
visible when it was made; no change of segmentation takes it away (AbstractScriptedSegmentEditorAutoCompleteEffect.py).
Nothing grows here: the proposal is what is drawn.
"""

from __future__ import annotations

from typing import Any

import slicer

_PROPOSAL, _PROPOSED_BY = "SegmentationResultPreview", "SegmentationResultPreviewOwnerEffect"


class GrowFromSeeds:
    """The effect, and what Slicer calls its Python half.

    Parameters
    ----------
    editor : qMRMLSegmentEditorWidget
    """

    name = "Grow from seeds"

    def __init__(self, editor: Any) -> None:
        self._editor = editor
        self._seeds: tuple[str, ...] = ()

    def self(self) -> GrowFromSeeds:
        """The Python half."""
        return self

    def onPreview(self) -> None:
        """Propose; the segments that were the seeds once stay so until the proposal is applied or cancelled."""
        node = self._editor.mrmlSegmentEditorNode()
        drawn = node.GetSegmentationNode()
        if node.GetNodeReference(_PROPOSAL) is None:
            shown = drawn.GetDisplayNode()
            every = drawn.GetSegmentation().GetSegmentIDs()
            self._seeds = self._seeds or tuple(key for key in every if shown.GetSegmentVisibility(key))
            proposal = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", f"{drawn.GetName()} preview")
            proposal.CreateDefaultDisplayNodes()
            node.SetNodeReferenceID(_PROPOSAL, proposal.GetID())
            node.SetAttribute(_PROPOSED_BY, self.name)
        proposal = node.GetNodeReference(_PROPOSAL)
        proposal.GetSegmentation().RemoveAllSegments()
        for key in self._seeds:
            proposal.GetSegmentation().CopySegmentFromSegmentation(drawn.GetSegmentation(), key)
        drawn.GetDisplayNode().SetOpacity(0.4)

    def onApply(self) -> None:
        """Draw the proposal in place of what is drawn."""
        node, logic = self._editor.mrmlSegmentEditorNode(), self._editor.hostLogic
        proposal = node.GetNodeReference(_PROPOSAL)
        for key in proposal.GetSegmentation().GetSegmentIDs():
            grown = slicer.vtkOrientedImageData()
            proposal.GetBinaryLabelmapRepresentation(key, grown)
            drawn = node.GetSegmentationNode()
            logic.ModifySegmentByLabelmap(drawn, key, grown, logic.ModificationModeSet, False, False)
        self.onCancel()

    def onCancel(self) -> None:
        """Take the proposal back."""
        node = self._editor.mrmlSegmentEditorNode()
        proposal = node.GetNodeReference(_PROPOSAL)
        if proposal is not None:
            node.SetNodeReferenceID(_PROPOSAL, None)
            slicer.mrmlScene.RemoveNode(proposal)
            node.SetAttribute(_PROPOSED_BY, "")
        node.GetSegmentationNode().GetDisplayNode().SetOpacity(1.0)
        self._seeds = ()
