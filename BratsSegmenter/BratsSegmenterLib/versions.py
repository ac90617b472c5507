"""The results that a study already carries, as versions: which there are, and which number comes next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from BratsSegmenterLib.days import in_words
from BratsSegmenterLib.dicom import (
    Authorship,
    Contouring,
    ObjectKind,
    ObjectReference,
    ResultObject,
    oldest_first,
)
from BratsSegmenterLib.domain import Algorithm
from BratsSegmenterLib.spoken_names import spoken

_AUTHORS = {Authorship.AI: "AI", Authorship.EDITED: "corrected", None: "author not stated"}
_BLANK = "nothing drawn"


@dataclass(frozen=True)
class EarlierResult:
    """One version: the objects of ours that were made together.

    Attributes
    ----------
    version : int
        Counted from 1.
    objects : tuple of ResultObject
        At least one.
    """

    version: int
    objects: tuple[ResultObject, ...]

    @property
    def made_at(self) -> str:
        """ISO 8601; empty when the objects do not say."""
        return self.objects[0].made_at

    @property
    def kinds(self) -> tuple[ObjectKind, ...]:
        """Which kinds of objects it has, in the order of :class:`ObjectKind`."""
        own = {one.kind for one in self.objects}
        return tuple(kind for kind in ObjectKind if kind in own)

    @property
    def authorship(self) -> Authorship | None:
        """Whether a person changed what the model drew; None when no object says."""
        return next((one.authorship for one in self.objects if one.authorship), None)

    @property
    def reviewer(self) -> str:
        """Name of who reviewed it, empty when nobody did. Show it, never log it."""
        return next((one.reviewer for one in self.objects if one.reviewer), "")

    @property
    def is_approved(self) -> bool:
        """Whether the reviewer approved it as final."""
        return any(one.is_approved for one in self.objects)

    @property
    def algorithm(self) -> Algorithm:
        """The model; its weights where an object names them."""
        return max((one.algorithm for one in self.objects), key=lambda algorithm: len(algorithm.weights_sha256))

    @property
    def regions(self) -> ResultObject | None:
        """The object with its regions: the SEG, else the structure set; else the report by which nothing is drawn."""
        by_kind = {one.kind: one for one in self.objects if one.has_regions}
        return by_kind.get(ObjectKind.SEG) or by_kind.get(ObjectKind.RTSTRUCT) or by_kind.get(ObjectKind.SR)

    @property
    def is_blank(self) -> bool:
        """Whether it says that nothing is drawn."""
        return self.regions is not None and self.regions.is_blank

    @property
    def contouring(self) -> Contouring | None:
        """How its structure set is drawn; None where it has none."""
        return next((one.contouring for one in self.objects if one.contouring), None)

    def describe(self) -> str:
        """For people, with the reviewer's name: ``version 2: corrected, reviewed by Curie, Marie, 3 May 2026``."""
        kinds = ", ".join(kind.name.replace("_", " ") for kind in self.kinds)
        return f"version {self.version}: {self.standing}{self._date()} ({kinds})"

    @property
    def standing(self) -> str:
        """Who drew it and who answers for it, with the reviewer's name: ``corrected, reviewed by Curie, Marie``."""
        review = f"reviewed by {spoken(self.reviewer)}" if self.reviewer else "not reviewed"
        approval = ", approved" if self.is_approved else ""
        author = _AUTHORS[self.authorship] if self.algorithm.is_model else self.algorithm.author
        author = _BLANK if self.is_blank else author
        return f"{author}, {review}{approval}"

    def _date(self) -> str:
        if not self.made_at:
            return ""
        return f", {in_words(datetime.fromisoformat(self.made_at))}"


def earlier_results(objects: Iterable[ResultObject]) -> tuple[EarlierResult, ...]:
    """The versions among the objects of a study, oldest first; what others made is no version of ours.

    Objects of one version carry the same time and number. Where an archive rewrote the series descriptions, versions
    are counted in the order of time.
    """
    together: dict[tuple[str, int | None], list[ResultObject]] = {}
    for one in oldest_first(one for one in objects if one.is_ours):
        together.setdefault((one.made_at, one.version), []).append(one)
    results: list[EarlierResult] = []
    for (_made_at, version), own in together.items():
        results.append(EarlierResult(version or next_version(results), tuple(own)))
    return tuple(results)


def foreign_regions(objects: Iterable[ResultObject]) -> tuple[ResultObject, ...]:
    """The structure sets and SEGs of others among the objects of a study, oldest first."""
    return tuple(oldest_first(one for one in objects if not one.is_ours))


def next_version(results: Sequence[EarlierResult]) -> int:
    """The number of the result to come."""
    return max((result.version for result in results), default=0) + 1


def newest_with(
    kinds: Collection[ObjectKind], results: Sequence[EarlierResult], says_the_same: Callable[[EarlierResult], bool]
) -> EarlierResult | None:
    """The newest version that has all of these kinds; None where it, or one that came after it, says something else.

    Parameters
    ----------
    kinds : collection of ObjectKind
    results : sequence of EarlierResult
        Oldest first.
    says_the_same : callable
        Whether a version says, in the kinds that it has, what is looked for.
    """
    for result in reversed(results):
        if not says_the_same(result):
            return None
        if set(kinds) <= set(result.kinds):
            return result
    return None


def predecessors(results: Sequence[EarlierResult]) -> tuple[ObjectReference, ...]:
    """The newest objects of each kind, for the new ones to refer to; key images come several at a time."""
    newest: dict[str, list[ObjectReference]] = {}
    for result in results:
        newest |= _by_class(result)
    return tuple(reference for references in newest.values() for reference in references)


def _by_class(result: EarlierResult) -> dict[str, list[ObjectReference]]:
    references: dict[str, list[ObjectReference]] = {}
    for one in result.objects:
        references.setdefault(one.reference.sop_class_uid, []).append(one.reference)
    return references


def describe(results: Sequence[EarlierResult]) -> str:
    """All versions in one sentence, with the reviewers' names; empty when there are none."""
    if not results:
        return ""
    text = "; ".join(result.describe() for result in results)
    return f"{text[0].upper()}{text[1:]}."
