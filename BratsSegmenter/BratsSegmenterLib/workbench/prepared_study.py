"""What was recognised in a study, as records for people, Slicer and scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from BratsSegmenterLib import dicom
from BratsSegmenterLib.dicom import Candidate, Recognition, ResultObject, ScannedStudy, Surgery
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.job_results import PrepareResult, SequenceChoice, SeriesRow
from BratsSegmenterLib.versions import earlier_results, foreign_regions

_OPERATED = {Surgery.AFTER: True, Surgery.BEFORE: False}


def describe(
    study: ScannedStudy, recognition: Recognition, thumbnails: Mapping[str, Path] | None = None
) -> PrepareResult:
    """The study with its recognition; `thumbnails` by the key of the series."""
    objects = results_in(study)
    surgery = dicom.surgery_of(study.series)
    return PrepareResult(
        series=_series_rows(study, recognition, thumbnails or {}),
        sequences={sequence.value: _choice(candidate) for sequence, candidate in recognition.found.items()},
        warnings=(*recognition.warnings, *_about_damage(study, recognition)),
        notes=(
            *dicom.missing_notes(recognition.found),
            *(item.sentence for item in study.set_aside if not item.is_damaged),
        ),
        results=earlier_results(objects),
        others=foreign_regions(objects),
        consequences={lost.value: dicom.missing_note(lost, recognition.found) for lost in Sequence},
        operated=_OPERATED.get(surgery.surgery),
        operated_reason=surgery.words,
    )


def _about_damage(study: ScannedStudy, recognition: Recognition) -> Iterator[str]:
    """What no warning of the recognition says already, of the series that a file would have been of."""
    for item in study.set_aside:
        if item.is_damaged and not any(item.sentence in warning for warning in recognition.warnings):
            yield item.sentence


def results_in(study: ScannedStudy) -> tuple[ResultObject, ...]:
    """Structure sets, SEGs, reports and key images that the study carries."""
    return dicom.result_objects(study.beside_the_images)


def _series_rows(
    study: ScannedStudy, recognition: Recognition, thumbnails: Mapping[str, Path]
) -> tuple[SeriesRow, ...]:
    reasons = {series.key: reason for series, reason in recognition.excluded}
    return tuple(
        SeriesRow(
            s.key,
            s.description,
            s.number,
            len(s.frames),
            reasons.get(s.key, ""),
            thumbnails.get(s.key),
            s.key in recognition.overrulable,
        )
        for s in study.series
    )


def _choice(candidate: Candidate) -> SequenceChoice:
    series = candidate.series
    doubt = candidate.contradiction or series.gap
    return SequenceChoice(series.key, series.series_uid, candidate.confidence, candidate.reasons, doubt)
