"""Earlier studies of the patient: looked for once, handed on, shown in lines."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from scripted_runner import ScriptedRunner

from BratsSegmenterLib.archive import Credentials, Profile, StudySummary
from BratsSegmenterLib.job_results import PrepareResult, PriorsResult, PriorStudy
from BratsSegmenterLib.jobs import PriorsJob
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.widgets.choices import Connection, RunOptions
from BratsSegmenterLib.widgets.messages import Failure
from BratsSegmenterLib.widgets.priors_finder import PriorsFinder
from BratsSegmenterLib.widgets.priors_model import priors_text
from BratsSegmenterLib.widgets.workflow import Workflow

WARD = Connection(Profile("Ward 3", "https://pacs.example"), Credentials(password="secret"))
NOTHING_RECOGNISED = PrepareResult((), {}, ("Look at the series.",), ())


def _study(uid: str, day: str, description: str = "MR head") -> StudySummary:
    return StudySummary(uid, "Doe^Jane", "P1", "", day, description, ("MR",), 4, 100)


NOW = _study("2.25.1", "20260301")
MEASURED = PriorStudy(_study("2.25.2", "20260102"), PriorVolumes(date(2026, 1, 2), {"ET": 3.25, "WT": 40.0}))
UNMEASURED = PriorStudy(_study("2.25.3", "20251011"))


class Desk:
    """A workflow with a finder over runners that a test holds in its hands."""

    def __init__(self, folder: Path) -> None:
        self.runner, self.seeker = ScriptedRunner(), ScriptedRunner()
        self.workflow = Workflow(self.runner, None, folder, folder / "ledger", lambda: None)
        self.finder = PriorsFinder(self.workflow, self.seeker, folder)

    def prepare(self, study: StudySummary) -> None:
        self.workflow.choose_study(WARD, study)
        self.workflow.run(RunOptions())
        self.runner.end(NOTHING_RECOGNISED)


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


def test_an_archive_that_does_not_answer_disturbs_nobody(desk):
    failures = []
    desk.workflow.failed.connect(failures.append)
    desk.prepare(NOW)
    desk.seeker.end(Failure("The PACS answered 503."))
    assert failures == []
    assert desk.workflow.priors == ()


def test_a_study_of_this_computer_is_not_asked_about(desk):
    desk.workflow.choose_files(NOW, ())
    desk.workflow.run(RunOptions())
    desk.runner.end(NOTHING_RECOGNISED)
    assert desk.seeker.jobs == []


def test_earlier_studies_are_listed_newest_first_with_what_they_measured():
    assert priors_text((UNMEASURED, MEASURED)).splitlines() == [
        "Earlier studies of this patient:",
        "• 2026-01-02  MR head: ET 3.2, WT 40.0 mL",
        "• 2025-10-11  MR head: no result",
    ]
    assert priors_text(()) == ""


def test_a_result_that_cannot_be_measured_is_no_lack_of_one():
    assert priors_text((replace(UNMEASURED, has_result=True),)).endswith("MR head: a result that could not be measured")


def test_many_earlier_studies_are_counted():
    assert priors_text((UNMEASURED,) * 8).splitlines()[-1] == "• and 3 older"
