"""Part 7: what is sent, where to, under whose name; nothing leaves before the user agrees."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import qt
from slicer.i18n import tr as _

from BratsSegmenterLib.archive import Profile
from BratsSegmenterLib.dicom import Authorship, Contouring
from BratsSegmenterLib.job_results import SegmentResult, SendResult
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.widgets.choices import SendRequest
from BratsSegmenterLib.widgets.details import Details
from BratsSegmenterLib.widgets.eliding import middle_elided
from BratsSegmenterLib.widgets.format_boxes import format_boxes
from BratsSegmenterLib.widgets.message_bar import ERROR_LABEL_STYLE
from BratsSegmenterLib.widgets.part import Part, as_title, set_text_or_hide, tab_before
from BratsSegmenterLib.widgets.preferences import ALL_PREFERENCES, Preference, Preferences
from BratsSegmenterLib.widgets.profiles_model import ProfilesModel
from BratsSegmenterLib.widgets.send_model import (
    blank_obstacle,
    checks_text,
    consent_text,
    receipt_details,
    receipt_text,
    refusal_html,
)
from BratsSegmenterLib.widgets.send_preview import acceptance_text, preview
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure

_WITH_A_RESULT = (PanelState.REVIEW, PanelState.SENT)
_AT_WORK = (PanelState.REHEARSING, PanelState.SENDING)
_LONGEST_ARCHIVE = 30  # the panel grows as wide as the button


class SendPart(Part):
    """Formats, reviewer, what it comes to, consent; the gate's findings and the receipt afterwards."""

    def __init__(self, workflow: Workflow, profiles: ProfilesModel, review: Review, preferences: Preferences) -> None:
        super().__init__("SendPart")
        self._workflow = workflow
        self._profiles = profiles
        self._review = review
        self._preferences = preferences
        self._offered: SendRequest | None = None
        self._requested: SendRequest | None = None
        self._sent: SendRequest | None = None
        self._shown: SendResult | None = None
        self._drawing_is_for: SegmentResult | None = None
        self._is_rehearsing = False
        self._details = Details(self.ui.detailsButton, self.ui.detailsLabel)
        self.format_boxes = format_boxes(self.ui.formatsFrame, "Box")
        for box in self.format_boxes.values():
            box.toggled.connect(self.withdraw_consent)
        tab_before(self.ui.nestedBox, self.format_boxes.values())
        self.take_preferences()
        for box in (self.ui.nestedBox, self.ui.smoothBox, self.ui.approvedBox):
            box.toggled.connect(self.withdraw_consent)
        self.ui.reviewerEdit.textChanged.connect(self.withdraw_consent)
        self.ui.consentBox.toggled.connect(self.update)
        self.ui.sendButton.clicked.connect(self._send)
        self.ui.dryRunButton.clicked.connect(self._rehearse)
        self.ui.folderButton.clicked.connect(self._open_folder)
        self.ui.viewerButton.clicked.connect(self._open_viewer)
        workflow.sent.connect(self._show_sent)
        workflow.rehearsed.connect(self._show_outcome)
        workflow.refused.connect(self._show_refusal)
        workflow.stopped.connect(self._show_stopped)
        self.ui.refusalLabel.setStyleSheet(ERROR_LABEL_STYLE)

    def update(self) -> None:
        """Offer to send a result once the user agrees: one that was not sent yet, or was sent otherwise."""
        self._draw_another_result_as_usual()
        has_result = self._workflow.state_of_study in _WITH_A_RESULT
        is_free = has_result and not self._workflow.state.is_busy
        formats = self._formats()
        is_sayable = bool(formats) and not self._blank_obstacle()
        for widget in (self.ui.formatsFrame, self.ui.drawingFrame, self.ui.reviewerEdit):
            widget.setEnabled(is_free)
        self.ui.drawingFrame.setVisible("RTSTRUCT" in formats)
        can_approve = has_result and bool(self._reviewer())
        self.ui.approvedBox.setEnabled(is_free and can_approve)
        if not can_approve and self._workflow.state not in _AT_WORK:
            self.ui.approvedBox.setChecked(False)
        can_send = has_result and bool(self._archive) and not self._is_sent
        self.ui.consentBox.setVisible(can_send)
        self.ui.consentBox.setEnabled(is_free and can_send and is_sayable)
        if not (can_send and is_sayable):
            self.ui.consentBox.setChecked(False)
        self.ui.sendButton.setEnabled(is_free and self.ui.consentBox.checked)
        self.ui.sendButton.setText(self._send_text())
        self.ui.dryRunButton.setEnabled(is_free and is_sayable)
        self._offered = self._request() if can_send and is_sayable else None
        set_text_or_hide(self.ui.previewLabel, self._preview_text())
        self.ui.consentLabel.setText(self._consent_text(can_send))
        if not has_result:
            self._clear_outcome()  # also while the next sending runs

    def take_preferences(self, changed: Collection[Preference] = ALL_PREFERENCES) -> None:
        """Tick and fill in what the user prefers, where her preference changed."""
        if Preference.FORMATS in changed:
            for key, box in self.format_boxes.items():
                box.setChecked(key in self._preferences.formats)
        if Preference.REVIEWER in changed:
            self.ui.reviewerEdit.setText(self._preferences.reviewer)

    def follow_edit(self) -> None:
        """The segments changed: neither approval, consent nor receipt is about them any more."""
        self._clear_outcome()
        self.ui.approvedBox.setChecked(False)
        self.withdraw_consent()

    def withdraw_consent(self) -> None:
        """What was agreed to is no longer what would be sent."""
        self.ui.consentBox.setChecked(False)
        self.update()

    def _draw_another_result_as_usual(self) -> None:
        """How the contours of one patient were wanted is not asked for the next."""
        result = self._workflow.result
        if result is not self._drawing_is_for:
            self._drawing_is_for = result
            for box in (self.ui.nestedBox, self.ui.smoothBox):
                box.setChecked(False)

    def _formats(self) -> tuple[str, ...]:
        return tuple(key for key, box in self.format_boxes.items() if box.checked)

    def _reviewer(self) -> str:
        return self.ui.reviewerEdit.text.strip()

    @property
    def _archive(self) -> str:
        """Where to: back to where the study came from; else, for images of this computer too, the archive in use."""
        came_from = self._workflow.came_from
        return came_from if came_from in self._profiles.names else self._profiles.current_name

    @property
    def _sent_to(self) -> Profile | None:
        connection = None if self._sent is None else self._sent.connection
        return None if connection is None else connection.profile

    def _request(self) -> SendRequest:
        return SendRequest(
            connection=self._profiles.connection_to(self._archive),
            formats=self._formats(),
            reviewer=self._reviewer(),
            approved=self.ui.approvedBox.checked,
            contouring=Contouring(self.ui.nestedBox.checked, self.ui.smoothBox.checked),
        )

    @property
    def _is_sent(self) -> bool:
        """Whether the result was sent just as it would be now; a format, a signature or an archive more is new."""
        return self._workflow.state_of_study is PanelState.SENT and self._request() == self._sent

    def _preview_text(self) -> str:
        result = self._workflow.result
        if self._offered is None or result is None:
            return ""
        parameters = self._review.parameters
        acceptance = acceptance_text(parameters.accepted, parameters.result.volumes_ml) if parameters.has_result else ""
        earlier, version = self._workflow.earlier_results, self._workflow.next_version
        # Changed by a person here, or in the regions that were taken up.
        authorship = Authorship.EDITED if self._review.is_edited else result.authorship
        is_blank = self._review.is_blank
        return preview(self._offered, version, earlier, result.algorithm, acceptance, authorship, is_blank).to_html()

    def _send_text(self) -> str:
        name = self._archive
        if not name:
            return _("Send")
        return _("Send to '{archive}'").format(archive=as_title(middle_elided(name, _LONGEST_ARCHIVE)))

    def _consent_text(self, can_send: bool) -> str:
        if self._workflow.result is None:
            return _("What is sent is chosen here once a study is segmented.")
        obstacle = self._blank_obstacle()
        if obstacle:
            return obstacle
        if not self._archive:
            return _("Add an archive in part 1 to send this result; a dry run works without one.")
        if self._offered is None:
            return _("Choose at least one kind of object.") if can_send else ""
        review, came_from = self._review, self._workflow.came_from
        return consent_text(self._offered, self._archive, review.is_edited, came_from, review.is_blank)

    def _blank_obstacle(self) -> str:
        return blank_obstacle(self._formats(), self._reviewer()) if self._review.is_blank else ""

    def _send(self) -> None:
        """Send what the consent was about, whatever was chosen elsewhere since."""
        request = self._offered
        if request is not None and request.connection is not None:
            self._requested = request
            self._preferences.reviewer, self._preferences.formats = request.reviewer, request.formats
            self._is_rehearsing = False
            self._workflow.send(request)

    def _rehearse(self) -> None:
        self._is_rehearsing = True
        self._workflow.send(self._request().as_dry_run())

    def _show_sent(self, result: SendResult) -> None:
        self._sent = self._requested
        self.update()
        self._show_outcome(result)
        self.ui.viewerButton.setVisible(self._sent_to is not None and bool(self._sent_to.viewer_url))

    def _show_outcome(self, result: SendResult) -> None:
        self._shown = result
        set_text_or_hide(self.ui.receiptLabel, receipt_text(result))
        self._details.offer(receipt_details(result))
        set_text_or_hide(self.ui.checksLabel, checks_text(result))
        self.ui.folderButton.setVisible(bool(result.objects))

    def _show_refusal(self, failure: Failure) -> None:
        self._clear_outcome()
        set_text_or_hide(self.ui.refusalLabel, refusal_html(failure, self._is_rehearsing))
        self._details.offer(failure.cause)

    def _show_stopped(self, what: str) -> None:
        self._clear_outcome()
        set_text_or_hide(self.ui.receiptLabel, what)

    def _clear_outcome(self) -> None:
        self._shown = None
        for label in (self.ui.refusalLabel, self.ui.receiptLabel, self.ui.checksLabel):
            set_text_or_hide(label, "")
        self._details.offer("")
        for button in (self.ui.folderButton, self.ui.viewerButton):
            button.setVisible(False)

    def _open_folder(self) -> None:
        if self._shown is not None and self._shown.objects:
            folder = Path(self._shown.objects[0].path).parent
            qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(folder)))

    def _open_viewer(self) -> None:
        if self._sent_to is not None and self._workflow.study is not None:
            address = self._sent_to.viewer_address(self._workflow.study.study_uid)
            qt.QDesktopServices.openUrl(qt.QUrl(address))
