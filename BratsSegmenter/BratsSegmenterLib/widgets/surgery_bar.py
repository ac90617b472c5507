"""The question whether there was an operation, asked about a result that was drawn before anybody had said so."""

from __future__ import annotations

from collections.abc import Callable

from BratsSegmenterLib.widgets.choices import RunOptions
from BratsSegmenterLib.widgets.part import load_ui
from BratsSegmenterLib.widgets.workflow import Workflow


class SurgeryBar:
    """Stays until it is answered, with one click.

    Parameters
    ----------
    workflow : Workflow
    options : callable
        How the study is segmented again after an operation.
    may_replace : callable
        Whether the result at hand may make way for another one.
    """

    def __init__(self, workflow: Workflow, options: Callable[[], RunOptions], may_replace: Callable[[], bool]) -> None:
        self.widget, self.ui = load_ui("SurgeryBar")
        self._workflow = workflow
        self._options = options
        self._may_replace = may_replace
        self.ui.operatedButton.clicked.connect(lambda: self._answer(True))
        self.ui.notOperatedButton.clicked.connect(lambda: self._answer(False))
        workflow.state_changed.connect(self.update)
        self.update()

    def update(self) -> None:
        """Ask while a result is shown that leaves the question open."""
        asks = self._workflow.asks_about_surgery and not self._workflow.state_of_study.is_busy
        self.widget.setVisible(asks)
        for button in (self.ui.operatedButton, self.ui.notOperatedButton):
            button.setEnabled(not self._workflow.state.is_busy)
        if asks and self._workflow.sequences is not None:
            self.ui.questionLabel.setText(self._workflow.sequences.surgery_question)

    def _answer(self, was_operated: bool) -> None:
        if not was_operated or self._may_replace():
            self._workflow.answer_about_surgery(was_operated, self._options())
