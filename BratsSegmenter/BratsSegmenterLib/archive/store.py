"""STOW-RS: an object counts as stored when the archive lists it and gives back the same data set."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import requests
from pydicom.uid import UID

from BratsSegmenterLib.archive.connection import Connection
from BratsSegmenterLib.archive.failures import (
    NotStoredError,
    OtherContentError,
    StoreRefusedError,
    TemporaryArchiveError,
)
from BratsSegmenterLib.archive.instance_file import InstanceIdentity, inspect, sha256_of
from BratsSegmenterLib.archive.read_back import read_back
from BratsSegmenterLib.archive.search import list_instances
from BratsSegmenterLib.archive.store_answer import doubt_of, refusal_of
from BratsSegmenterLib.archive.threads import Stop
from BratsSegmenterLib.errors import ArchiveError

_BATCH_BYTES = 8_000_000
_PATIENCE_S = (0.0, 0.2, 0.5, 1.0)  # an archive may need a moment to list what it has just taken
_AT_ONCE_S = (0.0,)


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

    @property
    def uid(self) -> str:
        return self.identity.sop_instance_uid


def store_files(
    connection: Connection,
    files: Sequence[Path],
    study_uid: str,
    compare: bool,
    report: Callable[[int], None],
    stop: Stop,
) -> tuple[StoredObject, ...]:
    """Store the files that the archive does not list yet; see :meth:`Archive.store`.

    One that the archive refuses, or holds with other content, keeps the others not back.
    """
    stored: list[StoredObject] = []
    refusals: dict[str, StoreRefusedError] = {}
    for batch in _batches(files, study_uid):
        present = _listed(connection, batch, stop)
        refusals |= _send(connection, [one for one in batch if one.uid not in present], stop)
        for outgoing in batch:
            if outgoing.uid in refusals:
                continue
            try:
                if compare:
                    _prove(connection, outgoing, stop)
            except OtherContentError as error:
                refusals[outgoing.uid] = error
                continue
            stored.append(_receipt(outgoing, outgoing.uid in present))
            report(len(stored))
    if refusals:
        raise refusal_of(tuple(refusals.values()), [UID(one.sop_class_uid).name for one in stored])
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


def _prove(connection: Connection, outgoing: _Outgoing, stop: Stop) -> None:
    try:
        read_back(connection, outgoing.path, outgoing.identity, stop)
    except (StoreRefusedError, TemporaryArchiveError):
        raise
    except ArchiveError as error:
        raise NotStoredError(error.what, error.advice, error.cause) from error


def _send(connection: Connection, missing: list[_Outgoing], stop: Stop) -> dict[str, StoreRefusedError]:
    """Send until all are listed but what the archive refuses; why, by SOP Instance UID.

    Every attempt reads the files again: same bytes, same UIDs, whatever came before.
    """
    if not missing:
        return {}
    for delay_s in (*connection.retry_delays_s, None):
        doubt, missing = _send_once(connection, missing, stop)
        if not missing:
            break
        if isinstance(doubt, StoreRefusedError):
            return _isolated(connection, missing, doubt, stop)
        if delay_s is None or not isinstance(doubt, TemporaryArchiveError):
            raise doubt
        stop.sleep(max(delay_s, doubt.wait_s))
    return {}


def _send_once(connection: Connection, outgoing: list[_Outgoing], stop: Stop) -> tuple[ArchiveError, list[_Outgoing]]:
    """Send; what to say of what the archive does not list afterwards, whatever it answered, and what that is."""
    was_let_in = connection.session.was_let_in
    try:
        response = connection.attempt_once(partial(_post, connection, outgoing), stop)
    except TemporaryArchiveError as error:
        return error, _not_listed(connection, outgoing, _AT_ONCE_S, stop)
    except ArchiveError as error:  # a gateway may answer with a page of its own what it has passed on
        return error, _not_listed(connection, outgoing, _PATIENCE_S, stop)
    patience_s = _PATIENCE_S if response.status_code == requests.codes.ok else _AT_ONCE_S
    sop_class = UID(outgoing[0].identity.sop_class_uid).name
    doubt = doubt_of(connection.profile, response, sop_class, was_let_in)
    return doubt, _not_listed(connection, outgoing, patience_s, stop)


def _post(connection: Connection, missing: list[_Outgoing]) -> requests.Response:
    return connection.post([one.path.read_bytes() for one in missing], missing[0].identity.study_uid)


def _isolated(
    connection: Connection, refused: list[_Outgoing], doubt: StoreRefusedError, stop: Stop
) -> dict[str, StoreRefusedError]:
    """An archive may refuse a whole message for the sake of one object: send each alone, so that the rest arrives."""
    if len(refused) == 1:
        return {refused[0].uid: doubt}
    refusals: dict[str, StoreRefusedError] = {}
    for outgoing in refused:
        refusals |= _send(connection, [outgoing], stop)
    return refusals


def _not_listed(
    connection: Connection, outgoing: list[_Outgoing], patience_s: tuple[float, ...], stop: Stop
) -> list[_Outgoing]:
    missing = outgoing
    for delay_s in patience_s:
        stop.sleep(delay_s)
        listed = _listed(connection, missing, stop)
        missing = [one for one in missing if one.uid not in listed]
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
