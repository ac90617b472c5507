"""WADO-RS: a study to files, one worker a series, resumable, proved complete."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from BratsSegmenterLib.archive.connection import Connection
from BratsSegmenterLib.archive.failures import TemporaryArchiveError, explaining_files
from BratsSegmenterLib.archive.instance_file import (
    DamagedInstanceError,
    InstanceIdentity,
    file_name,
    folder_name,
    inspect,
)
from BratsSegmenterLib.archive.listing import InstanceSummary, SeriesSummary
from BratsSegmenterLib.archive.search import list_instances, list_series
from BratsSegmenterLib.archive.threads import Stop, run_watched
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.progress import Progress

MAXIMUM_INSTANCE_BYTES = 2_000_000_000
MAXIMUM_STUDY_BYTES = 20_000_000_000
_UNFINISHED = ".part"
_DAMAGED = "damaged-"
_IMAGES = ("MR", "")  # modalities of series of which every object has to be whole; the archive may not say it


@dataclass(frozen=True)
class FetchedSeries:
    """The files of one series, in the order in which the archive lists its instances, damaged ones last."""

    series_uid: str
    files: tuple[Path, ...]


@dataclass(frozen=True)
class FetchedStudy:
    """A complete study on disk.

    Attributes
    ----------
    study_uid : str
    folder : Path
        Holds one folder a series.
    series : tuple of FetchedSeries
    received_bytes : int
        Over the network in this call; what was there already is not counted.
    elapsed_s : float
    """

    study_uid: str
    folder: Path
    series: tuple[FetchedSeries, ...]
    received_bytes: int
    elapsed_s: float

    @property
    def files(self) -> tuple[Path, ...]:
        """All files."""
        return tuple(file for series in self.series for file in series.files)


def fetch_study(
    connection: Connection,
    study_uid: str,
    folder: Path,
    series_uids: Sequence[str] | None,
    progress: Progress,
    workers: int,
) -> FetchedStudy:
    """Fetch the instances of a study that `folder` does not hold yet; see :meth:`Archive.fetch`."""
    started = time.monotonic()
    series = connection.run(partial(_wanted_series, connection, study_uid, series_uids), progress)
    tally = _Tally(sum(one.instance_count or 0 for one in series))
    fetches = [_SeriesFetch(connection, one, folder / folder_name(one.series_uid), tally) for one in series]
    fetched = run_watched(
        [fetch.run for fetch in fetches], partial(tally.report, progress), connection.session.cut, workers
    )
    tally.report(progress)
    return FetchedStudy(study_uid, folder, tuple(fetched), tally.received_bytes, time.monotonic() - started)


def _wanted_series(
    connection: Connection, study_uid: str, series_uids: Sequence[str] | None, stop: Stop
) -> list[SeriesSummary]:
    listed = list_series(connection, study_uid, stop)
    if not listed:
        raise ArchiveError(
            f"The PACS '{connection.profile.name}' lists no series of study {study_uid}.",
            "Search again: the study may have been moved or removed.",
        )
    wanted = listed if series_uids is None else [one for one in listed if one.series_uid in series_uids]
    unknown = set(series_uids or ()) - {one.series_uid for one in listed}
    if unknown:
        raise ArchiveError(
            f"The PACS '{connection.profile.name}' does not list series {min(unknown)} in study {study_uid}.",
            "Search again: the series may have been moved or removed.",
        )
    return wanted


class _Tally:
    """Instances and bytes so far, counted by the workers, reported by the caller's thread."""

    def __init__(self, expected_instances: int) -> None:
        self._lock = threading.Lock()
        self._expected_instances = expected_instances
        self._instances = 0
        self.received_bytes = 0

    def add_bytes(self, count: int) -> None:
        """Count what arrived.

        Raises
        ------
        ArchiveError
            It is more than any study should be.
        """
        with self._lock:
            self.received_bytes += count
        if self.received_bytes > MAXIMUM_STUDY_BYTES:
            raise ArchiveError(
                f"The study is larger than {MAXIMUM_STUDY_BYTES / 1e9:.0f} GB and was not fetched to the end.",
                "Choose single series.",
            )

    def add_instances(self, count: int) -> None:
        """Count instances that are safe on disk."""
        with self._lock:
            self._instances += count

    def report(self, progress: Progress) -> None:
        """Tell how far the fetch is; raises Cancelled when the user wants it to end."""
        expected = max(self._expected_instances, self._instances, 1)
        message = f"{self._instances} of {expected} images, {self.received_bytes / 1e6:.0f} MB"
        progress.update(self._instances / expected, message)


class _SeriesFetch:
    """Brings one series to disk; whatever is there and whole is kept.

    A damaged object of a series without images is brought as it is, so that the scan names it: it is no reason to do
    without the images.
    """

    def __init__(self, connection: Connection, series: SeriesSummary, folder: Path, tally: _Tally) -> None:
        self._connection = connection
        self._series = series
        self._folder = folder
        self._tally = tally
        self._present: set[str] = set()
        self._damaged: list[Path] = []

    def run(self, stop: Stop) -> FetchedSeries:
        """Fetch what is missing, again and again while attempts are left.

        Raises
        ------
        ArchiveError
            The archive fails for good, or never sends what it lists.
        """
        expected = list_instances(self._connection, self._series.study_uid, self._series.series_uid, stop)
        self._require_listed(expected)
        with explaining_files():
            self._take_stock(expected, stop)
        self._receive_missing(expected, stop)
        missing_count = len(self._missing(expected)) - len(self._damaged)
        if missing_count > 0:
            raise ArchiveError(
                f"The PACS '{self._connection.profile.name}' lists {len(expected)} objects of series "
                f"{self._series.series_uid} but sent only {len(expected) - missing_count}.",
                "Fetch again; what has arrived is kept. If it happens again, ask the PACS administrator.",
            )
        whole = [one.sop_instance_uid for one in expected if one.sop_instance_uid in self._present]
        return FetchedSeries(
            self._series.series_uid, (*(self._folder / file_name(uid) for uid in whole), *self._damaged)
        )

    def _require_listed(self, expected: list[InstanceSummary]) -> None:
        counted = self._series.instance_count
        if counted is not None and len(expected) < counted:
            raise ArchiveError(
                f"The PACS '{self._connection.profile.name}' counts {counted} objects in series "
                f"{self._series.series_uid} but lists only {len(expected)}.",
                "Ask the PACS administrator about a limit of QIDO-RS.",
            )

    def _take_stock(self, expected: list[InstanceSummary], stop: Stop) -> None:
        """Keep the whole files of an earlier attempt; remove the rest of it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for unfinished in self._folder.glob(f"*{_UNFINISHED}"):
            unfinished.unlink()
        for instance in expected:
            stop.raise_if_set()
            path = self._folder / file_name(instance.sop_instance_uid)
            if path.exists() and self._is_whole(path, instance):
                self._count(instance.sop_instance_uid)

    def _is_whole(self, path: Path, instance: InstanceSummary) -> bool:
        try:
            return inspect(path).sop_instance_uid == instance.sop_instance_uid
        except DamagedInstanceError:
            path.unlink()
            return False

    def _receive_missing(self, expected: list[InstanceSummary], stop: Stop) -> None:
        for delay_s in (*self._connection.retry_delays_s, None):
            missing = self._missing(expected)
            with explaining_files():
                self._forget_damaged()
            try:
                for path in self._resources(missing, len(expected)):
                    self._connection.attempt_once(partial(self._receive, path, stop), stop)
            except TemporaryArchiveError:
                if delay_s is None:
                    raise
            if delay_s is None or len(self._missing(expected)) <= len(self._damaged):
                return
            stop.sleep(delay_s)

    def _missing(self, expected: list[InstanceSummary]) -> list[InstanceSummary]:
        return [instance for instance in expected if instance.sop_instance_uid not in self._present]

    def _resources(self, missing: list[InstanceSummary], expected_count: int) -> Iterator[str]:
        """The whole series when most of it is missing, else single instances."""
        series = f"studies/{self._series.study_uid}/series/{self._series.series_uid}"
        if 2 * len(missing) > expected_count:
            yield series
        else:
            yield from (f"{series}/instances/{instance.sop_instance_uid}" for instance in missing)

    def _receive(self, resource: str, stop: Stop) -> None:
        with self._connection.parts(resource) as parts:
            for number, part in enumerate(parts):
                self._keep(part, self._folder / f"{number}{_UNFINISHED}", stop)

    def _keep(self, pieces: Iterator[bytes], unfinished: Path, stop: Stop) -> None:
        """Write one part as it arrives; give it its name once it is proved whole and ours."""
        try:
            size = 0
            with unfinished.open("wb") as file:
                for piece in pieces:
                    stop.raise_if_set()
                    file.write(piece)
                    size += len(piece)
                    self._tally.add_bytes(len(piece))
                    self._refuse_giant(size)
            identity = self._inspected(unfinished)
            if identity is None:
                return
            if (identity.study_uid, identity.series_uid) != (self._series.study_uid, self._series.series_uid):
                raise ArchiveError(
                    f"The PACS '{self._connection.profile.name}' sent an object of study {identity.study_uid}, series "
                    f"{identity.series_uid}, in answer to series {self._series.series_uid}.",
                    "It was not kept; ask the PACS administrator about mixed studies.",
                )
            os.replace(unfinished, self._folder / file_name(identity.sop_instance_uid))
            self._count(identity.sop_instance_uid)
        finally:
            unfinished.unlink(missing_ok=True)

    def _forget_damaged(self) -> None:
        """Those of an earlier attempt are asked for again, and may come whole."""
        for damaged in self._folder.glob(f"{_DAMAGED}*"):
            damaged.unlink()
        self._damaged.clear()

    def _inspected(self, unfinished: Path) -> InstanceIdentity | None:
        """Who it is; None when it was damaged and set aside."""
        try:
            return inspect(unfinished)
        except DamagedInstanceError:
            if self._series.modality in _IMAGES:
                raise
            self._damaged.append(self._folder / f"{_DAMAGED}{len(self._damaged) + 1}.dcm")
            os.replace(unfinished, self._damaged[-1])
            return None

    def _refuse_giant(self, size: int) -> None:
        if size > MAXIMUM_INSTANCE_BYTES:
            raise ArchiveError(
                f"An object of series {self._series.series_uid} is larger than {MAXIMUM_INSTANCE_BYTES / 1e9:.0f} GB.",
                "It was not kept; leave this series out.",
            )

    def _count(self, sop_instance_uid: str) -> None:
        if sop_instance_uid not in self._present:
            self._present.add(sop_instance_uid)
            self._tally.add_instances(1)
