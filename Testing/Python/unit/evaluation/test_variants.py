"""The same cases made worse, put through the whole chain and robbed of sequences, beside the plain ones."""

from __future__ import annotations

import argparse
import csv
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from case_samples import SHAPE, write_labelled_case
from model_samples import TINY, tiny_bundle

from BratsSegmenterLib.cli import main
from BratsSegmenterLib.commands import evaluate as command
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.domain import ET, WT, Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation import (
    VARIANTS,
    CaseResult,
    LabelledCase,
    Protocol,
    RegionScores,
    VariantResult,
    evaluate_variants,
    find_cases,
    read_case,
    variant_rows,
    variants_json,
    write_variants_page,
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


def _spoil_unseen(file: Path) -> None:
    """Other bytes, which neither the file's size nor its time tells."""
    status = file.stat()
    file.write_bytes(bytes(status.st_size))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_finished_variant_is_not_done_again_unless_the_weights_are_others(
    cases: Path, bundle: Bundle, tmp_path: Path
) -> None:
    first = evaluate_variants(cases, bundle, _QUICK, kept=tmp_path / "out")
    for file in cases.rglob("*.nii.gz"):
        _spoil_unseen(file)
    again = evaluate_variants(cases, bundle, _QUICK, kept=tmp_path / "out")
    assert [(result.name, result.dice(WT)) for result in again] == [(result.name, result.dice(WT)) for result in first]
    other = tiny_bundle(tmp_path / "other", TINY, seed=1)
    with pytest.raises(LearningError, match="None of the 2 cases"):
        evaluate_variants(cases, other, _QUICK, kept=tmp_path / "out")


def test_a_finished_variant_is_done_again_when_a_case_was_repaired(cases: Path, bundle: Bundle, tmp_path: Path) -> None:
    labels = cases / "two" / "seg.nii.gz"
    whole = labels.read_bytes()
    labels.write_bytes(whole[:100])
    (result,) = evaluate_variants(cases, bundle, _QUICK[:1], kept=tmp_path / "out")
    assert [case.name for case in result.set_aside] == ["two"]
    labels.write_bytes(whole)
    (result,) = evaluate_variants(cases, bundle, _QUICK[:1], kept=tmp_path / "out")
    assert [case.name for case in result.cases] == ["one", "two"]


def test_what_a_model_cannot_do_without_is_listed_as_not_run(cases: Path, tmp_path: Path) -> None:
    strict = tiny_bundle(tmp_path / "strict", replace(TINY, tolerates_missing=False))
    plain, blind = evaluate_variants(cases, strict, _QUICK, kept=tmp_path / "out")
    assert (len(plain.cases), plain.not_run) == (2, "")
    assert (blind.cases, blind.dice(WT)) == ((), None)
    assert "'strict' needs all of its sequences, FLAIR too" in blind.not_run
    assert variant_rows([plain, blind], (WT,))[1] == ["without FLAIR", "0", "not run"]
    assert variants_json([plain, blind], (WT,))["without FLAIR"]["not_run"] == blind.not_run
    write_variants_page([plain, blind], strict, (WT,), tmp_path / "variants.html")
    assert "Not run: The model" in (tmp_path / "variants.html").read_text()


def test_what_is_withheld_is_withheld_in_every_variant(cases: Path, bundle: Bundle) -> None:
    for file in cases.rglob("flair.nii.gz"):
        file.unlink()
    variants = tuple(variant for variant in VARIANTS if variant.name in ("plain", "without FLAIR", "without T1"))
    base = Protocol(without=(Sequence.FLAIR,), device="cpu")
    plain, without_t1, without_flair = evaluate_variants(cases, bundle, variants, base)
    assert [len(result.cases) for result in (plain, without_t1)] == [2, 2]
    assert plain.dice(WT) != without_t1.dice(WT)
    assert without_flair.not_run == "FLAIR is withheld from every variant."


def test_what_a_case_lacks_cannot_be_withheld_from_it_and_tells_nothing(
    cases: Path, bundle: Bundle, tmp_path: Path
) -> None:
    variants = tuple(variant for variant in VARIANTS if variant.name in ("plain", "without T1"))
    (cases / "two" / "t1.nii.gz").unlink()
    for _again in range(2):
        plain, blind = evaluate_variants(cases, bundle, variants, kept=tmp_path / "out")
        one, lacking = (result.cases[0].scores["WT"].dice for result in (plain, blind))
        assert one != lacking
        assert blind.fall(WT, plain) == pytest.approx(one - lacking)
    (cases / "one" / "t1.nii.gz").unlink()
    plain, blind = evaluate_variants(cases, bundle, variants)
    assert (plain.not_run, blind.not_run) == ("", "No case has a T1 image.")


def test_a_variant_without_what_the_model_does_not_take_is_not_run(bundle: Bundle) -> None:
    taken = replace(bundle.specification, sequences=(Sequence.T1, Sequence.T1C, Sequence.FLAIR))
    reasons = {variant.name: variant.why_not(replace(bundle, specification=taken), Protocol()) for variant in VARIANTS}
    assert {name: reason for name, reason in reasons.items() if reason} == {
        "without T2": f"The model '{bundle.name}' takes no T2."
    }


def test_the_whole_chain_is_not_asked_for_beside_the_variants(
    cases: Path, bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", str(cases), "--bundle", str(bundle.folder), "--variants", "--whole-chain"])
    assert ended.value.code == 2
    assert "--whole-chain is one of the --variants already" in capsys.readouterr().err


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
