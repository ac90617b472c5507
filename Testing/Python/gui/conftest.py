"""The real panel in a stand-in for Slicer."""

import host.slicer_app  # noqa: F401 - makes qt, ctk and all of slicer importable

# isort: split
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import qt
from host.fixtures import parameter_node, replay_command, rubbish_goes_in_its_own_thread, scene  # noqa: F401 - fixtures
from host.replay_worker import Behaviour
from host.slicer_app import application

from BratsSegmenterLib.widgets.assembly import build_panel
from BratsSegmenterLib.widgets.panel import Panel

OpenPanel = Callable[[Behaviour], Panel]


@pytest.fixture
def open_panel(parameter_node, tmp_path: Path) -> Iterator[OpenPanel]:  # noqa: F811 - the fixture
    """Opens the panel over a worker that behaves as asked, with one archive in it."""
    application().userSettings().clear()
    opened = []

    def open_it(behaviour: Behaviour) -> Panel:
        app = application()
        app.settle_in(tmp_path)
        frame = qt.QWidget()
        panel = build_panel(qt.QVBoxLayout(frame), parameter_node, replay_command(behaviour))
        opened.append((panel, frame))
        editor = panel.archive.editor.ui
        editor.nameEdit.setText("Ward 3")
        editor.urlEdit.setText("http://127.0.0.1:1/dicom-web")
        editor.saveButton.click()
        return panel

    yield open_it
    for panel, _frame in opened:
        panel.shut_down()
