"""The CTK widgets that the panel uses, written on plain Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import qt

_HEADER_HEIGHT = 26
_WAS_HIDDEN = "WasHiddenBeforeCollapse"


class ctkCollapsibleButton(qt.QWidget):
    """A titled part of a panel that folds away when its title is clicked."""

    contentsCollapsed = qt.Signal(bool)

    def __init__(self, parent: qt.QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._collapsed = False
        self.setSizePolicy(qt.QSizePolicy.Policy.Minimum, qt.QSizePolicy.Policy.Preferred)
        self.setContentsMargins(0, _HEADER_HEIGHT, 0, 0)

    def _get_text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        """Set the title."""
        self._text = text
        self.updateGeometry()
        self.update()

    def _get_collapsed(self) -> bool:
        return self._collapsed

    def _set_collapsed(self, collapsed: bool) -> None:
        """Fold the contents away, or show them."""
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        for child in self.children():
            if isinstance(child, qt.QWidget):
                self._fold_child(child, collapsed)
        self.setMaximumHeight(_HEADER_HEIGHT if collapsed else 16777215)
        self.updateGeometry()
        self.contentsCollapsed.emit(collapsed)

    def _fold_child(self, child: qt.QWidget, collapsed: bool) -> None:
        """A child that was hidden before the contents were folded stays hidden after."""
        if collapsed:
            child.setProperty(_WAS_HIDDEN, child.isHidden())
            child.hide()
        elif not child.property(_WAS_HIDDEN):
            child.show()

    text = qt.Property(str, _get_text, setText)
    collapsed = qt.Property(bool, _get_collapsed, _set_collapsed)

    def minimumSizeHint(self) -> qt.QSize:
        """Only the title while collapsed; never narrower than that."""
        return self._title_size() if self._collapsed else super().minimumSizeHint().expandedTo(self._title_size())

    def sizeHint(self) -> qt.QSize:
        """Only the title while collapsed; never narrower than that."""
        return self._title_size() if self._collapsed else super().sizeHint().expandedTo(self._title_size())

    def _title_size(self) -> qt.QSize:
        """As wide as a push button with an indicator and the whole title, whatever the contents."""
        option, style, metric = qt.QStyleOptionButton(), self.style(), qt.QStyle.PixelMetric
        option.initFrom(self)
        indicator = style.pixelMetric(metric.PM_IndicatorWidth) + style.pixelMetric(metric.PM_CheckBoxLabelSpacing)
        title = self.fontMetrics().size(int(qt.Qt.TextFlag.TextShowMnemonic), self._text)
        contents = qt.QSize(indicator + title.width(), title.height())
        size = style.sizeFromContents(qt.QStyle.ContentsType.CT_PushButton, option, contents, self)
        return qt.QSize(size.width(), _HEADER_HEIGHT)

    def paintEvent(self, _event: Any) -> None:
        """Draw the title bar."""
        painter = qt.QPainter(self)
        painter.setRenderHint(qt.QPainter.RenderHint.Antialiasing)
        bar = qt.QRect(0, 1, self.width, _HEADER_HEIGHT - 3)
        painter.setPen(qt.Qt.PenStyle.NoPen)
        painter.setBrush(self.palette.color(qt.QPalette.ColorRole.Button).darker(108))
        painter.drawRoundedRect(bar, 3, 3)
        painter.setBrush(self.palette.color(qt.QPalette.ColorRole.ButtonText))
        self._draw_arrow(painter, bar)
        painter.setPen(self.palette.color(qt.QPalette.ColorRole.ButtonText))
        flags = qt.Qt.AlignmentFlag.AlignVCenter | qt.Qt.TextFlag.TextShowMnemonic
        painter.drawText(bar.adjusted(24, 0, -6, 0), flags, self._text)
        painter.end()

    def _draw_arrow(self, painter: qt.QPainter, bar: qt.QRect) -> None:
        x, y = 12.0, bar.center().y() + 0.5
        offsets = ((-3, -4), (3, 0), (-3, 4)) if self._collapsed else ((-4, -3), (4, -3), (0, 3))
        painter.drawPolygon(qt.QPolygonF([qt.QPointF(x + dx, y + dy) for dx, dy in offsets]))

    def mousePressEvent(self, event: qt.QMouseEvent) -> None:
        """A click on the title folds or unfolds."""
        if event.position().y() < _HEADER_HEIGHT:
            self._set_collapsed(not self._collapsed)


class ctkComboBox(qt.QComboBox):
    """A combo box that tells its current item's user data."""

    def _get_user_data(self) -> str:
        return str(self.itemData(self.currentIndex) or "")

    def setCurrentUserDataAsString(self, data: str) -> None:
        """Choose the item with this user data; none where there is none."""
        self.setCurrentIndex(self.findData(data))

    currentUserDataAsString = qt.Property(str, _get_user_data, setCurrentUserDataAsString)


@dataclass
class _Registered:
    """A property as ctkSettingsPanel.cpp holds it."""

    widget: qt.QObject
    name: str
    at_first: Any
    before: Any

    @property
    def value(self) -> Any:
        return self.widget.property(self.name)

    @value.setter
    def value(self, value: Any) -> None:
        if self.value != value:
            self.widget.setProperty(self.name, value)


class ctkSettingsPanel(qt.QWidget):
    """A page of the settings dialog: keeps properties of its widgets in the settings, as ctkSettingsPanel.cpp does."""

    settingChanged = qt.Signal(str, object)

    def __init__(self, parent: qt.QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings: qt.QSettings | None = None
        self._registered: dict[str, _Registered] = {}

    def hostUse(self, settings: qt.QSettings) -> None:
        """The dialog's settings are those of the page."""
        self._settings = settings
        self.reloadSettings()

    def registerProperty(self, key: str, widget: qt.QObject, name: str, signal: str) -> None:
        """Keep a property from now on; its value is what was kept, or becomes what is kept."""
        value = widget.property(name)
        registered = self._registered[key] = _Registered(widget, name, value, value)
        if self._settings is not None and self._settings.contains(key):
            registered.before = registered.value = self._settings.value(key)
        widget.connect(signal, lambda *_value: self._keep(key))
        self._keep(key)

    def applySettings(self) -> None:
        """What was changed stays."""
        for key, registered in self._registered.items():
            if registered.before != registered.value:
                registered.before = registered.value
                self.settingChanged.emit(key, registered.value)

    def resetSettings(self) -> None:
        """Take back what was changed since it was last applied or loaded."""
        for key, registered in self._registered.items():
            self._set(key, registered.before)

    def reloadSettings(self) -> None:
        """Show what the settings hold."""
        for key, registered in self._registered.items():
            if self._settings is not None and self._settings.contains(key):
                registered.before = registered.value = self._settings.value(key)

    def _keep(self, key: str) -> None:
        self._set(key, self._registered[key].value)

    def _set(self, key: str, value: Any) -> None:
        if self._settings is None:
            return
        before = self._settings.value(key)
        self._settings.setValue(key, value)
        self._registered[key].value = value
        if before != value:
            self.settingChanged.emit(key, value)


class ctkSettingsDialog(qt.QDialog):
    """Pages by title, with a button that keeps what was changed and one that takes it back."""

    def __init__(self, parent: qt.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Application settings")
        self._settings: qt.QSettings | None = None
        self._titles = qt.QListWidget()
        self._titles.setFixedWidth(170)
        self._pages = qt.QStackedWidget()
        self._titles.currentRowChanged.connect(self._pages.setCurrentIndex)
        kinds = qt.QDialogButtonBox.StandardButton
        buttons = qt.QDialogButtonBox(kinds.Ok | kinds.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        grid = qt.QGridLayout(self)
        grid.addWidget(self._titles, 0, 0)
        grid.addWidget(self._pages, 0, 1)
        grid.addWidget(buttons, 1, 0, 1, 2)

    def hostUse(self, settings: qt.QSettings) -> None:
        """All pages keep what they hold in these settings."""
        self._settings = settings

    def accept(self) -> None:
        """What was changed stays."""
        for panel in self._panels():
            panel.applySettings()
        super().accept()

    def reject(self) -> None:
        """Take everything back; to Qt that is accepted, too (ctkSettingsDialog.cpp, reject)."""
        for panel in self._panels():
            panel.resetSettings()
        super().accept()

    def reloadSettings(self) -> None:
        """All pages show what the settings hold."""
        for panel in self._panels():
            panel.reloadSettings()

    def _panels(self) -> list[ctkSettingsPanel]:
        return self.findChildren(ctkSettingsPanel)

    def addPanel(self, label: str, panel: ctkSettingsPanel) -> None:
        """Add a page; it stands at the top of its place, and scrolls."""
        page = qt.QWidget()
        column = qt.QVBoxLayout(page)
        heading = qt.QLabel(f"<b>{label}</b>")
        column.addWidget(heading)
        column.addWidget(panel)
        column.addStretch(1)
        self._pages.addWidget(page)
        self._titles.addItem(label)
        if self._settings is not None:
            panel.hostUse(self._settings)

    def setCurrentPanel(self, label: str) -> None:
        """Show the page with this title."""
        (item,) = self._titles.findItems(label, qt.Qt.MatchFlag.MatchExactly)
        self._titles.setCurrentItem(item)


CTK_CLASSES = (ctkCollapsibleButton, ctkComboBox, ctkSettingsDialog, ctkSettingsPanel)
