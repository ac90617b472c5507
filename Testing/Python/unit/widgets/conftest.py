"""A runner and a scene that a test holds in its hands."""

from pathlib import Path

import pytest
from scripted_runner import ScriptedRunner
from scripted_scene import ScriptedScene


@pytest.fixture
def runner() -> ScriptedRunner:
    return ScriptedRunner()


@pytest.fixture
def scene(tmp_path: Path) -> ScriptedScene:
    return ScriptedScene(tmp_path)
