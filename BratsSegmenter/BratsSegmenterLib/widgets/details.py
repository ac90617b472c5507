"""What stands behind a message, folded away: for a support desk, so that it can be selected and copied."""

from __future__ import annotations

from typing import Any

from BratsSegmenterLib.widgets.part import set_text_or_hide


class Details:
    """A button that unfolds a text; neither is seen where there is none.

    Parameters
    ----------
    button : QToolButton
        Checkable.
    label : QLabel
    """

    def __init__(self, button: Any, label: Any) -> None:
        self._button = button
        self._label = label
        self._text = ""
        button.toggled.connect(self._show)

    def offer(self, text: str) -> None:
        """Fold the text away behind the button."""
        self._text = text
        self._button.setChecked(False)
        self._button.setVisible(bool(text))
        self._show(False)

    def _show(self, wanted: bool) -> None:
        set_text_or_hide(self._label, self._text if wanted else "")
