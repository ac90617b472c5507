"""``archive serve``: a small DICOMweb archive on this machine, for the demo and for tests."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from typing import TYPE_CHECKING

from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.values import absolute_path, whole_number
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
    serving.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="the line is JSON anyway")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Serve on loopback until Ctrl+C or a termination signal."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with _serving(arguments) as server:
        print(json.dumps({"url": server.url, "token": server.token, "folder": str(arguments.dir)}), flush=True)
        stop.wait()
    return 0


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
