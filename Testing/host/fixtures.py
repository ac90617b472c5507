"""Fixtures for tests that need a scene or a panel; a conftest.py imports the ones it wants."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import qt
import slicer

from host.interaction import observers
from host.layout import LayoutManager
from host.replay_worker import Behaviour
from host.slicer_app import application

MODULE_FILE = Path(__file__).resolve().parents[2] / "BratsSegmenter" / "BratsSegmenter.py"
_REPLAY = Path(__file__).with_name("replay_worker.py")


def replay_command(behaviour: Behaviour) -> tuple[str, ...]:
    """Program and arguments of a worker that answers without working."""
    return sys.executable, str(_REPLAY), behaviour.value


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The scene of a running application with a view area, empty before and after.

    What an observer or a slot raises fails the test, where VTK and Qt print it and go on. So does a module or an effect
    that outlives the test: it would work on the scenes of the tests after it.
    """
    raised: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: raised.append(error))
    app = application()
    area = qt.QWidget()
    qt.QVBoxLayout(area)
    layout_manager = LayoutManager(app.mrml, area)
    app.setLayoutManager(layout_manager)
    slicer.mrmlScene.Clear(0)
    yield slicer.mrmlScene
    slicer.mrmlScene.Clear(0)
    layout_manager.hostClose()
    app.setLayoutManager(None)  # before the area: views whose widgets go first are never collected
    if raised:
        raise BaseExceptionGroup("Observers or slots raised.", raised)
    assert observers == [], "an effect still hears the views"
    assert not hasattr(slicer.modules, "bratssegmenter"), "the module is still open"


@pytest.fixture(scope="module", autouse=True)
def rubbish_goes_in_its_own_thread() -> Iterator[None]:
    """Widgets and render windows that only cycles hold are not left to the thread of some server to collect."""
    yield
    gc.collect()


@pytest.fixture
def parameter_node(scene: Any) -> Callable[[], Any]:
    """Gives the module's parameter node."""
    from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic

    return type("BratsSegmenterLogic", (ScriptedLoadableModuleLogic,), {})().getParameterNode
