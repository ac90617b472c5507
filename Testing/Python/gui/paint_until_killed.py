"""A Slicer that segments a study, paints, and then waits to be killed: ``python paint_until_killed.py FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

import host.slicer_app

# isort: split
import qt
from host.driver import finish, paint
from host.fixtures import replay_command
from host.layout import LayoutManager
from host.replay_worker import Behaviour
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic

from BratsSegmenterLib.widgets.assembly import build_panel


class BratsSegmenterLogic(ScriptedLoadableModuleLogic):
    """Gives the parameter node its name."""


def main(folder: Path) -> None:
    """Paint, say how many millilitres the enhancing tumour has, and let the event loop turn for ever."""
    app = host.slicer_app.application()
    area, frame = qt.QWidget(), qt.QWidget()
    qt.QVBoxLayout(area)
    app.setLayoutManager(LayoutManager(app.mrml, area))
    app.settle_in(folder)
    panel = build_panel(qt.QVBoxLayout(frame), BratsSegmenterLogic().getParameterNode, replay_command(Behaviour.WORKS))
    panel.archive.editor.ui.nameEdit.setText("Ward 3")
    panel.archive.editor.ui.urlEdit.setText("http://127.0.0.1:1/dicom-web")
    panel.archive.editor.ui.saveButton.click()
    panel.archive.ui.searchButton.click()
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)
    panel.run.ui.runButton.click()
    finish(panel)
    paint(panel.review.ui.segmentEditor, "ET", (7.0, 7.0, 1.0), 8.0)
    print(panel.volumes.ui.volumeTable.item(0, 1).text(), flush=True)
    app.exec_()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
