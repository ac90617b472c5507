"""Writes a picture of the whole application in every state: ``python -m host.screenshots OUT``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from BratsSegmenterLib.widgets.message_bar import MessageBar
from BratsSegmenterLib.widgets.part import Part
from BratsSegmenterLib.widgets.surgery_bar import SurgeryBar
from host.driver import wait_until
from host.fixtures import MODULE_FILE
from host.gallery import fill_archive, search_in_vain, states
from host.served_archive import served_archive
from host.slicer_app import application
from host.window import SlicerWindow

if TYPE_CHECKING:
    from BratsSegmenterLib.widgets.settings_page import SettingsPage

_SIZE = (1560, 980)
_SETTLING_S = 0.3


def write_pictures(out: Path, spacing_mm: float = 1.0) -> None:
    """Work through one study of a synthetic patient, and take a picture of each state."""
    out.mkdir(parents=True, exist_ok=True)
    window = SlicerWindow(MODULE_FILE)
    window.resize(*_SIZE)
    window.show()
    panel = window.opened.widget.panel
    taken: list[str] = []

    def take(name: str, part: Part | MessageBar | SurgeryBar | SettingsPage) -> None:
        taken.append(name)
        _let_the_loop_turn()
        file = out / f"{len(taken):02d}-{name}.png"
        if part.widget.window() is window:
            window.look_at(part.widget)
            _let_the_loop_turn()
            window.picture(file)
        else:
            part.widget.window().grab().save(str(file))
        print(file, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        with served_archive(Path(folder) / "archive") as archive:
            fill_archive(archive, Path(folder) / "scanner", spacing_mm)
            for name, part in states(panel, archive):
                take(name, part)
        search_in_vain(panel)
        take("archive-gone", panel.message_bar)
    window.opened.close()


def _let_the_loop_turn() -> None:
    end_s = time.monotonic() + _SETTLING_S
    wait_until(lambda: time.monotonic() > end_s)


def main(argv: list[str]) -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("--spacing", type=float, default=1.0, metavar="MM", help="how finely the head is made")
    arguments = parser.parse_args(argv)
    write_pictures(arguments.out, arguments.spacing)
    return 0


if __name__ == "__main__":
    application()
    sys.exit(main(sys.argv[1:]))
