"""A folder of cases is evaluated by the code in use; what cannot be used is named and stops nothing."""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from case_samples import SHAPE, write_labelled_case
from model_samples import TINY, threshold_bundle, tiny_bundle

from BratsSegmenterLib.commands import evaluate as command
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.domain import ET, RC, WT, PreprocessingSteps, Sequence
from BratsSegmenterLib.errors import Cancelled, LearningError
from BratsSegmenterLib.learning.evaluation import (
    EMPTY_REGIONS,
    CaseResult,
    Evaluation,
    PicturePage,
    Protocol,
    RegionScores,
    case_rows,
    evaluate,
    find_cases,
    read_case,
    statistics,
    to_json,
)
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import Bundle, Calibration, RegionCalibration, load_bundle, write_calibration


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return tiny_bundle(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two good cases; a good one without FLAIR; one with labels of another shape."""
    folder = tmp_path_factory.mktemp("cases")
    write_labelled_case(folder / "good-1", 1)
    write_labelled_case(folder / "good-2", 2)
    write_labelled_case(folder / "other-shape", 3, (20, 52, 44))
    write_labelled_case(folder / "no-flair", 4)
    (folder / "no-flair" / "flair.nii.gz").unlink()
    return folder


@pytest.fixture(scope="module")
def evaluation(cases: Path, bundle: Bundle) -> Evaluation:
    return evaluate(cases, bundle, Protocol(device="cpu"))


def test_good_cases_are_scored_and_bad_ones_named(evaluation: Evaluation) -> None:
    assert [case.name for case in evaluation.cases] == ["good-1", "good-2", "no-flair"]
    (other,) = evaluation.set_aside
    assert "image of the case 'other-shape' does not lie in the grid of its labels" in other.reason
    for case in evaluation.cases:
        assert case.scores["WT"].true_ml == pytest.approx(evaluation.cases[0].scores["WT"].true_ml)
        assert 0 <= case.scores["WT"].dice <= 1


def _spoil(folder: Path, name: str, change: Callable[[np.ndarray], object]) -> None:
    image = sitk.ReadImage(str(folder / name))
    array = sitk.GetArrayFromImage(image)
    change(array)
    spoilt = sitk.GetImageFromArray(array)
    spoilt.CopyInformation(image)
    sitk.WriteImage(spoilt, str(folder / name))


def _nowhere(folder: Path) -> None:
    image = nibabel.Nifti1Image.from_filename(folder / "t2.nii.gz")
    image.header.set_sform(np.zeros((4, 4)), code=1)
    image.header.set_qform(None, code=0)
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj), None, image.header), folder / "t2.nii.gz")


def _overwrite(folder: Path, name: str, place: int, header: bytes) -> None:
    """Bytes in the header of an image, which is no longer compressed."""
    file = folder / name
    content = bytearray(gzip.decompress((folder / f"{name}.gz").read_bytes()))
    content[place : place + len(header)] = header
    (folder / f"{name}.gz").unlink()
    file.write_bytes(bytes(content))


_FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "nan": (lambda f: _spoil(f, "t2.nii.gz", lambda a: a.put(0, np.nan)), "voxels that are no numbers in its T2 image"),
    "label": (lambda f: _spoil(f, "seg.nii.gz", lambda a: a.put(0, 7)), "labels other than 0 to 4: 7"),
    "empty": (lambda f: _spoil(f, "t1c.nii.gz", lambda a: a.fill(0)), "T1c image with one value everywhere"),
    "flat": (
        lambda f: _spoil(f, "t1.nii.gz", lambda a: np.minimum(a, 1, out=a)),
        "T1 image .* everywhere in the brain",
    ),
    "cut": (
        lambda f: (f / "flair.nii.gz").write_bytes((f / "flair.nii.gz").read_bytes()[:300]),
        "cannot be read: flair",
    ),
    "data-type": (lambda f: _overwrite(f, "t1.nii", 70, (9999).to_bytes(2, "little")), "cannot be read: t1.nii"),
    "zeros": (lambda f: _overwrite(f, "t2.nii", 0, bytes(348)), "cannot be read: t2.nii"),
    "huge": (lambda f: _overwrite(f, "t1c.nii", 42, (32767).to_bytes(2, "little") * 3), "cannot be read: t1c.nii"),
    "no-labels": (lambda f: (f / "seg.nii.gz").unlink(), "has no labels"),
    "background": (
        lambda f: _spoil(f, "t1c.nii.gz", lambda a: np.add(a, 1, out=a)),
        "T1c image .* is not zero around the brain.*whole chain",
    ),
    "nowhere": (_nowhere, "does not say where its voxels lie: t2"),
}


def test_every_bad_case_is_named_and_the_good_one_is_scored(tmp_path: Path, bundle: Bundle) -> None:
    write_labelled_case(tmp_path / "good", 1)
    for name, (fault, _) in _FAULTS.items():
        write_labelled_case(tmp_path / name, 2)
        fault(tmp_path / name)
    result = evaluate(tmp_path, bundle, Protocol(device="cpu"))
    assert [case.name for case in result.cases] == ["good"]
    reasons = {case.name: case.reason for case in result.set_aside}
    assert set(reasons) == set(_FAULTS)
    for name, (_, sentence) in _FAULTS.items():
        assert re.search(sentence, reasons[name]), reasons[name]


def test_what_was_assumed_about_the_labels_is_said(
    bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_labelled_case(tmp_path / "one", 1)
    _spoil(tmp_path / "one", "seg.nii.gz", lambda a: a.put(np.flatnonzero(a), 4))
    assert command.run(_command(tmp_path, "--bundle", bundle.folder), Console(as_json=True)) == 0
    payload = json.loads(capsys.readouterr().out)
    assert "4 is taken for enhancing tumour" in payload["notes"][0]
    assert payload["cases"][0]["dice"]["ET"] < 1


def test_a_cavity_that_is_not_scored_is_said(bundle: Bundle, tmp_path: Path) -> None:
    write_labelled_case(tmp_path / "one", 1)
    _spoil(tmp_path / "one", "seg.nii.gz", lambda a: a.put(np.flatnonzero(a)[:9], (3, 3, 3, 4, 4, 4, 4, 4, 4)))
    for is_postoperative, said in ((False, True), (True, False)):
        notes = evaluate(tmp_path, bundle, Protocol(device="cpu", is_postoperative=is_postoperative)).notes
        assert any("1 of 1 cases hold a resection cavity" in note for note in notes) is said


def test_rules_that_erase_small_tumours_are_warned_of_and_what_they_leave_empty_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_labelled_case(tmp_path / "cases" / "one", 1)
    bundle = threshold_bundle(tmp_path / "threshold")
    for rules in ("off", "high-grade"):
        assert "nothing is drawn" not in capsys.readouterr().out
        arguments = _command(tmp_path / "cases", "--bundle", bundle.folder, "--postprocessing", rules)
        assert command.run(arguments, Console()) == 0
    said = capsys.readouterr().out
    assert (
        "high-grade takes the place of the bundle's rules and erases every piece of tumour smaller than 10 mL" in said
    )
    assert "In 1 of 1 cases nothing is drawn" in said
    assert EMPTY_REGIONS in said


def test_the_claims_of_a_calibration_are_held_against_the_truth(
    cases: Path, bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(bundle.folder, tmp_path / "tiny")
    calibrated = load_bundle(tmp_path / "tiny")
    regions = {"WT": RegionCalibration(1e6, 1e6, 0.0, 0.5, 1.0), "ED": RegionCalibration(1.0, 1.0, 0.0, 0.5, 1.0)}
    write_calibration(calibrated, Calibration(calibrated.weights_sha256, regions=regions))
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    options = parser.parse_args([str(cases / "good-1"), "--bundle", str(calibrated.folder), "--device", "cpu"])
    command.run(options, Console(as_json=True))
    payload = json.loads(capsys.readouterr().out)
    assert payload["trust"]["WT"]["coverage"] == 1
    assert payload["trust"]["WT"]["dice"] == pytest.approx(payload["cases"][0]["dice"]["WT"])
    assert set(payload["trust"]) == {"WT", "ED"}


def test_a_missing_sequence_is_named_and_missed_only_by_a_model_that_needs_it(
    cases: Path, evaluation: Evaluation, tmp_path: Path
) -> None:
    assert evaluation.notes == ("1 of 4 cases has no FLAIR image.",)
    strict = tiny_bundle(tmp_path / "strict", replace(TINY, tolerates_missing=False))
    with pytest.raises(LearningError, match="'no-flair' has no FLAIR"):
        evaluate(cases / "no-flair", strict, Protocol(device="cpu"))


@pytest.mark.parametrize(
    ("kept", "withheld", "said"),
    [("t1", (), "has only T1, with which no region is measured"), ("t2", (Sequence.T2,), "no image but .* withheld")],
)
def test_a_case_of_which_nothing_can_be_measured_is_set_aside(
    cases: Path, tmp_path: Path, kept: str, withheld: tuple[Sequence, ...], said: str
) -> None:
    network = replace(TINY.network, arguments={**TINY.network.arguments, "out_channels": 4})
    bundle = tiny_bundle(tmp_path / "cavities", replace(TINY, network=network, outputs=(*TINY.outputs, RC)))
    (tmp_path / "data" / "one").mkdir(parents=True)
    for name in (kept, "seg"):
        shutil.copy(cases / "good-1" / f"{name}.nii.gz", tmp_path / "data" / "one")
    with pytest.raises(LearningError, match=f"None of the 1 cases could be evaluated. The case 'one' .*{said}"):
        evaluate(tmp_path / "data", bundle, Protocol(device="cpu", without=withheld))


def test_a_data_set_in_the_layout_of_nnunet_is_scored_as_any_other(
    cases: Path, bundle: Bundle, evaluation: Evaluation, tmp_path: Path
) -> None:
    names = {"flair": "0000", "t1": "0001", "t1c": "0002", "t2": "0003"}
    for folder in ("imagesTr", "labelsTr"):
        (tmp_path / folder).mkdir()
    for name, number in names.items():
        shutil.copy(cases / "good-1" / f"{name}.nii.gz", tmp_path / "imagesTr" / f"case_{number}.nii.gz")
    shutil.copy(cases / "good-1" / "seg.nii.gz", tmp_path / "labelsTr" / "case.nii.gz")
    _spoil(tmp_path / "labelsTr", "case.nii.gz", lambda a: np.floor_divide(a, 2, out=a))
    channels = {str(int(number)): name for name, number in names.items()}
    dataset = {"channel_names": channels, "labels": {"background": 0, "edema": 1}}
    (tmp_path / "dataset.json").write_text(json.dumps(dataset))
    (result,) = evaluate(tmp_path, bundle, Protocol(device="cpu")).cases
    assert (result.name, result.scores) == ("case", evaluation.cases[0].scores)


def test_a_withheld_sequence_may_be_missing(cases: Path, bundle: Bundle) -> None:
    result = evaluate(cases / "no-flair", bundle, Protocol(without=(Sequence.FLAIR,), device="cpu"))
    assert [case.name for case in result.cases] == ["no-flair"]


def test_what_is_not_measured_without_a_sequence_is_said_and_has_no_score(cases: Path, bundle: Bundle) -> None:
    result = evaluate(cases / "good-1", bundle, Protocol(without=(Sequence.T1C,), device="cpu"))
    assert any("Enhancing tumour is not measured" in finding for finding in result.cases[0].findings)
    assert set(result.cases[0].scores) == {"WT"}
    assert result.not_measured == ("TC", "ET")


def _command(*arguments: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args([*map(str, arguments), "--device", "cpu"])


def test_table_json_and_csv_say_what_is_not_measured(
    cases: Path, bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = (cases / "good-1", "--bundle", bundle.folder, "--without", "T1c", "--out", tmp_path, "--against")
    for as_json in (True, False):
        assert command.run(_command(*options, bundle.folder), Console(as_json)) == 0
        printed = capsys.readouterr().out
        if as_json:
            payload = json.loads(printed)
    assert payload["not_measured"] == ["TC", "ET"]
    for dice in (payload["dice"], payload["cases"][0]["dice"]):
        assert (dice["WT"] > 0, dice["TC"], dice["ET"]) == (True, None, None)
    assert payload["statistics"]["ET"]["dice"] == dict.fromkeys(
        ("mean", "median", "lower_quartile", "upper_quartile")
    ) | {"count": 0}
    assert set(payload["against"]["dice"]) == {"WT"}
    assert [line.split()[2:] for line in printed.splitlines() if line.split()[:1] == ["good-1"]] == [
        ["not", "measured", "not", "measured"]
    ]
    rows = {row["region"]: row for row in csv.DictReader((tmp_path / "scores.csv").read_text().splitlines())}
    assert (rows["WT"]["note"], rows["ET"]["dice"], rows["ET"]["note"]) == ("", "", "not measured")


def test_the_page_shows_another_sequence_where_t1c_and_flair_are_withheld(
    cases: Path, bundle: Bundle, tmp_path: Path
) -> None:
    options = (cases / "good-1", "--bundle", bundle.folder, "--without", "T1c", "FLAIR", "--out", tmp_path)
    assert command.run(_command(*options), Console()) == 0
    assert (tmp_path / "index.html").read_text().count("data:image/png;base64,") == 1


def test_a_nifti_2_file_is_read_as_any_other(
    cases: Path, bundle: Bundle, evaluation: Evaluation, tmp_path: Path
) -> None:
    shutil.copytree(cases / "good-1", tmp_path / "good-1")
    for file in (tmp_path / "good-1").iterdir():
        image = nibabel.load(file)
        nibabel.save(nibabel.Nifti2Image(np.asarray(image.dataobj), image.affine), file)
    (result,) = evaluate(tmp_path, bundle, Protocol(device="cpu")).cases
    assert result.scores == evaluation.cases[0].scores


def test_the_whole_chain_runs_on_the_same_cases(cases: Path, bundle: Bundle) -> None:
    result = evaluate(
        cases / "good-1", bundle, Protocol(PreprocessingSteps(bias_correction=False, brain_mask=False), device="cpu")
    )
    assert any(finding.startswith("T1 ") or "registered" in finding for finding in result.cases[0].findings)


def test_the_way_a_file_stores_its_axes_does_not_change_the_scores(
    cases: Path, evaluation: Evaluation, bundle: Bundle, tmp_path: Path
) -> None:
    for file in (cases / "good-1").iterdir():
        (tmp_path / "turned").mkdir(exist_ok=True)
        image = sitk.DICOMOrient(sitk.ReadImage(str(file)), "PIR")
        sitk.WriteImage(image, str(tmp_path / "turned" / file.name))
    (turned,) = evaluate(tmp_path, bundle, Protocol(device="cpu")).cases
    assert turned.scores["WT"] == evaluation.cases[0].scores["WT"]


def test_cases_of_which_none_can_be_used_are_an_error(cases: Path, bundle: Bundle) -> None:
    with pytest.raises(LearningError, match="None of the 1 cases"):
        evaluate(cases / "other-shape", bundle, Protocol(device="cpu"))


def test_a_cancel_ends_the_evaluation(cases: Path, bundle: Bundle) -> None:
    with pytest.raises(Cancelled):
        evaluate(cases, bundle, Protocol(device="cpu"), Progress(is_cancelled=lambda: True))


def test_the_command_prints_dice_by_case_and_writes_scores_and_pictures(
    cases: Path, bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    arguments = [str(cases), "--bundle", str(bundle.folder), "--device", "cpu", "--out", str(tmp_path / "out")]
    assert command.run(parser.parse_args(arguments), Console(as_json=True)) == 0
    payload = json.loads(capsys.readouterr().out)
    assert {case["case"] for case in payload["cases"]} == {"good-1", "good-2", "no-flair"}
    assert set(payload["cases"][0]["dice"]) == set(payload["dice"]) == {"WT", "TC", "ET"}
    assert len(payload["set_aside"]) == 1
    rows = list(csv.DictReader((tmp_path / "out" / "scores.csv").read_text().splitlines()))
    assert len(rows) == 9
    assert float(rows[0]["dice"]) == pytest.approx(payload["cases"][0]["dice"]["WT"], abs=1e-5)
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    assert "other-shape" in page
    assert EMPTY_REGIONS in page
    assert "1 of 4 cases has no FLAIR image" in page


def _scores(dice: float, sensitivity: float = 1.0) -> RegionScores:
    return RegionScores(dice, 0.0, sensitivity, 1.0, 0.0, dice, 1.0, 1.0)


def _evaluation(*dice: float) -> Evaluation:
    cases = [CaseResult(f"case-{n}", {"WT": _scores(d), "ET": _scores(d, float("nan"))}) for n, d in enumerate(dice)]
    return Evaluation("tiny", "1.0", (WT, ET), tuple(cases))


def test_statistics_leave_out_what_is_not_a_number_and_json_says_null() -> None:
    evaluation = _evaluation(0.2, 0.4, 0.9)
    found = statistics(evaluation, WT, "dice")
    assert (found.count, found.mean, found.median) == (3, pytest.approx(0.5), 0.4)
    assert (found.lower_quartile, found.upper_quartile) == pytest.approx((0.3, 0.65))
    assert statistics(evaluation, ET, "sensitivity").count == 0
    assert json.loads(json.dumps(to_json(evaluation)))["statistics"]["ET"]["sensitivity"]["mean"] is None
    assert case_rows(evaluation)[-1] == ["mean", "0.500", "0.500"]


def test_the_page_goes_from_worst_to_best(cases: Path, tmp_path: Path) -> None:
    case = read_case(find_cases(cases / "good-1")[0])
    evaluation = _evaluation(0.9, 0.1, 0.5)
    page = PicturePage()
    for result in evaluation.cases:
        page.add(case, np.zeros(SHAPE, np.uint8), result)
    page.write(evaluation, tmp_path / "index.html")
    text = (tmp_path / "index.html").read_text()
    assert text.index("<b>case-1") < text.index("<b>case-2") < text.index("<b>case-0")


@pytest.mark.slow
def test_the_shipped_weights_find_a_real_glioma(real_data: Path) -> None:
    """One case that has never been hard; the model card has all of them."""
    result = evaluate(real_data / "glioma-dev" / "BraTS2021_00006", load_bundle("glioma-synthetic"))
    scores = result.cases[0].scores
    assert scores["WT"].dice > 0.85
    assert scores["TC"].dice > 0.8
    assert scores["ET"].dice > 0.75
