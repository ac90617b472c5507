"""The unit with which a router runs under systemd says what the command line understands."""

import argparse
import configparser
import shlex
from pathlib import Path

import pytest

from BratsSegmenterLib.cli import main
from BratsSegmenterLib.commands import route
from BratsSegmenterLib.commands.exit_codes import EXIT_CODES
from BratsSegmenterLib.errors import BundleError, FolderInUseError

_UNIT = Path(__file__).resolve().parents[4] / "Resources" / "Service" / "brats-segmenter-route.service"


@pytest.fixture
def service() -> configparser.SectionProxy:
    unit = configparser.RawConfigParser()
    unit.optionxform = str  # type: ignore[assignment,method-assign] - names of systemd have capitals
    unit.read(_UNIT, encoding="utf-8")
    return unit["Service"]


def test_the_command_of_the_unit_is_understood(
    service: configparser.SectionProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[argparse.Namespace] = []
    monkeypatch.setattr(route, "run", lambda arguments, _console: given.append(arguments) or 0)
    program, *arguments = shlex.split(service["ExecStart"])
    assert Path(program).name == "brats-segmenter"
    assert main(arguments) == 0
    assert (given[0].push, given[0].formats, given[0].description) == (True, ["RTSTRUCT", "SEG", "SR"], ["*brain*"])
    assert given[0].out.is_relative_to(Path("/var/lib") / service["StateDirectory"])


def test_what_a_restart_cannot_mend_is_not_started_again(service: configparser.SectionProxy) -> None:
    usage = 2
    for_a_person = {usage, EXIT_CODES[BundleError], EXIT_CODES[FolderInUseError]}
    assert {int(code) for code in service["RestartPreventExitStatus"].split()} == for_a_person
