"""A model that has to be downloaded first: asked for with whatever else is missing, brought, then the work goes on."""

from pathlib import Path

import pytest
from scripted_runner import ScriptedRunner
from scripted_scene import ScriptedScene

from BratsSegmenterLib.archive import Credentials, Profile, StudySummary
from BratsSegmenterLib.errors import InferenceError
from BratsSegmenterLib.job_results import DownloadResult
from BratsSegmenterLib.jobs import DownloadJob, PrepareJob
from BratsSegmenterLib.segmentation import BRATS_MRI_SEGMENTATION, PublishedModel, download
from BratsSegmenterLib.widgets.choices import Connection, RunOptions
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import CancelledByUser, Failure

CONNECTION = Connection(Profile("Ward 3", "https://pacs.example"), Credentials())
STUDY = StudySummary("2.25.1", "Doe^Jane", "P1", "A1", "20260102", "MR head", ("MR",), 4, 100)
ZOO = RunOptions(BRATS_MRI_SEGMENTATION.name)


class Desk:
    """A workflow whose user agrees to what she is asked, unless she declines."""

    def __init__(self, folder: Path) -> None:
        self.runner = ScriptedRunner()
        self.asked: list[PublishedModel | None] = []
        self.declines = False
        self.failures: list[Failure] = []
        self.workflow = Workflow(self.runner, ScriptedScene(folder), folder, folder / "ledger", self._ask)
        self.workflow.failed.connect(self.failures.append)
        self.workflow.choose_study(CONNECTION, STUDY)

    def _ask(self, model: PublishedModel | None) -> None:
        self.asked.append(model)
        if self.declines:
            raise InferenceError("It was not installed.")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(download, "models_folder", lambda: tmp_path / "models")
    return Desk(tmp_path)


def test_after_the_question_the_model_is_downloaded_and_the_study_fetched_with_it(desk: Desk):
    desk.workflow.run(ZOO)
    assert desk.asked == [BRATS_MRI_SEGMENTATION]
    assert desk.runner.jobs == [DownloadJob("brats_mri_segmentation")]
    assert desk.workflow.state is PanelState.DOWNLOADING
    desk.runner.end(DownloadResult("brats_mri_segmentation"))
    assert isinstance(desk.runner.jobs[1], PrepareJob)
    assert desk.workflow.state is PanelState.PREPARING


def test_who_declines_downloads_nothing(desk: Desk):
    desk.declines = True
    desk.workflow.run(ZOO)
    assert desk.failures[0].what == "It was not installed."
    assert desk.runner.jobs == []
    assert desk.workflow.state is PanelState.STUDY_CHOSEN


@pytest.mark.parametrize("outcome", [Failure("The model could not be downloaded."), CancelledByUser()])
def test_a_download_that_fails_or_is_cancelled_leaves_the_study_as_it_was(desk: Desk, outcome):
    desk.workflow.run(ZOO)
    desk.runner.end(outcome)
    assert len(desk.runner.jobs) == 1
    assert desk.workflow.state is PanelState.STUDY_CHOSEN
    desk.workflow.run(ZOO)
    assert desk.runner.jobs[1] == DownloadJob("brats_mri_segmentation")


def test_a_model_that_is_here_is_not_asked_for(desk: Desk, tmp_path: Path):
    weights = tmp_path / "models" / "brats_mri_segmentation" / "models" / "model.pt"
    weights.parent.mkdir(parents=True)
    weights.touch()
    desk.workflow.run(ZOO)
    desk.workflow.cancel()
    assert desk.asked == [None]
    assert isinstance(desk.runner.jobs[0], PrepareJob)


def test_while_something_runs_no_download_begins(desk: Desk):
    desk.workflow.run(RunOptions("glioma-synthetic"))
    went_on = []
    desk.workflow.when_ready(ZOO.bundle, lambda: went_on.append(True))
    assert "not downloaded yet" in desk.failures[0].what
    assert desk.failures[0].advice
    assert went_on == []
    assert len(desk.runner.jobs) == 1
