"""What the panel says and offers when it finds what a person drew before: sent, or not sent yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from slicer.i18n import tr as _

from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.study import SentLabels, UnsentCorrections
from BratsSegmenterLib.widgets.message_bar import Offer
from BratsSegmenterLib.widgets.region_editor import RegionEditor


@dataclass(frozen=True)
class Found:
    """A sentence for the user, and what can be done about it."""

    sentence: str
    offer: Offer


class FoundCorrections:
    """Looks for corrections that were kept when Slicer last ended, or died.

    Parameters
    ----------
    review : Review
    editor : RegionEditor
        Everything that is done here can be undone in it.
    on_done : callable
        Called when the user accepted an offer.
    """

    def __init__(self, review: Review, editor: RegionEditor, on_done: Callable[[], None]) -> None:
        self._review = review
        self._editor = editor
        self._on_done = on_done

    def in_opened_result(self) -> Found | None:
        """A result that was opened begins with them, or as it was sent; the way back is offered."""
        began_with, model_labels = self._review.began_with, self._review.model_labels
        if began_with is None or model_labels is None or not self._review.is_edited:
            return None
        hint = _("Take these corrections back; Undo (Z) brings them again")
        offer = Offer(_("Back to what the model drew"), hint, self._drawing(model_labels))
        return Found(_about(began_with), offer)

    def beside_loaded_scene(self) -> Found | None:
        """A scene that was loaded stays as it was saved; they are offered where they differ."""
        kept = self._review.unsent_elsewhere()
        if kept is None:
            return None
        text = _("Corrections of {time} that were not sent were found; this scene holds others.")
        hint = _("Draw them in place of what this scene holds; Undo (Z) takes that back")
        offer = Offer(_("Take them up"), hint, self._drawing(kept.labels))
        return Found(text.format(time=_moment(kept.kept_at)), offer)

    def _drawing(self, labels: NDArray[np.uint8]) -> Callable[[], None]:
        def draw() -> None:
            self._editor.save_for_undo()
            self._review.draw(labels)
            self._on_done()

        return draw


def _about(began_with: UnsentCorrections | SentLabels) -> str:
    if isinstance(began_with, SentLabels):
        text = _("This is the result as you sent it on {time}, not what the model drew.")
        return text.format(time=_moment(began_with.sent_at))
    text = _("Corrections of {time} that were not sent were found and taken up.")
    return text.format(time=_moment(began_with.kept_at))


def _moment(time: datetime) -> str:
    return f"{time.day} {time:%b %Y, %H:%M}"
