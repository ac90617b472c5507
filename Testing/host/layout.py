"""The layout manager: builds the view widgets of a Slicer layout and draws them."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import qt
import slicer
import vtk

from host.interaction import drag, observers, turn_wheel
from host.mrml import MrmlApplication
from host.plot_view import PlotView
from host.views import SliceView, ThreeDView

_BAR_HEIGHT = 20
_SHARE = 1000  # of the room: as much for each view of a row or column


class ViewWidget(qt.QWidget):
    """A view under its coloured bar, as Slicer shows it."""

    def __init__(self, view: SliceView | ThreeDView | PlotView) -> None:
        super().__init__()
        self.view = view
        self.setMinimumSize(120, 120)
        view.on_change = self.update
        self.destroyed.connect(view.rest)
        self._dragged_from = qt.QPointF()

    def paintEvent(self, _event: Any) -> None:
        """Draw bar and view."""
        width, height = self.width, self.height - _BAR_HEIGHT
        painter = qt.QPainter(self)
        colour = qt.QColor.fromRgbF(*self.view.node.GetLayoutColor())
        painter.fillRect(0, 0, width, _BAR_HEIGHT, colour)
        painter.setPen(qt.QColor("black") if colour.lightness() > 110 else qt.QColor("white"))
        painter.drawText(qt.QRect(6, 0, width - 12, _BAR_HEIGHT), qt.Qt.AlignmentFlag.AlignVCenter, self._label())
        self.view.resize(width, height)
        pixels = self.view.pixels()
        image = qt.QImage(pixels.data, width, height, 3 * width, qt.QImage.Format.Format_RGB888)
        painter.drawImage(0, _BAR_HEIGHT, image)
        painter.end()

    def mousePressEvent(self, event: qt.QMouseEvent) -> None:
        """A drag begins."""
        self._dragged_from = event.position()
        if self._is_edited_with(event.button()):
            for effect in observers:
                effect.press(self.view.node, self._position(event))

    def mouseMoveEvent(self, event: qt.QMouseEvent) -> None:
        """A drag goes on."""
        drag(self.view, event.buttons(), event.position() - self._dragged_from)
        self._dragged_from = event.position()
        if self._is_edited_with(event.buttons()):
            for effect in observers:
                effect.move(self.view.node, self._position(event))

    def mouseReleaseEvent(self, event: qt.QMouseEvent) -> None:
        """A drag ends."""
        if self._is_edited_with(event.button()):
            for effect in observers:
                effect.release(self.view.node)

    def wheelEvent(self, event: qt.QWheelEvent) -> None:
        """The slices turn."""
        turn_wheel(self.view, event)

    def hostPoint(self, ras_mm: tuple[float, float, float]) -> qt.QPoint:
        """Where a place of the slice is drawn."""
        to_view = slicer.vtkMRMLSliceNode().GetXYToRAS()
        to_view.DeepCopy(self.view.node.GetXYToRAS())
        to_view.Invert()
        x, y, _z, _one = to_view.MultiplyPoint((*ras_mm, 1.0))
        return qt.QPoint(round(x), round(self.height - y))

    def _position(self, event: qt.QMouseEvent) -> tuple[float, float]:
        """Pixels from the view's lower left corner."""
        return event.position().x(), self.height - event.position().y()

    def _is_edited_with(self, buttons: qt.Qt.MouseButton) -> bool:
        return isinstance(self.view, SliceView) and bool(buttons & qt.Qt.MouseButton.LeftButton)

    def _label(self) -> str:
        label = self.view.node.GetLayoutLabel()
        if isinstance(self.view, SliceView):
            return f"{label}    {self.view.node.GetOrientation()}  {self.view.logic.GetSliceOffset():.1f} mm"
        return label


class LayoutManager(qt.QObject):
    """What ``slicer.app.layoutManager()`` is: layouts by number, views by name."""

    layoutChanged = qt.Signal(int)

    def __init__(self, application: MrmlApplication, parent: Any) -> None:
        super().__init__()
        self._application = application
        self._parent = parent
        self._logic = slicer.vtkMRMLLayoutLogic()
        self._logic.SetMRMLScene(application.scene)
        self._widgets: dict[str, ViewWidget] = {}
        self._area: Any = None
        self._built = ""
        self._node = self._logic.GetLayoutNode()
        self._node.SetViewArrangement(slicer.vtkMRMLLayoutNode.SlicerLayoutNone)
        end_of_batch = slicer.vtkMRMLScene.EndBatchProcessEvent
        self._observations = (
            (self._node, self._node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._update)),
            (application.scene, application.scene.AddObserver(end_of_batch, self._catch_up)),
        )
        self._catch_up()

    def layoutLogic(self) -> Any:
        """The vtkMRMLLayoutLogic, whose node knows the layouts by number."""
        return self._logic

    @property
    def layout(self) -> int:
        """Number of the layout that is shown."""
        return self._node.GetViewArrangement()

    def setLayout(self, number: int) -> None:
        """Show a layout, unless its number is set already; qMRMLLayoutManager does not compare what it shows either."""
        if number != self.layout:
            self._node.SetViewArrangement(number)

    def sliceViewNames(self) -> list[str]:
        """Names of the slice views, those that no layout shows among them."""
        return [name for name, widget in self._widgets.items() if isinstance(widget.view, SliceView)]

    def viewWidget(self, name: str) -> ViewWidget:
        """The widget of a view by the view's layout name."""
        return self._widgets[name]

    def hostClose(self) -> None:
        """Let go of scene and views, as an application does that ends; else each would go on following the scene."""
        for observed, tag in self._observations:
            observed.RemoveObserver(tag)
        self._drop_views()
        self._logic.SetMRMLScene(None)

    def hostShown(self) -> tuple[str, ...]:
        """Names of the views that the layout shows, row by row."""
        return tuple(re.findall(r'singletontag="(\w+)"', self._built))

    def hostStartAnew(self, *unknown: int) -> None:
        """Be as in a Slicer that was just started: without views, and without the layouts of these numbers."""
        self._node.SetViewArrangement(slicer.vtkMRMLLayoutNode.SlicerLayoutNone)
        for number in unknown:
            self._node.SetLayoutDescription(number, "")
        self._drop_views()

    def resetThreeDViews(self) -> None:
        """Centre every 3D view on what is visible."""
        for widget in self._widgets.values():
            if isinstance(widget.view, ThreeDView):
                widget.view.reset()

    def _drop_views(self) -> None:
        for widget in self._widgets.values():
            widget.view.close()
        self._widgets.clear()

    def _catch_up(self, *_event: Any) -> None:
        """Slicer's standard views exist from the start, those of a loaded scene from the end of its batch on."""
        for node in self._application.scene.GetNodesByClass("vtkMRMLSliceNode"):
            self._view_widget("vtkMRMLSliceNode", node.GetSingletonTag())
        self._update()

    def _update(self, *_event: Any) -> None:
        description = self._node.GetCurrentLayoutDescription() or ""
        if self._application.scene.IsBatchProcessing() or description == self._built:
            return
        self._built = description
        for widget in self._widgets.values():
            widget.setParent(None)  # views that the layout lacks wait for one that has them
        if self._area is not None:
            self._area.deleteLater()
        self._area = self._build(ElementTree.fromstring(description)) if description else None
        if self._area is not None:
            self._parent.layout().addWidget(self._area)
        self.layoutChanged.emit(self.layout)

    def _build(self, element: ElementTree.Element) -> Any:
        if element.tag == "view":
            widget = self._view_widget(element.get("class", ""), element.get("singletontag", ""))
            widget.show()
            return widget
        vertical = element.get("type") == "vertical"
        splitter = qt.QSplitter(qt.Qt.Orientation.Vertical if vertical else qt.Qt.Orientation.Horizontal)
        splitter.setHandleWidth(3)
        for item in element.findall("item"):
            splitter.addWidget(self._build(item[0]))
        splitter.setSizes([_SHARE] * splitter.count())
        return splitter

    def _view_widget(self, node_class: str, name: str) -> ViewWidget:
        if name not in self._widgets:
            node = self._application.scene.GetSingletonNode(name, node_class)
            self._widgets[name] = ViewWidget(self._view(node_class, node))
        return self._widgets[name]

    def _view(self, node_class: str, node: Any) -> SliceView | ThreeDView | PlotView:
        match node_class:
            case "vtkMRMLSliceNode":
                return SliceView(self._application, node)
            case "vtkMRMLPlotViewNode":
                return PlotView(node)
            case _:
                return ThreeDView(node)
