"""Opens the module on the demo's archive, in the stand-in for Slicer's window: ``python -m host.demo DEMO_FOLDER``.

The archive is there to be searched and its study to be chosen. Where there is no display, pictures of every state are
written to the folder instead.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from host.fixtures import MODULE_FILE
from host.screenshots import write_pictures
from host.served_archive import served_archive
from host.slicer_app import application
from host.story import Story
from host.window import SlicerWindow

_SIZE = (1560, 980)
_PLATFORMS = {"WAYLAND_DISPLAY": "wayland", "DISPLAY": "xcb"}
_PROBE = "from PySide6.QtWidgets import QApplication; QApplication([])"


def usable_platform() -> str | None:
    """Qt's name of the display that windows can be opened on; None where there is none, or Qt cannot use it."""
    for variable, platform in _PLATFORMS.items():
        if os.environ.get(variable):
            environment = os.environ | {"QT_QPA_PLATFORM": platform}
            probe = subprocess.run([sys.executable, "-c", _PROBE], env=environment, capture_output=True, check=False)
            if probe.returncode == 0:
                return platform
            print(f"Qt cannot open windows on {platform} here.", flush=True)
    return None


def open_window(folder: Path) -> None:
    """Show the window, with the archive searched, until it is closed."""
    window = SlicerWindow(MODULE_FILE)
    window.resize(*_SIZE)
    window.show()
    with served_archive(folder / "archive") as archive:
        story = Story(window.opened.widget.panel, archive)
        story.enter_archive()
        story.test_connection()
        story.search()
        application().exec_()
        window.opened.close()


def main(argv: list[str]) -> int:
    """Open the window, or write pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what `brats-segmenter demo` wrote")
    parser.add_argument("--on-this-display", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    platform = None if arguments.on_this_display else usable_platform()
    if arguments.on_this_display:
        application()
        open_window(arguments.folder)
    elif platform is not None:  # Qt takes its platform from the environment, before it is loaded
        command = [sys.executable, "-m", "host.demo", str(arguments.folder), "--on-this-display"]
        return subprocess.run(command, env=os.environ | {"QT_QPA_PLATFORM": platform}, check=False).returncode
    else:
        application()
        write_pictures(arguments.folder / "screenshots")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
