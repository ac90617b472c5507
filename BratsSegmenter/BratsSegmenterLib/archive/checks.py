"""The connection test: what works, in plain sentences, without storing anything."""

from __future__ import annotations

from functools import partial

import requests

from BratsSegmenterLib.archive.certificates import CertificateFileError
from BratsSegmenterLib.archive.check import Check
from BratsSegmenterLib.archive.connection import Connection
from BratsSegmenterLib.archive.failures import explaining
from BratsSegmenterLib.archive.listing import InstanceSummary, StudySummary
from BratsSegmenterLib.archive.search import listing_of
from BratsSegmenterLib.archive.threads import Stop
from BratsSegmenterLib.errors import ArchiveError

_NOT_TRIED = "Not tried, because of the above."
_NOT_TRIED_YET = "Not tried, because of what follows."
_UNPROTECTED_STATUS = frozenset({401, 403})
_NOT_OFFERED_STATUS = frozenset({404, 405, 501})


def check_connection(connection: Connection, stop: Stop) -> tuple[Check, ...]:
    """Try reachability, TLS, authorisation, search, retrieval and the right to store, in this order."""
    try:
        with explaining(connection.profile):
            url = connection.url(connection.profile.qido_prefix, "studies?limit=1")
            status = connection.session.get(url, headers={"Accept": "application/dicom+json"}).status_code
    except ArchiveError as error:
        return _not_reached(error)
    checks = [
        Check("reachable", True, f"The PACS '{connection.profile.name}' answers."),
        _tls(connection),
        _authorised(status),
    ]
    if status in _UNPROTECTED_STATUS:
        untried = [Check(name, None, _NOT_TRIED) for name in ("QIDO-RS", "WADO-RS", "STOW-RS")]
        return (*checks, *untried)
    studies, search = _search(connection)
    return (*checks, search, _retrieval(connection, studies, stop), _storage(connection))


def _not_reached(error: ArchiveError) -> tuple[Check, ...]:
    if isinstance(error, CertificateFileError):
        reachable, tls = Check("reachable", None, _NOT_TRIED_YET), Check("TLS", False, str(error))
    elif error.cause == requests.exceptions.SSLError.__name__:
        reachable, tls = Check("reachable", True, "A server answers."), Check("TLS", False, str(error))
    else:
        reachable, tls = Check("reachable", False, str(error)), Check("TLS", None, _NOT_TRIED)
    rest = [Check(name, None, _NOT_TRIED) for name in ("authorised", "QIDO-RS", "WADO-RS", "STOW-RS")]
    return (reachable, tls, *rest)


def _tls(connection: Connection) -> Check:
    if connection.profile.is_encrypted:
        return Check("TLS", True, "The connection is encrypted and the certificate of the PACS is trusted.")
    if connection.profile.is_loopback:
        return Check("TLS", None, "The connection is not encrypted; the PACS runs on this machine.")
    return Check("TLS", False, connection.profile.warnings[0])


def _authorised(status: int) -> Check:
    match status:
        case 401:
            return Check("authorised", False, "User name, password or token is wrong (status 401).")
        case 403:
            return Check("authorised", False, "The account is known but has no right to search (status 403).")
        case _:
            return Check("authorised", True, "The PACS accepts our credentials.")


def _search(connection: Connection) -> tuple[list[StudySummary], Check]:
    try:
        with explaining(connection.profile):
            found = listing_of(partial(connection.client.search_for_studies, limit=1))
            studies = [StudySummary.from_dicom_json(dataset) for dataset in found[:1]]
    except ArchiveError as error:
        return [], Check("QIDO-RS", False, f"Searching fails: {error}")
    return studies, Check("QIDO-RS", True, "Searching works.")


def _retrieval(connection: Connection, studies: list[StudySummary], stop: Stop) -> Check:
    if not studies:
        return Check("WADO-RS", None, "Reading could not be tried: the PACS shows no study to this account.")
    try:
        instance = connection.attempt_once(partial(_some_instance, connection, studies[0].study_uid), stop)
        path = f"studies/{instance.study_uid}/series/{instance.series_uid}/instances/{instance.sop_instance_uid}"
        connection.attempt_once(partial(_begin_reading, connection, path), stop)
    except ArchiveError as error:
        return Check("WADO-RS", False, f"Reading fails: {error}")
    return Check("WADO-RS", True, "Reading works.")


def _some_instance(connection: Connection, study_uid: str) -> InstanceSummary:
    found = listing_of(partial(connection.client.search_for_instances, study_uid, limit=1))
    if not found:
        raise ArchiveError("The PACS lists a study without instances.", "Ask the PACS administrator.")
    return InstanceSummary.from_dicom_json(found[0], study_uid)


def _begin_reading(connection: Connection, path: str) -> None:
    with connection.parts(path) as parts:
        next(next(parts))


def _storage(connection: Connection) -> Check:
    """A message without objects: no archive can store anything from it, yet it passes the same gates."""
    try:
        with explaining(connection.profile):
            status = connection.post([], "").status_code
    except ArchiveError as error:
        return Check("STOW-RS", False, f"Storing cannot be tried: {error}")
    if status in _UNPROTECTED_STATUS:
        return Check("STOW-RS", False, f"The account has no right to store (status {status}).")
    if status in _NOT_OFFERED_STATUS:
        return Check("STOW-RS", False, f"The PACS does not offer storing at this address (status {status}).")
    return Check("STOW-RS", True, "Storing is allowed (asked with an empty message; nothing was stored).")
