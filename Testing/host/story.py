"""The radiologist's story, told by clicks: a synthetic patient from the archive to a stored, corrected result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import slicer

from BratsSegmenterLib.archive import Archive
from BratsSegmenterLib.archive.embedded import EmbeddedArchive, serve
from BratsSegmenterLib.demo.head import synthetic_head
from BratsSegmenterLib.demo.story import access_to
from BratsSegmenterLib.demo.study import write_study
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.domain import ET
from BratsSegmenterLib.widgets.panel import Panel
from BratsSegmenterLib.widgets.state import PanelState
from host.driver import finish, paint, wait_until
from host.served_archive import ServedArchive

ARCHIVE_NAME = "Radiology PACS"
_TOKEN = 2  # place of "token" in the panel's choices of how to sign in
_BRUSH_MM = 6.0
_SOME_WAY = 0.3


def archive_with_a_patient(folder: Path, identity: StudyIdentity, spacing_mm: float = 1.0) -> EmbeddedArchive:
    """A running archive that holds the study of a synthetic patient; the caller closes it."""
    files = write_study(synthetic_head(spacing_mm=spacing_mm), folder / "scanner", identity)
    archive = serve(folder / "archive")
    Archive(*access_to(archive)).store(files, compare=False)
    return archive


class Story:
    """The steps of the work, in order; each ends when the panel rests."""

    def __init__(self, panel: Panel, archive: EmbeddedArchive | ServedArchive) -> None:
        self._panel = panel
        self._archive = archive

    def enter_archive(self) -> None:
        """Fill in the archive's address and token."""
        ui = self._panel.archive.editor.ui
        ui.nameEdit.setText(ARCHIVE_NAME)
        ui.urlEdit.setText(self._archive.url)
        ui.authenticationSelector.setCurrentIndex(_TOKEN)
        ui.tokenEdit.setText(self._archive.token)

    def test_connection(self) -> None:
        """Save the archive and ask what works."""
        self._panel.archive.editor.ui.saveButton.click()
        self._panel.archive.ui.testButton.click()
        finish(self._panel)

    def search(self) -> None:
        """Look for all studies."""
        self._panel.archive.ui.searchButton.click()
        finish(self._panel)

    def choose_study(self) -> None:
        """Select the first one."""
        self._panel.studies.ui.studyTable.selectRow(0)

    def press_the_button(self) -> None:
        """Fetch and segment; returns while the network runs."""
        self._panel.run.ui.runButton.click()
        wait_until(lambda: self._panel.workflow.state is not PanelState.PREPARING, timeout_s=200)
        in_the_middle = _SOME_WAY * self._panel.progress.ui.progressBar.maximum
        wait_until(lambda: self._has_rest() or self._panel.progress.ui.progressBar.value > in_the_middle, timeout_s=200)

    def _has_rest(self) -> bool:
        return not self._panel.workflow.state.is_busy

    def wait_for_the_result(self) -> None:
        """Wait for the segments; agrees to the recognised sequences when the panel asks."""
        finish(self._panel, timeout_s=280)
        if self._panel.workflow.state is PanelState.PREPARED:
            self._panel.run.ui.runButton.click()
            finish(self._panel, timeout_s=280)

    def correct(self) -> None:
        """Paint a little more enhancing tumour at its edge."""
        editor = self._panel.review.ui.segmentEditor
        paint(editor, ET.key, edge_of_the_segment(editor, ET.key), _BRUSH_MM)

    def agree(self) -> None:
        """Sign, and agree to what is sent."""
        self._panel.send.ui.reviewerEdit.setText("R. Eader")
        self._panel.send.ui.consentBox.setChecked(True)

    def send(self) -> None:
        """Store the result in the archive."""
        self._panel.send.ui.sendButton.click()
        finish(self._panel, timeout_s=120)

    def continue_from_the_newest_result(self) -> None:
        """Open what the study carries since the last sending, instead of segmenting it again."""
        self.search()
        self.choose_study()
        self._panel.run.ui.runButton.click()
        finish(self._panel, timeout_s=200)
        self._panel.run.earlier.ui.resumeButton.click()
        finish(self._panel, timeout_s=200)

    def steps(self) -> tuple[Callable[[], None], ...]:
        """All of them."""
        return (
            self.enter_archive,
            self.test_connection,
            self.search,
            self.choose_study,
            self.press_the_button,
            self.wait_for_the_result,
            self.correct,
            self.agree,
            self.send,
        )


def edge_of_the_segment(editor: Any, segment_id: str) -> tuple[float, float, float]:
    """The segment's rightmost point on its largest slice, RAS millimetres."""
    reference = editor.sourceVolumeNode()
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(editor.segmentationNode(), segment_id, reference)
    k = int(mask.sum(axis=(1, 2)).argmax())
    rows, columns = np.nonzero(mask[k])
    rightmost = columns.argmax()
    matrix = slicer.vtkMRMLSliceNode().GetSliceToRAS()
    reference.GetIJKToRASMatrix(matrix)
    right, anterior, superior, _one = matrix.MultiplyPoint((columns[rightmost], rows[rightmost], k, 1.0))
    return right, anterior, superior
