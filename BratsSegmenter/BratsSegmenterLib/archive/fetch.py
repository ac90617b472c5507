"""WADO-RS: a study to files, one worker a series, resumable, proved complete."""

from __future__ import annotations

import os
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
from BratsSegmenterLib.archive.kept_files import (
    DAMAGED,
    is_whole,
    keep_of_patient,
    remove_unlisted_instances,
    remove_unlisted_series,
)
from BratsSegmenterLib.archive.listing import InstanceSummary, SeriesSummary
from BratsSegmenterLib.archive.patient import Patient, retrieve_patient
from BratsSegmenterLib.archive.search import list_instances, list_series
from BratsSegmenterLib.archive.tally import Tally
from BratsSegmenterLib.archive.threads import Stop, run_watched
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.progress import Progress

MAXIMUM_INSTANCE_BYTES = 2_000_000_000
_UNFINISHED = ".part"
_LIMIT = (
    "Fetch again: the series may still be arriving. If it happens again, ask the PACS administrator about a limit of "
    "QIDO-RS."
)
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
        Over the network in this call; what was there already, and what was only compared with it, is not counted.
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
    tally = Tally(sum(one.instance_count or 0 for one in series))
    fetches = [_SeriesFetch(connection, one, folder / folder_name(one.series_uid), tally) for one in series]
    fetched = run_watched(
        [fetch.run for fetch in fetches], partial(tally.report, progress), connection.session.cut, workers
    )
    tally.report(progress)
    if series_uids is None:
        with explaining_files():
            remove_unlisted_series(folder, study_uid, (one.series_uid for one in series))
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


class _SeriesFetch:
    """Brings one series to disk; whatever is there, whole and of the same patient as in the archive, is kept.

    A damaged object of a series without images is brought as it is, so that the scan names it: it is no reason to do
    without the images.
    """

    def __init__(self, connection: Connection, series: SeriesSummary, folder: Path, tally: Tally) -> None:
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
            The archive fails for good, never sends what it lists, or does not list what it sends.
        """
        expected = self._listed(stop)
        with explaining_files():
            self._take_stock(expected, stop)
        self._receive_missing(expected, stop)
        if self._unlisted(expected):  # what came to the archive since
            expected = self._listed(stop)
            self._receive_missing(expected, stop)
        self._require_agreement(expected)
        with explaining_files():
            remove_unlisted_instances(self._folder, expected)
        whole = [one.sop_instance_uid for one in expected if one.sop_instance_uid in self._present]
        return FetchedSeries(
            self._series.series_uid, (*(self._folder / file_name(uid) for uid in whole), *self._damaged)
        )

    def _listed(self, stop: Stop) -> list[InstanceSummary]:
        """The instances that the archive lists, not fewer than it counts."""
        expected = list_instances(self._connection, self._series.study_uid, self._series.series_uid, stop)
        counted = self._series.instance_count
        if counted is not None and len(expected) < counted:
            raise ArchiveError(
                f"The PACS '{self._connection.profile.name}' counts {counted} objects in series "
                f"{self._series.series_uid} but lists only {len(expected)}.",
                _LIMIT,
            )
        return expected

    def _unlisted(self, expected: list[InstanceSummary]) -> set[str]:
        """What the archive sent with the series and does not list: a list that was cut off looks like that."""
        return self._present - {instance.sop_instance_uid for instance in expected}

    def _require_agreement(self, expected: list[InstanceSummary]) -> None:
        missing_count = len(self._missing(expected)) - len(self._damaged)
        if missing_count > 0:
            raise ArchiveError(
                f"The PACS '{self._connection.profile.name}' lists {len(expected)} objects of series "
                f"{self._series.series_uid} but sent only {len(expected) - missing_count}.",
                "Fetch again; what has arrived is kept. If it happens again, ask the PACS administrator.",
            )
        unlisted = self._unlisted(expected)
        if unlisted:
            raise ArchiveError(
                f"The PACS '{self._connection.profile.name}' sent {len(expected) + len(unlisted)} objects of series "
                f"{self._series.series_uid} but lists only {len(expected)}.",
                _LIMIT,
            )

    def _take_stock(self, expected: list[InstanceSummary], stop: Stop) -> None:
        """Keep the whole files of an earlier attempt that name the archive's patient; remove the rest of it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for unfinished in self._folder.glob(f"*{_UNFINISHED}"):
            unfinished.unlink()
        whole: dict[Path, InstanceSummary] = {}
        for instance in expected:
            stop.raise_if_set()
            path = self._folder / file_name(instance.sop_instance_uid)
            if is_whole(path, instance):
                whole[path] = instance
        patient = self._patient_of(next(iter(whole.values())), stop) if whole else None
        if patient is not None:
            for path in keep_of_patient(whole, patient):
                self._count(whole[path].sop_instance_uid)

    def _patient_of(self, instance: InstanceSummary, stop: Stop) -> Patient | None:
        """The patient whom the archive names now; None where it gives no single object back: all are fetched anew."""
        try:
            return retrieve_patient(self._connection, instance, stop)
        except TemporaryArchiveError:
            raise
        except ArchiveError:
            return None

    def _receive_missing(self, expected: list[InstanceSummary], stop: Stop) -> None:
        for delay_s in (*self._connection.retry_delays_s, None):
            missing, wait_s = self._missing(expected), 0.0
            with explaining_files():
                self._forget_damaged()
            try:
                for path in self._resources(missing, len(expected)):
                    self._connection.attempt_once(partial(self._receive, path, stop), stop)
            except TemporaryArchiveError as error:
                if delay_s is None:
                    raise
                wait_s = error.wait_s
            if delay_s is None or len(self._missing(expected)) <= len(self._damaged):
                return
            stop.sleep(max(delay_s, wait_s))

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
        for damaged in self._folder.glob(f"{DAMAGED}*"):
            damaged.unlink()
        self._damaged.clear()

    def _inspected(self, unfinished: Path) -> InstanceIdentity | None:
        """Who it is; None when it was damaged and set aside."""
        try:
            return inspect(unfinished)
        except DamagedInstanceError:
            if self._series.modality in _IMAGES:
                raise
            self._damaged.append(self._folder / f"{DAMAGED}{len(self._damaged) + 1}.dcm")
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
