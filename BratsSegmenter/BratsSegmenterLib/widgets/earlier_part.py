"""The way on from what the study carries already: our versions, structure sets and segmentations of others."""

from __future__ import annotations

from collections.abc import Callable

from slicer.i18n import tr as _

from BratsSegmenterLib.versions import describe
from BratsSegmenterLib.widgets.earlier_model import Offered, offered_regions
from BratsSegmenterLib.widgets.part import load_ui, set_text_or_hide
from BratsSegmenterLib.widgets.workflow import Workflow


class EarlierPart:
    """A drop-down of what can be continued from; hidden where the study carries nothing.

    Parameters
    ----------
    workflow : Workflow
    may_replace : callable
        Whether the result at hand, if any, may make way for another one.
    """

    def __init__(self, workflow: Workflow, may_replace: Callable[[], bool]) -> None:
        self.widget, self.ui = load_ui("EarlierPart")
        self._workflow = workflow
        self._may_replace = may_replace
        self._offered: tuple[Offered, ...] = ()
        self.ui.resumeButton.clicked.connect(self._resume)

    def update(self) -> None:
        """Offer what the study carries, while no job runs."""
        workflow = self._workflow
        self._offer(offered_regions(workflow.earlier_results, workflow.foreign_regions))
        for widget in (self.ui.resultSelector, self.ui.resumeButton):
            widget.setEnabled(not workflow.state.is_busy)
            widget.setVisible(bool(self._offered))
        set_text_or_hide(self.ui.resultsLabel, self._results_text())
        self.widget.setVisible(bool(self._offered or workflow.earlier_results))

    def _offer(self, offered: tuple[Offered, ...]) -> None:
        if offered == self._offered:
            return
        self._offered = offered
        self.ui.resultSelector.clear()
        for one in offered:
            self.ui.resultSelector.addItem(one.text, one.uid)

    def _results_text(self) -> str:
        workflow = self._workflow
        said = []
        if workflow.earlier_results:
            said.append(_("In the study as fetched: {versions}").format(versions=describe(workflow.earlier_results)))
        if workflow.foreign_regions:
            drawn = "; ".join(one.text for one in self._offered[-len(workflow.foreign_regions) :])
            said.append(_("Drawn by others: {drawn}.").format(drawn=drawn))
        return "\n".join(said)

    def _resume(self) -> None:
        if self._may_replace():
            self._workflow.resume(self.ui.resultSelector.currentData)
