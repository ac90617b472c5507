"""The same cases in several variants: as they are, made worse, and with sequences missing."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from collections.abc import Sequence as Items
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from BratsSegmenterLib.domain import PreprocessingSteps, Region, Sequence
from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation.degradations import (
    LARGEST_SHIFT_MM,
    LARGEST_TURN_DEG,
    SLICE_THICKNESS_MM,
    Degradation,
)
from BratsSegmenterLib.learning.evaluation.layouts import find_labelled_cases
from BratsSegmenterLib.learning.evaluation.nnunet import LabelledFiles
from BratsSegmenterLib.learning.evaluation.run import CaseResult, Protocol, SetAside, evaluate
from BratsSegmenterLib.learning.evaluation.summary import CSV_HEADINGS, NOT_MEASURED, csv_rows
from BratsSegmenterLib.pages import write_page
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.records import from_json, to_json
from BratsSegmenterLib.segmentation import Bundle

PLAIN = "plain"


@dataclass(frozen=True)
class Variant:
    """One way to give the cases to a model.

    Attributes
    ----------
    name : str
        Unique.
    description : str
        What it is, for the page.
    without : tuple of Sequence
        Sequences that are withheld.
    whole_chain : bool
        Whether the images go through pre-processing, as a study in use.
    degradation : Degradation or None
        How the images are made worse first.
    """

    name: str
    description: str
    without: tuple[Sequence, ...] = ()
    whole_chain: bool = False
    degradation: Degradation | None = None

    def protocol(self, base: Protocol) -> Protocol:
        """`base` with what makes the variant; what `base` withholds is withheld in every variant."""
        without = tuple(sequence for sequence in Sequence if sequence in (*base.without, *self.without))
        steps = PreprocessingSteps() if self.whole_chain else None
        return replace(base, steps=steps, without=without, degradation=self.degradation)

    def why_not(self, bundle: Bundle, base: Protocol) -> str:
        """Why the variant cannot be run, or would be the same as the plain one; empty when it can."""
        if self.without and set(self.without) <= set(base.without):
            return f"{_listed(self.without)} is withheld from every variant."
        withheld = self.protocol(base).without
        taken = bundle.specification.sequences
        if self.without and set(taken).isdisjoint(self.without):
            return f"The model '{bundle.name}' takes no {_listed(self.without)}."
        lacking = [sequence for sequence in taken if sequence in withheld]
        if lacking and not bundle.specification.tolerates_missing:
            return f"The model '{bundle.name}' needs all of its sequences, {_listed(lacking)} too."
        return ""


VARIANTS = (
    Variant(PLAIN, "Registered and without skull, as research gives them."),
    Variant("whole chain", "The same, registered, masked and corrected again, as a study in use.", whole_chain=True),
    Variant(
        "moved",
        f"Each sequence but the reference turned by up to {LARGEST_TURN_DEG:g} degrees and shifted by up to "
        f"{LARGEST_SHIFT_MM:g} mm along each axis, then the whole chain.",
        whole_chain=True,
        degradation=Degradation.MOVED,
    ),
    Variant(
        "thick slices",
        f"All sequences in axial slices of {SLICE_THICKNESS_MM:g} mm, then the whole chain; judged on the experts' own "
        "thin slices.",
        whole_chain=True,
        degradation=Degradation.THICK_SLICES,
    ),
    *(
        Variant(f"without {sequence.value}", f"As plain, but {sequence.value} is withheld.", without=(sequence,))
        for sequence in Sequence
    ),
)


@dataclass(frozen=True)
class VariantResult:
    """How a model did on one variant, what the variant is, why it was not run, if it was not, and what was assumed.

    `without` are the sequences that the variant withholds from the cases that have them.
    """

    name: str
    description: str
    cases: tuple[CaseResult, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    not_run: str = ""
    notes: tuple[str, ...] = ()
    without: tuple[Sequence, ...] = ()

    def dice(self, region: Region) -> float | None:
        """Mean over the cases; None where the region is not measured, or the variant was not run."""
        found = self._dice_by_case(region).values()
        return float(np.mean(list(found))) if found else None

    def fall(self, region: Region, plain: VariantResult) -> float | None:
        """Mean of what the Dice of a case is lower than in the plain variant.

        Over the cases that both have and that have what is withheld: to the others nothing was done.
        """
        before, found = plain._dice_by_case(region), self._dice_by_case(region)
        changed = [case.name for case in plain.cases if {*self.without} <= {*case.images}]
        falls = [before[name] - found[name] for name in changed if name in before and name in found]
        return float(np.mean(falls)) if falls else None

    def _dice_by_case(self, region: Region) -> dict[str, float]:
        return {case.name: case.scores[region.key].dice for case in self.cases if region.key in case.scores}


def evaluate_variants(
    folder: Path,
    bundle: Bundle,
    variants: Iterable[Variant] = VARIANTS,
    base: Protocol | None = None,
    kept: Path | None = None,
    progress: Progress | None = None,
) -> tuple[VariantResult, ...]:
    """Evaluate the cases of a folder in each variant; one that cannot be run says why and stops nothing.

    Parameters
    ----------
    folder, bundle
        As for :func:`evaluate`.
    variants : iterable of Variant
    base : Protocol, optional
        Device, flips, post-processing and what is withheld, of all variants.
    kept : Path, optional
        Folder where each finished variant is kept; one that was finished with the same weights, settings and files is
        not evaluated again.
    progress : Progress, optional

    Raises
    ------
    LearningError
        There is no case, or none of the variants can be run.
    Cancelled
    """
    base, progress = base or Protocol(), progress or Progress()
    cases = find_labelled_cases(folder)
    state = [(case.name, case.state()) for case in cases]
    results = []
    for variant in variants:
        file = kept / _kept_name(variant, bundle, base, state) if kept else None
        if file and file.exists():
            results.append(from_json(VariantResult, json.loads(file.read_text(encoding="utf-8"))))
            continue
        with progress.stage(variant.name):
            reason = variant.why_not(bundle, base) or _nothing_withheld(variant, cases)
            results.append(_not_run(variant, reason) if reason else _result(variant, folder, bundle, base, progress))
        if file and not results[-1].not_run:
            write_atomically(file, json.dumps(to_json(results[-1])).encode())
    if all(result.not_run for result in results):
        raise LearningError("No variant could be run.", " ".join(dict.fromkeys(result.not_run for result in results)))
    return tuple(results)


def _kept_name(variant: Variant, bundle: Bundle, base: Protocol, state: Items[tuple[str, str]]) -> str:
    """Of the file of a finished variant; another name once anything changed that the scores hang on."""
    asked = replace(bundle.specification, version="", description="", data_source="", scores={})
    kept = [field.name for field in fields(CaseResult)]  # an older version may have kept less
    settings = repr((bundle.weights_sha256, asked, variant.protocol(base), state, kept)).encode()
    return f"{variant.name.replace(' ', '-')}-{hashlib.sha256(settings).hexdigest()[:12]}.json"


def _result(variant: Variant, folder: Path, bundle: Bundle, base: Protocol, progress: Progress) -> VariantResult:
    try:
        found = evaluate(folder, bundle, variant.protocol(base), progress)
    except LearningError as error:
        return _not_run(variant, str(error))
    return VariantResult(
        variant.name, variant.description, found.cases, found.set_aside, notes=found.notes, without=variant.without
    )


def _not_run(variant: Variant, reason: str) -> VariantResult:
    return VariantResult(variant.name, variant.description, not_run=reason)


def _nothing_withheld(variant: Variant, cases: Iterable[LabelledFiles]) -> str:
    """That no case has what the variant withholds; empty where one has."""
    if any({*variant.without} <= {*case.files.images} for case in cases):
        return ""
    return f"No case has a {_listed(variant.without)} image."


def _listed(sequences: Iterable[Sequence]) -> str:
    return ", ".join(sequence.value for sequence in sequences)


def variant_rows(results: Iterable[VariantResult], regions: Iterable[Region]) -> list[list[str]]:
    """Variant, cases, then Dice of each region with its difference to the plain variant, for a table."""
    results, regions = tuple(results), tuple(regions)
    compared = _compared(results, regions)
    return [
        [result.name, str(len(result.cases)), *(f"{dice} {difference}".strip() for dice, difference in cells)]
        for result, cells in zip(results, compared, strict=True)
    ]


def variants_json(results: Iterable[VariantResult], regions: Iterable[Region]) -> dict[str, Any]:
    """Mean Dice by variant and region, null where it is not measured, the cases set aside, and why one was not run."""
    regions = tuple(regions)
    return {
        result.name: {
            "dice": {region.key: result.dice(region) for region in regions},
            "cases": [case.name for case in result.cases],
            "set_aside": [{"case": case.name, "reason": case.reason} for case in result.set_aside],
            "not_run": result.not_run or None,
            "notes": list(result.notes),
        }
        for result in results
    }


def write_variants_csv(results: Iterable[VariantResult], regions: Iterable[Region], file: Path) -> None:
    """Every measure of every variant, case and region, one a line; one not measured says so in its note."""
    keys = [region.key for region in regions]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["variant", "case", *CSV_HEADINGS])
    for result in results:
        for case in result.cases:
            writer.writerows([result.name, case.name, *cells] for cells in csv_rows(case, keys))
    write_atomically(file, text.getvalue().encode(), is_private=False)


def write_variants_page(
    results: Iterable[VariantResult], bundle: Bundle, regions: Iterable[Region], file: Path
) -> None:
    """The table with what each variant is, and the cases that could not be used, one HTML file."""
    results, regions = tuple(results), tuple(regions)
    write_page(
        file,
        "variants.html",
        title=f"{bundle.name} {bundle.specification.version}: variants",
        regions=regions,
        rows=list(zip(results, _compared(results, regions), strict=True)),
    )


def _compared(results: Items[VariantResult], regions: Items[Region]) -> list[list[tuple[str, str]]]:
    """For each variant and region the Dice and its difference to the plain variant; empty where there is none."""
    plain = next((result for result in results if result.name == PLAIN), None)
    return [[_cell(result, region, plain) for region in regions] for result in results]


def _cell(result: VariantResult, region: Region, plain: VariantResult | None) -> tuple[str, str]:
    if result.not_run:
        return "not run", ""
    dice = result.dice(region)
    if dice is None:
        return NOT_MEASURED, ""
    fall = result.fall(region, plain) if plain and plain is not result else None
    return f"{dice:.3f}", "" if fall is None else f"({-fall:+.3f})"
