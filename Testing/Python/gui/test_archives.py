"""The form in which archives are added, changed and removed."""

import pytest
import slicer
from host.replay_worker import Behaviour


@pytest.fixture
def panel(open_panel):
    """The panel with one archive, whose form is opened again after it was saved."""
    panel = open_panel(Behaviour.WORKS)
    panel.archive.ui.editButton.click()
    return panel


def _names(panel) -> list[str]:
    selector = panel.archive.ui.profileSelector
    return [selector.itemText(index) for index in range(selector.count) if "Ward" in selector.itemText(index)]


def test_an_archive_that_was_just_saved_can_be_removed_once_the_user_agrees(panel, monkeypatch):
    asked, answers = [], iter([False, True])

    def answer(question, **_more):
        asked.append(question)
        return next(answers)

    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", answer)
    assert panel.archive.editor.ui.removeButton.enabled
    panel.archive.editor.ui.removeButton.click()
    assert "'Ward 3'" in asked[0]
    assert _names(panel) == ["Ward 3"]
    panel.archive.editor.ui.removeButton.click()
    assert _names(panel) == []
    assert not panel.archive.editor.ui.removeButton.enabled
    assert panel.archive.editor.ui.nameEdit.text == ""


def test_what_was_typed_and_not_saved_is_not_shown_as_if_in_use(panel):
    panel.archive.editor.ui.urlEdit.setText("http://127.0.0.1:2/typo")
    panel.archive.ui.editButton.click()
    panel.archive.ui.editButton.click()
    assert panel.archive.editor.ui.urlEdit.text == "http://127.0.0.1:1/dicom-web"


def test_the_button_says_whether_an_archive_is_saved_or_added(panel):
    form = panel.archive.editor.ui
    assert form.saveButton.text == "Save"
    form.nameEdit.setText("Ward 4")
    assert form.saveButton.text == "Add"
    form.saveButton.click()
    assert form.saveButton.text == "Save"
    assert _names(panel) == ["Ward 3", "Ward 4"]


def test_a_proxy_is_entered_kept_and_taken_away(panel):
    form = panel.archive.editor.ui

    def shown_again(entered: str) -> str:
        form.proxyEdit.setText(entered)
        form.saveButton.click()
        panel.archive.editor.load()
        return form.proxyEdit.text

    assert shown_again("proxy.example:3128") == "http://proxy.example:3128"
    assert shown_again("http://user:secret@proxy.example:3128") == "http://proxy.example:3128"
    assert "carries a user name or password" in panel.message_bar.ui.textLabel.text
    assert shown_again("") == ""
