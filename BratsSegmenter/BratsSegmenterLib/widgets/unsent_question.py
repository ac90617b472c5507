"""Asks before corrections that were not sent make way for something else."""

from __future__ import annotations

import slicer
from slicer.i18n import tr as _

from BratsSegmenterLib.study import JobFolder
from BratsSegmenterLib.widgets.corrections_keeper import CorrectionsKeeper
from BratsSegmenterLib.widgets.workflow import Workflow

_COME_BACK = _("They are kept on this computer and come back when you open the study again. Leave it?")
_STAY_AS_A_FILE = _("They stay in the study's folder as a file, with which the study is not opened again. Leave it?")
_MAKE_WAY = _("They stay in the study's folder as a file, and the new result takes their place here. Go on?")
_ARE_LOST = _("They could not be written to this computer, and would be lost. Go on all the same?")


class UnsentQuestion:
    """One question for each way in which corrections leave the screen; none where nothing is unsent.

    Parameters
    ----------
    workflow : Workflow
    keeper : CorrectionsKeeper
        Writes them before the question says whether they are kept.
    """

    def __init__(self, workflow: Workflow, keeper: CorrectionsKeeper) -> None:
        self._workflow = workflow
        self._keeper = keeper

    def may_leave(self) -> bool:
        """Another study is about to be opened; whether the user agrees."""
        told = self._keeper.keep_as_drawn()
        question = _COME_BACK if self._keeper.come_back else _STAY_AS_A_FILE
        return not self._workflow.is_corrected or self._agrees(question, told)

    def may_replace(self) -> bool:
        """The study is about to be segmented again, or an earlier result taken up; whether the user agrees."""
        told = self._keeper.keep_as_drawn()
        are_kept = JobFolder(self._workflow.folder).unsent.exists()  # of a result too that is not opened yet
        return not (self._workflow.is_corrected or are_kept) or self._agrees(_MAKE_WAY, told)

    def _agrees(self, question: str, told: str) -> bool:
        question = f"{told} {_ARE_LOST if self._keeper.waits else question}".strip()
        return bool(slicer.util.confirmOkCancelDisplay(question, windowTitle=_("Your corrections were not sent")))
