"""What pre-processing has to say about a study while it works."""

from __future__ import annotations

from dataclasses import dataclass, field

from BratsSegmenterLib.domain import Sequence

REGISTRATION_OFF = "Registration is switched off: the positions in the headers are used."
BIAS_CORRECTION_OFF = "Bias correction is switched off: slow shading of the images stays."


def interpolated_note(sequence: Sequence) -> str:
    """About a sequence of whose slices some are no images of the scanner."""
    return f"Slices of {sequence.value} were interpolated: they are missing, show nothing or lie unevenly."


@dataclass
class Notes:
    """Sentences for the user.

    Attributes
    ----------
    findings : list of str
        All of them, in the order of the work.
    doubts : list of str
        Those of them that make any result of the study doubtful.
    routine : list of str
        Those of them that are said of every study, when all is well.
    """

    findings: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    routine: list[str] = field(default_factory=list)

    def add(self, sentence: str, is_doubt: bool = False) -> None:
        """One more sentence."""
        self.findings.append(sentence)
        if is_doubt:
            self.doubts.append(sentence)

    def add_routine(self, sentence: str) -> None:
        """One more that is said of every study."""
        self.add(sentence)
        self.routine.append(sentence)
