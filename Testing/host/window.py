"""A main window that looks like Slicer around one module: panel on the left, views on the right."""

from __future__ import annotations

from pathlib import Path

import qt
import slicer

from host.layout import LayoutManager
from host.slicer_app import OpenedModule, application, open_module

_MENUS = ("File", "Edit", "View", "Help")


class ModulePanel(qt.QScrollArea):
    """The room for a module, which is never narrower than the module's size hint (qSlicerModulePanel)."""

    def __init__(self, module: qt.QWidget, width: int) -> None:
        super().__init__()
        self._width = width
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(qt.QFrame.Shape.NoFrame)
        contents = qt.QWidget()
        column = qt.QVBoxLayout(contents)
        column.setContentsMargins(0, 0, 0, 0)
        module.layout().setContentsMargins(0, 0, 0, 0)
        column.addWidget(module, 1)
        module.setSizePolicy(qt.QSizePolicy.Policy.Minimum, module.sizePolicy.verticalPolicy())
        module.installEventFilter(self)
        self.setWidget(contents)

    def eventFilter(self, _module: qt.QObject, event: qt.QEvent) -> bool:
        """The module has another size."""
        if event.type() == qt.QEvent.Type.Resize:
            self.updateGeometry()
        return False

    def minimumSizeHint(self) -> qt.QSize:
        """As wide as the user made it, or as the module needs."""
        needed = self.widget().minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return qt.QSize(max(needed, self._width), super().minimumSizeHint().height())

    def sizeHint(self) -> qt.QSize:
        """Not wider than it must be."""
        return qt.QSize(self.minimumSizeHint().width(), super().sizeHint().height())


class SlicerWindow(qt.QMainWindow):
    """Menu bar, module tool bar, module panel and view area."""

    def __init__(self, module_file: Path, panel_width: int = 580) -> None:
        app = application()
        super().__init__()
        self.setWindowTitle("3D Slicer")
        for menu in _MENUS:
            self.menuBar().addMenu(menu)
        self._views = qt.QWidget()
        views_layout = qt.QVBoxLayout(self._views)
        views_layout.setContentsMargins(0, 0, 0, 0)
        self.setCentralWidget(self._views)
        self.layout_manager = LayoutManager(app.mrml, self._views)
        app.setLayoutManager(self.layout_manager)
        self.layout_manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        self.opened: OpenedModule = open_module(module_file)
        self._add_tool_bar()
        self._add_panel(panel_width)
        self.statusBar().setSizeGripEnabled(False)

    def _add_tool_bar(self) -> None:
        bar = qt.QToolBar("Modules")
        bar.setMovable(False)
        self.addToolBar(bar)
        bar.addWidget(qt.QLabel(" Modules:  "))
        selector = qt.QComboBox()
        description = self.opened.module.parent
        selector.addItem(description.icon, description.title)
        selector.setMinimumWidth(220)
        bar.addWidget(selector)

    def _add_panel(self, width: int) -> None:
        self.scroll = ModulePanel(self.opened.panel, width)
        dock = qt.QDockWidget("Module Panel")
        dock.setFeatures(qt.QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        dock.setTitleBarWidget(qt.QWidget())
        dock.setWidget(self.scroll)
        self.addDockWidget(qt.Qt.DockWidgetArea.LeftDockWidgetArea, dock)

    def look_at(self, widget: qt.QWidget) -> None:
        """Scroll the module panel until `widget` stands at its top, as far as the panel reaches."""
        application().processEvents()
        self.scroll.verticalScrollBar().setValue(widget.y)

    def picture(self, file: Path) -> None:
        """Write what the window shows as a PNG file."""
        application().processEvents()
        self.grab().save(str(file))
