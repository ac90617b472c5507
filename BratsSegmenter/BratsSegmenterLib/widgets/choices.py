"""What the user chose: an archive, how to run, what to send."""

from __future__ import annotations

from dataclasses import dataclass, field

from BratsSegmenterLib.archive import Credentials, Profile
from BratsSegmenterLib.jobs import SwitchedSteps

BUNDLE = "glioma-synthetic"


@dataclass(frozen=True)
class Connection:
    """An archive and what proves to it who we are."""

    profile: Profile
    credentials: Credentials


@dataclass(frozen=True)
class RunOptions:
    """Which model segments, on which device ("auto", "cuda", "mps" or "cpu"), after which steps."""

    bundle: str = BUNDLE
    device: str = "auto"
    steps: SwitchedSteps = field(default_factory=SwitchedSteps)


@dataclass(frozen=True)
class SendRequest:
    """What the user agreed to send: where to, kinds of objects, who reviewed them, and whether that approves them."""

    connection: Connection
    formats: tuple[str, ...]
    reviewer: str = ""
    approved: bool = False
