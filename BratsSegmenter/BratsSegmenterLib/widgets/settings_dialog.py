"""Our page among Slicer's own application settings, and the button that opens it there."""

from __future__ import annotations

from typing import Any

import ctk
import qt
import slicer
from slicer.i18n import tr as _

from BratsSegmenterLib.widgets.settings_page import SettingsPage

_TITLE = "BratsSegmenter"
_PANEL = "BratsSegmenterSettingsPanel"


class SettingsDialog:
    """Shows the page in Slicer's settings dialog, which keeps what is changed and takes it back with *Cancel*.

    Parameters
    ----------
    page : SettingsPage

    Attributes
    ----------
    button : QPushButton
        Opens the dialog at the page.
    """

    def __init__(self, page: SettingsPage) -> None:
        self._page = page
        self._panel: Any = _panel_in(slicer.app.settingsDialog())
        earlier = slicer.util.findChildren(self._panel, name=page.widget.objectName)
        self._panel.layout().addWidget(page.widget)
        for setting in page.settings:
            signal = str(qt.SIGNAL(setting.signal))
            self._panel.registerProperty(setting.key, setting.widget, setting.property_name, signal)
        # Not before: the panel looks at the widgets that were registered, also when Slicer ends.
        for widget in earlier:
            widget.hide()
            widget.deleteLater()
        self._panel.settingChanged.connect(page.tell_change)
        self.button = qt.QPushButton(_("Settings..."))
        self.button.setObjectName("settingsButton")
        self.button.setToolTip(_("Reviewer, formats, model, device and the disk, among Slicer's application settings"))
        self.button.clicked.connect(self.open)

    def open(self) -> None:
        """Show the page; returns when the dialog is closed."""
        slicer.app.openSettingsDialog(_TITLE)

    def release(self) -> None:
        """Hear no more of it, for a module that is closed or reloaded; the page stays until another takes its place."""
        if self._panel is not None:
            self._panel.settingChanged.disconnect(self._page.tell_change)
            self._panel = None


def _panel_in(dialog: Any) -> Any:
    """Our panel of the dialog; one that an earlier load of the module left is used again."""
    found = slicer.util.findChildren(dialog, name=_PANEL)
    if found:
        return found[0]
    panel = ctk.ctkSettingsPanel()
    panel.setObjectName(_PANEL)
    qt.QVBoxLayout(panel)
    dialog.addPanel(_TITLE, panel)
    return panel
