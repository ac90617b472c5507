"""The qMRML widgets that the panel uses: the same calls on the same nodes, drawn with plain Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer
import vtk

from host.brush import Brush
from host.growing import GrowFromSeeds
from host.interaction import observers


class qMRMLWidget(qt.QWidget):
    """A widget that knows the scene and hands it to the widgets in it."""

    mrmlSceneChanged = qt.Signal(object)

    def __init__(self, parent: qt.QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Any = None

    def mrmlScene(self) -> Any:
        """The scene."""
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        """Set the scene here and below; a .ui file's connections do that in Slicer."""
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)
        for child in self.findChildren(qt.QWidget):
            if hasattr(child, "setMRMLScene"):
                child.setMRMLScene(scene)


class qMRMLSegmentEditorWidget(qMRMLWidget):
    """The Segment Editor as far as nodes go: it lists the segments and chooses the one that is edited.

    What it shows follows its node, except while a scene closes or changes in many places, as in Slicer
    (qMRMLSegmentEditorWidget::updateWidgetFromMRML): the node alone says neither which effect is at work nor what the
    hidden selectors hold. Paint and Erase hear the mouse in the slice views, growing proposes and applies, the other
    effects are shown, not run.
    """

    currentSegmentIDChanged = qt.Signal(str)
    segmentationNodeChanged = qt.Signal(object)
    unorderedEffectsVisible = qt.Property(
        bool, lambda _self: False, lambda _self, _visible: None
    )  # it knows no other effects
    sourceVolumeNodeChanged = qt.Signal(object)

    def __init__(self, parent: qt.QWidget | None = None) -> None:
        super().__init__(parent)
        self._segmentation_node: Any = None
        self._source_node: Any = None
        self._editor_node: Any = None
        self._node_observation = 0
        self._observations: list[tuple[Any, int]] = []
        self._growing = GrowFromSeeds(self)
        self.hostActiveEffect = ""
        self.hostLogic = slicer.vtkSlicerSegmentEditorLogic()
        self.hostLogic.SetVerbose(True)
        self._history = slicer.vtkSegmentationHistory()
        self.hostLogic.SetSegmentationHistory(self._history)
        self._table = qt.QTreeWidget()
        self._table.setObjectName("SegmentsTable")
        self._table.setHeaderLabels(["", "Name", "Status"])
        self._table.setRootIsDecorated(False)
        self._table.setMaximumHeight(110)
        self._table.header().setStretchLastSection(False)
        self._table.header().setMinimumSectionSize(24)
        self._table.header().resizeSection(0, 28)
        self._table.header().setSectionResizeMode(1, qt.QHeaderView.ResizeMode.Stretch)
        self._table.currentItemChanged.connect(self._segment_chosen)
        column = qt.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._add_button = self._row_button("Add", "AddSegmentButton", self._add_segment)
        self._remove_button = self._row_button("Remove", "RemoveSegmentButton", self._remove_segment)
        buttons = qt.QHBoxLayout()
        buttons.addWidget(self._add_button)
        buttons.addWidget(self._remove_button)
        column.addLayout(buttons)
        column.addWidget(self._table)
        self._effects = qt.QGridLayout()
        self._effects.setSpacing(3)
        column.addLayout(self._effects)
        self._brush = Brush(self)

    def setEffectNameOrder(self, names: list[str]) -> None:
        """Show a button for each of these effects."""
        for index, name in enumerate(names):
            button = qt.QToolButton()
            button.setText(name)
            button.setSizePolicy(qt.QSizePolicy.Policy.Expanding, qt.QSizePolicy.Policy.Fixed)
            self._effects.addWidget(button, index // 5, index % 5)

    def setAddRemoveSegmentButtonsVisible(self, visible: bool) -> None:
        """Show or hide the buttons that add a segment and remove the chosen one; they are shown at first."""
        self._add_button.setVisible(visible)
        self._remove_button.setVisible(visible)

    def setAutoShowSourceVolumeNode(self, _enabled: bool) -> None:
        """The host never changes what the views show."""

    def setupViewObservations(self) -> None:
        """Effects hear the views' mouse from now on."""
        self.removeViewObservations()
        observers.append(self._brush)

    def removeViewObservations(self) -> None:
        """Effects hear the mouse no more."""
        if self._brush in observers:
            observers.remove(self._brush)

    @property
    def hostObservesViews(self) -> bool:
        """Whether effects hear the mouse."""
        return self._brush in observers

    def setMRMLScene(self, scene: Any) -> None:
        """Set the scene of the editor's logic."""
        if scene is self._scene:
            return
        self._scene = scene
        self.hostLogic.SetMRMLScene(scene)
        scene.AddObserver(scene.EndImportEvent, self._lose_the_segmentation)
        scene.AddObserver(scene.EndBatchProcessEvent, self._take_what_the_selector_lists)
        scene.AddObserver(scene.EndCloseEvent, self._follow_node)

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        """Set the node that holds the editor's state, and follow it; without one nothing is changed."""
        if node is self._editor_node:
            return
        if self._editor_node is not None:
            self._editor_node.RemoveObserver(self._node_observation)
        self._editor_node = node
        self.hostLogic.SetSegmentEditorNode(node)
        if node is not None:
            self._node_observation = node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._follow_node)
            self._follow_node()

    def mrmlSegmentEditorNode(self) -> Any:
        """The node that holds the editor's state."""
        return self._editor_node

    def setSegmentationNode(self, node: Any) -> None:
        """Edit this segmentation, with no effect at first; None for nothing."""
        if self.hostLogic.GetSegmentationNode() is not node:
            self.hostLogic.SetSegmentationNode(node)
            self.setActiveEffectByName("")

    def segmentationNode(self) -> Any:
        """The segmentation that the hidden selector holds."""
        return self._segmentation_node

    def setSourceVolumeNode(self, node: Any) -> None:
        """Set the volume whose intensities the effects see."""
        self.hostLogic.SetSourceVolumeNode(node)

    def sourceVolumeNode(self) -> Any:
        """The volume whose intensities the effects see."""
        return self.hostLogic.GetSourceVolumeNode()

    def setCurrentSegmentID(self, segment_id: str) -> None:
        """Choose the segment that is edited."""
        for row in range(self._table.topLevelItemCount):
            item = self._table.topLevelItem(row)
            if item.data(0, qt.Qt.ItemDataRole.UserRole) == segment_id:
                self._table.setCurrentItem(item)
                self._segment_chosen(item, None)

    def currentSegmentID(self) -> str:
        """The segment that is edited."""
        return self._editor_node.GetSelectedSegmentID() or "" if self._editor_node else ""

    def setActiveEffectByName(self, name: str) -> None:
        """Put the effect to work, or none; the node remembers which."""
        if self._editor_node is not None:
            self._editor_node.SetActiveEffectName(name)

    def effectByName(self, name: str) -> Any:
        """The effect; None for those that the host does not run."""
        return self._growing if name == self._growing.name else None

    def setMaximumNumberOfUndoStates(self, number: int) -> None:
        """Set how many edits can be undone."""
        self._history.SetMaximumNumberOfStates(number)

    def setSegmentationNodeSelectorVisible(self, _visible: bool) -> None:
        """The host never shows it."""

    def setSourceVolumeNodeSelectorVisible(self, _visible: bool) -> None:
        """The host never shows it."""

    def setSwitchToSegmentationsButtonVisible(self, _visible: bool) -> None:
        """The host never shows it."""

    def saveStateForUndo(self) -> None:
        """Remember the segments as they are now."""
        self.hostLogic.SaveStateForUndo()

    def undo(self) -> None:
        """Take the last edit back."""
        self.hostLogic.Undo()

    def redo(self) -> None:
        """Do the edit again that was taken back."""
        self.hostLogic.Redo()

    def _row_button(self, text: str, name: str, clicked: Callable[[], None]) -> qt.QPushButton:
        button = qt.QPushButton(text)
        button.setObjectName(name)
        button.clicked.connect(clicked)
        return button

    def _add_segment(self) -> None:
        self._segmentation_node.GetSegmentation().AddEmptySegment()
        self._fill()

    def _remove_segment(self) -> None:
        self._segmentation_node.GetSegmentation().RemoveSegment(self.currentSegmentID())
        self._fill()

    def _follow_node(self, *_event: Any) -> None:
        """Show what the node says."""
        scene, node = self._scene, self._editor_node
        if node is None or scene is None or scene.IsClosing() or scene.IsBatchProcessing():
            return
        modified = node.StartModify()
        if node.GetSegmentationNode() is not self._segmentation_node:
            self._show_segmentation(node.GetSegmentationNode())
        if self._segmentation_node is not None and node.GetSourceVolumeNode() is not self._source_node:
            self._source_node = node.GetSourceVolumeNode()
            self.sourceVolumeNodeChanged.emit(self._source_node)
        effect = node.GetActiveEffectName() or ""
        if effect != self.hostActiveEffect:
            self.hostActiveEffect = effect
            if effect:
                self.setupViewObservations()
            else:
                self.removeViewObservations()
        node.EndModify(modified)

    def _show_segmentation(self, node: Any) -> None:
        self._segmentation_node = node
        self._observe(node)
        if node is not None:
            self.setSourceVolumeNode(node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole()))
            self._history.SetSegmentation(node.GetSegmentation())
        self._fill()
        self.segmentationNodeChanged.emit(node)

    def _lose_the_segmentation(self, *_event: Any) -> None:
        """The selectors list all nodes anew when a scene was imported, and then hold none (Slicer/Slicer#4570)."""
        self.setSegmentationNode(None)
        self._source_node = None

    def _take_what_the_selector_lists(self, *_event: Any) -> None:
        """qMRMLSegmentEditorWidget::onMRMLSceneEndBatchProcessEvent; its selector of volumes lists no hidden one."""
        if self._source_node is None or self._source_node.GetHideFromEditors():
            self.setSourceVolumeNode(None)
        self._follow_node()

    def _observe(self, node: Any) -> None:
        for observed, tag in self._observations:
            observed.RemoveObserver(tag)
        self._observations = []
        if node is not None:
            tag = node.AddObserver(slicer.vtkSegmentation.SegmentModified, lambda *_args: self._fill())
            self._observations = [(node, tag)]

    def _fill(self) -> None:
        self._table.blockSignals(True)
        self._table.clear()
        segmentation = (self._segmentation_node or slicer.vtkMRMLSegmentationNode()).GetSegmentation()
        for index in range(segmentation.GetNumberOfSegments()):
            segment = segmentation.GetNthSegment(index)
            item = qt.QTreeWidgetItem(["", segment.GetName(), "Not started"])
            item.setData(0, qt.Qt.ItemDataRole.UserRole, segmentation.GetNthSegmentID(index))
            item.setBackground(0, qt.QColor.fromRgbF(*segment.GetColor()))
            self._table.addTopLevelItem(item)
            if segmentation.GetNthSegmentID(index) == self.currentSegmentID():
                self._table.setCurrentItem(item)
        self._table.blockSignals(False)

    def _segment_chosen(self, item: qt.QTreeWidgetItem | None, _previous: object) -> None:
        if item is not None and self._editor_node is not None:
            segment_id = item.data(0, qt.Qt.ItemDataRole.UserRole)
            self._editor_node.SetSelectedSegmentID(segment_id)
            self.currentSegmentIDChanged.emit(segment_id)


MRML_CLASSES = (qMRMLWidget, qMRMLSegmentEditorWidget)
