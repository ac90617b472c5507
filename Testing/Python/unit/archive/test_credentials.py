from __future__ import annotations

import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked

from BratsSegmenterLib.archive import Credentials, CredentialStore
from BratsSegmenterLib.archive.credentials import system_keyring
from BratsSegmenterLib.errors import ArchiveError

SECRET = Credentials("reader", "hush", "t0ken")


class RealKeyring(KeyringBackend):
    """Keeps secrets where a test can look."""

    priority = 5.0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class LockedKeyring(RealKeyring):
    """The user does not unlock it."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked(f"locked: {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked(f"locked: {password}")


class PlaintextKeyring(RealKeyring):
    """As backends that write plain files rank themselves."""

    priority = 0.5


def test_nothing_secret_is_seen_in_a_repr() -> None:
    assert repr(SECRET) == "Credentials()"


def test_headless_use_takes_secrets_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRATS_SEGMENTER_USER", "reader")
    monkeypatch.setenv("BRATS_SEGMENTER_PASSWORD", "hush")
    monkeypatch.setenv("BRATS_SEGMENTER_TOKEN", "t0ken")
    assert Credentials.from_environment() == SECRET


def test_credentials_cross_a_pipe_unchanged() -> None:
    assert Credentials.from_json(SECRET.to_json()) == SECRET
    assert Credentials.from_json({}) == Credentials()


def test_a_line_end_is_no_part_of_a_secret() -> None:
    assert Credentials("reader\r\n", "hush\n", " t0ken\r\n") == SECRET
    assert Credentials(password=" hush ").password == " hush "


@pytest.mark.parametrize(
    ("credentials", "what"),
    [
        (SECRET, ""),
        (Credentials("Jürgen", "pässwörd 🔑"), ""),
        (Credentials("rea\nder", "hush"), "user name"),
        (Credentials("reader", "hu\x00sh"), "password"),
        (Credentials("reader", "hu\udcffsh"), "password"),
        (Credentials(token="t0k\r\nen"), "token"),
        (Credentials(token="t0ken…"), "token"),
    ],
)
def test_what_no_header_carries_is_known(credentials: Credentials, what: str) -> None:
    assert credentials.unsendable == what


def test_a_real_keyring_keeps_secrets_beyond_the_process() -> None:
    keyring = RealKeyring()
    CredentialStore(keyring).write("Ward 3", SECRET)

    store = CredentialStore(keyring)

    assert store.is_lasting
    assert store.read("Ward 3") == SECRET
    store.forget("Ward 3")
    assert store.read("Ward 3") == Credentials()
    assert keyring.kept == {}


@pytest.mark.parametrize("backend", [NoKeyring, PlaintextKeyring])
def test_without_a_keyring_that_encrypts_secrets_stay_in_memory(
    backend: type[KeyringBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyring.get_keyring", backend)

    store = CredentialStore()
    store.write("Ward 3", SECRET)

    assert system_keyring() is None
    assert not store.is_lasting
    assert store.read("Ward 3") == SECRET
    assert CredentialStore().read("Ward 3") == Credentials()


def test_a_locked_keyring_is_said_and_the_session_can_go_on() -> None:
    store = CredentialStore(LockedKeyring())

    with pytest.raises(ArchiveError, match="keyring of this computer is locked"):
        store.read("Ward 3")
    with pytest.raises(ArchiveError) as caught:
        store.write("Ward 3", SECRET)

    assert "hush" not in f"{caught.value} {caught.value.cause}"
    assert store.read("Ward 3") == SECRET
