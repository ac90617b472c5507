"""Chooses among the candidates of each sequence, and says where the choice was close or doubtful."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from BratsSegmenterLib.dicom.recognition.acquisition import Acquisition, SlicePlane, is_derived
from BratsSegmenterLib.dicom.recognition.candidates import Candidate, Recognition
from BratsSegmenterLib.domain import Sequence

_LEAST_CONFIDENCE = 0.35
_CONFIDENT = 0.6
_THIN_SLICE_MM = 2.0
# Less is a slab: of the inner ear, the hippocampus, the sella. Some sites cover a brain by 19 slices 5 mm apart.
_WHOLE_BRAIN_MM = 80.0


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
    # T1c first: the others are preferred in its frame of reference.
    for sequence in (Sequence.T1C, Sequence.T1, Sequence.T2, Sequence.FLAIR):
        reference = found[Sequence.T1C].series.frame_of_reference_uid if Sequence.T1C in found else None
        merits = {one.series.key: _merits(one, acquisitions[one.series.key], reference) for one in usable}
        ranked = sorted(
            (one for one in usable if one.sequence is sequence),
            key=lambda one: (merits[one.series.key], acquisitions[one.series.key].acquired_at or 0),
            reverse=True,
        )
        if ranked and ranked[0].confidence >= _LEAST_CONFIDENCE:
            best = found[sequence] = ranked.pop(0)
            warnings += _doubts(best)
            if ranked and merits[ranked[0].series.key] == merits[best.series.key]:
                warnings.append(_equally_good(best, ranked[0]))
        if ranked:
            alternatives[sequence] = tuple(ranked)
    lost = [one for one in candidates if one.series.fault]
    return Recognition(
        found={sequence: found[sequence] for sequence in Sequence if sequence in found},
        alternatives=alternatives,
        excluded=tuple((one.series, one.series.fault) for one in lost),
        warnings=(*warnings, *(_replaced_by_nothing(one) for one in lost if one.sequence not in found)),
    )


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


def _equally_good(chosen: Candidate, other: Candidate) -> str:
    return (
        f"{chosen.series.label} and {other.series.label} are equally good as {chosen.sequence.value}; the one acquired "
        f"later, {chosen.series.label}, is proposed."
    )


def _replaced_by_nothing(lost: Candidate) -> str:
    return f"{lost.series.fault} It would have been taken as {lost.sequence.value}."
