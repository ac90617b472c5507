"""Secrets: in the operating system's keyring when there is a real one, else only in memory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from BratsSegmenterLib.errors import ArchiveError

_SERVICE = "BratsSegmenter"
_ENVIRONMENT = {
    "user": "BRATS_SEGMENTER_USER",
    "password": "BRATS_SEGMENTER_PASSWORD",
    "token": "BRATS_SEGMENTER_TOKEN",
}
_PROXY_ENVIRONMENT = {"user": "BRATS_SEGMENTER_PROXY_USER", "password": "BRATS_SEGMENTER_PROXY_PASSWORD"}
PROXY_LOGIN = " and ".join(_PROXY_ENVIRONMENT.values())
"""Where the login of a proxy is set, for advice."""
_LINE_ENDS = "\r\n"
_LOWEST_TRUSTED_PRIORITY = 1  # keyring's own mark for backends it recommends; file-based ones lie below


@dataclass(frozen=True)
class Credentials:
    """User name and password, or a token; its repr shows nothing of them.

    A line end around them, as files and the clipboard add one, is no part of them; nor is a blank around a token.
    """

    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "user", self.user.strip(_LINE_ENDS))
        object.__setattr__(self, "password", self.password.strip(_LINE_ENDS))
        object.__setattr__(self, "token", self.token.strip())

    @property
    def unsendable(self) -> str:
        """Which of them no HTTP header carries (RFC 7617 2, RFC 6750 2.1), in words; empty when all can be sent."""
        if not (self.token.isascii() and self.token.isprintable()):
            return "token"
        texts = {"user name": self.user, "password": self.password}
        return next((name for name, text in texts.items() if not all(map(_is_sendable, text))), "")

    @classmethod
    def from_environment(cls) -> Credentials:
        """For headless use: BRATS_SEGMENTER_USER, BRATS_SEGMENTER_PASSWORD and BRATS_SEGMENTER_TOKEN."""
        return cls(**{name: os.environ.get(variable, "") for name, variable in _ENVIRONMENT.items()})

    @classmethod
    def of_proxy(cls) -> Credentials:
        """For a proxy that asks for a login: BRATS_SEGMENTER_PROXY_USER and BRATS_SEGMENTER_PROXY_PASSWORD."""
        return cls(**{name: os.environ.get(variable, "") for name, variable in _PROXY_ENVIRONMENT.items()})

    @classmethod
    def from_json(cls, values: Mapping[str, str]) -> Credentials:
        """From an object with any of ``user``, ``password`` and ``token``, as a worker reads it from its input."""
        return cls(**{name: values.get(name, "") for name in _ENVIRONMENT})

    def to_json(self) -> dict[str, str]:
        """For a pipe to a worker process or a keyring; never for a file."""
        return {"user": self.user, "password": self.password, "token": self.token}


def _is_sendable(letter: str) -> bool:
    is_control = letter < " " or letter == "\x7f"
    is_part_of_one = "\ud800" <= letter <= "\udfff"  # a byte of the environment that is no text
    return not is_control and not is_part_of_one


class Keyring(Protocol):
    """The part of a :mod:`keyring` backend that is used."""

    def get_password(self, service: str, username: str) -> str | None:
        """The secret kept under both names."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret."""

    def delete_password(self, service: str, username: str) -> None:
        """Forget a secret."""


class CredentialStore:
    """Credentials by profile name. Its methods raise ArchiveError when the keyring is locked or broken.

    Parameters
    ----------
    keyring : Keyring or None
        Where they last beyond this process; by default the system's own, when it is a real one
        (Windows Credential Locker, macOS Keychain, Secret Service).
    """

    def __init__(self, keyring: Keyring | None = None) -> None:
        self._keyring = keyring or system_keyring()
        self._memory: dict[str, Credentials] = {}

    @property
    def is_lasting(self) -> bool:
        """Whether secrets will still be known after a restart."""
        return self._keyring is not None

    def read(self, profile_name: str) -> Credentials:
        """What is known for the profile; empty credentials when nothing is."""
        if profile_name not in self._memory and self._keyring is not None:
            with _explaining_keyring():
                kept = self._keyring.get_password(_SERVICE, profile_name)
            self._memory[profile_name] = Credentials.from_json(json.loads(kept)) if kept else Credentials()
        return self._memory.get(profile_name, Credentials())

    def write(self, profile_name: str, credentials: Credentials) -> None:
        """Remember the credentials of a profile: in memory in any case, in the keyring if it lets us."""
        self._memory[profile_name] = credentials
        if self._keyring is not None:
            with _explaining_keyring():
                self._keyring.set_password(_SERVICE, profile_name, json.dumps(credentials.to_json()))

    def forget(self, profile_name: str) -> None:
        """Forget the credentials of a profile everywhere."""
        self._memory.pop(profile_name, None)
        if self._keyring is None:
            return
        with _explaining_keyring():
            if self._keyring.get_password(_SERVICE, profile_name) is not None:
                self._keyring.delete_password(_SERVICE, profile_name)


@contextmanager
def _explaining_keyring() -> Iterator[None]:
    from keyring.errors import KeyringError  # Slicer does not ship it

    try:
        yield
    except KeyringError as error:
        raise ArchiveError(
            "The keyring of this computer is locked or does not answer.",
            "Unlock it and start again, or enter user, password or token anew; they are then forgotten at the end.",
            type(error).__name__,
        ) from None


def system_keyring() -> Keyring | None:
    """The operating system's keyring, or None where there is none that keeps secrets encrypted."""
    try:
        import keyring  # Slicer does not ship it
    except ImportError:
        return None
    backend = keyring.get_keyring()
    chained = getattr(backend, "backends", None)
    if chained is not None:
        backend = next(iter(chained), backend)
    return backend if backend.priority >= _LOWEST_TRUSTED_PRIORITY else None
