"""Where studies are looked for: an archive, a folder of this computer, or Slicer's own DICOM database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from BratsSegmenterLib.archive import StudyQuery, StudySummary
from BratsSegmenterLib.job_results import ListFolderResult, LocalStudy
from BratsSegmenterLib.study import StudyOrigin
from BratsSegmenterLib.widgets.profiles_model import ProfilesModel
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.translation import tr as _
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure


class StudyDatabase(Protocol):
    """Studies that are on this computer already, with a list of them."""

    def studies(self) -> tuple[StudySummary, ...]:
        """All of them."""

    def files_of(self, study_uid: str) -> tuple[Path, ...]:
        """The files of one."""


class Sources:
    """The source in use; studies of all of them are listed, chosen and queued alike.

    A study that was found stays one of the source that it was found in, also while another one is in use.

    Parameters
    ----------
    workflow : Workflow
        Does the searching.
    profiles : ProfilesModel
        The archives.
    database : StudyDatabase
        Slicer's DICOM database.

    Attributes
    ----------
    folder : Path or None
        The folder in use.
    uses_database : bool
    found : Signal
        Emitted with the studies of one search.
    """

    def __init__(self, workflow: Workflow, profiles: ProfilesModel, database: StudyDatabase) -> None:
        self._workflow = workflow
        self._profiles = profiles
        self._database = database
        self._imported: tuple[StudySummary, ...] = ()
        self._listed: tuple[LocalStudy, ...] | None = None
        self._searched_archive = ""
        self._origin_of: Callable[[StudySummary], StudyOrigin] = StudyOrigin
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
        """Look for studies; a folder or Slicer's database is read again only when that is wanted `anew`."""
        self._query = query
        connection = self._profiles.connection() if self.is_archive else None
        if self.uses_database:
            if anew:
                self._imported = self._database.studies()
            self._show(self._imported, self._origin_in_database)
        elif self.folder is not None and (anew or self._listed is None):
            self._workflow.list_folder(self.folder)
        elif self._listed is not None and self.folder is not None:
            self._show_listed(self._listed)
        elif connection is not None:
            self._searched_archive = connection.profile.name
            self._workflow.search(connection, query)

    def origin(self, study: StudySummary) -> StudyOrigin:
        """Where the images of a study are that the last search found."""
        return self._origin_of(study)

    def others_of(self, study: StudySummary) -> tuple[LocalStudy, ...]:
        """The other studies of the same patient in a folder or in Slicer's DICOM database, where one is in use."""

        def is_other(one: StudySummary) -> bool:
            return one.study_uid != study.study_uid and one.patient_id == study.patient_id

        if self.uses_database:
            others = (one for one in self._imported if is_other(one))
            return tuple(LocalStudy(one, self._database.files_of(one.study_uid)) for one in others)
        return tuple(local for local in self._listed or () if is_other(local.study))

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
        archive = self._searched_archive
        self._list(studies, lambda study: StudyOrigin(study, archive))

    def _on_folder_listed(self, result: ListFolderResult) -> None:
        self._listed = result.studies
        self._show_listed(result.studies)

    def _show_listed(self, listed: Sequence[LocalStudy]) -> None:
        files = {local.study.study_uid: local.files for local in listed}
        self._show([local.study for local in listed], lambda study: StudyOrigin(study, files=files[study.study_uid]))

    def _origin_in_database(self, study: StudySummary) -> StudyOrigin:
        return StudyOrigin(study, files=self._database.files_of(study.study_uid))

    def _show(self, studies: Sequence[StudySummary], origin_of: Callable[[StudySummary], StudyOrigin]) -> None:
        wanted = [study for study in studies if self._query.matches(study)]
        first, last = self._query.offset, self._query.offset + self._query.limit
        self._list(wanted[first:last], origin_of)

    def _list(self, studies: Sequence[StudySummary], origin_of: Callable[[StudySummary], StudyOrigin]) -> None:
        self._origin_of = origin_of
        self.found.emit(list(studies))
