"""Finds T1, T1c, T2 and FLAIR among the series of a study, with a confidence and reasons in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pydicom.config import disable_value_validation

from BratsSegmenterLib.dicom.reading import UNREADABLE
from BratsSegmenterLib.dicom.recognition.acquisition import Acquisition, SlicePlane, acquisition_of
from BratsSegmenterLib.dicom.recognition.contrast import T1Image, judge_contrast
from BratsSegmenterLib.dicom.recognition.exclusion import reasons_to_exclude
from BratsSegmenterLib.dicom.recognition.names import NameReading, Weighting, read_name
from BratsSegmenterLib.dicom.recognition.weighting import Judgement, judge_weighting
from BratsSegmenterLib.domain import Sequence, Series

_DERIVED_PENALTY = 0.25
_LEAST_CONFIDENCE = 0.35
_THIN_SLICE_MM = 2.0


@dataclass(frozen=True, eq=False)
class Candidate:
    """A series that may be a sequence.

    Attributes
    ----------
    series : Series
    sequence : Sequence
    confidence : float
        0 to 1; 1 where the user chose.
    reasons : tuple of str
        Why, in plain words.
    contradiction : str
        What speaks against it; empty when nothing does.
    """

    series: Series
    sequence: Sequence
    confidence: float
    reasons: tuple[str, ...]
    contradiction: str = ""


@dataclass(frozen=True, eq=False)
class Recognition:
    """What was found in a study; nothing in it is final before the user agreed.

    Attributes
    ----------
    found : mapping of Sequence to Candidate
        The proposal. A sequence that is missing has no key.
    alternatives : mapping of Sequence to tuple of Candidate
        Other series for the same sequence, best first.
    excluded : tuple of (Series, str)
        Series that are none of the four, and why.
    warnings : tuple of str
        Contradictions, equally good candidates, gaps and anatomical series that cannot be loaded, as sentences.
    """

    found: Mapping[Sequence, Candidate]
    alternatives: Mapping[Sequence, tuple[Candidate, ...]] = field(default_factory=dict)
    excluded: tuple[tuple[Series, str], ...] = ()
    warnings: tuple[str, ...] = ()

    def with_override(self, sequence: Sequence, series: Series | None) -> Recognition:
        """The recognition after the user chose `series` for `sequence`, or said that there is none (None).

        A series can be one sequence only: where it was proposed for another, that one is missing afterwards.
        """
        found = {
            key: candidate
            for key, candidate in self.found.items()
            if key is not sequence and (series is None or candidate.series.key != series.key)
        }
        if series is not None:
            found[sequence] = Candidate(series, sequence, 1.0, ("chosen by the user",))
        return replace(self, found={key: found[key] for key in Sequence if key in found})


@dataclass(frozen=True, eq=False)
class _Seen:
    """A series, how it was acquired and what its name says."""

    series: Series
    acquisition: Acquisition
    name: NameReading


@disable_value_validation()
def recognise(series: Iterable[Series]) -> Recognition:
    """Recognise the sequences of one study from headers alone: numbers first, then text, then the study's order.

    Parameters
    ----------
    series : iterable of Series
        All series of one study; those that are no candidates help to judge the others.
    """
    study: list[_Seen] = []
    excluded: list[tuple[Series, str]] = []
    for one in series:
        try:
            acquisition = acquisition_of(one)
        except UNREADABLE:
            excluded.append((one, "its header is damaged"))
        else:
            study.append(_Seen(one, acquisition, read_name(*acquisition.names)))
    judged: list[tuple[_Seen, Judgement]] = []
    for seen in study:
        reason = next(reasons_to_exclude(seen.acquisition, seen.name), seen.series.fault)
        judgement = None if reason else judge_weighting(seen.acquisition, seen.name)
        if judgement is None:
            excluded.append((seen.series, reason or "neither its timing nor its name tells what it shows"))
        else:
            judged.append((seen, judgement))
    candidates = _candidates(judged, [seen.acquisition for seen in study])
    recognition = _choose(candidates, {seen.series.key: seen.acquisition for seen in study})
    lost = [reason for one, reason in excluded if reason == one.fault]
    return replace(recognition, excluded=tuple(excluded), warnings=(*recognition.warnings, *lost))


def _candidates(judged: list[tuple[_Seen, Judgement]], study: list[Acquisition]) -> list[Candidate]:
    t1_images = [T1Image(seen.acquisition, seen.name) for seen, one in judged if one.weighting is Weighting.T1]
    contrast = iter(judge_contrast(t1_images, study))
    candidates = []
    for seen, judgement in judged:
        sequence, confidence, reasons = Sequence(judgement.weighting.value), judgement.confidence, judgement.reasons
        contradiction = judgement.contradiction
        if sequence is Sequence.T1:
            agent = next(contrast)
            sequence = Sequence.T1C if agent.after_agent else Sequence.T1
            confidence = min(confidence, agent.highest_confidence)
            reasons, contradiction = (*reasons, *agent.reasons), contradiction or agent.doubt
        if _is_derived(seen.acquisition):
            confidence, reasons = confidence - _DERIVED_PENALTY, (*reasons, "a derived copy")
        candidates.append(Candidate(seen.series, sequence, round(max(confidence, 0.0), 2), reasons, contradiction))
    return candidates


def _choose(candidates: list[Candidate], acquisitions: Mapping[str, Acquisition]) -> Recognition:
    found, alternatives, warnings = {}, {}, []
    for sequence in Sequence:
        ranked = sorted(
            (one for one in candidates if one.sequence is sequence),
            key=lambda one: (_merits(one, acquisitions), acquisitions[one.series.key].acquired_at or 0),
            reverse=True,
        )
        if ranked and ranked[0].confidence >= _LEAST_CONFIDENCE:
            found[sequence] = ranked.pop(0)
            warnings += _warnings(found[sequence], ranked, acquisitions)
        if ranked:
            alternatives[sequence] = tuple(ranked)
    return Recognition(found, alternatives, warnings=tuple(warnings))


def _merits(candidate: Candidate, acquisitions: Mapping[str, Acquisition]) -> tuple[float, ...]:
    """What makes one candidate better than another, most important first."""
    acquisition = acquisitions[candidate.series.key]
    thin = (acquisition.slice_spacing_mm or 99.0) <= _THIN_SLICE_MM
    return (
        candidate.confidence >= 0.6,
        not _is_derived(acquisition),
        not candidate.contradiction,
        thin,
        thin or acquisition.plane is SlicePlane.AXIAL,
        not candidate.series.gap,
        acquisition.slices or 0,
        candidate.confidence,
    )


def _warnings(chosen: Candidate, others: list[Candidate], acquisitions: Mapping[str, Acquisition]) -> list[str]:
    name, warnings = chosen.sequence.value, []
    if chosen.contradiction:
        warnings.append(f"{chosen.series.label} is taken as {name}, with doubt: {chosen.contradiction}.")
    if others and _merits(others[0], acquisitions) == _merits(chosen, acquisitions):
        warnings.append(
            f"{chosen.series.label} and {others[0].series.label} are equally good as {name}; the one acquired later, "
            f"{chosen.series.label}, is proposed."
        )
    if chosen.series.gap:
        warnings.append(chosen.series.gap)
    return warnings


def _is_derived(acquisition: Acquisition) -> bool:
    return {"DERIVED", "SECONDARY"} <= set(acquisition.image_type)
