"""Synthetic heads without skull, as a challenge's folders, for the benchmarks that ask what a bundle does with them."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from BratsSegmenterLib.learning.evaluation.calibration import synthesis_settings
from BratsSegmenterLib.learning.synthesis import load_anatomies, synthesise, write_case
from BratsSegmenterLib.segmentation import Bundle

_BRIGHTNESS = 6.0
"""Added inside the brain, so that zero means stripped, as in the challenges' images."""


def heads_parser(description: str | None, cases: int) -> argparse.ArgumentParser:
    """The options that name a bundle, the anatomy of the heads and their number, `cases` of them unless told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--bundle", default="glioma-synthetic")
    parser.add_argument("--anatomy", type=Path, help="folder of label maps; left out: the ICBM atlas")
    parser.add_argument("--cases", type=int, default=cases)
    return parser


def write_stripped_heads(folder: Path, bundle: Bundle, anatomy: Path | None, count: int, first_seed: int) -> list[str]:
    """Write `count` cases in the grid that `bundle` was trained on; returns the kind of each tumour, in their order.

    Parameters
    ----------
    folder : Path
        Gets a folder for each case.
    bundle : Bundle
    anatomy : Path or None
        Folder of label maps; None takes the ICBM atlas.
    count, first_seed : int
    """
    settings = replace(synthesis_settings(bundle), resected=0.0, missing_sequence=0.0)
    with tempfile.TemporaryDirectory() as cache:
        anatomies = load_anatomies(anatomy, settings.spacing_mm, cache=Path(cache))
    kinds = []
    for number in range(count):
        case = synthesise(anatomies, settings, first_seed + number)
        images = (case.images + _BRIGHTNESS) * (case.images != 0)
        write_case(replace(case, images=images), folder, f"synthetic-{number:05d}-000")
        kinds.append(case.kind.value if case.kind else "healthy")
    return kinds
