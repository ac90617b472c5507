"""How much longer a job takes, by what its stages took before."""

import pytest
from settings import DictSettings

from BratsSegmenterLib.progress import ProgressEvent
from BratsSegmenterLib.widgets.remaining_time import RemainingTime, StageTimes, readable

KNOWN = {"load": 2.0, "registration": 20.0, "segment": 10.0, "write": 1.0}


class Clock:
    """Stands still until the test moves it."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _work(remaining: RemainingTime, clock: Clock, *stages: tuple[str, float]) -> None:
    """Go through whole stages, each in its time."""
    for name, seconds in stages:
        remaining.observe(ProgressEvent(name, 0.0))
        clock.now_s += seconds


def test_a_computer_without_experience_says_nothing_and_shows_the_stage(clock):
    remaining = RemainingTime({}, clock)
    remaining.observe(ProgressEvent("registration", 0.4))
    assert remaining.seconds is None
    assert remaining.fraction == 0.4


def test_what_is_left_is_what_the_stages_took_before(clock):
    remaining = RemainingTime(KNOWN, clock)
    _work(remaining, clock, ("load", 2.0))
    remaining.observe(ProgressEvent("registration", 0.0))
    assert remaining.seconds == 31.0
    clock.now_s += 10
    remaining.observe(ProgressEvent("registration", 0.5))
    assert remaining.seconds == 21.0
    assert remaining.fraction == pytest.approx(12 / 33)


def test_a_stage_that_tells_no_fraction_counts_down_and_not_below_zero(clock):
    remaining = RemainingTime(KNOWN, clock)
    remaining.observe(ProgressEvent("segment", 0.0))
    clock.now_s += 4
    assert remaining.seconds == 7.0
    clock.now_s += 40
    assert remaining.seconds == 1.0


def test_a_slower_day_makes_all_that_follows_longer(clock):
    remaining = RemainingTime(KNOWN, clock)
    _work(remaining, clock, ("load", 4.0), ("registration", 40.0))
    remaining.observe(ProgressEvent("segment", 0.0))
    assert remaining.seconds == 22.0


def test_a_stage_that_is_new_goes_by_its_own_progress_and_the_rest_by_experience(clock):
    remaining = RemainingTime(KNOWN, clock)
    _work(remaining, clock, ("load", 2.0), ("registration", 20.0), ("segment", 10.0))
    remaining.observe(ProgressEvent("bias correction", 0.0))
    clock.now_s += 3
    remaining.observe(ProgressEvent("bias correction", 0.25))
    assert remaining.seconds == pytest.approx(10.0)


def test_only_finished_stages_are_learnt_and_those_known_before_stay(clock):
    times = StageTimes(DictSettings())
    times.keep("SEGMENTING", KNOWN)
    remaining = RemainingTime(times.of("SEGMENTING"), clock)
    _work(remaining, clock, ("load", 3.0), ("registration", 5.0))
    times.keep("SEGMENTING", remaining.finished)
    assert times.of("SEGMENTING") == KNOWN | {"load": 3.0}
    assert times.of("SENDING") == {}


def test_settings_of_another_version_are_learnt_again():
    settings = DictSettings()
    settings.setValue("BratsSegmenter/stageSeconds/SENDING", "{not json")
    assert StageTimes(settings).of("SENDING") == {}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "about 5 s left"), (12.0, "about 15 s left"), (55.0, "about 55 s left"), (55.1, "about 1 min left")],
)
def test_the_rest_reads_as_people_say_it(seconds, text):
    assert readable(seconds) == text
