"""Where the parts of the panel stand, and how much room they take."""

import pytest
import qt
from host.driver import finish
from host.replay_worker import Behaviour
from host.slicer_app import application

from BratsSegmenterLib.widgets.state import PanelState


@pytest.fixture
def shown_panel(open_panel):
    """The panel with a window around it."""
    panel = open_panel(Behaviour.WORKS)
    window = panel.archive.widget.window()
    window.resize(520, 1000)
    window.show()
    application().processEvents()
    return panel


def _top_of(widget) -> int:
    application().processEvents()
    return widget.mapTo(widget.window(), qt.QPoint(0, 0)).y()


def test_nothing_moves_under_the_mouse_when_a_search_begins_and_ends(shown_panel):
    panel = shown_panel
    at_rest = _top_of(panel.archive.ui.patientEdit)
    panel.archive.ui.searchButton.click()
    assert panel.workflow.state is PanelState.SEARCHING
    assert panel.progress.widget.visible
    assert _top_of(panel.archive.ui.patientEdit) == at_rest
    finish(panel)
    assert not panel.progress.widget.visible
    assert _top_of(panel.archive.ui.patientEdit) == at_rest
