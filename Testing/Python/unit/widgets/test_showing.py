"""A result is put into the scene step by step, and can be given up in the middle."""

import pytest

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.domain import Algorithm
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.study import KeptStudy
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.workflow import Workflow

STUDY = StudySummary("2.25.1", "Doe^Jane", "P1", "A1", "20260102", "MR head", ("MR",), 4, 100)


class IdleRunner:
    """Ends jobs when the test says so."""

    def __init__(self):
        self.progressed, self.ended = Signal(), Signal()

    def start(self, job, secrets):
        """Whatever it is."""

    def shut_down(self):
        """Nothing runs."""


class SlowScene:
    """Shows in three steps and notes what became of them."""

    has_unsent = False

    def __init__(self):
        self.log = []
        self.error: Exception | None = None

    def showing(self, study, folder, result):
        try:
            for number in range(3):
                self.log.append(number)
                yield
        except GeneratorExit:
            self.log.append("taken back")
            raise

    def leave(self):
        self.log.append("left")

    def clear_away(self):
        self.log.append("cleared away")

    def follow(self):
        if self.error is not None:
            raise self.error
        self.log.append("followed")


@pytest.fixture
def scene() -> SlowScene:
    return SlowScene()


@pytest.fixture
def turns() -> list:
    """Turns of the event loop that are due."""
    return []


@pytest.fixture
def opening(scene, turns, tmp_path) -> Workflow:
    """A workflow in the middle of showing a result."""
    runner = IdleRunner()
    workflow = Workflow(
        runner, scene, tmp_path / "studies", tmp_path / "ledger", lambda _model: None, run_steps=turns.append
    )
    workflow.choose_files(STUDY, ())
    scene.log.clear()
    algorithm = Algorithm("model", "1", "")
    files = {"T1c": tmp_path / "T1c.mha"}
    result = SegmentResult("T1c", tmp_path, files, None, {}, {}, tmp_path, algorithm, (), ())
    runner.ended.emit(result)
    turns[0]()
    return workflow


def test_the_panel_is_busy_until_the_last_step_and_then_reviews(opening, turns, scene):
    assert opening.state is PanelState.OPENING
    assert opening.result is None
    while turns[0]():
        assert opening.state.is_busy
    assert opening.state is PanelState.REVIEW
    assert scene.log == [0, 1, 2, "followed", "cleared away"]


@pytest.mark.parametrize("way", ["cancel", "forget_study", "shut_down"])
def test_what_was_half_shown_is_taken_back(opening, turns, scene, way):
    getattr(opening, way)()
    assert scene.log == [0, "taken back"]
    assert not turns[0](), "the event loop is asked for no further turn"
    assert opening.result is None


def test_after_a_cancel_the_state_before_returns(opening):
    opening.cancel()
    assert opening.state is PanelState.STUDY_CHOSEN


def test_after_a_cancel_the_button_opens_what_is_kept(opening):
    opening.cancel()
    result = KeptStudy(opening.folder).result
    opening.resume()
    opening._runner.ended.emit(result)
    assert opening.state is PanelState.OPENING
    opening.cancel()
    assert opening.can_open


def test_a_cancel_returns_to_no_result_whose_files_the_new_one_took(opening, turns, scene):
    said = []
    opening.noted.connect(said.append)
    while turns[0]():
        pass
    opening._runner.ended.emit(opening.result)
    turns[1]()
    scene.log.clear()
    opening.cancel()
    assert opening.state is PanelState.STUDY_CHOSEN
    assert opening.result is None
    assert scene.log == ["taken back", "left", "cleared away"]
    assert said == ["The result is kept: open the study to see it."]


def test_a_result_that_cannot_be_followed_is_a_failure_and_no_result(opening, turns, scene):
    failures = []
    opening.failed.connect(failures.append)
    scene.error = SeriesError("What the model drew is no longer on this computer.", "Segment the study again.")
    while turns[0]():
        pass
    assert opening.state is PanelState.STUDY_CHOSEN
    assert opening.result is None
    assert scene.log == [0, 1, 2, "left", "cleared away"], "what nobody can review is not looked at"
    assert failures[0].what == "What the model drew is no longer on this computer."


def test_an_error_that_nobody_foresaw_is_said_and_raised_and_leaves_no_panel_that_is_busy(opening, turns, scene):
    failures = []
    opening.failed.connect(failures.append)
    scene.error = ValueError("operands could not be broadcast together")
    with pytest.raises(ValueError, match="broadcast"):
        while turns[0]():
            pass
    assert opening.state is PanelState.STUDY_CHOSEN
    assert opening.result is None
    assert failures[0].what == "The result cannot be measured."
