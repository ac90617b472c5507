"""Part 7: what is sent, where to, under whose name; nothing leaves before the user agrees."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from BratsSegmenterLib.jobs import SendResult
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.widgets.choices import SendRequest
from BratsSegmenterLib.widgets.part import Part, set_text_or_hide
from BratsSegmenterLib.widgets.profiles_model import ProfilesModel
from BratsSegmenterLib.widgets.send_model import FORMATS, consent_text, receipt_details, receipt_text
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.workflow import Workflow


class SendPart(Part):
    """Formats, reviewer, consent, and the receipt afterwards."""

    def __init__(self, workflow: Workflow, profiles: ProfilesModel, review: Review) -> None:
        super().__init__("SendPart")
        self._workflow = workflow
        self._profiles = profiles
        self._review = review
        self.format_boxes = {item.key: self._add_format(index) for index, item in enumerate(FORMATS)}
        self.format_boxes["RTSTRUCT"].setChecked(True)
        self.ui.reviewerEdit.textChanged.connect(self.update)
        self.ui.approvedBox.toggled.connect(self.withdraw_consent)
        self.ui.consentBox.toggled.connect(self.update)
        self.ui.sendButton.clicked.connect(self._send)
        workflow.sent.connect(self._show_receipt)

    def update(self) -> None:
        """Offer to send a result that was not sent yet, once the user agrees."""
        can_send = self._workflow.state is PanelState.REVIEW and bool(self._profiles.current_name)
        formats = self._formats()
        for widget in (self.ui.formatsFrame, self.ui.reviewerEdit):
            widget.setEnabled(can_send)
        self.ui.approvedBox.setEnabled(can_send and bool(self._reviewer()))
        if not self.ui.approvedBox.enabled:
            self.ui.approvedBox.setChecked(False)
        self.ui.consentBox.setVisible(can_send)
        self.ui.consentBox.setEnabled(can_send and bool(formats))
        if not self.ui.consentBox.enabled:
            self.ui.consentBox.setChecked(False)
        self.ui.sendButton.setEnabled(self.ui.consentBox.checked)
        self.ui.sendButton.setText(self._send_text())
        self.ui.consentLabel.setText(self._consent_text(can_send, formats))
        if self._workflow.state is not PanelState.SENT:
            set_text_or_hide(self.ui.receiptLabel, "")

    def _add_format(self, index: int) -> qt.QCheckBox:
        box = qt.QCheckBox(FORMATS[index].name)
        box.setObjectName(f"{FORMATS[index].key}Box")
        box.setToolTip(FORMATS[index].purpose)
        box.toggled.connect(self.withdraw_consent)
        self.ui.formatsFrame.layout().addWidget(box, index // 2, index % 2)
        return box

    def _formats(self) -> tuple[str, ...]:
        return tuple(key for key, box in self.format_boxes.items() if box.checked)

    def _reviewer(self) -> str:
        return self.ui.reviewerEdit.text.strip()

    def _send_text(self) -> str:
        name = self._profiles.current_name
        return _("Send to '{archive}'").format(archive=name) if name else _("Send")

    def _consent_text(self, can_send: bool, formats: tuple[str, ...]) -> str:
        if not can_send:
            return ""
        if not formats:
            return _("Choose at least one kind of object.")
        return consent_text(formats, self._profiles.current_name, self._review.is_edited, self.ui.approvedBox.checked)

    def withdraw_consent(self) -> None:
        """What was agreed to is no longer what would be sent."""
        self.ui.consentBox.setChecked(False)
        self.update()

    def _send(self) -> None:
        connection = self._profiles.connection()
        if connection is not None:
            request = SendRequest(connection, self._formats(), self._reviewer(), self.ui.approvedBox.checked)
            self._workflow.send(request)

    def _show_receipt(self, result: SendResult) -> None:
        set_text_or_hide(self.ui.receiptLabel, receipt_text(result))
        self.ui.receiptLabel.setToolTip(receipt_details(result))
