"""Finds T1, T1c, T2 and FLAIR among the series of a study, with a confidence and reasons in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pydicom.config import disable_value_validation

from BratsSegmenterLib.dicom.recognition.acquisition import Acquisition, acquisition_of, is_derived
from BratsSegmenterLib.dicom.recognition.candidates import Candidate, Recognition
from BratsSegmenterLib.dicom.recognition.choice import choose
from BratsSegmenterLib.dicom.recognition.contrast import T1Image, judge_contrast
from BratsSegmenterLib.dicom.recognition.exclusion import reason_to_leave_aside, reasons_to_exclude
from BratsSegmenterLib.dicom.recognition.flip_angles import is_one_of_several_flip_angles
from BratsSegmenterLib.dicom.recognition.midnight import past_midnight
from BratsSegmenterLib.dicom.recognition.names import NameReading, Weighting, names_another_part, read_name
from BratsSegmenterLib.dicom.recognition.vocabulary import OTHER_PART
from BratsSegmenterLib.dicom.recognition.weighting import Judgement, judge_weighting
from BratsSegmenterLib.domain import Sequence, Series
from BratsSegmenterLib.unreadable import UNREADABLE

_DERIVED_PENALTY = 0.25


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
    study, damaged = _see(series)
    excluded = [(one, "its header is damaged") for one in damaged]
    overrulable: set[str] = set()
    judged: list[tuple[_Seen, Judgement]] = []
    for seen in study:
        reason = next(reasons_to_exclude(seen.acquisition, seen.name), "")
        left_aside = reason_to_leave_aside(seen.acquisition, seen.name)
        judgement = None if reason or left_aside else judge_weighting(seen.acquisition, seen.name)
        if judgement is None:
            excluded.append(
                (seen.series, reason or left_aside or "neither its timing nor its name tells what it shows")
            )
            if not (reason or seen.series.fault):
                overrulable.add(seen.series.key)
        else:
            judged.append((seen, judgement))
    candidates = _candidates(judged, [seen.acquisition for seen in study])
    recognition = choose(candidates, {seen.series.key: seen.acquisition for seen in study})
    return replace(recognition, excluded=(*recognition.excluded, *excluded), overrulable=frozenset(overrulable))


def _see(series: Iterable[Series]) -> tuple[list[_Seen], list[Series]]:
    """The series with what their headers say, and those whose header is damaged."""
    readable: list[Series] = []
    damaged: list[Series] = []
    acquisitions: list[Acquisition] = []
    for one in series:
        try:
            acquisitions.append(acquisition_of(one))
            readable.append(one)
        except UNREADABLE:
            damaged.append(one)
    acquisitions = past_midnight(acquisitions)
    exam_wide = _exam_wide_protocols(acquisitions)
    names = [_name_of(acquisition, acquisitions, exam_wide) for acquisition in acquisitions]
    return [_Seen(*one) for one in zip(readable, acquisitions, names, strict=True)], damaged


def _exam_wide_protocols(study: list[Acquisition]) -> frozenset[str]:
    """Protocol names that series of several weightings share: they are the examination's, as GE writes them."""
    weightings: dict[str, set[Weighting | None]] = {}
    for acquisition in study:
        weightings.setdefault(acquisition.protocol, set()).add(read_name(acquisition.description).weighting)
    return frozenset(protocol for protocol, several in weightings.items() if len(several - {None}) > 1)


def _name_of(acquisition: Acquisition, study: list[Acquisition], exam_wide: frozenset[str]) -> NameReading:
    description, protocol, *others = acquisition.names
    is_exam_wide = protocol in exam_wide
    name = read_name(description, *([] if is_exam_wide else [protocol]), *others)
    # All that it tells: a study may hold a brain and a spine, whose series are named alike.
    if is_exam_wide and names_another_part(protocol):
        return replace(name, exclusion=OTHER_PART)
    if not name.exclusion and is_one_of_several_flip_angles(acquisition, study):
        return replace(name, exclusion="one of several flip angles for a map")
    return name


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
        if is_derived(seen.acquisition):
            confidence, reasons = confidence - _DERIVED_PENALTY, (*reasons, "a derived copy")
        candidates.append(Candidate(seen.series, sequence, round(max(confidence, 0.0), 2), reasons, contradiction))
    return candidates
