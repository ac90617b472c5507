"""Every state that the panel can be in, one after the other, for pictures of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import slicer

from BratsSegmenterLib.archive import Archive
from BratsSegmenterLib.demo.story import access_to
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.domain import ET, Sequence
from BratsSegmenterLib.job_results import PriorStudy
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.segmentation import BRATS_MRI_SEGMENTATION
from BratsSegmenterLib.widgets.panel import Panel
from BratsSegmenterLib.widgets.part import Part
from BratsSegmenterLib.widgets.surgery_bar import SurgeryBar
from host.driver import finish, wait_until
from host.faults import a_writer_that_errs
from host.served_archive import ServedArchive, scan_a_patient
from host.slicer_app import application
from host.story import Story

if TYPE_CHECKING:
    from BratsSegmenterLib.widgets.settings_page import SettingsPage

_OTHERS = (
    ("Phantom^Glioma", "PHANTOM-1", "20251004", "MR BRAIN W/WO CONTRAST"),
    ("Phantom^Operated", "PHANTOM-2", "20251224", "MR BRAIN TUMOUR"),
    ("Phantom^Astrocytoma", "PHANTOM-3", "20251230", "MR HEAD NAVIGATION"),
)
_OPERATED = ("Phantom^Operated", "PHANTOM-2", "20260101", "MR BRAIN POST OP")
_PLACE_OF_OPERATED = 1
_COARSE_MM = 3.0
_EARLIER = (
    (date(2025, 6, 2), {"ET": 9.5, "NCR": 2.6, "ED": 31.0, "WT": 43.1, "TC": 12.1}),
    (date(2025, 9, 15), {"ET": 4.2, "NCR": 1.8, "ED": 24.0, "WT": 30.0, "TC": 6.0}),
)


def fill_archive(archive: ServedArchive, folder: Path, spacing_mm: float = 1.0) -> None:
    """Store the study of the story and some others, so that there is a list to choose from."""
    files = scan_a_patient(folder / "story", StudyIdentity(), spacing_mm)
    files += scan_a_patient(folder / "operated", _identity(*_OPERATED), _COARSE_MM, without=Sequence.FLAIR)
    for index, other in enumerate(_OTHERS):
        files += scan_a_patient(folder / str(index), _identity(*other), _COARSE_MM)
    Archive(*access_to(archive)).store(files, compare=False)


def states(panel: Panel, archive: ServedArchive) -> Iterator[tuple[str, Part | SurgeryBar | SettingsPage]]:
    """Work through one study; gives the name of each state and the part of the panel, or the page, to look at."""
    story = Story(panel, archive)
    story.enter_archive()
    yield "archive", panel.archive
    story.test_connection()
    yield "connection-tested", panel.archive
    story.search()
    story.choose_study()
    yield "worklist", panel.studies
    panel.studies.ui.hideBox.click()
    yield "identities-hidden", panel.studies
    panel.studies.ui.hideBox.click()
    yield from _model_to_download(panel)
    story.press_the_button()
    yield "running", panel.sequences
    story.wait_for_the_result()
    _go_to_the_diameters(panel)
    yield "review", panel.views
    panel.views.ui.doubtBox.click()
    yield "doubt", panel.views
    panel.views.ui.nextButton.click()
    yield "doubtful-slice", panel.views
    panel.views.ui.doubtBox.click()
    story.correct()
    panel.review.rows.rows[ET.key].compare.click()
    yield "compared-with-the-model", panel.review
    panel.review.rows.rows[ET.key].compare.click()
    wait_until(lambda: bool(panel.volumes.ui.lesionsLabel.text))
    yield "volumes", panel.volumes
    panel.workflow.take_priors(_priors(panel))
    panel.volumes.ui.plotButton.click()
    yield "plot", panel.volumes
    panel.volumes.ui.plotButton.click()
    story.agree()
    yield "agreed", panel.send
    with a_writer_that_errs():
        story.send()
    yield "refused", panel.send
    story.agree()
    story.send()
    yield "sent", panel.send
    panel.studies.fold(False)
    panel.studies.ui.studyTable.selectRow(_PLACE_OF_OPERATED)
    panel.studies.ui.queueButton.click()
    yield "queued", panel.studies
    yield from _questions(panel)
    application().settingsDialog().reloadSettings()
    application().settingsDialog().setCurrentPanel("BratsSegmenter")
    application().settingsDialog().show()
    panel.settings.ui.measureButton.click()
    wait_until(lambda: panel.settings.ui.measureButton.enabled)
    yield "settings", panel.settings
    application().settingsDialog().reject()
    panel.doctor.fold(False)
    panel.doctor.ui.examineButton.click()
    wait_until(lambda: bool(panel.doctor.ui.findingsLabel.text), timeout_s=300)
    yield "doctor", panel.doctor


def _go_to_the_diameters(panel: Panel) -> None:
    """Hidden and shown again, the lines take the views to their slice."""
    wait_until(lambda: slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLMarkupsLineNode") >= 2)
    for _ in range(2):
        panel.volumes.ui.diametersBox.click()


def _model_to_download(panel: Panel) -> Iterator[tuple[str, Part]]:
    selector, shipped = panel.run.ui.modelSelector, panel.run.ui.modelSelector.currentIndex
    panel.run.ui.advancedButton.collapsed = False
    selector.setCurrentIndex(selector.findData(BRATS_MRI_SEGMENTATION.name))
    yield "model-to-download", panel.run
    selector.setCurrentIndex(shipped)
    panel.run.ui.advancedButton.collapsed = True


def _questions(panel: Panel) -> Iterator[tuple[str, Part | SurgeryBar]]:
    """The queued study, which was operated on and lacks a sequence that an earlier one of the patient has."""
    panel.queue.ui.queueTable.selectRow(0)
    wait_until(lambda: panel.queue.ui.openButton.enabled, timeout_s=300)
    panel.queue.ui.openButton.click()
    flair = panel.sequences.rows[Sequence.FLAIR]
    wait_until(lambda: flair.ui.offerFrame.visible, timeout_s=60)
    panel.sequences.fold(False)
    yield "sequence-offered", panel.sequences
    flair.ui.offerButton.click()
    finish(panel)
    yield "sequence-borrowed", panel.sequences
    panel.run.ui.runButton.click()
    finish(panel, timeout_s=280)
    yield "operation-asked", panel.surgery


def _identity(name: str, number: str, day: str, study: str) -> StudyIdentity:
    return StudyIdentity(name, number, f"A{day}", day, study)


def search_in_vain(panel: Panel) -> None:
    """Search an archive whose process has ended."""
    panel.archive.fold(False)
    panel.archive.ui.searchButton.click()
    finish(panel, timeout_s=120)


def _priors(panel: Panel) -> tuple[PriorStudy, ...]:
    """Two earlier studies of the patient, as if the archive held them."""
    assert panel.workflow.study is not None
    return tuple(
        PriorStudy(
            replace(panel.workflow.study, study_uid=f"2.25.{index}", study_date=f"{day:%Y%m%d}"),
            PriorVolumes(day, volumes_ml),
        )
        for index, (day, volumes_ml) in enumerate(_EARLIER)
    )
