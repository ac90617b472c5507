"""What may be done to a study before a person has looked at it."""

from __future__ import annotations

from dataclasses import dataclass, field

from BratsSegmenterLib.dicom import EXACT, Contouring
from BratsSegmenterLib.domain import PreprocessingSteps, Sequence
from BratsSegmenterLib.job_results import PrepareResult


@dataclass(frozen=True)
class Rules:
    """How studies are segmented and sent that nobody attends.

    Attributes
    ----------
    bundle, device, steps, resample_gaps, is_postoperative
        As of :class:`~BratsSegmenterLib.jobs.SegmentJob`; whoever sets the last two speaks for all studies.
    needed : frozenset of Sequence
        Without which a study waits for a person.
    formats : tuple of str
        Kinds of objects to send.
    contouring : Contouring
    """

    bundle: str
    device: str = "auto"
    steps: PreprocessingSteps = field(default_factory=PreprocessingSteps)
    resample_gaps: bool = False
    is_postoperative: bool = False
    needed: frozenset[Sequence] = frozenset(Sequence)
    formats: tuple[str, ...] = ("RTSTRUCT",)
    contouring: Contouring = EXACT

    def reason_to_wait(self, prepared: PrepareResult) -> str:
        """Why a person has to look before the study is segmented; empty when all is clear."""
        if not prepared.sequences:
            return " ".join((*prepared.warnings, "None of the series was recognised as T1, T1c, T2 or FLAIR."))
        unsure = [name for name, choice in prepared.sequences.items() if not choice.is_sure]
        lacking = [sequence.value for sequence in Sequence if self._lacks(sequence, prepared)]
        sentences = [
            *prepared.warnings,
            *_named("Not sure about {}.", unsure),
            *_named("Not found in this study: {}.", lacking),
        ]
        if prepared.operated and not self.is_postoperative:
            sentences.append(
                f"A description says '{prepared.operated_reason}': whether there was an operation decides whether a "
                "cavity is looked for."
            )
        return " ".join(sentences)

    def _lacks(self, sequence: Sequence, prepared: PrepareResult) -> bool:
        return sequence in self.needed and sequence.value not in prepared.sequences


def _named(sentence: str, names: list[str]) -> tuple[str, ...]:
    return (sentence.format(", ".join(names)),) if names else ()
