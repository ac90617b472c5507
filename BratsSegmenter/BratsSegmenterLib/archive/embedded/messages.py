"""DICOM JSON that the embedded archive answers with (PS3.18 annex F)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_VR

from BratsSegmenterLib.archive.embedded.index import Level, Result
from BratsSegmenterLib.archive.embedded.storage import PROCESSING_FAILURE, Outcome
from BratsSegmenterLib.unreadable import UNREADABLE

_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


def query_answer(level: Level, results: Iterable[Result], base_url: str) -> bytes:
    """Results of QIDO-RS with address and counts of their level (PS3.18 tables 10.6.3-3 to 10.6.3-5)."""
    return json.dumps([_result(level, result, base_url).to_json_dict() for result in results]).encode()


def metadata_answer(paths: Iterable[Path]) -> Iterator[bytes]:
    """Metadata of WADO-RS (PS3.18 10.4.1.1.2), one piece an instance; pixel data is left out."""
    yield b"["
    for number, path in enumerate(paths):
        dataset = dcmread(path, stop_before_pixels=True)
        text = json.dumps(dataset.to_json_dict(suppress_invalid_tags=True))
        yield (", " if number else "").encode() + text.encode()
    yield b"]"


def store_answer(outcomes: Sequence[Outcome], base_url: str) -> bytes:
    """Response of STOW-RS (PS3.18 table I.1-1)."""
    answer = Dataset()
    answer.ReferencedSOPSequence = [
        _reference(one, base_url) for one in outcomes if one.failure_reason is None and one.identity is not None
    ]
    answer.FailedSOPSequence = [_failure(one) for one in outcomes if one.failure_reason is not None]
    return json.dumps(answer.to_json_dict()).encode()


def _result(level: Level, result: Result, base_url: str) -> Dataset:
    dataset = Dataset()
    for keyword, value in result.values.items():
        if value or keyword in ("PatientID", "PatientName", "AccessionNumber", "StudyDate"):
            _set(dataset, keyword, value)
    dataset.RetrieveURL = _address(base_url, *(result.values[uid] for uid in _UIDS if uid in result.values))
    if level is Level.STUDY:
        dataset.ModalitiesInStudy = [*result.modalities]
        dataset.NumberOfStudyRelatedSeries = result.series_count
        dataset.NumberOfStudyRelatedInstances = result.instance_count
    if level is Level.SERIES:
        dataset.NumberOfSeriesRelatedInstances = result.instance_count
    return dataset


def _set(dataset: Dataset, keyword: str, value: str) -> None:
    """Set an attribute as it was stored; where that is none, as a Series Number "abc", the result does without it."""
    with suppress(*UNREADABLE):
        setattr(dataset, keyword, int(value) if dictionary_VR(keyword) == "US" else value)


def _address(base_url: str, *uids: str) -> str:
    """Where a study, a series or an instance is retrieved; its UIDs in this order."""
    levels = ("studies", "series", "instances")
    return "/".join([base_url, *(f"{level}/{uid}" for level, uid in zip(levels, uids, strict=False))])


def _reference(outcome: Outcome, base_url: str) -> Dataset:
    item = _named(outcome)
    identity = outcome.identity
    if identity is not None:
        item.RetrieveURL = _address(base_url, identity.study_uid, identity.series_uid, identity.sop_instance_uid)
    return item


def _failure(outcome: Outcome) -> Dataset:
    item = _named(outcome)
    item.FailureReason = outcome.failure_reason or PROCESSING_FAILURE
    return item


def _named(outcome: Outcome) -> Dataset:
    item = Dataset()
    if outcome.identity is not None:
        item.ReferencedSOPClassUID = outcome.identity.sop_class_uid
        item.ReferencedSOPInstanceUID = outcome.identity.sop_instance_uid
    return item
