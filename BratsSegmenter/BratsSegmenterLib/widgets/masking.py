"""What else names a patient beside the work list: the fields that are searched with, and the subject hierarchy."""

from __future__ import annotations

from typing import Any

import qt

from BratsSegmenterLib.scene.patient_names import PatientMask
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.widgets.identities import Identities


class Masking:
    """Follows the switch that hides identities.

    Parameters
    ----------
    identities : Identities
    review : Review
    fields : QLineEdit
        Where the user types names, IDs and accession numbers: dots while identities are hidden.
    """

    def __init__(self, identities: Identities, review: Review, *fields: Any) -> None:
        self._identities = identities
        self._mask = PatientMask(identities.pseudonym)
        self._fields = fields
        review.on_placed = self.update
        identities.changed.connect(self.update)
        self.update()

    def update(self) -> None:
        """Mask what stands there and what will, or show it again."""
        is_hidden = self._identities.are_hidden
        for field in self._fields:
            field.setEchoMode(qt.QLineEdit.Password if is_hidden else qt.QLineEdit.Normal)
        if is_hidden:
            self._mask.put_on()
        else:
            self._mask.take_off()

    def release(self) -> None:
        """Follow the scene no more, for a module that closes; what is masked stays so."""
        self._mask.release()
