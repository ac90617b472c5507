"""What the user chose: an archive, how to run, what to send."""

from __future__ import annotations

from dataclasses import dataclass

from BratsSegmenterLib.archive import Credentials, Profile

BUNDLE = "glioma-synthetic"


@dataclass(frozen=True)
class Connection:
    """An archive and what proves to it who we are."""

    profile: Profile
    credentials: Credentials


@dataclass(frozen=True)
class RunOptions:
    """Which model segments, and on which device ("auto", "cuda", "mps" or "cpu")."""

    bundle: str = BUNDLE
    device: str = "auto"


@dataclass(frozen=True)
class SendRequest:
    """What the user agreed to send: kinds of objects, the name of who reviewed them, where to."""

    connection: Connection
    formats: tuple[str, ...]
    reviewer: str = ""
