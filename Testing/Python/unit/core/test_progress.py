"""Progress: stages, their times and cancelling."""

import pytest

from BratsSegmenterLib.errors import Cancelled
from BratsSegmenterLib.progress import Progress, ProgressEvent


def test_a_stage_reports_its_beginning_its_middle_and_its_end() -> None:
    events: list[ProgressEvent] = []
    progress = Progress(events.append)
    with progress.stage("fetch"):
        progress.update(0.5, "half")
    assert events == [
        ProgressEvent("fetch", 0.0),
        ProgressEvent("fetch", 0.5, "half"),
        ProgressEvent("fetch", 1.0),
    ]


def test_the_time_of_each_finished_stage_is_kept_in_order() -> None:
    progress = Progress()
    with progress.stage("a"):
        pass
    with progress.stage("b"):
        pass
    assert [stage.name for stage in progress.stages] == ["a", "b"]
    assert all(stage.seconds >= 0 for stage in progress.stages)


def test_an_inner_stage_gives_the_name_back_to_the_outer_one() -> None:
    events: list[ProgressEvent] = []
    progress = Progress(events.append)
    with progress.stage("outer"):
        with progress.stage("inner"):
            pass
        progress.update(0.9)
    assert events[-2] == ProgressEvent("outer", 0.9)


def test_a_cancelled_stage_stops_at_the_next_update_and_counts_as_not_done() -> None:
    cancelled = False
    progress = Progress(is_cancelled=lambda: cancelled)
    with pytest.raises(Cancelled), progress.stage("segment"):
        cancelled = True
        progress.update(0.3)
    assert progress.stages == []
