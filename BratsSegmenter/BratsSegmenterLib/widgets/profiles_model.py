"""The archives the user knows, which one is in use, and its secrets."""

from __future__ import annotations

from BratsSegmenterLib.archive import Credentials, CredentialStore, Profile, ProfileStore
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.study import StudyOrigin
from BratsSegmenterLib.widgets.choices import Connection
from BratsSegmenterLib.widgets.preferences import QtSettings
from BratsSegmenterLib.widgets.signal import Signal

_LAST_USED = "BratsSegmenter/archive"


class ProfilesModel:
    """Profiles in their file, secrets in the keyring or in memory, the name of the last used one in the settings.

    Attributes
    ----------
    troubled : Signal
        Emitted with an ArchiveError, once each, when the file is damaged (there are no profiles then), a profile in it
        cannot be used (it is left out), or the keyring is locked (then its secrets are not known until they are entered
        anew).
    """

    def __init__(self, profiles: ProfileStore, credentials: CredentialStore, settings: QtSettings) -> None:
        self.troubled = Signal()
        self._told: set[str] = set()
        self._locked: set[str] = set()
        self._profiles = profiles
        self._credentials = credentials
        self._settings = settings

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all profiles."""
        return tuple(profile.name for profile in self._known())

    @property
    def current_name(self) -> str:
        """The profile in use: the last used one, else the first; empty when there is none."""
        names = self.names
        last = str(self._settings.value(_LAST_USED, "") or "")
        return last if last in names else next(iter(names), "")

    def choose(self, name: str) -> None:
        """Use another profile from now on."""
        self._settings.setValue(_LAST_USED, name)

    def connection(self) -> Connection | None:
        """The profile in use with its secrets; None when there is no profile."""
        return self.connection_to(self.current_name)

    def connection_to(self, name: str) -> Connection | None:
        """The profile of that name with its secrets; None when there is none."""
        if name not in self.names:
            return None
        return Connection(self._profiles.profile(name), self._secrets(name))

    def connection_of(self, origin: StudyOrigin) -> Connection | None:
        """The archive that a study comes from, whatever it is called here; None when it is not known here."""
        by_address = (profile.name for profile in self._known() if profile.url == origin.url)
        return self.connection_to(origin.profile) or self.connection_to(next(by_address, ""))

    def save(self, profile: Profile, credentials: Credentials) -> None:
        """Add or replace a profile with its secrets, and use it."""
        self._profiles.save(profile)
        self.choose(profile.name)
        self._locked.discard(profile.name)
        try:
            self._credentials.write(profile.name, credentials)
        except ArchiveError as error:
            self._tell(error)  # they are known until Slicer is closed

    def remove(self, name: str) -> None:
        """Forget a profile and its secrets."""
        self._credentials.forget(name)
        self._profiles.remove(name)

    def _known(self) -> tuple[Profile, ...]:
        try:
            for refused in self._profiles.refused():
                self._tell(refused)
            return self._profiles.profiles()
        except ArchiveError as error:
            self._tell(error)
            return ()

    def _secrets(self, name: str) -> Credentials:
        if name in self._locked:  # asked again, the keyring would show its prompt again
            return Credentials()
        try:
            return self._credentials.read(name)
        except ArchiveError as error:
            self._locked.add(name)
            self._tell(error)
            return Credentials()

    def _tell(self, error: ArchiveError) -> None:
        if error.what not in self._told:
            self._told.add(error.what)
            self.troubled.emit(error)
