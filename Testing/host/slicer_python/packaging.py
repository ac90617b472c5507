"""``slicer.packaging`` of the host: checks what Slicer would install, and installs nothing."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement


def load_requirements(path: str) -> list[str]:
    """The requirements of a file, without comments and blank lines."""
    lines = (line.split("#")[0].strip() for line in Path(path).read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def pip_check(requirement: str) -> bool:
    """Whether the environment fulfils one requirement."""
    wanted = Requirement(requirement)
    try:
        return wanted.specifier.contains(version(wanted.name), prereleases=True)
    except PackageNotFoundError:
        return False


def pip_ensure(requirements: list[str], requester: str | None = None, **_options: object) -> None:
    """Raise RuntimeError, as Slicer does when the user declines, unless all requirements are fulfilled."""
    missing = [requirement for requirement in requirements if not pip_check(requirement)]
    if missing:
        raise RuntimeError(f"{requester} needs {', '.join(missing)}")
