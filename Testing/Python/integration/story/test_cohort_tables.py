"""What a cohort says of its studies: what was corrected, by which model, what was not measured, what is missing."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_samples import TINY, threshold_bundle, tiny_bundle
from numpy.typing import NDArray
from small_studies import small_study

from BratsSegmenterLib.cli import main
from BratsSegmenterLib.dicom import Authorship
from BratsSegmenterLib.domain import ED, ET, Segmentation, Sequence
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.labelmap import read_labelmap, write_labelmap
from BratsSegmenterLib.study import JobFolder, KeptStudy
from BratsSegmenterLib.study.unsent import forget_unsent, write_unsent
from BratsSegmenterLib.unattended import write_tables

_QUICK = ("--device", "cpu", "--no-brain-mask", "--no-registration", "--no-bias-correction")
_NO_CONTRAST = "20260302"


@dataclass(frozen=True)
class Cohort:
    """A finished cohort of two studies, the second one without T1c."""

    files: Path
    out: Path
    bundle: Path

    def again(self, *options: str, bundle: Path | None = None) -> list[str]:
        where = ("--files", str(self.files), "--out", str(self.out), "--bundle", str(bundle or self.bundle))
        return ["cohort", *where, *_QUICK, "--needs", "T2", "--json", *options]

    def table(self) -> list[dict[str, str]]:
        with (self.out / "studies.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def folder(self, row: int) -> JobFolder:
        return JobFolder(self.out / self.table()[row]["folder"])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    root = tmp_path_factory.mktemp("cohort")
    small_study(root / "in", "20260301", *Sequence)
    small_study(root / "in", _NO_CONTRAST, Sequence.T1, Sequence.T2, Sequence.FLAIR)
    cohort = Cohort(root / "in", root / "out", threshold_bundle(root / "bundle").folder)
    assert main(cohort.again()) == 0
    return cohort


@pytest.fixture
def cohort(finished: Cohort, tmp_path: Path) -> Cohort:
    """One to change."""
    shutil.copytree(finished.out, tmp_path / "out")
    return replace(finished, out=tmp_path / "out")


def _is_kept_as_it_was(cohort: Cohort, before: list[dict[str, str]]) -> bool:
    write_tables(cohort.out, pytest.fail)
    return cohort.table() == before


def _printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def _with(segmentation: Segmentation, label: int, voxels: int) -> NDArray[np.uint8]:
    """The label map with that many further voxels of a label, in the first slice."""
    labels = segmentation.labels.copy()
    labels[0].flat[:voxels] = label
    return labels


def _give_intervals(folder: JobFolder) -> None:
    """As a calibrated model does."""
    intervals_ml = {"ET": (0.0, 9.0), "ED": (0.0, 9.0), "WT": (0.0, 9.0)}
    folder.write_record(replace(folder.record(), intervals_ml=intervals_ml))
    KeptStudy(folder.path).write_result(replace(_result(folder), intervals_ml=intervals_ml))


def _result(folder: JobFolder) -> SegmentResult:
    result = KeptStudy(folder.path).result
    assert result is not None
    return result


def test_a_study_that_was_corrected_and_sent_is_measured_as_it_was_sent(cohort: Cohort) -> None:
    folder = cohort.folder(0)
    _give_intervals(folder)
    write_tables(cohort.out)
    before = cohort.table()[0]
    assert (before["volumes_of"], before["ED_high_ml"], before["ET_high_ml"]) == ("model", "9.000", "9.000")
    drawn = read_labelmap(folder.segmentation)
    write_labelmap(replace(drawn, labels=_with(drawn, ED.label, 800)), folder.corrected)
    KeptStudy(folder.path).write_sent(2, folder.corrected)
    (sent, _) = write_tables(cohort.out)
    after = cohort.table()[0]
    expected_ml = np.count_nonzero(_with(drawn, ED.label, 800) == ED.label) * drawn.geometry.voxel_volume_ml
    assert (after["state"], after["volumes_of"]) == ("sent", "corrected")
    assert float(after["ED_ml"]) == pytest.approx(expected_ml, abs=5e-4)
    assert sent.volumes_ml["ED"] == pytest.approx(expected_ml)
    assert (after["ED_high_ml"], after["WT_high_ml"], after["ET_high_ml"]) == ("", "", "9.000"), (
        "only what is the model's"
    )
    assert f"{expected_ml:.1f}" in (cohort.out / "studies.html").read_text(encoding="utf-8")


def test_what_the_model_drew_and_a_person_sent_as_it_was_is_the_model_s(cohort: Cohort) -> None:
    folder = cohort.folder(0)
    write_labelmap(read_labelmap(folder.segmentation), folder.corrected)
    KeptStudy(folder.path).write_sent(1, folder.corrected)
    write_tables(cohort.out)
    assert cohort.table()[0]["volumes_of"] == "model"


def test_regions_that_were_taken_up_from_a_corrected_result_are_not_the_model_s(cohort: Cohort) -> None:
    folder = cohort.folder(0)
    KeptStudy(folder.path).write_result(replace(_result(folder), authorship=Authorship.EDITED))
    (taken_up, of_model) = write_tables(cohort.out)
    assert (taken_up.volumes_of, of_model.volumes_of) == ("corrected", "model")


def test_the_picture_follows_a_correction_and_its_undoing(cohort: Cohort) -> None:
    folder = cohort.folder(0)
    picture = folder.path / "overview.png"
    write_tables(cohort.out)
    of_model = picture.read_bytes()
    drawn = read_labelmap(folder.segmentation)
    write_unsent(_with(drawn, ED.label, 3000), drawn.geometry, folder.unsent)
    write_tables(cohort.out)
    assert cohort.table()[0]["volumes_of"] == "corrected"
    assert picture.read_bytes() != of_model
    written = picture.stat().st_ino
    write_tables(cohort.out)
    assert picture.stat().st_ino == written, "it is drawn once"
    forget_unsent(folder.unsent)
    write_tables(cohort.out)
    assert picture.read_bytes() == of_model
    assert cohort.table()[0]["volumes_of"] == "model"


def test_the_table_tells_patients_apart_without_naming_them_and_sums_the_lesions(cohort: Cohort) -> None:
    with_contrast, without = cohort.table()
    assert len({with_contrast["patient"], without["patient"]}) == 2
    assert float(with_contrast["product_sum_mm2"]) > 0
    assert without["product_sum_mm2"] == "", "where nobody looked for enhancing tumour"
    kept = KeptStudy(cohort.folder(1).path)
    origin = kept.origin
    assert origin is not None
    kept.write_origin(replace(origin, study=replace(origin.study, patient_id="U-20260301")))
    write_tables(cohort.out)
    assert [row["patient"] for row in cohort.table()] == [with_contrast["patient"]] * 2
    kept.write_origin(replace(origin, study=replace(origin.study, patient_id=" ")))
    write_tables(cohort.out)
    assert [row["patient"] for row in cohort.table()] == [with_contrast["patient"], ""]
    (cohort.out / "patients.key").write_text("damaged", encoding="ascii")
    said: list[str] = []
    write_tables(cohort.out, said.append)
    assert [row["patient"] for row in cohort.table()] == ["", ""]
    assert said[0].startswith("The key of the pseudonyms, patients.key, is missing or damaged.")


def test_where_studies_lay_stands_in_a_list_of_its_own(cohort: Cohort) -> None:
    gone, stays = (row["study_uid"] for row in cohort.table())
    shutil.rmtree(cohort.folder(0).path)
    write_tables(cohort.out)
    with (cohort.out / "places.csv").open(encoding="utf-8", newline="") as file:
        places = {line["study_uid"]: line["path"] for line in csv.DictReader(file)}
    assert places == {gone: str(cohort.files), stays: str(cohort.files)}
    assert str(cohort.files) not in (cohort.out / "studies.csv").read_text(encoding="utf-8")


def test_what_could_not_be_measured_is_not_0_ml(
    cohort: Cohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = cohort.folder(1)
    reason = folder.record().not_measured["ET"]
    measure = ["measure", str(folder.segmentation), "--csv", str(tmp_path / "volumes.csv")]
    assert main([*measure, "--json"]) == 0
    printed = _printed(capsys)
    assert printed["not_measured"]["ET"] == reason
    assert "ET" not in printed["volumes_ml"]
    assert "WT" in printed["volumes_ml"]
    assert (tmp_path / "volumes.csv").read_text(encoding="utf-8") == folder.volumes_table.read_text(encoding="utf-8")
    assert main(measure) == 0
    assert reason in capsys.readouterr().out
    drawn = read_labelmap(folder.segmentation)
    write_labelmap(replace(drawn, labels=_with(drawn, ET.label, 100)), folder.corrected)
    assert main(["measure", str(folder.corrected), "--json"]) == 0
    printed = _printed(capsys)
    assert printed["volumes_ml"]["ET"] == pytest.approx(100 * drawn.geometry.voxel_volume_ml)
    assert "ET" not in printed["not_measured"]


def test_what_another_model_or_other_options_drew_is_named_when_the_cohort_is_run_again(
    cohort: Cohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(cohort.again()) == 0
    same = _printed(capsys)
    assert (same["warnings"], same["models"]) == ([], {"bundle 1.0": 2})
    assert [row["postoperative"] for row in cohort.table()] == ["no", "no"]
    newer = tiny_bundle(tmp_path / "newer", replace(TINY, version="2.0"), seed=1).folder
    assert main(cohort.again("--postoperative", bundle=newer)) == 0
    (warning,) = _printed(capsys)["warnings"]
    assert warning.startswith("2 studies keep the result of bundle 1.0 (weights ")
    assert "name another --out to segment them with newer 2.0 (weights " in warning
    assert warning.endswith(" --postoperative --no-registration --no-bias-correction --no-brain-mask.")


def test_files_that_are_passed_over_are_counted_and_named_only_in_their_list(
    cohort: Cohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "in" / "Doe Jane" / "IM1.dcm"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"no DICOM")
    elsewhere = replace(cohort, files=tmp_path / "in")
    assert main(elsewhere.again()) == 0
    said = capsys.readouterr()
    printed = json.loads(said.out)
    assert printed["passed_over"] == 1
    assert "or not to be opened: 1." in printed["warnings"][0]
    assert "Doe" not in said.out + said.err
    assert (cohort.out / "passed_over.txt").read_text(encoding="utf-8") == f"{damaged}\n"
    damaged.unlink()
    assert main(elsewhere.again()) == 0
    assert _printed(capsys)["warnings"] == []
    assert not (cohort.out / "passed_over.txt").exists()


def test_studies_that_are_left_out_for_their_dates_are_counted(
    finished: Cohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(replace(finished, out=tmp_path / "out").again("--from", "20260401")) == 0
    (warning,) = _printed(capsys)["warnings"]
    assert warning == "Left out, because their Study Date is missing or not among the dates asked for: 2."


def test_what_was_measured_of_a_study_stays_in_the_table_when_its_files_are_deleted(cohort: Cohort) -> None:
    before = cohort.table()
    assert main(["clean", str(cohort.out), "--older-than", "0"]) == 0
    assert write_tables(cohort.out) == ()
    assert cohort.table() == [{**row, "state": "deleted"} for row in before]


def test_what_was_measured_and_deleted_is_not_done_again_and_keeps_its_volumes(
    cohort: Cohort, capsys: pytest.CaptureFixture[str]
) -> None:
    before = cohort.table()
    assert main(["clean", str(cohort.out), "--older-than", "0"]) == 0
    capsys.readouterr()
    assert main(cohort.again()) == 0
    (warning,) = _printed(capsys)["warnings"]
    assert warning.startswith("Measured before, and deleted since: 2. ")
    assert cohort.table() == [{**row, "state": "deleted"} for row in before]


def test_what_waited_for_a_person_when_it_was_deleted_is_done_again(cohort: Cohort) -> None:
    table = cohort.out / "studies.csv"
    shutil.rmtree(cohort.folder(0).path)
    table.write_text(table.read_text(encoding="utf-8").replace(",segmented,", ",needs you,"), encoding="utf-8")
    assert main(cohort.again()) == 0
    assert cohort.folder(0).is_segmented


def test_what_was_measured_of_deleted_studies_outlives_a_spreadsheet(cohort: Cohort) -> None:
    table = cohort.out / "studies.csv"
    shutil.rmtree(cohort.folder(0).path)
    write_tables(cohort.out)
    before, written = cohort.table(), table.read_text(encoding="utf-8")
    assert before[0]["state"] == "deleted"
    table.write_text(f"\ufeff{written}", encoding="utf-8")
    assert _is_kept_as_it_was(cohort, before)
    with table.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, before[0], delimiter=";")
        writer.writeheader()
        writer.writerows({key: _in_german(key, cell) for key, cell in row.items()} for row in before)
        writer.writerow({})
    assert _is_kept_as_it_was(cohort, before)


def test_a_folder_whose_name_a_spreadsheet_rounds_makes_no_second_line_of_its_study(cohort: Cohort) -> None:
    table = cohort.out / "studies.csv"
    shutil.rmtree(cohort.folder(0).path)
    write_tables(cohort.out)
    before, written = cohort.table(), table.read_text(encoding="utf-8")
    for row in before:
        written = written.replace(row["folder"], "5.89955E+15")
    table.write_text(written, encoding="utf-8")
    assert _is_kept_as_it_was(cohort, before)


def _in_german(column: str, cell: str) -> str:
    return cell.replace(".", ",") if column.endswith("_ml") else cell


def test_a_table_that_cannot_be_read_any_more_is_kept_aside(cohort: Cohort, capsys: pytest.CaptureFixture[str]) -> None:
    table, said = cohort.out / "studies.csv", []
    header, *lines = table.read_text(encoding="utf-8").splitlines()
    for spoilt in ("PK\x03\x04 a workbook", "\n".join([header, *(f'"{line}"' for line in lines)])):
        table.write_text(spoilt, encoding="utf-8")
        write_tables(cohort.out, said.append)
        assert [row["state"] for row in cohort.table()] == ["segmented", "segmented"]
        aside = cohort.out / f"studies-unreadable-{len(said)}.csv"
        assert aside.read_text(encoding="utf-8") == spoilt
        assert said[-1].startswith(f"studies.csv could not be read. It is kept as {aside.name}")
    table.write_text("no table", encoding="utf-8")
    assert main(cohort.again()) == 0
    assert _printed(capsys)["warnings"][0].startswith("studies.csv could not be read.")
