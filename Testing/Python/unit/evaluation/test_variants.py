"""The same cases made worse, put through the whole chain and robbed of sequences, beside the plain ones."""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from case_samples import SHAPE, write_labelled_case
from model_samples import TINY, tiny_bundle

from BratsSegmenterLib.commands import evaluate as command
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.domain import ET, WT, Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation import (
    VARIANTS,
    CaseResult,
    LabelledCase,
    RegionScores,
    VariantResult,
    evaluate_variants,
    find_cases,
    read_case,
    variant_rows,
)
from BratsSegmenterLib.learning.evaluation.degradations import Degradation, degraded
from BratsSegmenterLib.segmentation import Bundle

_QUICK = tuple(variant for variant in VARIANTS if variant.name in ("plain", "without FLAIR"))


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    write_labelled_case(tmp_path / "cases" / "one", 1)
    write_labelled_case(tmp_path / "cases" / "two", 2)
    return tmp_path / "cases"


@pytest.fixture
def case(cases: Path) -> LabelledCase:
    return read_case(find_cases(cases)[0])


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return tiny_bundle(tmp_path_factory.mktemp("models") / "tiny")


def test_every_sequence_but_the_reference_is_moved_and_the_same_way_every_time(case: LabelledCase) -> None:
    once, again = (degraded(case, Degradation.MOVED) for _ in range(2))
    for sequence in Sequence:
        differs = not np.array_equal(once.images[sequence], case.images[sequence])
        assert differs == (sequence is not Sequence.T1C)
        np.testing.assert_array_equal(once.images[sequence], again.images[sequence])
        assert once.geometries[sequence] is case.geometries[sequence]
    assert once.labels is case.labels


def test_two_cases_are_moved_in_different_ways(cases: Path) -> None:
    one, two = (read_case(files) for files in find_cases(cases))
    same_images = replace(two, images=one.images)
    moved_one, moved_two = (degraded(each, Degradation.MOVED).images[Sequence.T2] for each in (one, same_images))
    assert not np.array_equal(moved_one, moved_two)


def test_a_thick_slice_is_the_mean_of_five_thin_ones_and_lies_in_their_middle(case: LabelledCase) -> None:
    heights_mm = np.broadcast_to(np.arange(SHAPE[0], dtype=np.float32)[:, None, None], SHAPE)
    ramp = replace(case, images={Sequence.T1C: heights_mm}, geometries={Sequence.T1C: case.labels_geometry})
    thick = degraded(ramp, Degradation.THICK_SLICES)
    image, geometry = thick.images[Sequence.T1C], thick.geometries[Sequence.T1C]
    assert (image.shape, geometry.spacing_mm) == ((8, *SHAPE[1:]), (1.0, 1.0, 5.0))
    centres_mm = geometry.points_mm(np.array([[0.0, 0.0, k] for k in range(8)]))[:, 2]
    np.testing.assert_allclose(image[:, 0, 0], centres_mm)
    assert thick.labels.shape == SHAPE


def test_a_finished_variant_is_not_done_again_unless_the_weights_are_others(
    cases: Path, bundle: Bundle, tmp_path: Path
) -> None:
    first = evaluate_variants(cases, bundle, _QUICK, kept=tmp_path / "out")
    for file in cases.rglob("*.nii.gz"):
        file.write_bytes(b"gone")
    again = evaluate_variants(cases, bundle, _QUICK, kept=tmp_path / "out")
    assert [(result.name, result.dice(WT)) for result in again] == [(result.name, result.dice(WT)) for result in first]
    other = tiny_bundle(tmp_path / "other", TINY, seed=1)
    with pytest.raises(LearningError, match="None of the 2 cases"):
        evaluate_variants(cases, other, _QUICK, kept=tmp_path / "out")


def _result(name: str, blind: tuple[str, ...] = (), **dice: float) -> VariantResult:
    scores = {case: RegionScores(value, 0, 1, 1, 0, value, 1, 1) for case, value in dice.items()}
    seen = [key for key in ("WT", "ET") if key not in blind]
    cases = tuple(CaseResult(case, dict.fromkeys(seen, one)) for case, one in scores.items())
    return VariantResult(name, "", cases, ())


def test_the_table_compares_the_same_cases_and_leaves_out_what_is_not_measured() -> None:
    plain = _result("plain", a=0.9, b=0.5)
    worse = _result("without T1c", ("ET",), a=0.8)
    assert variant_rows([plain, worse], (WT, ET)) == [
        ["plain", "2", "0.700", "0.700"],
        ["without T1c", "1", "0.800 (-0.100)", "not measured"],
    ]


def test_without_the_plain_variant_there_is_nothing_to_compare_with() -> None:
    assert variant_rows([_result("moved", a=0.9)], (WT,)) == [["moved", "1", "0.900"]]


def test_each_variant_says_what_it_is_and_has_a_name_of_its_own() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)
    assert all(variant.description.endswith(".") for variant in VARIANTS)
    assert {s for variant in VARIANTS for s in variant.without} == set(Sequence)


def test_the_command_judges_all_variants_on_the_experts_grid_and_writes_a_table_and_a_page(
    cases: Path, bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (cases / "two" / "flair.nii.gz").write_bytes(b"damaged")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    options = [
        str(cases),
        "--bundle",
        str(bundle.folder),
        "--device",
        "cpu",
        "--variants",
        "--out",
        str(tmp_path / "o"),
    ]
    assert command.run(parser.parse_args(options), Console(as_json=True)) == 0
    variants = json.loads(capsys.readouterr().out)["variants"]
    assert set(variants) == {variant.name for variant in VARIANTS}
    assert variants["without T1c"]["dice"]["ET"] is None
    assert variants["without FLAIR"]["cases"] == ["one", "two"]
    assert variants["plain"]["cases"] == ["one"]
    rows = list(csv.DictReader((tmp_path / "o" / "variants.csv").read_text().splitlines()))
    assert {row["variant"] for row in rows} == set(variants)
    assert {row["region"] for row in rows if row["note"] == "not measured"} == {"TC", "ET"}
    true_ml = float(np.count_nonzero(read_case(find_cases(cases / "one")[0]).labels)) / 1000
    assert [float(row["true_ml"]) for row in rows if row["region"] == "WT" and row["case"] == "one"] == pytest.approx(
        [true_ml] * len(variants), abs=1e-4
    )
    page = (tmp_path / "o" / "variants.html").read_text()
    assert "not measured" in page
    assert "'two' has a file that cannot be read" in page.replace("&#39;", "'")
