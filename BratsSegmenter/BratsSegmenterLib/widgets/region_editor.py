"""Slicer's own Segment Editor, set up to correct regions that exclude each other, with keys for regions and effects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import qt
import slicer
import vtk
from numpy.typing import NDArray
from slicer.i18n import tr as _

from BratsSegmenterLib.domain import LEAF_REGIONS
from BratsSegmenterLib.scene.brain_limit import BrainLimit

EFFECTS = {
    "Paint": "P",
    "Erase": "E",
    "Draw": "D",
    "Scissors": "C",
    "Islands": "N",
    "Smoothing": "H",
    "Margin": "M",
    "Grow from seeds": "W",
}
"""What a correction needs, each with a key that no effect wants for itself, as Draw wants X.

Threshold is none of them: in a view that does not show its source volume, its preview and the intensities under the
mouse are those of what is shown there, while it draws by its source volume alone.
"""

UNDO_KEYS, REDO_KEYS, NO_EFFECT_KEY = ("Z", "Ctrl+Z"), ("Y", "Ctrl+Y"), "Esc"
_UNDO_STATES = 20
_NODE_TAG = "BratsSegmenterRegionEditor"
# How the editor's node refers to what growing proposes, and names the effect that does.
_PROPOSAL, _PROPOSED_BY = "SegmentationResultPreview", "SegmentationResultPreviewOwnerEffect"


class RegionEditor:
    """The editor on the segmentation under review.

    Its state lives in a node of its own, so that the Segment Editor module keeps its own. The node outlives studies, as
    brush sizes should, but is not saved with a scene: an effect would be at work as soon as that is loaded.

    Parameters
    ----------
    widget : qMRMLSegmentEditorWidget
    keys_owner : QWidget
        The keys work while it is shown and enabled, in its whole window.
    """

    def __init__(self, widget: Any, keys_owner: Any) -> None:
        self.widget = widget
        self._node: Any = None
        self._segmentation: Any = None
        self._overlap_tag = 0
        self._source: Any = None
        self._brain: NDArray[np.bool_] | None = None
        self._limit: BrainLimit | None = None
        widget.setMaximumNumberOfUndoStates(_UNDO_STATES)
        widget.setSegmentationNodeSelectorVisible(False)
        widget.setSourceVolumeNodeSelectorVisible(False)
        widget.setSwitchToSegmentationsButtonVisible(False)
        # What is drawn in a segment of one's own is no region: neither measured nor sent, and taken from the regions.
        widget.setAddRemoveSegmentButtonsVisible(False)
        widget.setEffectNameOrder(list(EFFECTS))
        widget.unorderedEffectsVisible = False  # a property alone: its setter is no slot
        # Else it would put its source volume into every view, in place of the sequences that stand there.
        widget.setAutoShowSourceVolumeNode(False)
        widget.sourceVolumeNodeChanged.connect(self._on_source_changed)
        self._shortcuts = tuple(self._shortcut(key, action, keys_owner) for key, action in self._actions().items())

    def edit(self, segmentation: Any, source: Any) -> None:
        """Edit `segmentation` with the intensities of the volume `source`, anywhere; None and None for nothing.

        Called again with the same segmentation, it gives the editor back what it lost: its hidden selectors hold
        nothing any more once a scene was loaded into this one.
        """
        if segmentation is not self._segmentation:
            self.release()
            if segmentation is not None:
                self._take_node()
            self._segmentation, self._source = segmentation, source
        if segmentation is not None and segmentation is not self.widget.segmentationNode():
            self.widget.setSegmentationNode(segmentation)
            self._take_source()

    @property
    def segmentation(self) -> Any:
        """The segmentation that is edited, whatever the editor's selectors hold; None for nothing."""
        return self._segmentation

    def use_intensities_of(self, volume: Any) -> None:
        """Growing and the editable intensity range go by this volume from now on; None for no volume."""
        self._source = volume
        self._take_source()

    def stay_inside(self, brain: NDArray[np.bool_] | None) -> None:
        """Draw nothing outside the brain (slices, rows, columns of the volume) from now on; None lifts the limit."""
        self._brain = brain
        self._take_source()

    def save_for_undo(self) -> None:
        """What follows can be undone in one step."""
        self.widget.saveStateForUndo()

    def enter(self) -> None:
        """The module is shown: the effects hear the mouse in the views."""
        self.widget.setupViewObservations()

    def leave(self) -> None:
        """Another module is shown: no effect stays at work, and the views belong to that module."""
        self.widget.setActiveEffectByName("")
        self.widget.removeViewObservations()

    def release(self) -> None:
        """Let go of segmentation and volumes before they are removed, and leave nothing of an effect behind.

        The editor keeps its node: while a scene closes it does not follow it, and it ends its effect afterwards.
        """
        self._source = self._brain = None
        if self._node is not None:
            self.widget.setActiveEffectByName("")
            self._cancel_proposal()
            self._take_source()
            self._node.SetSourceVolumeIntensityMask(False)
            self._node.RemoveObserver(self._overlap_tag)
        self.widget.setSegmentationNode(None)
        self._node = self._segmentation = None

    def shut_down(self) -> None:
        """Follow the editor's node and hear the views no more, for a panel that closes: the next one has the same."""
        self.release()
        self.widget.removeViewObservations()
        self.widget.setMRMLSegmentEditorNode(None)

    def _cancel_proposal(self) -> None:
        """What was proposed and not applied would lie over the next segmentation, and could be applied to that."""
        proposal = self._node.GetNodeReference(_PROPOSAL)
        if proposal is None:
            return
        if self._node.GetSegmentationNode() is None:  # the user removed it, and the effect cannot do without
            slicer.mrmlScene.RemoveNode(proposal)
        else:
            self.widget.effectByName(self._node.GetAttribute(_PROPOSED_BY)).self().onCancel()

    def _take_source(self) -> None:
        """Give the editor its source volume, or what of it lies inside the brain."""
        earlier, self._limit = self._limit, None
        if self._source is not None and self._brain is not None:
            self._limit = BrainLimit(self._node, self._source, self._brain)
        self.widget.setSourceVolumeNode(self._volume)
        if earlier is not None:
            earlier.end()
        if self._limit is not None:
            self._limit.begin()

    @property
    def _volume(self) -> Any:
        """What the editor is to have as its source volume."""
        return self._source if self._limit is None else self._limit.volume

    def _on_source_changed(self) -> None:
        # The editor's selector, though hidden itself, lists no hidden volume: whenever many changes of the scene end
        # (a scene was loaded, say) the editor takes what the selector shows, which is nothing, and every effect is off.
        # The editor is not done with the change yet, so it gets its volume back in the next turn of the event loop.
        if self.widget.sourceVolumeNode() is not self._volume:
            qt.QTimer.singleShot(0, self._give_source_back)

    def _give_source_back(self) -> None:
        if slicer.mrmlScene.IsNodePresent(self._volume):
            self.widget.setSourceVolumeNode(self._volume)

    def _take_node(self) -> None:
        self.widget.setMRMLScene(slicer.mrmlScene)
        node = slicer.mrmlScene.GetSingletonNode(_NODE_TAG, "vtkMRMLSegmentEditorNode")
        if node is None:
            node = slicer.vtkMRMLSegmentEditorNode()
            node.SetSingletonTag(_NODE_TAG)
            node.SetSaveWithScene(False)
            node = slicer.mrmlScene.AddNode(node)
        self._node = node
        self._overlap_tag = node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._allow_no_overlap)
        self._allow_no_overlap()
        self.widget.setMRMLSegmentEditorNode(node)

    def _allow_no_overlap(self, *_event: Any) -> None:
        """ET, NCR and ED exclude each other: what is painted as one is no longer another, whatever is chosen."""
        self._node.SetOverwriteMode(slicer.vtkMRMLSegmentEditorNode.OverwriteAllSegments)

    def _actions(self) -> dict[str, Callable[[], None]]:
        regions = {str(number): self._choosing(region.key) for number, region in enumerate(LEAF_REGIONS, 1)}
        effects = {key: self._activating(name) for name, key in EFFECTS.items()}
        undo, redo = dict.fromkeys(UNDO_KEYS, self.widget.undo), dict.fromkeys(REDO_KEYS, self.widget.redo)
        return regions | effects | undo | redo | {NO_EFFECT_KEY: self._activating("")}

    def _choosing(self, segment_id: str) -> Callable[[], None]:
        def choose() -> None:
            segmentation = self.widget.segmentationNode()
            if segmentation is not None and segmentation.GetSegmentation().GetSegment(segment_id) is not None:
                self.widget.setCurrentSegmentID(segment_id)

        return choose

    def _activating(self, effect: str) -> Callable[[], None]:
        return lambda: self.widget.setActiveEffectByName(effect)

    def _shortcut(self, key: str, action: Callable[[], None], owner: Any) -> Any:
        shortcut = qt.QShortcut(owner)
        shortcut.setKey(qt.QKeySequence(key))
        shortcut.activated.connect(action)
        return shortcut


def keys_text() -> str:
    """Which key does what, one kind a line."""
    regions = ", ".join(f"{number} {region.key}" for number, region in enumerate(LEAF_REGIONS, 1))
    effects = ", ".join(f"{key} {name}" for name, key in EFFECTS.items())
    others = _("{undo} undo, {redo} redo, {none} no effect")
    undo, redo = (_(" or ").join(keys) for keys in (UNDO_KEYS, REDO_KEYS))
    return f"{regions}\n{effects}\n{others.format(undo=undo, redo=redo, none=NO_EFFECT_KEY)}"
