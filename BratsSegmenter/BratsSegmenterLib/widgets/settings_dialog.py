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
    """Shows the page in Slicer's settings dialog, whose *OK* keeps changes and whose *Cancel* takes them back.

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
        self._dialog: Any = slicer.app.settingsDialog()
        _panel_in(self._dialog).layout().addWidget(page.widget)
        self._dialog.accepted.connect(page.accept)
        self._dialog.rejected.connect(page.reject)
        self.button = qt.QPushButton(_("Settings..."))
        self.button.setObjectName("settingsButton")
        self.button.setToolTip(_("Reviewer, formats, model, device and the disk, among Slicer's application settings"))
        self.button.clicked.connect(self.open)

    def open(self) -> None:
        """Show the page; returns when the dialog is closed."""
        slicer.app.openSettingsDialog(_TITLE)

    def release(self) -> None:
        """Take the page out, for a module that is closed or reloaded; the dialog cannot lose its entry."""
        if self._dialog is None:
            return
        self._dialog.accepted.disconnect(self._page.accept)
        self._dialog.rejected.disconnect(self._page.reject)
        self._page.widget.setParent(None)
        self._dialog = None


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
