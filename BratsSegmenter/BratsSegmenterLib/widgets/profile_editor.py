"""The form in which an archive is added or changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import slicer
from slicer.i18n import tr as _

from BratsSegmenterLib.archive import Authentication, Credentials, Profile
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.widgets.part import load_ui
from BratsSegmenterLib.widgets.profiles_model import ProfilesModel
from BratsSegmenterLib.widgets.signal import Signal

_CHOICES = (
    (Authentication.NONE, _("nothing")),
    (Authentication.BASIC, _("user name and password")),
    (Authentication.BEARER, _("token")),
    (Authentication.CERTIFICATE, _("client certificate")),
)


class ProfileEditor:
    """Edits one profile and its secrets.

    Attributes
    ----------
    changed : Signal
        Emitted after a profile was saved or removed.
    rejected : Signal
        Emitted with an ArchiveError that says why the entries cannot be saved.
    """

    def __init__(self, model: ProfilesModel) -> None:
        self._model = model
        self.widget, self.ui = load_ui("ProfileEditor")
        self.changed = Signal()
        self.rejected = Signal()
        for _authentication, text in _CHOICES:
            self.ui.authenticationSelector.addItem(text)
        self.ui.authenticationSelector.currentIndexChanged.connect(self._show_fields_in_use)
        self.ui.nameEdit.textChanged.connect(self._name_the_button)
        self.ui.saveButton.clicked.connect(self._save)
        self.ui.removeButton.clicked.connect(self._remove)
        self.load()

    @property
    def fields(self) -> tuple[Any, ...]:
        """What Tab passes through, from the first to the last."""
        named = self.ui.nameEdit, self.ui.urlEdit, self.ui.authenticationSelector
        secrets = self.ui.userEdit, self.ui.passwordEdit, self.ui.tokenEdit
        way = self.ui.certificateEdit, self.ui.caEdit, self.ui.viewerEdit, self.ui.proxyEdit
        return *named, *secrets, *way, self.ui.removeButton, self.ui.saveButton

    def load(self) -> None:
        """Show the profile in use, or an empty form."""
        connection = self._model.connection()
        profile = connection.profile if connection else None
        credentials = connection.credentials if connection else Credentials()
        self.ui.nameEdit.setText(profile.name if profile else "")
        self.ui.urlEdit.setText(profile.url if profile else "")
        self.ui.certificateEdit.setText(profile.certificate_file if profile else "")
        self.ui.caEdit.setText(profile.ca_file if profile else "")
        self.ui.viewerEdit.setText(profile.viewer_url if profile else "")
        self.ui.proxyEdit.setText(profile.proxy if profile else "")
        self.ui.userEdit.setText(credentials.user)
        self.ui.passwordEdit.setText(credentials.password)
        self.ui.tokenEdit.setText(credentials.token)
        kinds = [authentication for authentication, _text in _CHOICES]
        self.ui.authenticationSelector.setCurrentIndex(kinds.index(profile.authentication) if profile else 0)
        self.ui.removeButton.setEnabled(profile is not None)
        self._show_fields_in_use()
        self._name_the_button()

    def _name_the_button(self) -> None:
        """Under another name an archive is added: none is ever renamed, as studies know theirs by its name."""
        is_known = self.ui.nameEdit.text.strip() in self._model.names
        self.ui.saveButton.setText(_("Save") if is_known else _("Add"))

    def _authentication(self) -> Authentication:
        return _CHOICES[self.ui.authenticationSelector.currentIndex][0]

    def _show_fields_in_use(self) -> None:
        in_use = {
            "user": Authentication.BASIC,
            "password": Authentication.BASIC,
            "token": Authentication.BEARER,
        }
        for field, authentication in in_use.items():
            is_used = self._authentication() is authentication
            getattr(self.ui, f"{field}Label").setVisible(is_used)
            getattr(self.ui, f"{field}Edit").setVisible(is_used)

    def _save(self) -> None:
        try:
            if not self.ui.nameEdit.text.strip():
                raise ArchiveError(_("The archive has no name."), _("Enter what you call it, for example 'Ward 3'."))
            profile = self._entered()
            self._model.save(profile, self._credentials())
        except ArchiveError as error:
            self.rejected.emit(error)
            return
        self.load()
        self.changed.emit()

    def _entered(self) -> Profile:
        """What the form does not show of a profile of that name (time-outs, prefixes, key) is kept."""
        name = self.ui.nameEdit.text.strip()
        known = self._model.connection_to(name)
        shown: dict[str, Any] = {
            "url": self.ui.urlEdit.text.strip(),
            "authentication": self._authentication(),
            "ca_file": self.ui.caEdit.text.strip(),
            "viewer_url": self.ui.viewerEdit.text.strip(),
            "proxy": self.ui.proxyEdit.text.strip(),
            "certificate_file": self.ui.certificateEdit.text.strip(),
        }
        return Profile(name, **shown) if known is None else replace(known.profile, **shown)

    def _credentials(self) -> Credentials:
        match self._authentication():
            case Authentication.BASIC:
                return Credentials(user=self.ui.userEdit.text, password=self.ui.passwordEdit.text)
            case Authentication.BEARER:
                return Credentials(token=self.ui.tokenEdit.text)
            case _:
                return Credentials()

    def _remove(self) -> None:
        name = self._model.current_name
        question = _(
            "Forget the archive '{archive}', how to reach it and its password? Studies that came from it stay on this"
            " computer."
        ).format(archive=name)
        if slicer.util.confirmOkCancelDisplay(question, windowTitle=_("Remove the archive")):
            self._model.remove(name)
            self.load()
            self.changed.emit()
