"""How long Slicer's event loop stands still while the story is told: the longest gap between two ticks, by phase.

Two figures a gap: how long it was by the clock, and how long the panel's thread computed in it. On a machine that does
other things too, the first counts what those took; the second is the panel's (and Slicer's) own.

``python Testing/benchmarks/event_loop.py [--views] [--spacing MM]``. The panel, the worker and the archive are the real
ones, each in its own process; a timer of 5 ms ticks in the panel's event loop. Without ``--views`` nothing is drawn but
the panel; with it the slice and 3D views are, by Mesa on the processor, which a Slicer with a graphics card is spared.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import host.slicer_app

# isort: split
import qt
import slicer
from host.driver import finish, wait_until
from host.fixtures import MODULE_FILE
from host.served_archive import scan_a_patient, served_archive
from host.story import Story
from host.window import SlicerWindow
from rich.console import Console
from rich.table import Table

from BratsSegmenterLib.archive import Archive
from BratsSegmenterLib.demo.story import access_to
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.widgets.panel import Panel
from BratsSegmenterLib.widgets.state import PanelState

_TICK_MS = 5
_GOAL_MS = 50
_AT_REST = "at rest"
_BUSY_FOR_THE_GOAL = ("searching", "preparing", "segmenting", "sending")


@dataclass(frozen=True)
class Gap:
    """Time between two ticks: by the clock, and computing in the panel's own thread."""

    clock_ms: float
    own_ms: float


class LoopWatch:
    """Ticks in the event loop and keeps the gaps between ticks, by what the panel was doing."""

    def __init__(self, phase: Callable[[], str]) -> None:
        self.gaps: dict[str, list[Gap]] = defaultdict(list)
        self._phase = phase
        self._last_phase = phase()
        self._last_s, self._last_busy_s = time.perf_counter(), time.thread_time()
        self._timer = qt.QTimer()
        self._timer.setTimerType(qt.Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now_s, busy_s, phase = time.perf_counter(), time.thread_time(), self._phase()
        gap = Gap((now_s - self._last_s) * 1000, (busy_s - self._last_busy_s) * 1000)
        # What ends a phase, such as taking up a result, belongs to it; what begins one, a click, to the new one.
        self.gaps[self._last_phase if self._last_phase != _AT_REST else phase].append(gap)
        self._last_phase, self._last_s, self._last_busy_s = phase, now_s, busy_s


def main(argv: list[str]) -> int:
    """Tell the story and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--views", action="store_true", help="draw the slice and 3D views too")
    parser.add_argument("--spacing", type=float, default=1.0, metavar="MM", help="how finely the head is made")
    arguments = parser.parse_args(argv)
    host.slicer_app.application()
    window = SlicerWindow(MODULE_FILE)
    window.resize(1560, 980)
    window.centralWidget().setVisible(arguments.views)
    window.show()
    panel = window.opened.widget.panel
    with tempfile.TemporaryDirectory() as folder:
        watch = _tell(panel, Path(folder), arguments.spacing)
        _print_gaps(watch)
        _print_single_calls(panel)
    window.opened.close()
    return 0


def _tell(panel: Panel, folder: Path, spacing_mm: float) -> LoopWatch:
    files = scan_a_patient(folder / "scanner", StudyIdentity(), spacing_mm)
    with served_archive(folder / "archive") as archive:
        Archive(*access_to(archive)).store(files, compare=False)
        story = Story(panel, archive)
        story.enter_archive()
        story.test_connection()
        watch = LoopWatch(lambda: _phase(panel))
        story.search()
        story.choose_study()
        panel.run.ui.runButton.click()
        finish(panel, timeout_s=600)
        if panel.workflow.state is PanelState.PREPARED:
            panel.run.ui.runButton.click()
            finish(panel, timeout_s=600)
        _require(panel, PanelState.REVIEW)
        _let_the_loop_turn()
        story.agree()
        story.send()
        _require(panel, PanelState.SENT)
    return watch


def _require(panel: Panel, state: PanelState) -> None:
    assert panel.workflow.state is state, panel.message_bar.ui.textLabel.text


def _phase(panel: Panel) -> str:
    state = panel.workflow.state
    return state.name.lower() if state.is_busy else _AT_REST


def _let_the_loop_turn(seconds: float = 1.0) -> None:
    end_s = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > end_s)


def _print_gaps(watch: LoopWatch) -> None:
    table = Table(title=f"gaps in the event loop, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    columns = ("seconds", "longest, clock (ms)", "longest, own (ms)", f"own over {_GOAL_MS} ms", "goal")
    for column in ("phase", *columns):
        table.add_column(column, justify="left" if column == "phase" else "right")
    for phase, gaps in watch.gaps.items():
        own_ms = [gap.own_ms for gap in gaps]
        verdict = ("held" if max(own_ms) <= _GOAL_MS else "missed") if phase in _BUSY_FOR_THE_GOAL else ""
        table.add_row(
            phase,
            f"{sum(gap.clock_ms for gap in gaps) / 1000:.1f}",
            f"{max(gap.clock_ms for gap in gaps):.0f}",
            f"{max(own_ms):.0f}",
            str(sum(each_ms > _GOAL_MS for each_ms in own_ms)),
            verdict,
        )
    Console().print(table)


def _print_single_calls(panel: Panel) -> None:
    """What one call of Slicer's costs, which no step of ours can be shorter than."""
    editor = panel.review.ui.segmentEditor
    node, reference = editor.segmentationNode(), editor.sourceVolumeNode()
    segmentation = node.GetSegmentation()
    surface = slicer.vtkSegmentationConverter.GetClosedSurfaceRepresentationName()
    make_surface = slicer.vtkSlicerSegmentationsModuleLogic.CreateRepresentationForOneSegment
    segmentation.RemoveRepresentation(surface)
    slicer_s_reader = slicer.modules.volumes.logic().AddArchetypeVolume
    assert panel.workflow.result is not None
    image = str(panel.workflow.result.volumes[panel.workflow.result.reference])
    calls: list[tuple[str, Callable[[], Any]]] = [
        (f"closed surface of {segment_id}", partial(make_surface, segmentation, segment_id, surface))
        for segment_id in segmentation.GetSegmentIDs()
    ]
    calls.append(("put the 3D view right, here drawn by Mesa", slicer.app.layoutManager().resetThreeDViews))
    calls.append((f"Slicer's own reader, {reference.GetName()}", partial(slicer_s_reader, image, "whole", 4)))
    table = Table(title="one call of Slicer's")
    table.add_column("call")
    table.add_column("ms", justify="right")
    for name, call in calls:
        started_s = time.thread_time()
        call()
        table.add_row(name, f"{(time.thread_time() - started_s) * 1000:.0f}")
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
