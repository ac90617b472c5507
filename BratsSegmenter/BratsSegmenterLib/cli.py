"""``brats-segmenter``: every step of the way on the command line, alone or all in one."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

from BratsSegmenterLib import __version__
from BratsSegmenterLib.commands import all_commands
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.errors import (
    ArchiveError,
    BratsSegmenterError,
    BundleError,
    Cancelled,
    ExportError,
    FolderInUseError,
    InferenceError,
    LearningError,
    PreprocessingError,
    RecognitionError,
    SeriesError,
    explaining_disk,
)
from BratsSegmenterLib.logs import keep_identities_out_of_logs

EXIT_CODES: dict[type[BratsSegmenterError], int] = {
    ArchiveError: 3,
    SeriesError: 4,
    RecognitionError: 5,
    PreprocessingError: 6,
    BundleError: 7,
    InferenceError: 8,
    ExportError: 9,
    LearningError: 10,
    FolderInUseError: 11,
}
CANCELLED = 130

_EPILOG = (
    "exit codes: 0 done, 1 unexpected, 2 wrong arguments, "
    + ", ".join(f"{code} {kind.__name__}" for kind, code in EXIT_CODES.items())
    + f", {CANCELLED} cancelled"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    keep_identities_out_of_logs()
    _write_any_text()
    arguments = _parser().parse_args(argv)
    console = Console(arguments.json)
    try:
        with explaining_disk(getattr(arguments, "out", None)):
            return arguments.run(arguments, console)
    except BratsSegmenterError as error:
        console.error(error)
        return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)
    except (Cancelled, KeyboardInterrupt):
        console.to_stderr("Cancelled; nothing half-written was left behind.")
        return CANCELLED


def _write_any_text() -> None:
    """A name that the terminal's or file's encoding lacks is escaped: it must not stop a command after its work."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="brats-segmenter", description=__doc__, epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"brats-segmenter {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in all_commands():
        sub = commands.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        sub.add_argument("--json", action="store_true", help="print one JSON object on standard output")
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
