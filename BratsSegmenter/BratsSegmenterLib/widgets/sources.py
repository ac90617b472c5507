"""Where studies are looked for: an archive, a folder of this computer, or Slicer's own DICOM database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from BratsSegmenterLib.archive import StudyQuery, StudySummary
from BratsSegmenterLib.job_results import ListFolderResult, LocalStudy
from BratsSegmenterLib.study import StudyOrigin
from BratsSegmenterLib.widgets.profiles_model import ProfilesModel
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.translation import tr as _
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure


class Sources:
    """The source in use; studies of all of them are listed, chosen and queued alike.

    A study that was found stays one of the source that it was found in, also while another one is in use.

    Parameters
    ----------
    workflow : Workflow
        Does the searching.
    profiles : ProfilesModel
        The archives.
    database_studies : callable
        The studies in Slicer's DICOM database.

    Attributes
    ----------
    folder : Path or None
        The folder in use.
    uses_database : bool
    found : Signal
        Emitted with the studies of one search.
    """

    def __init__(
        self, workflow: Workflow, profiles: ProfilesModel, database_studies: Callable[[], tuple[LocalStudy, ...]]
    ) -> None:
        self._workflow = workflow
        self._profiles = profiles
        self._database_studies = database_studies
        self._listed: tuple[LocalStudy, ...] | None = None
        self._searched_archive = ""
        self._origins: dict[str, StudyOrigin] = {}
        self._query = StudyQuery()
        self.folder: Path | None = None
        self.uses_database = False
        self.found = Signal()
        workflow.studies_found.connect(self._on_archive_searched)
        workflow.folder_listed.connect(self._on_folder_listed)

    @property
    def is_archive(self) -> bool:
        """Whether an archive is in use."""
        return self.folder is None and not self.uses_database

    @property
    def is_ready(self) -> bool:
        """Whether something can be searched."""
        return not self.is_archive or bool(self._profiles.current_name)

    @property
    def studies_before(self) -> int:
        """How many studies come before those that were found last, on earlier pages."""
        return self._query.offset

    def use_archive(self, name: str) -> None:
        """Look in an archive from now on."""
        self.folder, self.uses_database = None, False
        self._profiles.choose(name)

    def use_folder(self, folder: Path) -> None:
        """Look in a folder from now on."""
        self.folder, self.uses_database, self._listed = folder, False, None

    def use_database(self) -> None:
        """Look in Slicer's DICOM database from now on."""
        self.folder, self.uses_database = None, True

    def search(self, query: StudyQuery, anew: bool = True) -> None:
        """Look for studies; the files of a folder are read again only when that is wanted `anew`."""
        self._query = query
        connection = self._profiles.connection() if self.is_archive else None
        if self.uses_database:
            self._show(self._database_studies())
        elif self.folder is not None and (anew or self._listed is None):
            self._workflow.list_folder(self.folder)
        elif self._listed is not None and self.folder is not None:
            self._show(self._listed)
        elif connection is not None:
            self._searched_archive = connection.profile.name
            self._workflow.search(connection, query)

    def origin(self, study: StudySummary) -> StudyOrigin:
        """Where the images of a study are that the last search found."""
        return self._origins[study.study_uid]

    def others_of(self, study: StudySummary) -> tuple[LocalStudy, ...]:
        """The other studies of the same patient in a folder or in Slicer's DICOM database, where one is in use."""
        local = self._database_studies() if self.uses_database else self._listed or ()
        others = (one for one in local if one.study.study_uid != study.study_uid)
        return tuple(one for one in others if one.study.patient_id == study.patient_id)

    def choose(self, study: StudySummary) -> None:
        """Work on a study that was found from now on."""
        self.take_up(self.origin(study))

    def take_up(self, origin: StudyOrigin) -> None:
        """Work on a study from now on, wherever its images are; where its archive is gone, on what is kept of it."""
        connection = self._profiles.connection_of(origin) if origin.profile else None
        if connection is not None:
            self._workflow.choose_study(connection, origin.study)
        else:
            self._workflow.choose_files(origin.study, origin.files, origin.profile)
            if origin.profile:
                what = _("There is no archive called '{archive}' any more.").format(archive=origin.profile)
                self._workflow.failed.emit(Failure(what, _("Add it again, or search where the study is.")))

    def _on_archive_searched(self, studies: Sequence[StudySummary]) -> None:
        self._list([StudyOrigin(study, self._searched_archive) for study in studies])

    def _on_folder_listed(self, result: ListFolderResult) -> None:
        self._listed = result.studies
        self._show(result.studies)

    def _show(self, studies: Iterable[LocalStudy]) -> None:
        wanted = [StudyOrigin(local.study, files=local.files) for local in studies if self._query.matches(local.study)]
        first, last = self._query.offset, self._query.offset + self._query.limit
        self._list(wanted[first:last])

    def _list(self, origins: Sequence[StudyOrigin]) -> None:
        self._origins = {origin.study.study_uid: origin for origin in origins}
        self.found.emit([origin.study for origin in origins])
