"""``archive serve``: a small DICOMweb archive on this machine, for the demo and for tests."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from pathlib import Path

from BratsSegmenterLib.commands.console import Console

NAME = "archive"
HELP = "a small DICOMweb archive on this machine, for trying things out"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``serve``, the only thing it does."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    serving = actions.add_parser("serve", help="serve a folder until interrupted; prints one JSON line when ready")
    serving.add_argument("--dir", type=Path, required=True, metavar="DIR", help="where the objects are kept")
    serving.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Serve on loopback until Ctrl+C or a termination signal."""
    from BratsSegmenterLib.archive.embedded import serve

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with serve(arguments.dir, port=arguments.port) as server:
        print(json.dumps({"url": server.url, "token": server.token}), flush=True)
        stop.wait()
    return 0
