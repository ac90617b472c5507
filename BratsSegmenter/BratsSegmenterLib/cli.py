"""``brats-segmenter``: every step of the way on the command line, alone or all in one."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from BratsSegmenterLib import __version__
from BratsSegmenterLib.commands import all_commands
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.exit_codes import CANCELLED, UNEXPECTED, exit_code, exit_codes_in_words
from BratsSegmenterLib.errors import BratsSegmenterError, Cancelled, ExportError, explaining_disk, explaining_memory
from BratsSegmenterLib.logs import keep_identities_out_of_logs


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    keep_identities_out_of_logs()
    _write_any_text()
    given = sys.argv[1:] if argv is None else argv
    try:
        arguments = _parser().parse_args(given)
        return _run(arguments, Console(arguments.json))
    except _WrongArgumentsError as wrong:
        Console("--json" in given).wrong_arguments(str(wrong))
        argparse.ArgumentParser.error(wrong.parser, str(wrong))
    except BrokenPipeError:  # nobody reads on, as after `| head`: there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNEXPECTED


def _run(arguments: argparse.Namespace, console: Console) -> int:
    try:
        with explaining_disk(getattr(arguments, "out", None)), explaining_memory():
            return arguments.run(arguments, console)
    except BratsSegmenterError as error:
        return _failed(error, console)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _failed(_explained(error), console)
    except (Cancelled, KeyboardInterrupt) as cancelled:
        what = cancelled.what if isinstance(cancelled, Cancelled) else ""
        console.cancelled(what or "Cancelled; nothing half-written was left behind.")
        return CANCELLED


def _failed(error: BratsSegmenterError, console: Console) -> int:
    console.error(error)
    return exit_code(error)


def _explained(error: OSError) -> ExportError:
    """What the system refused that no command foresaw; most often a path that was given."""
    reason, cause = error.strerror or "it could not be used", type(error).__name__
    if error.filename is None:
        return ExportError(f"The system refused: {reason}.", "Check the free space and your rights.", cause)
    path = Path(str(error.filename))
    file = next((place for place in (path, *path.parents) if place.is_file()), None)
    if isinstance(error, FileExistsError | NotADirectoryError) and file is not None:
        return ExportError(f"{file} is a file where a folder is needed.", "Name another folder.", cause)
    return ExportError(f"{path} cannot be used: {reason}.", "Check the path and your rights there.", cause)


def _write_any_text() -> None:
    """A name that the terminal's or file's encoding lacks is escaped: it must not stop a command after its work."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class _Parser(argparse.ArgumentParser):
    """Leaves it to :func:`main` to say what is wrong, to scripts too."""

    def error(self, message: str) -> NoReturn:
        raise _WrongArgumentsError(self, message)


class _WrongArgumentsError(Exception):
    def __init__(self, parser: argparse.ArgumentParser, message: str) -> None:
        super().__init__(message)
        self.parser = parser


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="brats-segmenter", description=__doc__, epilog=f"exit codes: {exit_codes_in_words()}")
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
