"""What Slicer is asked to install, beside what the project says it needs."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

REPOSITORY = Path(__file__).resolve().parents[4]
# slicer 5.12 ships these; installing another version of a loaded package would ask for a restart.
IN_SLICER = {
    "dcmqi",
    "dicomweb-client",
    "highdicom",
    "numpy",
    "pillow",
    "pydicom",
    "requests",
    "scipy",
    "simpleitk",
}
FROM_THE_PYTORCH_EXTENSION = {"torch"}
ONLY_ON_THE_COMMAND_LINE = {"rich"}


def _in_requirements() -> dict[str, Requirement]:
    lines = (REPOSITORY / "Resources" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {requirement.name.lower(): requirement for requirement in found}


def _in_project() -> dict[str, Requirement]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {item.name.lower(): item for item in map(Requirement, project["dependencies"])}


def test_slicer_installs_all_that_the_worker_needs_and_it_does_not_ship():
    needed = set(_in_project()) - IN_SLICER - FROM_THE_PYTORCH_EXTENSION - ONLY_ON_THE_COMMAND_LINE
    assert set(_in_requirements()) == needed


@pytest.mark.parametrize("name", sorted(_in_requirements()))
def test_a_requirement_is_a_range_the_same_as_in_the_project(name):
    requirement = _in_requirements()[name]
    assert str(requirement.specifier) == str(_in_project()[name].specifier)
    assert "==" not in str(requirement.specifier)
