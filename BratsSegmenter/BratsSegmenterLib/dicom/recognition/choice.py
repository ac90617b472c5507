"""Chooses among the candidates of each sequence, and says where the choice was close or doubtful."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from BratsSegmenterLib.days import in_words
from BratsSegmenterLib.dicom.recognition.acquisition import Acquisition, SlicePlane, is_derived
from BratsSegmenterLib.dicom.recognition.candidates import Candidate, Recognition
from BratsSegmenterLib.domain import Sequence

_LEAST_CONFIDENCE = 0.35
_CONFIDENT = 0.6
_THIN_SLICE_MM = 2.0
# Less is a slab: of the inner ear, the hippocampus, the sella. Some sites cover a brain by 19 slices 5 mm apart.
_WHOLE_BRAIN_MM = 80.0
# No examination lasts longer, but an archive may hold those of several days as one study.
_ONE_EXAMINATION = timedelta(days=1)


def choose(candidates: Iterable[Candidate], acquisitions: Mapping[str, Acquisition]) -> Recognition:
    """Propose the best candidate of each sequence; the others become its alternatives.

    Parameters
    ----------
    candidates : iterable of Candidate
        Of one study. Those whose series has a fault are excluded, with a warning where nothing replaces them.
    acquisitions : mapping of str to Acquisition
        By the key of the series.
    """
    candidates = tuple(candidates)
    usable = [one for one in candidates if not one.series.fault]
    found: dict[Sequence, Candidate] = {}
    alternatives: dict[Sequence, tuple[Candidate, ...]] = {}
    warnings: list[str] = []
    # The reference first, T1c or else FLAIR: the others are preferred in its frame of reference and of its day.
    for sequence in (Sequence.T1C, Sequence.FLAIR, Sequence.T1, Sequence.T2):
        ranked = [one for one in usable if one.sequence is sequence]
        reference = found.get(Sequence.T1C) or found.get(Sequence.FLAIR)
        if reference:
            ranked = [_doubted_if_of_another_day(one, reference, acquisitions) for one in ranked]
        frame = reference.series.frame_of_reference_uid if reference else None
        merits = {one.series.key: _merits(one, acquisitions[one.series.key], frame) for one in ranked}
        ranked.sort(
            key=lambda one: (merits[one.series.key], acquisitions[one.series.key].acquired_at or 0), reverse=True
        )
        if ranked and ranked[0].confidence >= _LEAST_CONFIDENCE:
            best = found[sequence] = ranked.pop(0)
            warnings += _doubts(best)
            if ranked and merits[ranked[0].series.key] == merits[best.series.key]:
                warnings.append(_equally_good(best, ranked[0], acquisitions))
        if ranked:
            alternatives[sequence] = tuple(ranked)
    lost = [one for one in candidates if one.series.fault]
    return Recognition(
        found={sequence: found[sequence] for sequence in Sequence if sequence in found},
        alternatives=alternatives,
        excluded=tuple((one.series, one.series.fault) for one in lost),
        warnings=(*warnings, *(_replaced_by_nothing(one) for one in lost if one.sequence not in found)),
    )


def _doubted_if_of_another_day(
    candidate: Candidate, reference: Candidate, acquisitions: Mapping[str, Acquisition]
) -> Candidate:
    """By what their headers say of the acquisition alone: a series sent again has a new date of its own."""
    day, its_day = (acquisitions[one.series.key].acquired_on for one in (candidate, reference))
    if day is None or its_day is None or abs(day - its_day) <= _ONE_EXAMINATION:
        return candidate
    days = abs((day.date() - its_day.date()).days)
    apart = f"{days} day{'' if days == 1 else 's'} {'before' if day < its_day else 'after'} {reference.sequence.value}"
    doubt = f"it was acquired on {in_words(day)}, {apart}"
    return replace(candidate, contradiction="; ".join(filter(None, (candidate.contradiction, doubt))))


def _merits(candidate: Candidate, acquisition: Acquisition, reference: str | None) -> tuple[float, ...]:
    """What makes one candidate better than another, most important first."""
    extent_mm = acquisition.extent_mm
    thin = acquisition.slice_spacing_mm is not None and acquisition.slice_spacing_mm <= _THIN_SLICE_MM
    return (
        candidate.confidence >= _CONFIDENT,
        not is_derived(acquisition),
        extent_mm is None or extent_mm >= _WHOLE_BRAIN_MM,
        not candidate.contradiction,
        thin,
        thin or acquisition.plane is SlicePlane.AXIAL,
        not candidate.series.gap,
        reference in (None, candidate.series.frame_of_reference_uid),
        acquisition.slices or 0,
        candidate.confidence,
    )


def _doubts(chosen: Candidate) -> list[str]:
    doubts = [chosen.series.gap] if chosen.series.gap else []
    if chosen.contradiction:
        name = chosen.sequence.value
        doubts.append(f"{chosen.series.label} is taken as {name}, with doubt: {chosen.contradiction}.")
    return doubts


def _equally_good(chosen: Candidate, other: Candidate, acquisitions: Mapping[str, Acquisition]) -> str:
    both = f"{chosen.series.label} and {other.series.label} are equally good as {chosen.sequence.value}"
    at, other_at = (acquisitions[one.series.key].acquired_at for one in (chosen, other))
    if at is not None and other_at is not None and at > other_at:
        return f"{both}; the one acquired later, {chosen.series.label}, is proposed."
    return f"{both}, and neither is known to be the later one; {chosen.series.label} is proposed."


def _replaced_by_nothing(lost: Candidate) -> str:
    return f"{lost.series.fault} It would have been taken as {lost.sequence.value}."
