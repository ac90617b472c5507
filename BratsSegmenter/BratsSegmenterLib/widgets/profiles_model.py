"""The archives the user knows, which one is in use, and its secrets."""

from __future__ import annotations

from typing import Any, Protocol

from BratsSegmenterLib.archive import Credentials, CredentialStore, Profile, ProfileStore
from BratsSegmenterLib.kept_study import StudyOrigin
from BratsSegmenterLib.widgets.choices import Connection

_LAST_USED = "BratsSegmenter/archive"


class Settings(Protocol):
    """The part of QSettings that is used."""

    def value(self, key: str, default: Any = None) -> Any:
        """The value kept under `key`."""

    def setValue(self, key: str, value: Any) -> None:
        """Keep a value."""


class ProfilesModel:
    """Profiles in their file, secrets in the keyring or in memory, the name of the last used one in the settings."""

    def __init__(self, profiles: ProfileStore, credentials: CredentialStore, settings: Settings) -> None:
        self._profiles = profiles
        self._credentials = credentials
        self._settings = settings

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all profiles."""
        return tuple(profile.name for profile in self._profiles.profiles())

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
        return Connection(self._profiles.profile(name), self._credentials.read(name))

    def connection_of(self, origin: StudyOrigin) -> Connection | None:
        """The archive that a study comes from, whatever it is called here; None when it is not known here."""
        by_address = (profile.name for profile in self._profiles.profiles() if profile.url == origin.url)
        return self.connection_to(origin.profile) or self.connection_to(next(by_address, ""))

    def save(self, profile: Profile, credentials: Credentials) -> None:
        """Add or replace a profile with its secrets, and use it."""
        self._profiles.save(profile)
        self._credentials.write(profile.name, credentials)
        self.choose(profile.name)

    def remove(self, name: str) -> None:
        """Forget a profile and its secrets."""
        self._credentials.forget(name)
        self._profiles.remove(name)
