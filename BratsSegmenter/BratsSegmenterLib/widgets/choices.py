"""What the user chose: an archive, how to run, what to send."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from BratsSegmenterLib.archive import Credentials, Profile
from BratsSegmenterLib.dicom import EXACT, Contouring
from BratsSegmenterLib.domain import PreprocessingSteps
from BratsSegmenterLib.segmentation import DEFAULT_BUNDLE


@dataclass(frozen=True)
class Connection:
    """An archive and what proves to it who we are."""

    profile: Profile
    credentials: Credentials


@dataclass(frozen=True)
class RunOptions:
    """Which model segments, on which device ("auto", "cuda", "mps" or "cpu"), after which steps."""

    bundle: str = DEFAULT_BUNDLE
    device: str = "auto"
    steps: PreprocessingSteps = field(default_factory=PreprocessingSteps)


@dataclass(frozen=True)
class SendRequest:
    """What the user agreed to send.

    Attributes
    ----------
    connection : Connection or None
        Where to; None for a dry run, which writes and checks the objects and sends nothing.
    formats : tuple of str
        Kinds of objects.
    reviewer : str
        Who reviewed the result; empty when nobody did.
    approved : bool
        The reviewer approves it as final.
    contouring : Contouring
        What the structure set draws, and how.
    """

    connection: Connection | None
    formats: tuple[str, ...]
    reviewer: str = ""
    approved: bool = False
    contouring: Contouring = EXACT

    def as_dry_run(self) -> SendRequest:
        """The same objects, but nothing leaves."""
        return replace(self, connection=None)
