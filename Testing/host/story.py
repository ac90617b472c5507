"""The radiologist's story, told by mouse and keys: a synthetic patient from the archive to a stored result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import qt
import slicer

from BratsSegmenterLib.archive import Archive
from BratsSegmenterLib.archive.embedded import EmbeddedArchive, serve
from BratsSegmenterLib.demo.head import SyntheticHead
from BratsSegmenterLib.demo.story import access_to
from BratsSegmenterLib.demo.study import write_study
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.domain import ET
from BratsSegmenterLib.scene.layout import LEFT
from BratsSegmenterLib.widgets.panel import Panel
from BratsSegmenterLib.widgets.state import PanelState
from host.driver import finish, wait_until
from host.hands import Hands
from host.served_archive import ServedArchive
from host.slicer_app import application

ARCHIVE_NAME, REVIEWER = "Radiology PACS", "R. Eader"
_TOKEN = 2  # place of "token" in the panel's choices of how to sign in
_BESIDE_MM, _STROKE_MM = 3.0, 30.0
_SOME_WAY = 0.3


def archive_with_a_patient(folder: Path, identity: StudyIdentity, head: SyntheticHead) -> EmbeddedArchive:
    """A running archive that holds the study of a synthetic patient; the caller closes it."""
    files = write_study(head, folder / "scanner", identity)
    archive = serve(folder / "archive")
    Archive(*access_to(archive)).store(files, compare=False)
    return archive


class Story:
    """The steps of the work, in order; each ends when the panel rests."""

    def __init__(self, panel: Panel, archive: EmbeddedArchive | ServedArchive) -> None:
        self._panel = panel
        self._archive = archive
        self.hands = Hands(panel.archive.widget.window())

    def enter_archive(self) -> None:
        """Fill in the archive's address and token."""
        editor = self._panel.archive.editor
        if editor.widget.isHidden():
            self.hands.click(self._panel.archive.ui.editButton)
        self.hands.write(editor.ui.nameEdit, ARCHIVE_NAME)
        self.hands.write(editor.ui.urlEdit, self._archive.url)
        self.hands.choose(editor.ui.authenticationSelector, _TOKEN)
        self.hands.write(editor.ui.tokenEdit, self._archive.token)

    def save_archive(self) -> None:
        """Keep what was filled in."""
        self.hands.click(self._panel.archive.editor.ui.saveButton)

    def test_connection(self) -> None:
        """Save the archive and ask what works."""
        self.save_archive()
        self.hands.click(self._panel.archive.ui.testButton)
        finish(self._panel)

    def search(self) -> None:
        """Look for all studies."""
        self.hands.unfold(self._panel.archive.widget)
        self.hands.click(self._panel.archive.ui.searchButton)
        finish(self._panel)

    def choose_study(self) -> None:
        """Select the first one."""
        self.hands.unfold(self._panel.studies.widget)
        self.hands.click_row(self._panel.studies.ui.studyTable, 0)

    def press_the_button(self) -> None:
        """Fetch and segment; returns while the network runs."""
        self.hands.click(self._panel.run.ui.runButton)
        wait_until(lambda: self._panel.workflow.state is not PanelState.PREPARING, timeout_s=200)
        in_the_middle = _SOME_WAY * self._panel.progress.ui.progressBar.maximum
        wait_until(lambda: self._has_rest() or self._panel.progress.ui.progressBar.value > in_the_middle, timeout_s=200)

    def _has_rest(self) -> bool:
        return not self._panel.workflow.state.is_busy

    def wait_for_the_result(self) -> None:
        """Wait for the segments; agrees to the recognised sequences when the panel asks."""
        finish(self._panel, timeout_s=280)
        if self._panel.workflow.state is PanelState.PREPARED:
            self.hands.click(self._panel.run.ui.runButton)
            finish(self._panel, timeout_s=280)

    def correct(self) -> None:
        """Go to the enhancing tumour, and paint a little more of it at its edge."""
        editor = self._panel.review.ui.segmentEditor
        self.hands.unfold(self._panel.volumes.widget)
        self.hands.click_row(self._panel.volumes.ui.volumeTable, 0)
        self.hands.unfold(self._panel.review.widget)
        self.hands.press(qt.Qt.Key.Key_1)
        self.hands.press(qt.Qt.Key.Key_P)
        right, anterior, superior = edge_of_the_segment(editor, ET.key)
        view = application().layoutManager().viewWidget(LEFT)
        ends = [(right + _BESIDE_MM, anterior + way * _STROKE_MM / 2, superior) for way in (-1, 1)]
        self.hands.drag(view, [view.hostPoint(end) for end in ends])
        self.hands.press(qt.Qt.Key.Key_Escape)

    def agree(self) -> None:
        """Sign, and agree to what is sent."""
        send = self._panel.send.ui
        if send.reviewerEdit.text != REVIEWER:
            self.hands.write(send.reviewerEdit, REVIEWER)
        self.hands.click_box(send.consentBox)

    def send(self) -> None:
        """Store the result in the archive."""
        self.hands.click(self._panel.send.ui.sendButton)
        finish(self._panel, timeout_s=120)

    def continue_from_the_newest_result(self) -> None:
        """Open what the study carries since the last sending, instead of segmenting it again."""
        self.search()
        self.choose_study()
        self.hands.click(self._panel.run.ui.anewButton)
        finish(self._panel, timeout_s=200)
        self.hands.click(self._panel.run.earlier.ui.resumeButton)
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
