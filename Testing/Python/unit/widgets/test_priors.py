"""Other studies of the patient: looked for once, handed on, shown in lines; what they can lend is offered."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from scripted_runner import ScriptedRunner
from scripted_scene import ScriptedScene

from BratsSegmenterLib.archive import Credentials, Profile, StudySummary
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.job_results import (
    BorrowedSequence,
    ElsewhereResult,
    LocalStudy,
    PrepareResult,
    PriorsResult,
    PriorStudy,
    SequenceChoice,
    SeriesRow,
)
from BratsSegmenterLib.jobs import BorrowJob, ElsewhereJob, PriorsJob
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.sequence_offers import SequenceOffer
from BratsSegmenterLib.study import KeptStudy
from BratsSegmenterLib.widgets.choices import Connection, RunOptions
from BratsSegmenterLib.widgets.offers_model import offer_text
from BratsSegmenterLib.widgets.priors_finder import PriorsFinder
from BratsSegmenterLib.widgets.priors_model import priors_text
from BratsSegmenterLib.widgets.sequences_model import NO_SERIES
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure

WARD = Connection(Profile("Ward 3", "https://pacs.example"), Credentials(password="secret"))
_CHOICES = {name: SequenceChoice(name, "2.25.5", 0.9, ()) for name in ("T1", "T1c", "T2", "FLAIR")}
DOUBTFUL = PrepareResult((), _CHOICES, ("Look at the series.",), ())
WITHOUT_FLAIR = replace(DOUBTFUL, sequences={name: _CHOICES[name] for name in ("T1", "T1c", "T2")})


def _study(uid: str, day: str, description: str = "MR head") -> StudySummary:
    return StudySummary(uid, "Doe^Jane", "P1", "", day, description, ("MR",), 4, 100)


NOW = _study("2.25.1", "20260301")
MEASURED = PriorStudy(_study("2.25.2", "20260102"), PriorVolumes(date(2026, 1, 2), {"ET": 3.25, "WT": 40.0}))
UNMEASURED = PriorStudy(_study("2.25.3", "20251011"))


class Desk:
    """A workflow with a finder over runners that a test holds in its hands."""

    def __init__(self, folder: Path) -> None:
        self.runner, self.seeker = ScriptedRunner(), ScriptedRunner()
        self.workflow = Workflow(self.runner, ScriptedScene(folder), folder, folder / "ledger", lambda _model: None)
        self.on_this_computer: tuple[LocalStudy, ...] = ()
        self.finder = PriorsFinder(self.workflow, self.seeker, folder, lambda _study: self.on_this_computer)

    def prepare(self, study: StudySummary, prepared: PrepareResult = DOUBTFUL) -> None:
        self.workflow.choose_study(WARD, study)
        self.workflow.run(RunOptions())
        self.runner.end(prepared)


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path)


def test_a_study_that_is_known_is_asked_about_once_and_a_chosen_row_is_not(desk, tmp_path):
    desk.workflow.choose_study(WARD, NOW)
    assert desk.seeker.jobs == []
    desk.prepare(NOW)
    desk.workflow.state_changed.emit()
    assert desk.seeker.jobs == [PriorsJob(tmp_path, WARD.profile, NOW)]
    assert desk.seeker.secrets[0]["password"] == "secret"


def test_what_was_found_is_handed_on_and_forgotten_with_the_study(desk):
    told = []
    desk.workflow.priors_changed.connect(lambda: told.append(desk.workflow.priors))
    desk.prepare(NOW)
    desk.seeker.end(PriorsResult((UNMEASURED, MEASURED)))
    assert told[-1] == (MEASURED.volumes,)
    assert desk.workflow.prior_studies == (UNMEASURED, MEASURED)
    desk.workflow.choose_study(WARD, _study("2.25.9", "20260302"))
    assert told[-1] == ()


def test_an_answer_about_the_study_before_is_not_taken_for_this_one(desk):
    desk.prepare(NOW)
    desk.workflow.choose_study(WARD, _study("2.25.9", "20260302"))
    desk.seeker.end(PriorsResult((MEASURED,)))
    assert desk.workflow.priors == ()


def test_an_archive_that_does_not_answer_disturbs_nobody_and_that_is_said(desk):
    failures = []
    desk.workflow.failed.connect(failures.append)
    desk.prepare(NOW, WITHOUT_FLAIR)
    desk.seeker.end(Failure("The PACS answered 504."))
    assert desk.workflow.priors_obstacle == "", "so far only sequences were asked for"
    desk.seeker.end(Failure("The PACS answered 503.", "Try again."))
    assert failures == []
    assert desk.workflow.priors == ()
    said = priors_text(desk.workflow.prior_studies, desk.workflow.priors_obstacle)
    assert said == "Earlier studies of this patient could not be looked for: The PACS answered 503. Try again."
    desk.workflow.choose_study(WARD, _study("2.25.9", "20260302"))
    assert desk.workflow.priors_obstacle == ""


def test_a_study_of_this_computer_is_not_asked_about(desk):
    desk.workflow.choose_files(NOW, (Path("now.dcm"),))
    desk.workflow.run(RunOptions())
    desk.runner.end(DOUBTFUL)
    assert desk.seeker.jobs == []


OFFER = SequenceOffer("FLAIR", _study("2.25.4", "20260220"), -9, "Ax T2 FLAIR", ("2.25.6",))
LENT = BorrowedSequence(
    "FLAIR",
    SequenceChoice("2.25.6", "2.25.6", 0.95, ("TR and TE fit",)),
    SeriesRow("2.25.6", "Ax T2 FLAIR", 3, 24),
    "2026-02-20",
    -9,
)


def test_a_missing_sequence_is_looked_for_before_the_priors_and_offered_not_fetched(desk, tmp_path):
    desk.prepare(NOW, WITHOUT_FLAIR)
    assert desk.seeker.jobs == [ElsewhereJob(NOW, ("FLAIR",), WARD.profile)]
    desk.seeker.end(ElsewhereResult((OFFER,)))
    assert desk.workflow.offers == {"FLAIR": OFFER}
    assert desk.seeker.jobs[1:] == [PriorsJob(tmp_path, WARD.profile, NOW)]
    assert len(desk.runner.jobs) == 1, "nothing is fetched before she agrees"
    assert offer_text(OFFER) == "The study of 2026-02-20, 9 days earlier, has 'Ax T2 FLAIR'."


def test_a_source_that_cannot_tell_of_sequences_is_asked_for_priors_all_the_same(desk):
    desk.prepare(NOW, WITHOUT_FLAIR)
    desk.seeker.end(Failure("The PACS answered 503."))
    desk.seeker.end(PriorsResult((MEASURED,)))
    assert desk.workflow.priors == (MEASURED.volumes,)


def test_studies_of_this_computer_are_asked_for_a_missing_sequence(desk):
    desk.on_this_computer = (LocalStudy(OFFER.study, (Path("1.dcm"),)),)
    desk.workflow.choose_files(NOW, (Path("now.dcm"),))
    desk.workflow.run(RunOptions())
    desk.runner.end(WITHOUT_FLAIR)
    assert desk.seeker.jobs == [ElsewhereJob(NOW, ("FLAIR",), others=desk.on_this_computer)]


def test_what_she_accepts_is_fetched_taken_and_kept_and_can_be_left_out_again(desk):
    desk.prepare(NOW, WITHOUT_FLAIR)
    desk.workflow.borrow(OFFER)
    assert desk.runner.jobs[-1] == BorrowJob(desk.workflow.folder, OFFER, WARD.profile)
    assert desk.workflow.state is PanelState.PREPARING
    desk.runner.end(LENT)
    sequences = desk.workflow.sequences
    assert desk.workflow.state is PanelState.PREPARED, "she looks at it before it is used"
    assert (sequences.missing, sequences.chosen_keys()["FLAIR"]) == ((), "2.25.6")
    row = sequences.row(Sequence.FLAIR)
    assert (row.confidence, row.doubt) == (0.95, "From another study of this patient, 2026-02-20, 9 days earlier.")
    assert KeptStudy(desk.workflow.folder).prepared.borrowed == (LENT,)
    sequences.override(Sequence.FLAIR, NO_SERIES)
    assert "FLAIR" not in sequences.chosen_keys()


def test_offers_are_forgotten_with_the_study_and_looked_for_again_with_the_same_one(desk):
    desk.prepare(NOW, WITHOUT_FLAIR)
    desk.seeker.end(ElsewhereResult((OFFER,)))
    desk.prepare(NOW, WITHOUT_FLAIR)
    assert desk.workflow.offers == {}
    assert [type(job) for job in desk.seeker.jobs] == [ElsewhereJob, PriorsJob, ElsewhereJob]


def test_earlier_studies_are_listed_newest_first_with_what_they_measured():
    assert priors_text((UNMEASURED, MEASURED)).splitlines() == [
        "Earlier studies of this patient:",
        "• 2026-01-02  MR head: ET 3.2, WT 40.0 mL",
        "• 2025-10-11  MR head: no result",
    ]
    assert priors_text(()) == ""


def test_an_earlier_result_that_nobody_reviewed_or_that_has_doubts_does_not_look_like_an_approved_one():
    volumes = MEASURED.volumes
    unreviewed = replace(volumes, standing="AI, not reviewed", notes=("FLAIR alone was moved far.",))
    reviewed = replace(volumes, standing="AI, reviewed by Curie, Marie", is_reviewed=True)
    approved = replace(volumes, standing="AI, reviewed by Curie, Marie, approved", is_reviewed=True, is_approved=True)
    lines = priors_text([replace(MEASURED, volumes=one) for one in (unreviewed, reviewed, approved)]).splitlines()
    assert [line.partition(" mL")[2] for line in lines[1:]] == [
        " (approved)",
        " (reviewed)",
        " (not reviewed, with remarks)",
    ]


def test_a_result_that_cannot_be_measured_is_no_lack_of_one():
    assert priors_text((replace(UNMEASURED, has_result=True),)).endswith("MR head: a result that could not be measured")


def test_a_study_that_was_not_looked_into_says_why():
    stranger = replace(UNMEASURED, obstacle="not compared, because the names differ")
    assert priors_text((stranger,)).endswith("MR head: not compared, because the names differ")


def test_many_earlier_studies_are_counted():
    assert priors_text((UNMEASURED,) * 8).splitlines()[-1] == "• and 3 older"
