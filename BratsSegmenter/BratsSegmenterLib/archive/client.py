"""The PACS as the rest of the product sees it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from BratsSegmenterLib.archive.check import Check
from BratsSegmenterLib.archive.checks import check_connection
from BratsSegmenterLib.archive.connection import Connection
from BratsSegmenterLib.archive.credentials import Credentials
from BratsSegmenterLib.archive.failures import explaining_files
from BratsSegmenterLib.archive.fetch import FetchedStudy, fetch_study
from BratsSegmenterLib.archive.listing import InstanceSummary, SeriesSummary, StudyQuery, StudySummary
from BratsSegmenterLib.archive.matching import is_uid
from BratsSegmenterLib.archive.patient import Patient, retrieve_patient
from BratsSegmenterLib.archive.profile import Profile
from BratsSegmenterLib.archive.search import list_instances, list_series, search_studies
from BratsSegmenterLib.archive.store import StoredObject, store_files
from BratsSegmenterLib.archive.threads import Stop, run_watched
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.progress import Progress

_RETRY_DELAYS_S = (0.5, 1.0, 2.0, 4.0)
_FETCH_WORKERS = 4


class Archive:
    """One DICOMweb archive. Every call can be cancelled through its progress within a second.

    An object serves one call at a time; make one for each thread.

    Parameters
    ----------
    profile : Profile
    credentials : Credentials
    retry_delays_s : tuple of float
        Waits between the attempts of a request that failed for a passing reason.
    """

    def __init__(
        self,
        profile: Profile,
        credentials: Credentials | None = None,
        retry_delays_s: tuple[float, ...] = _RETRY_DELAYS_S,
    ) -> None:
        self.profile = profile
        self._connection = Connection(profile, credentials or Credentials(), retry_delays_s)

    def test_connection(self, progress: Progress | None = None) -> tuple[Check, ...]:
        """Try what the product needs, without storing anything. Never raises for what it finds."""
        return self._connection.run(partial(check_connection, self._connection), progress or Progress())

    def search(self, query: StudyQuery, progress: Progress | None = None) -> list[StudySummary]:
        """The studies that match (QIDO-RS), in the archive's own order.

        Raises
        ------
        ArchiveError
        """
        return self._connection.run(partial(search_studies, self._connection, query), progress or Progress())

    def series(self, study_uid: str, progress: Progress | None = None) -> list[SeriesSummary]:
        """The series of a study (QIDO-RS) by Series Number.

        Raises
        ------
        ArchiveError
        """
        _require_uids(study_uid)
        return self._connection.run(partial(list_series, self._connection, study_uid), progress or Progress())

    def find_instances(
        self, study_uid: str, series_uid: str, progress: Progress | None = None
    ) -> list[InstanceSummary]:
        """The instances of a series (QIDO-RS); none when the archive does not know it.

        Raises
        ------
        ArchiveError
        """
        _require_uids(study_uid, series_uid)
        call = partial(list_instances, self._connection, study_uid, series_uid)
        return self._connection.run(call, progress or Progress())

    def fetch(
        self,
        study_uid: str,
        folder: Path,
        series_uids: Sequence[str] | None = None,
        progress: Progress | None = None,
        workers: int = _FETCH_WORKERS,
    ) -> FetchedStudy:
        """Bring a study to disk (WADO-RS), bytes as the archive stores them.

        Whole files that `folder` holds from an earlier attempt are kept and not fetched again, as long as they name the
        patient whom the archive names now: of each series one object is asked for anew and compared. It ends when every
        instance that QIDO-RS lists is there with all its pixels; damaged ones of series without images are brought as
        they are. What the archive lists no longer is removed: instances of the series fetched and, of a whole study,
        series.

        Parameters
        ----------
        study_uid : str
        folder : Path
            Made when missing.
        series_uids : sequence of str, optional
            All when left out.
        progress : Progress, optional
        workers : int
            Series fetched at the same time.

        Raises
        ------
        ArchiveError
            The archive fails for good, sends something else, or the disk is full; complete files stay.
        Cancelled
            The same on the user's wish.
        """
        _require_uids(study_uid, *(series_uids or ()))
        return fetch_study(self._connection, study_uid, folder, series_uids, progress or Progress(), workers)

    def store(
        self,
        files: Sequence[Path],
        study_uid: str = "",
        progress: Progress | None = None,
        compare: bool = True,
    ) -> tuple[StoredObject, ...]:
        """Store objects (STOW-RS) that the archive does not list yet.

        Parameters
        ----------
        files : sequence of Path
            DICOM files.
        study_uid : str
            When given, files of other studies are refused.
        progress : Progress, optional
        compare : bool
            Read each object back and compare the data sets.

        Returns
        -------
        tuple of StoredObject
            One for each file, in order.

        Raises
        ------
        StoreRefusedError
            The archive will not take an object, or holds another one under its UID.
        ArchiveError
            The archive could not be convinced now. What was stored until then stays stored.
        Cancelled
        """
        progress = progress or Progress()
        count = [0]

        def watch() -> None:
            progress.update(count[0] / max(len(files), 1), f"{count[0]} of {len(files)} objects")

        def report(stored: int) -> None:
            count[0] = stored

        def task(stop: Stop) -> tuple[StoredObject, ...]:
            with explaining_files():
                return store_files(self._connection, files, study_uid, compare, report, stop)

        (stored,) = run_watched([task], watch, self._connection.session.cut)
        watch()
        return stored

    def patient_of(self, instance: InstanceSummary, progress: Progress | None = None) -> Patient:
        """The patient whom an instance names as the archive gives it back (WADO-RS).

        Raises
        ------
        ArchiveError
        """
        _require_uids(instance.study_uid, instance.series_uid, instance.sop_instance_uid)
        call = partial(retrieve_patient, self._connection, instance)
        return self._connection.run(call, progress or Progress())


def _require_uids(*uids: str) -> None:
    for uid in uids:
        if not is_uid(uid):
            raise ArchiveError(f"'{uid[:80]}' is not a UID.", "Choose the study from the search result.")
