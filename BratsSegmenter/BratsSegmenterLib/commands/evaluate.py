"""``evaluate``: how good a model is on labelled cases."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.domain import Sequence

NAME = "evaluate"
HELP = "score a model on a folder of labelled cases in BraTS' layout"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Cases, model, and how the cases are treated."""
    parser.add_argument("cases", type=Path, metavar="DIR", help="one folder a case: t1, t1c, t2, flair, seg .nii.gz")
    parser.add_argument("--bundle", default="glioma-synthetic", metavar="NAME", help="a bundle's name or folder")
    parser.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"))
    parser.add_argument("--whole-chain", action="store_true", help="register, correct and strip the images as in use")
    parser.add_argument(
        "--without",
        nargs="+",
        default=[],
        choices=[sequence.value for sequence in Sequence],
        help="withhold these sequences from the model",
    )
    parser.add_argument("--flips", action="store_true", help="average with the mirrored head; twice the time")
    parser.add_argument(
        "--postprocessing",
        default="bundle",
        choices=("bundle", "off", "high-grade", "low-grade"),
        help="what is too small to be believed; left out: the bundle's own rules",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write scores.csv and a page of pictures there")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print Dice by case and region, statistics of all measures, and the cases that could not be used."""
    from BratsSegmenterLib.learning import evaluation
    from BratsSegmenterLib.preprocessing import Steps
    from BratsSegmenterLib.segmentation import PRESETS, InferenceSettings, load_bundle

    protocol = evaluation.Protocol(
        steps=Steps() if arguments.whole_chain else None,
        without=tuple(Sequence(value) for value in arguments.without),
        device=arguments.device,
        inference=InferenceSettings(flip_averaging=arguments.flips),
        postprocessing=PRESETS.get(arguments.postprocessing),
    )
    page = evaluation.PicturePage()
    with console.progress() as progress:
        result = evaluation.evaluate(
            arguments.cases, load_bundle(arguments.bundle), protocol, progress, page.add if arguments.out else None
        )
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        evaluation.write_csv(result, arguments.out / "scores.csv")
        page.write(result, arguments.out / "index.html")
    keys = [region.key for region in result.regions]
    console.table(f"Dice of {result.bundle} {result.version}", ["case", *keys], evaluation.case_rows(result))
    statistics = ["region", "measure", "mean", "median", "lower quartile", "upper quartile"]
    console.table("All measures", statistics, evaluation.measure_rows(result))
    claimed = evaluation.trust(case.claims for case in result.cases)
    if claimed:
        console.table(
            "Claims of the bundle's calibration on these cases",
            evaluation.TRUST_HEADINGS,
            evaluation.trust_rows(claimed),
        )
    for case in result.set_aside:
        console.warn(case.reason)
    console.result(evaluation.to_json(result))
    return 0
