"""STOW-RS: an object counts as stored when the archive lists it and gives back the same data set."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import requests

from BratsSegmenterLib.archive.connection import Connection
from BratsSegmenterLib.archive.failures import StoreRefusedError, TemporaryArchiveError
from BratsSegmenterLib.archive.instance_file import InstanceIdentity, inspect, sha256_of
from BratsSegmenterLib.archive.read_back import read_back
from BratsSegmenterLib.archive.search import list_instances
from BratsSegmenterLib.archive.threads import Stop
from BratsSegmenterLib.errors import ArchiveError

_BATCH_BYTES = 8_000_000
_PATIENCE_S = (0.0, 0.2, 0.5, 1.0)  # an archive may need a moment to list what it has just taken
_OUT_OF_RESOURCES = range(0xA700, 0xA800)
_FAILURE_REASONS = {  # PS3.18 annex I and PS3.4 table B.2-1
    0x0110: "a processing failure of its own",
    0x0111: "another object with the same UID is stored already",
    0x0117: "the UID of the object is invalid",
    0x0122: "it does not take this kind of object",
    0x0124: "this account may not store",
    0xA900: "the object does not belong into this study",
    0xC000: "it cannot understand the object",
}
_RETRIABLE_STATUS = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class StoredObject:
    """One object that the archive is proved to hold.

    Attributes
    ----------
    sha256 : str
        Of the file that was sent.
    stored_at : float
        When the archive was seen to list it, seconds since the epoch.
    was_present : bool
        The archive held it before; it was not sent again.
    """

    study_uid: str
    series_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    sha256: str
    size_bytes: int
    stored_at: float
    was_present: bool


@dataclass(frozen=True)
class _Outgoing:
    path: Path
    identity: InstanceIdentity
    size_bytes: int


def store_files(
    connection: Connection,
    files: Sequence[Path],
    study_uid: str,
    compare: bool,
    report: Callable[[int], None],
    stop: Stop,
) -> tuple[StoredObject, ...]:
    """Store the files that the archive does not list yet; see :meth:`Archive.store`."""
    stored: list[StoredObject] = []
    for batch in _batches(files, study_uid):
        present = _listed(connection, batch, stop)
        _send(connection, [one for one in batch if one.identity.sop_instance_uid not in present], stop)
        for outgoing in batch:
            if compare:
                read_back(connection, outgoing.path, outgoing.identity, stop)
            stored.append(_receipt(outgoing, outgoing.identity.sop_instance_uid in present))
            report(len(stored))
    return tuple(stored)


def _batches(files: Sequence[Path], study_uid: str) -> Iterator[list[_Outgoing]]:
    """Consecutive files of one series, together at most a few megabytes, so that a fault costs little."""
    batch: list[_Outgoing] = []
    for path in files:
        outgoing = _Outgoing(path, inspect(path), path.stat().st_size)
        if study_uid and outgoing.identity.study_uid != study_uid:
            raise ArchiveError(
                f"The file {path.name} belongs to study {outgoing.identity.study_uid}, not to {study_uid}.",
                "Nothing of it was sent; export again from the right study.",
            )
        full = sum(one.size_bytes for one in batch) + outgoing.size_bytes > _BATCH_BYTES
        if batch and (full or batch[0].identity.series_uid != outgoing.identity.series_uid):
            yield batch
            batch = []
        batch.append(outgoing)
    if batch:
        yield batch


def _send(connection: Connection, missing: list[_Outgoing], stop: Stop) -> None:
    """Send until all are listed. Every attempt reads the files again: same bytes, same UIDs, whatever came before."""
    doubt = ArchiveError("Nothing was sent.")
    for delay_s in (*connection.retry_delays_s, None):
        if not missing:
            return
        try:
            response = connection.attempt_once(partial(_post, connection, missing), stop)
            doubt = _judge(connection, response, missing)
        except TemporaryArchiveError as error:
            doubt = error
        missing = _still_missing(connection, missing, stop)
        if missing and isinstance(doubt, StoreRefusedError):
            _refuse_or_isolate(connection, missing, doubt, stop)
            return
        if missing and delay_s is not None:
            stop.sleep(delay_s)
    if missing:
        raise doubt


def _post(connection: Connection, missing: list[_Outgoing]) -> requests.Response:
    return connection.post([one.path.read_bytes() for one in missing], missing[0].identity.study_uid)


def _refuse_or_isolate(connection: Connection, missing: list[_Outgoing], doubt: ArchiveError, stop: Stop) -> None:
    """An archive may refuse a whole message for the sake of one object: send each alone, so that the rest arrives."""
    if len(missing) == 1:
        raise doubt
    refusal = None
    for outgoing in missing:
        try:
            _send(connection, [outgoing], stop)
        except StoreRefusedError as error:
            refusal = error
    if refusal is not None:
        raise refusal


def _judge(connection: Connection, response: requests.Response, sent: list[_Outgoing]) -> ArchiveError:
    """What to say if the archive does not list what was sent, whatever status it answered with."""
    name = connection.profile.name
    reasons = _failure_reasons(response)
    if any(reason not in _OUT_OF_RESOURCES for reason in reasons):
        words = _FAILURE_REASONS.get(reasons[0], f"its reason is code {reasons[0]:04X}H")
        return StoreRefusedError(
            f"The PACS '{name}' refused an object: {words}.",
            "Ask the PACS administrator; the object is kept here.",
            f"STOW-RS status {response.status_code}, failure reason {reasons[0]:04X}H",
        )
    if response.status_code in _RETRIABLE_STATUS or reasons:
        return TemporaryArchiveError(
            f"The PACS '{name}' could not take the object now (status {response.status_code}).",
            "It is kept here; try again in a few minutes.",
        )
    if not response.ok:
        error = _status_refusal(connection, response)
        return error
    return TemporaryArchiveError(
        f"The PACS '{name}' said that it stored {len(sent)} object(s) but does not list them.",
        "They are kept here; try again, and if it happens again ask the PACS administrator.",
        f"STOW-RS status {response.status_code}",
    )


def _status_refusal(connection: Connection, response: requests.Response) -> ArchiveError:
    try:
        connection.require_success(response)
    except ArchiveError as error:
        if response.status_code in (401, 403):
            return error
        return StoreRefusedError(error.what, error.advice, error.cause)
    raise AssertionError("asked only for a status that is no success")


def _failure_reasons(response: requests.Response) -> list[int]:
    """Failure Reason (0008,1197) of every item of the Failed SOP Sequence (0008,1198), from a JSON answer."""
    if "json" not in response.headers.get("Content-Type", ""):
        return []
    try:
        failed = response.json()["00081198"]["Value"]
        return [int(item["00081197"]["Value"][0]) for item in failed]
    except (ValueError, KeyError, IndexError, TypeError):
        return []


def _still_missing(connection: Connection, sent: list[_Outgoing], stop: Stop) -> list[_Outgoing]:
    missing = sent
    for delay_s in _PATIENCE_S:
        stop.sleep(delay_s)
        listed = _listed(connection, missing, stop)
        missing = [one for one in missing if one.identity.sop_instance_uid not in listed]
        if not missing:
            break
    return missing


def _listed(connection: Connection, batch: list[_Outgoing], stop: Stop) -> set[str]:
    identity = batch[0].identity
    instances = list_instances(connection, identity.study_uid, identity.series_uid, stop)
    return {instance.sop_instance_uid for instance in instances}


def _receipt(outgoing: _Outgoing, was_present: bool) -> StoredObject:
    identity = outgoing.identity
    return StoredObject(
        study_uid=identity.study_uid,
        series_uid=identity.series_uid,
        sop_class_uid=identity.sop_class_uid,
        sop_instance_uid=identity.sop_instance_uid,
        sha256=sha256_of(outgoing.path),
        size_bytes=outgoing.size_bytes,
        stored_at=time.time(),
        was_present=was_present,
    )
