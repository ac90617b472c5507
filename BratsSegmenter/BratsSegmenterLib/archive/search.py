"""QIDO-RS: studies, series and instances, paged, few fields, filtered again on our side."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import requests

from BratsSegmenterLib.archive.connection import Connection
from BratsSegmenterLib.archive.failures import NotFoundError
from BratsSegmenterLib.archive.listing import (
    InstanceSummary,
    JsonDataset,
    MalformedListingError,
    SeriesSummary,
    StudyQuery,
    StudySummary,
)
from BratsSegmenterLib.archive.threads import Stop
from BratsSegmenterLib.errors import ArchiveError

_log = logging.getLogger(__name__)

Summary = TypeVar("Summary", StudySummary, SeriesSummary, InstanceSummary)
_PAGE = 200
_STUDY_FIELDS = ["StudyDescription", "ModalitiesInStudy", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"]
_ISSUER = "IssuerOfPatientID"
_SERIES_FIELDS = ["SeriesDescription", "SeriesNumber", "NumberOfSeriesRelatedInstances"]


def search_studies(connection: Connection, query: StudyQuery, stop: Stop) -> list[StudySummary]:
    """The wanted studies in the archive's own order, on which the next page goes on.

    A study that the archive lists wrongly is passed over for the sake of the others.
    """
    faults: list[ArchiveError] = []

    def parse(dataset: JsonDataset) -> StudySummary | None:
        try:
            return StudySummary.from_dicom_json(dataset)
        except ArchiveError as error:
            faults.append(error)
            return None

    # Orthanc reads a file of every study for the issuer: only the few studies under one ID are asked whose it is.
    fields = [*_STUDY_FIELDS, _ISSUER] if query.patient_id else _STUDY_FIELDS
    search = partial(connection.client.search_for_studies, fields=fields, search_filters=_generous_filters(query))
    listed = _all_pages(connection, search, parse, stop)
    try:
        matching = _once(filter(query.matches, listed))
        wanted = [*islice(matching, query.offset, query.offset + query.limit)]
    except NotFoundError:  # how some archives say that there is none, and how a wrong address answers
        connection.attempt(partial(connection.client.search_for_studies, limit=1), stop)
        wanted = []
    if faults and not wanted:
        raise faults[0]
    if faults:
        _log.warning("Studies passed over, because the archive lists them without a valid UID: %d", len(faults))
    return wanted


def list_series(connection: Connection, study_uid: str, stop: Stop) -> list[SeriesSummary]:
    """The series of a study by number; of one that is listed with several counts, as while it arrives, the largest."""
    search = partial(connection.client.search_for_series, study_uid, fields=_SERIES_FIELDS)
    parse = partial(SeriesSummary.from_dicom_json, study_uid=study_uid)
    listed = sorted(_all_pages(connection, search, parse, stop), key=lambda one: one.instance_count or 0, reverse=True)
    return sorted(_once(listed), key=lambda one: (one.number is None, one.number or 0, one.series_uid))


def list_instances(connection: Connection, study_uid: str, series_uid: str, stop: Stop) -> list[InstanceSummary]:
    """The instances of one series; none when the archive does not know it."""
    search = partial(connection.client.search_for_instances, study_uid, series_uid)
    parse = partial(InstanceSummary.from_dicom_json, study_uid=study_uid, series_uid=series_uid)
    try:
        return [*_once(_all_pages(connection, search, parse, stop))]
    except NotFoundError:
        return []


def listing_of(search: Callable[[], Any]) -> list[JsonDataset]:
    """What a search of dicomweb-client brings: whatever stands in the answer, it hands on.

    Raises
    ------
    MalformedListingError
        It is no list.
    """
    try:
        answer = search()
    except requests.RequestException:
        raise
    except (ValueError, RecursionError) as error:  # numbers too long and lists too deep for Python's reader of JSON
        raise MalformedListingError from error
    if not isinstance(answer, list):
        raise MalformedListingError
    return answer


def _all_pages(
    connection: Connection,
    search: Callable[..., Sequence[JsonDataset]],
    parse: Callable[[JsonDataset], Summary | None],
    stop: Stop,
) -> Iterator[Summary]:
    """Every result that can be parsed, until a page brings nothing new; one may come several times.

    The order may change between pages; an archive may send shorter pages than asked for, ignore the offset, or not
    find a page beyond the last.
    """
    seen: set[str] = set()
    received = 0
    while True:
        try:
            page = connection.attempt(partial(listing_of, partial(search, limit=_PAGE, offset=received)), stop)
        except NotFoundError:
            if not received:
                raise
            return
        listed = [summary for summary in map(parse, page) if summary is not None]
        yield from listed
        uids = {summary.uid for summary in listed}
        if uids <= seen:
            return
        seen |= uids
        received += len(page)


def _once(listed: Iterable[Summary]) -> Iterator[Summary]:
    """The first of each UID: an archive may list one twice, even with other facts."""
    seen: set[str] = set()
    for summary in listed:
        if summary.uid not in seen:
            seen.add(summary.uid)
            yield summary


def _generous_filters(query: StudyQuery) -> dict[str, str]:
    """Filters that every archive understands; what they let through too much is dropped by the query itself."""
    filters = {
        "PatientID": _generous(query.patient_id),
        "PatientName": _generous(query.patient_name),
        "AccessionNumber": _generous(query.accession_number),
        "StudyDate": query.dates,
        "ModalitiesInStudy": query.modality,
    }
    return {keyword: value for keyword, value in filters.items() if value}


def _generous(pattern: str) -> str:
    """Wild cards in place of what Debian's Orthanc does not decode: ``^``, blanks, letters beyond ASCII.

    One beyond ASCII is several bytes there, which ``?`` does not match.
    """
    return "".join(map(_decodable, pattern))


def _decodable(letter: str) -> str:
    if not letter.isascii():
        return "*"
    return letter if letter.isalnum() or letter in "*?.-_" else "?"
