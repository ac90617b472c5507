"""``evaluate``: how good a model is on labelled cases."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from BratsSegmenterLib.commands.arguments import add_bundle_argument, add_device_argument, require_writable
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.domain import Sequence

if TYPE_CHECKING:
    from BratsSegmenterLib.learning.evaluation import Protocol
    from BratsSegmenterLib.segmentation import Bundle

NAME = "evaluate"
HELP = "score a model on a folder of labelled cases in BraTS' or nnU-Net's layout"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Cases, model, and how the cases are treated."""
    parser.add_argument(
        "cases",
        type=Path,
        metavar="DIR",
        help="one folder a case: t1, t1c, t2, flair, seg .nii.gz; or a data set of nnU-Net",
    )
    add_bundle_argument(parser, "the model that is scored")
    add_device_argument(parser)
    parser.add_argument("--whole-chain", action="store_true", help="register, correct and strip the images as in use")
    parser.add_argument(
        "--without",
        nargs="+",
        default=[],
        choices=[sequence.value for sequence in Sequence],
        help="withhold these sequences from the model; with --variants from each of them",
    )
    parser.add_argument(
        "--flips",
        action=argparse.BooleanOptionalAction,
        help="average with the mirrored head, in twice the time; when not given, as the bundle says",
    )
    parser.add_argument(
        "--appearance",
        action=argparse.BooleanOptionalAction,
        help="correct the answer by what the tumour looks like in the same images; when not given, as the bundle says",
    )
    parser.add_argument(
        "--postprocessing",
        default="bundle",
        choices=("bundle", "off", "high-grade", "low-grade"),
        help="what is too small to be believed; left out: the bundle's own rules. Each takes their place: off erases "
        "nothing, high-grade every piece of tumour smaller than 10 mL, low-grade smaller than 3 mL; for cases with one "
        "large tumour each",
    )
    parser.add_argument(
        "--postoperative",
        action="store_true",
        help="the patients were operated on: look for a cavity, with the model for it as in use",
    )
    more = parser.add_mutually_exclusive_group()
    more.add_argument(
        "--against", metavar="NAME", help="score this very bundle on the same cases too, and say whether they differ"
    )
    more.add_argument(
        "--variants",
        action="store_true",
        help="also moved, in thick slices, through the whole chain and with each sequence missing; "
        "what --out holds of an earlier run is not done again",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the scores and a page there")
    parser.set_defaults(refuse=parser.error)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print Dice by case and region, statistics of all measures, and the cases that could not be used."""
    from BratsSegmenterLib.domain import PreprocessingSteps
    from BratsSegmenterLib.learning.evaluation import Protocol
    from BratsSegmenterLib.segmentation import PRESETS, InferenceSettings, load_bundle_for

    if arguments.variants and arguments.whole_chain:
        arguments.refuse("--whole-chain is one of the --variants already; leave one of the two options out")
    if set(arguments.without) == {sequence.value for sequence in Sequence}:
        arguments.refuse("--without names all sequences; leave at least one sequence to the model")
    if arguments.out:
        require_writable(arguments.out)
    bundle = load_bundle_for(arguments.bundle, arguments.postoperative)
    rules = PRESETS.get(arguments.postprocessing)
    if rules and rules.least_tumour_mm3:
        console.warn(
            f"--postprocessing {arguments.postprocessing} takes the place of the bundle's rules and erases every piece "
            f"of tumour smaller than {rules.least_tumour_mm3 / 1000:g} mL."
        )
    protocol = Protocol(
        steps=PreprocessingSteps() if arguments.whole_chain else None,
        without=tuple(Sequence(value) for value in arguments.without),
        device=arguments.device,
        inference=InferenceSettings(flip_averaging=arguments.flips, appearance=arguments.appearance),
        postprocessing=rules,
        is_postoperative=arguments.postoperative,
    )
    if arguments.variants:
        _run_variants(arguments, bundle, protocol, console)
    else:
        _run_once(arguments, bundle, protocol, console)
    return 0


def _run_once(arguments: argparse.Namespace, bundle: Bundle, protocol: Protocol, console: Console) -> None:
    from BratsSegmenterLib.learning import evaluation
    from BratsSegmenterLib.segmentation import load_bundle

    page = evaluation.PicturePage()
    against = load_bundle(arguments.against) if arguments.against else None
    with console.progress() as progress:
        result = evaluation.evaluate(arguments.cases, bundle, protocol, progress, page.add if arguments.out else None)
    keys = [region.key for region in result.regions]
    console.table(f"Dice of {result.bundle} {result.version}", ["case", *keys], evaluation.case_rows(result))
    statistics = ["region", "measure", "mean", "median", "lower quartile", "upper quartile"]
    console.table("All measures", statistics, evaluation.measure_rows(result))
    console.say(evaluation.EMPTY_REGIONS)
    claimed = evaluation.trust(case.claims for case in result.cases)
    if claimed:
        console.table(
            "Claims of the bundle's calibration on these cases",
            evaluation.TRUST_HEADINGS,
            evaluation.trust_rows(claimed),
        )
    for sentence in (*result.notes, *(case.reason for case in result.set_aside)):
        console.warn(sentence)
    if arguments.out:
        evaluation.write_csv(result, arguments.out / "scores.csv")
        page.write(result, arguments.out / "index.html")
    payload = evaluation.to_json(result)
    if against is not None:
        with console.progress() as progress:
            other = evaluation.evaluate(arguments.cases, against, protocol, progress)
        found = evaluation.differences(result, other)
        title = f"Dice of {result.bundle} {result.version}, less that of {other.bundle} {other.version}"
        console.table(title, evaluation.DIFFERENCE_HEADINGS, evaluation.difference_rows(found))
        payload["against"] = {"bundle": other.bundle, "dice": evaluation.differences_json(found)}
    console.result(payload)


def _run_variants(arguments: argparse.Namespace, bundle: Bundle, protocol: Protocol, console: Console) -> None:
    from BratsSegmenterLib.learning import evaluation

    with console.progress() as progress:
        results = evaluation.evaluate_variants(
            arguments.cases, bundle, base=protocol, kept=arguments.out, progress=progress
        )
    regions = evaluation.scored_regions(bundle, protocol)
    title = f"Mean Dice of {bundle.name} {bundle.specification.version}, and what it differs from the plain variant"
    headings = ["variant", "cases", *(region.key for region in regions)]
    console.table(title, headings, evaluation.variant_rows(results, regions))
    for result in results:
        if result.not_run:
            console.warn(f"Not run: {result.name}. {result.not_run}")
    reasons = {case.reason for result in results for case in result.set_aside}
    for sentence in sorted(reasons.union(*(result.notes for result in results))):
        console.warn(sentence)
    if arguments.out:
        evaluation.write_variants_csv(results, regions, arguments.out / "variants.csv")
        evaluation.write_variants_page(results, bundle, regions, arguments.out / "variants.html")
    console.result({"variants": evaluation.variants_json(results, regions)})
