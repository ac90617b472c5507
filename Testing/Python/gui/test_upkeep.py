"""Settings and doctor, clicked."""

from collections.abc import Callable

import ctk
import pytest
import qt
import slicer
from host.driver import wait_until
from host.replay_worker import Behaviour

from BratsSegmenterLib.widgets.preferences import Preferences
from BratsSegmenterLib.widgets.run_part import DEVICES


def _examined(panel):
    panel.doctor.ui.examineButton.click()
    assert not panel.doctor.ui.examineButton.enabled
    wait_until(lambda: panel.doctor.ui.examineButton.enabled)


def test_the_doctor_says_what_it_found_and_copies_it_without_the_archive_s_name(open_panel):
    panel = open_panel(Behaviour.WORKS)
    _examined(panel)
    assert panel.doctor.ui.verdictLabel.text == "1 of 3 checks failed; each says what to do."
    assert "does not answer" in panel.doctor.ui.findingsLabel.text
    panel.doctor.ui.copyButton.click()
    copied = qt.QApplication.clipboard().text()
    assert "WRONG  reachable" in copied
    assert "Ward 3" not in copied


def test_the_doctor_can_be_asked_while_a_study_is_worked_on(open_panel):
    panel = open_panel(Behaviour.WORKS)
    panel.archive.ui.searchButton.click()
    assert panel.workflow.state.is_busy
    _examined(panel)
    wait_until(lambda: not panel.workflow.state.is_busy)
    assert panel.studies.ui.studyTable.rowCount == 1


@pytest.mark.parametrize("behaviour", [Behaviour.FAILS, Behaviour.DIES])
def test_an_examination_that_fails_says_so(open_panel, behaviour: Behaviour):
    panel = open_panel(behaviour)
    _examined(panel)
    assert panel.doctor.ui.verdictLabel.text
    assert not panel.doctor.ui.copyButton.enabled


def test_a_synthetic_patient_is_examined_only_where_what_it_needs_may_be_installed(open_panel, monkeypatch):
    panel = open_panel(Behaviour.WORKS)
    monkeypatch.setattr(slicer.packaging, "pip_check", lambda one: str(one).startswith("torch"))
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda _text, **_more: False)
    panel.doctor.ui.phantomBox.setChecked(True)
    panel.doctor.ui.examineButton.click()
    assert panel.doctor.ui.examineButton.enabled
    assert "without what was not installed" in panel.doctor.ui.verdictLabel.text


def test_an_examination_can_be_stopped(open_panel):
    panel = open_panel(Behaviour.WAITS_FOR_CANCEL)
    panel.doctor.ui.examineButton.click()
    panel.doctor.ui.stopButton.click()
    wait_until(lambda: panel.doctor.ui.examineButton.enabled)
    assert panel.doctor.ui.verdictLabel.text == "The examination was stopped."


def test_settings_are_what_a_new_panel_begins_with(open_panel):
    settings = open_panel(Behaviour.WORKS).settings
    settings.ui.signatureEdit.setText("R. Eader")
    settings.format_boxes["SEG"].setChecked(True)
    settings.ui.startDeviceSelector.setCurrentIndex([key for key, _text in DEVICES].index("cpu"))
    panel = open_panel(Behaviour.WORKS)
    assert panel.send.ui.reviewerEdit.text == "R. Eader"
    assert panel.send.format_boxes["SEG"].checked
    assert panel.run.options.device == "cpu"


def test_a_setting_reaches_the_open_panel_at_once(open_panel):
    panel = open_panel(Behaviour.WORKS)
    panel.settings.format_boxes["KEY_IMAGE"].setChecked(True)
    assert panel.send.format_boxes["KEY_IMAGE"].checked


def test_a_setting_that_changes_leaves_what_was_chosen_in_the_panel_for_all_others(open_panel):
    panel = open_panel(Behaviour.WORKS)
    other_model = next(place for place in range(panel.run.ui.modelSelector.count) if place != _chosen_model(panel))
    panel.run.ui.modelSelector.setCurrentIndex(other_model)
    panel.send.ui.reviewerEdit.setText("R. Eader")
    panel.send.format_boxes["SEG"].setChecked(True)
    panel.settings.ui.startDeviceSelector.setCurrentIndex([key for key, _text in DEVICES].index("cpu"))
    assert panel.run.options.device == "cpu"
    assert _chosen_model(panel) == other_model
    assert panel.send.ui.reviewerEdit.text == "R. Eader"
    assert panel.send.format_boxes["SEG"].checked


def _chosen_model(panel) -> int:
    return panel.run.ui.modelSelector.currentIndex


def test_a_preferred_model_that_is_not_here_stays_preferred_when_another_setting_changes(open_panel):
    preferences = Preferences(slicer.app.userSettings())
    preferences.bundle = "of another computer"
    panel = open_panel(Behaviour.WORKS)
    panel.settings.format_boxes["SEG"].setChecked(True)
    assert preferences.bundle == "of another computer"
    assert panel.settings.ui.bundleSelector.currentText == "of another computer"


def test_that_no_kind_of_object_is_preferred_is_kept(open_panel):
    settings = open_panel(Behaviour.WORKS).settings
    for box in settings.format_boxes.values():
        box.setChecked(False)
    panel = open_panel(Behaviour.WORKS)
    assert not any(box.checked for box in panel.send.format_boxes.values())


def test_old_studies_are_deleted_only_after_a_question(open_panel, monkeypatch: pytest.MonkeyPatch):
    panel = open_panel(Behaviour.WORKS)
    ui = panel.settings.ui
    ui.measureButton.click()
    wait_until(lambda: ui.measureButton.enabled)
    assert ui.storageLabel.text == "3 studies kept, 1.2 GB."
    asked = []
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda text, **_more: bool(asked.append(text)))
    ui.deleteButton.click()
    assert "30 days" in asked[0]
    assert ui.storageLabel.text == "3 studies kept, 1.2 GB."
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda _text, **_more: True)
    ui.deleteButton.click()
    wait_until(lambda: ui.deleteButton.enabled)
    assert ui.storageLabel.text.splitlines() == [
        "1 study kept, 400 MB.",
        "2 studies deleted, 800 MB are free again.",
        "1 study had to stay: it holds a correction that was not sent.",
    ]


def _in_the_dialog(work: Callable[[], None]) -> None:
    """Do something as soon as the dialog waits for the user."""
    qt.QTimer.singleShot(0, work)


def test_the_settings_are_a_page_of_slicer_s_own_settings_dialog(open_panel):
    panel = open_panel(Behaviour.WORKS)
    seen = []

    def look() -> None:
        seen.append((panel.settings.widget.visible, panel.settings.widget.window() is slicer.app.settingsDialog()))
        slicer.app.settingsDialog().accept()

    _in_the_dialog(look)
    panel.settings_dialog.button.click()
    assert seen == [(True, True)]


@pytest.mark.parametrize(("button", "is_kept"), [("accept", True), ("reject", False)])
def test_ok_keeps_what_was_changed_and_cancel_takes_it_back(open_panel, button: str, is_kept: bool):
    panel = open_panel(Behaviour.WORKS)

    def change() -> None:
        panel.settings.format_boxes["SEG"].click()
        assert panel.send.format_boxes["SEG"].checked, "a change reaches the panel at once"
        getattr(slicer.app.settingsDialog(), button)()

    _in_the_dialog(change)
    panel.settings_dialog.button.click()
    assert panel.send.format_boxes["SEG"].checked is is_kept
    assert panel.settings.format_boxes["SEG"].checked is is_kept


def test_cancel_leaves_alone_what_a_sending_remembered_since(open_panel):
    panel = open_panel(Behaviour.WORKS)
    preferences = Preferences(slicer.app.userSettings())
    preferences.reviewer = "R. Eader"
    _in_the_dialog(slicer.app.settingsDialog().reject)
    panel.settings_dialog.button.click()
    assert panel.settings.ui.signatureEdit.text == "R. Eader"
    assert preferences.reviewer == "R. Eader"


def test_a_second_load_of_the_module_uses_its_page_again(open_panel):
    first = open_panel(Behaviour.WORKS)
    first.shut_down()
    second = open_panel(Behaviour.WORKS)
    pages = slicer.app.settingsDialog().findChildren(ctk.ctkSettingsPanel)
    assert [page.objectName for page in pages] == ["BratsSegmenterSettingsPanel"]
    qt.QCoreApplication.sendPostedEvents(None, qt.QEvent.Type.DeferredDelete.value)
    assert slicer.util.findChildren(pages[0], name="SettingsPage") == [second.settings.widget]
    second.settings.format_boxes["SEG"].setChecked(True)
    assert second.send.format_boxes["SEG"].checked
    assert not first.send.format_boxes["SEG"].checked
