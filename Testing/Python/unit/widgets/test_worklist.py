"""The work list without Qt: how patients are named, the table of studies, the queue's rows, the sources."""

from dataclasses import replace
from pathlib import Path

import pytest
from scripted_runner import ScriptedRunner
from scripted_scene import ScriptedScene
from settings import DictSettings

from BratsSegmenterLib.archive import Credentials, CredentialStore, Profile, ProfileStore, StudyQuery, StudySummary
from BratsSegmenterLib.domain import Algorithm
from BratsSegmenterLib.job_results import (
    ListFolderResult,
    LocalStudy,
    PrepareResult,
    SearchResult,
    SegmentResult,
    SequenceChoice,
)
from BratsSegmenterLib.jobs import ListFolderJob, PrepareJob, SearchJob
from BratsSegmenterLib.progress import ProgressEvent
from BratsSegmenterLib.study import StudyOrigin, StudyQueue, StudyState
from BratsSegmenterLib.widgets.choices import RunOptions
from BratsSegmenterLib.widgets.identities import Identities, readable_name
from BratsSegmenterLib.widgets.profiles_model import ProfilesModel
from BratsSegmenterLib.widgets.queue_model import QueueModel
from BratsSegmenterLib.widgets.queue_runner import QueueRunner
from BratsSegmenterLib.widgets.sources import Sources
from BratsSegmenterLib.widgets.state_names import state_name
from BratsSegmenterLib.widgets.study_states import StudyStates
from BratsSegmenterLib.widgets.study_table import Column, StudyTable
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import CancelledByUser, Failure

JANE = StudySummary("2.25.1", "Doe^Jane^^Dr", "P1", "A1", "20260102", "MR head", ("MR",), 12, 100)
ANNA = StudySummary("2.25.2", "Ash^Anna", "P2", "A2", "20260304", "Glioma follow-up", ("MR",), 5, 50)
FOLDER = StudySummary("2.25.3", "", "", "", "", "folder", ("MR",), None, None)


@pytest.fixture
def identities() -> Identities:
    return Identities(DictSettings())


def test_every_state_of_a_study_has_a_name_of_its_own():
    assert len({state_name(state) for state in StudyState}) == len(StudyState)


def test_a_study_is_named_as_people_write_it_and_what_is_not_known_is_left_out(identities):
    assert identities.title(JANE) == "2026-01-02, Doe, Jane Dr · P1, MR head"
    assert identities.title(FOLDER) == "folder"
    unnamed = replace(FOLDER, description="")
    assert identities.title(unnamed) == identities.heading(unnamed) == "unnamed study"


def test_only_the_alphabetic_group_of_a_name_is_shown():
    assert readable_name("Yamada^Tarou=山田^太郎") == "Yamada, Tarou"


def test_hidden_identities_are_pseudonyms_that_tell_patients_apart_and_stay_the_same():
    settings = DictSettings()
    Identities(settings).hide(True)
    after_restart = Identities(settings)
    assert after_restart.are_hidden
    assert "Doe" not in after_restart.title(JANE)
    assert "P1" not in after_restart.title(JANE)
    assert after_restart.patient(JANE) == Identities(settings).patient(JANE)
    assert after_restart.patient(JANE) != after_restart.patient(ANNA)
    assert after_restart.patient(FOLDER) == ""


def test_a_pseudonym_means_another_patient_on_another_computer():
    names = set()
    for _computer in range(3):
        identities = Identities(DictSettings())
        identities.hide(True)
        names.add(identities.patient(JANE))
    assert len(names) > 1


def _table(identities: Identities, states: dict[str, tuple[StudyState, str]] | None = None) -> StudyTable:
    table = StudyTable(identities, lambda uid: (states or {}).get(uid, (StudyState.NEW, "")))
    table.studies = (JANE, ANNA)
    return table


def _order(table: StudyTable) -> list[str]:
    return [row.study.patient_id for row in table.rows()]


def test_the_newest_study_comes_first_until_another_column_is_clicked(identities):
    table = _table(identities)
    assert _order(table) == ["P2", "P1"]
    table.sort_by(Column.DATE)
    assert _order(table) == ["P1", "P2"]
    table.sort_by(Column.PATIENT)
    assert _order(table) == ["P2", "P1"]
    table.sort_by(Column.PATIENT)
    assert _order(table) == ["P1", "P2"]


def test_how_many_series_a_study_has_is_said_with_its_description(identities):
    anna, jane = _table(identities).rows()
    assert jane.hint(Column.DESCRIPTION) == f"{JANE.description}\n12 series"
    assert anna.hint(Column.DATE) == anna.cells[Column.DATE]


def test_the_filter_wants_every_word_in_any_column(identities):
    table = _table(identities, {"2.25.1": (StudyState.FAILED, "The PACS answered 503.")})
    for text, expected in (("jane HEAD", ["P1"]), ("2026-03", ["P2"]), ("503", ["P1"]), ("jane glioma", []), ("", 2)):
        table.filter_text = text
        assert _order(table) == expected or len(_order(table)) == expected


def test_a_heading_cuts_a_long_name_in_the_middle_and_leaves_room_for_what_the_study_is(identities):
    study = replace(JANE, patient_name="Mueller-Luedenscheidt^Hans-Joachim", patient_id="4711-2026")
    assert identities.heading(study) == "2026-01-02, Mueller-Lue…· 4711-2026, MR head"
    assert identities.heading(JANE) == identities.title(JANE)
    assert len(identities.heading(replace(study, description="MR brain with and without contrast"))) <= 48


def test_why_a_study_failed_stands_in_its_cell_as_far_as_there_is_room(identities):
    long = "The PACS 'Ward 3' answered 503: it is too busy for this request at the moment."
    table = _table(identities, {"2.25.1": (StudyState.FAILED, long), "2.25.2": (StudyState.FAILED, "Disk full.")})
    anna, jane = table.rows()
    assert anna.shown(Column.STATE) == "failed: Disk full."
    assert jane.shown(Column.STATE) == "failed: The PACS 'War…"
    assert jane.cells[Column.STATE] == f"failed: {long}", "the tool tip has it all"


def test_the_filter_finds_no_hidden_name(identities):
    identities.hide(True)
    table = _table(identities)
    table.filter_text = "doe"
    assert table.rows() == ()


class Database:
    """Slicer's, with one study in it; counts how often it was read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.imported = [ANNA]
        self.readings = 0

    def studies(self) -> tuple[StudySummary, ...]:
        self.readings += 1
        return tuple(self.imported)

    def files_of(self, study_uid: str) -> tuple[Path, ...]:
        return (self._folder / f"{study_uid}.dcm",)


class Desk:
    """Workflow, queue and sources over runners that a test holds in its hands."""

    def __init__(self, folder: Path, identities: Identities) -> None:
        self.runner, self.worker = ScriptedRunner(), ScriptedRunner()
        self.profiles = ProfilesModel(ProfileStore(folder / "archives.json"), CredentialStore(), DictSettings())
        self.profiles.save(Profile("Ward 3", "https://pacs.example"), Credentials())
        self.workflow = Workflow(self.runner, ScriptedScene(folder), folder, folder / "ledger", lambda _model: None)
        queue = StudyQueue(folder / "queue.json")
        self.queue = QueueRunner(queue, self.worker, folder, self.profiles.connection_of)
        self.database = Database(folder)
        self.sources = Sources(self.workflow, self.profiles, self.database)
        self.rows = QueueModel(self.queue, identities)


@pytest.fixture
def desk(tmp_path, identities) -> Desk:
    return Desk(tmp_path, identities)


def test_the_queue_says_how_far_the_study_at_work_is(desk):
    desk.queue.add(StudyOrigin(JANE, "Ward 3"))
    desk.queue.add(StudyOrigin(ANNA, "Ward 3"))
    desk.worker.progressed.emit(ProgressEvent("fetch", 0.45))
    first, second = desk.rows.rows()
    assert (first.title, first.progress) == (
        "2026-01-02, Doe, Jane Dr · P1, MR head",
        "fetching: fetch 45%",
    )
    assert second.progress == "queued"
    assert (first.can_cancel, first.can_move, first.can_open) == (True, False, False)
    assert second.can_move
    desk.worker.end(Failure("The PACS answered 401."))
    first, second = desk.rows.rows()
    assert (first.progress, first.hint, first.can_retry) == ("failed", "The PACS answered 401.", True)
    assert second.progress == "fetching"
    assert desk.rows.summary() == "0 of 2 done, 1 failed"


def test_a_result_with_an_open_question_says_so_in_the_queue_until_it_is_sent(desk, tmp_path):
    choices = {name: SequenceChoice(name, "2.25.5", 0.9, ()) for name in ("T1", "T1c", "T2", "FLAIR")}
    algorithm = Algorithm("glioma-synthetic", "0.1", "0" * 64)
    desk.queue.add(StudyOrigin(JANE, "Ward 3"))
    desk.worker.end(PrepareResult((), choices, (), (), operated=True, operated_reason="post op"))
    desk.worker.end(SegmentResult("T1c", tmp_path, {}, None, {}, {}, tmp_path, algorithm, (), ()))
    desk.rows.refresh()
    (row,) = desk.rows.rows()
    assert (row.progress, row.can_open) == ("segmented: operation?", True)
    assert desk.rows.summary() == "1 of 1 done, 1 waits for you"
    desk.queue.kept(row.item).write_state(StudyState.SENT)
    desk.rows.refresh()
    assert desk.rows.rows()[0].progress == "sent"


def test_a_study_in_the_user_s_own_hands_says_so_and_why_it_failed(desk):
    states = StudyStates(desk.workflow, desk.queue)
    desk.sources.take_up(StudyOrigin(JANE, "Ward 3"))
    desk.workflow.run(RunOptions())
    assert states.of("2.25.1") == (StudyState.FETCHING, "")
    desk.runner.end(Failure("The PACS answered 503.", "Try later."))
    assert states.of("2.25.1") == (StudyState.FAILED, "The PACS answered 503. Try later.")
    desk.workflow.run(RunOptions())
    desk.runner.end(CancelledByUser())
    assert states.of("2.25.1") == (StudyState.NEW, "")


def test_what_fails_beside_the_chosen_study_does_not_make_it_a_failed_one(desk):
    states = StudyStates(desk.workflow, desk.queue)
    desk.sources.take_up(StudyOrigin(JANE, "Ward 3"))
    connection = desk.workflow.connection
    for begin in (
        lambda: desk.workflow.search(connection, StudyQuery()),
        lambda: desk.workflow.test_connection(connection),
    ):
        begin()
        desk.runner.end(Failure("The PACS answered 401."))
    desk.workflow.failed.emit(Failure("PyTorch is not installed."))
    assert states.of("2.25.1") == (StudyState.NEW, "")


def test_an_archive_is_searched_through_the_worker(desk):
    desk.sources.search(StudyQuery())
    assert isinstance(desk.runner.jobs[0], SearchJob)
    desk.runner.end(SearchResult((JANE,)))
    assert desk.sources.origin(JANE) == StudyOrigin(JANE, "Ward 3")


def test_a_folder_is_read_once_and_searched_as_often_as_wanted(desk, tmp_path):
    found: list[list[StudySummary]] = []
    desk.sources.found.connect(found.append)
    desk.sources.use_folder(tmp_path)
    desk.sources.search(StudyQuery())
    assert desk.runner.jobs == [ListFolderJob(tmp_path)]
    desk.runner.end(ListFolderResult((LocalStudy(JANE, (tmp_path / "1.dcm",)), LocalStudy(ANNA, ()))))
    desk.sources.search(StudyQuery(patient_name="Doe*"), anew=False)
    assert found == [[JANE, ANNA], [JANE]]
    assert len(desk.runner.jobs) == 1


def test_a_page_of_a_folder_holds_no_more_than_was_asked_for(desk, tmp_path):
    found: list[list[StudySummary]] = []
    desk.sources.found.connect(found.append)
    desk.sources.use_folder(tmp_path)
    desk.sources.search(StudyQuery(limit=1, offset=1))
    desk.runner.end(ListFolderResult((LocalStudy(JANE, ()), LocalStudy(ANNA, ()))))
    assert found == [[ANNA]]


def test_a_study_of_slicer_s_database_is_worked_on_by_its_files(desk, tmp_path):
    found: list[list[StudySummary]] = []
    desk.sources.found.connect(found.append)
    desk.sources.use_database()
    desk.sources.search(StudyQuery(modality="MR"))
    assert found == [[ANNA]]
    desk.sources.choose(ANNA)
    desk.workflow.run(RunOptions())
    assert isinstance(desk.runner.jobs[-1], PrepareJob)
    assert desk.runner.jobs[-1].listed == (tmp_path / f"{ANNA.study_uid}.dcm",)


def test_slicer_s_database_is_read_when_the_user_searches_and_not_at_every_word_she_types(desk, tmp_path):
    found: list[list[StudySummary]] = []
    desk.sources.found.connect(found.append)
    desk.sources.use_database()
    desk.sources.search(StudyQuery())
    before = replace(ANNA, study_uid="2.25.4", study_date="20250304")
    desk.database.imported.append(before)
    desk.sources.search(StudyQuery(patient_name="Ash*"), anew=False)
    assert desk.sources.others_of(ANNA) == ()
    assert desk.database.readings == 1
    desk.sources.search(StudyQuery())
    assert found == [[ANNA], [ANNA], [ANNA, before]]
    assert desk.sources.others_of(ANNA) == (LocalStudy(before, (tmp_path / "2.25.4.dcm",)),)


def test_back_in_the_archive_a_study_comes_from_there_though_its_files_are_here_too(desk):
    desk.sources.use_database()
    desk.sources.search(StudyQuery())
    desk.sources.use_archive("Ward 3")
    desk.sources.search(StudyQuery())
    desk.runner.end(SearchResult((ANNA,)))
    assert desk.sources.origin(ANNA) == StudyOrigin(ANNA, "Ward 3")


@pytest.mark.parametrize("other", ["archive", "folder", "database"])
def test_a_listed_study_is_fetched_from_the_archive_that_listed_it_while_another_source_is_in_use(
    desk, tmp_path, other: str
):
    desk.sources.search(StudyQuery())
    desk.profiles.save(Profile("Research", "https://research.example"), Credentials())
    desk.runner.end(SearchResult((JANE,)))
    match other:
        case "archive":
            desk.sources.use_archive("Research")
        case "folder":
            desk.sources.use_folder(tmp_path)
        case "database":
            desk.sources.use_database()
    desk.sources.choose(JANE)
    assert desk.workflow.connection is not None
    assert desk.workflow.connection.profile.name == "Ward 3"


def test_a_study_whose_archive_was_removed_meanwhile_is_a_sentence(desk):
    failures: list[Failure] = []
    desk.workflow.failed.connect(failures.append)
    desk.sources.search(StudyQuery())
    desk.runner.end(SearchResult((JANE,)))
    desk.profiles.save(Profile("Research", "https://research.example"), Credentials())
    desk.profiles.remove("Ward 3")
    desk.sources.choose(JANE)
    assert failures[0].what == "There is no archive called 'Ward 3' any more."
    assert desk.workflow.study == JANE, "what was kept of it can still be opened"


@pytest.mark.parametrize(("url", "is_known"), [("https://pacs.example", True), ("https://other.example", False)])
def test_an_archive_that_a_router_calls_by_its_address_is_the_one_of_that_address(desk, url: str, is_known: bool):
    failures: list[Failure] = []
    desk.workflow.failed.connect(failures.append)
    origin = StudyOrigin(JANE, "pacs.example", url=url)
    desk.queue.add(origin)
    assert [row.progress for row in desk.rows.rows()] == ["fetching" if is_known else "failed"]
    desk.sources.take_up(origin)
    assert (desk.workflow.connection is not None) == is_known
    assert bool(failures) != is_known


def test_a_study_listed_in_a_folder_is_read_from_there_while_an_archive_is_in_use(desk, tmp_path):
    desk.sources.use_folder(tmp_path)
    desk.sources.search(StudyQuery())
    desk.runner.end(ListFolderResult((LocalStudy(JANE, (tmp_path / "1.dcm",)),)))
    desk.sources.use_archive("Ward 3")
    assert desk.sources.origin(JANE) == StudyOrigin(JANE, files=(tmp_path / "1.dcm",))
