"""Writes a picture of the whole application at every step of the work: ``python -m host.screenshots OUT``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from host.fixtures import MODULE_FILE
from host.slicer_app import application
from host.story import Story, archive_with_a_patient
from host.window import SlicerWindow

_SIZE = (1560, 980)


def main(argv: list[str]) -> int:
    """Tell the story once, and take a picture after each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures")
    out: Path = parser.parse_args(argv).out
    out.mkdir(parents=True, exist_ok=True)
    window = SlicerWindow(MODULE_FILE)
    window.resize(*_SIZE)
    window.show()
    with tempfile.TemporaryDirectory() as folder:
        with archive_with_a_patient(Path(folder), StudyIdentity()) as archive:
            story = Story(window.opened.widget.panel, archive)
            for number, step in enumerate(story.steps(), start=1):
                step()
                name = f"{number:02d}-{step.__name__.replace('_', '-')}.png"
                window.picture(out / name)
                print(out / name, flush=True)
        window.opened.widget.cleanup()
    return 0


if __name__ == "__main__":
    application()
    sys.exit(main(sys.argv[1:]))
