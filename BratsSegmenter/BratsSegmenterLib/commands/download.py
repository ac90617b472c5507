"""``download``: bring a published model, after saying what, from where and how large."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.errors import BundleError

if TYPE_CHECKING:
    from BratsSegmenterLib.segmentation import PublishedModel

NAME = "download"
HELP = "bring MONAI's brats_mri_segmentation from the Model Zoo, after your consent"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Consent, and where the model goes."""
    parser.add_argument("--yes", action="store_true", help="agree without being asked")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="instead of the extension's models/")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Ask, download, check the hash, and say where the bundle is."""
    from BratsSegmenterLib.segmentation import download_bundle

    def consent(model: PublishedModel) -> bool:
        console.to_stderr(model.offer())
        return arguments.yes or _agrees(console)

    with console.progress() as progress, progress.stage("download"):
        bundle = download_bundle(consent, folder=arguments.folder, progress=progress)
    console.say(f"{bundle.name} {bundle.algorithm.version} is in {bundle.folder}")
    console.result({"bundle": bundle.name, "folder": bundle.folder, "sha256": bundle.weights_sha256})
    return 0


def _agrees(console: Console) -> bool:
    console.to_stderr("Type yes to agree:")
    try:
        return input().strip().lower() == "yes"
    except EOFError:
        raise BundleError(
            "Nobody can be asked here, so nothing was downloaded.", "Give --yes to agree without being asked."
        ) from None
