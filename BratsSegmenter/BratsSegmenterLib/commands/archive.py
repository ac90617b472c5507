"""``archive serve``: a small DICOMweb archive on this machine, for the demo and for tests."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.values import absolute_path, dicom_path, whole_number
from BratsSegmenterLib.errors import ArchiveError

if TYPE_CHECKING:
    from BratsSegmenterLib.archive.embedded import EmbeddedArchive

NAME = "archive"
HELP = "a small DICOMweb archive on this machine, for trying things out"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``serve``, the only thing it does."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    serving = actions.add_parser("serve", help="serve a folder until interrupted; prints one JSON line when ready")
    serving.add_argument("--dir", type=absolute_path, required=True, metavar="DIR", help="where the objects are kept")
    serving.add_argument("--port", type=whole_number(0, 65535), default=0, help="0, the default, takes a free one")
    serving.add_argument(
        "--add",
        type=dicom_path,
        metavar="FOLDER",
        help="first copy the DICOM files of this folder, and of all below it, into --dir",
    )
    serving.set_defaults(refuse=serving.error)
    serving.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="the line is JSON anyway")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Serve on loopback until Ctrl+C or a termination signal."""
    files = _files_to_add(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with _serving(arguments) as server:
        added = _add(files, server, console)
        ready = {"url": server.url, "token": server.token, "folder": str(arguments.dir), "added": added}
        print(json.dumps(ready), flush=True)
        stop.wait()
    return 0


def _files_to_add(arguments: argparse.Namespace) -> tuple[Path, ...]:
    from BratsSegmenterLib.dicom import files_in

    if arguments.add is None:
        return ()
    if arguments.dir.resolve().is_relative_to(arguments.add.resolve()):
        arguments.refuse("--dir must lie outside the folder to add")
    return files_in(arguments.add)


def _add(files: tuple[Path, ...], server: EmbeddedArchive, console: Console) -> int:
    """How many of the files are there now; each that was not taken is named."""
    if not files:
        return 0
    with console.progress() as progress, progress.stage("add"):
        not_taken = server.add(files, progress)
    for one in not_taken:
        console.to_stderr(f"Not taken: {one.file} {one.reason}.")
    return len(files) - len(not_taken)


def _serving(arguments: argparse.Namespace) -> EmbeddedArchive:
    from BratsSegmenterLib.archive.embedded import serve

    try:
        return serve(arguments.dir, port=arguments.port)
    except OSError as error:
        if error.filename is not None:  # of the folder, not of the port
            raise
        raise ArchiveError(
            f"Port {arguments.port} cannot be used: {error.strerror}.", "Choose another --port; 0 takes a free one."
        ) from error
