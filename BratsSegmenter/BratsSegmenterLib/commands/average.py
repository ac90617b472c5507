"""``average``: the mean of several bundles' weights."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.bundle_place import add_replace_argument, require_bundle_place
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.values import bundle_version

NAME = "average"
HELP = "write the mean of bundles that were trained on from the same weights"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which bundles, and where the mean goes."""
    parser.add_argument("bundles", nargs="+", metavar="BUNDLE", help="name of an installed bundle, or its folder")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the new bundle")
    parser.add_argument("--version", type=bundle_version, required=True, help="of the new bundle")
    add_replace_argument(parser)
    parser.set_defaults(refuse=parser.error)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Average, write, and say what came of it."""
    from BratsSegmenterLib.learning.training import average_bundles
    from BratsSegmenterLib.segmentation import load_bundle

    require_bundle_place(arguments.out, arguments.replace)
    bundles = [load_bundle(name) for name in arguments.bundles]
    if arguments.out.resolve() in [bundle.folder for bundle in bundles]:
        arguments.refuse("--out is one of the bundles to average; name another folder")
    bundle = average_bundles(bundles, arguments.out, arguments.version)
    console.say(f"The mean of {len(arguments.bundles)} bundles is in {bundle.folder}. Evaluate and calibrate it.")
    console.result({"bundle": bundle.name, "folder": bundle.folder, "sha256": bundle.weights_sha256})
    return 0
