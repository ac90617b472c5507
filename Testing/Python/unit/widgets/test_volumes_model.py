"""The volume table as the panel shows it."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.domain import ET, Algorithm, Diameters, Lesion, Measurements, RegionVolume
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.slice_names import ImageNumbers
from BratsSegmenterLib.widgets.volumes_model import (
    VolumeRow,
    as_text,
    lesions_text,
    prior_heading,
    prior_hint,
    study_day,
    volume_rows,
)

AI_ML = {"ET": 2.0, "ED": 10.0, "WT": 12.0}


@pytest.fixture
def result() -> SegmentResult:
    paths: tuple[Path, dict[str, Path], None] = Path("labels.nii.gz"), {}, None
    return SegmentResult("T1c", *paths, AI_ML, {"NCR": "no T1c"}, Path("q.html"), Algorithm("m", "1", ""), (), ())


def _by_key(rows: tuple[VolumeRow, ...]) -> dict[str, VolumeRow]:
    return {row.region.key: row for row in rows}


def test_the_change_against_the_model_is_shown_in_millilitres_and_per_cent(result: SegmentResult) -> None:
    rows = _by_key(volume_rows({"ET": 2.5, "ED": 10.001, "WT": 12.5}, result))
    assert (rows["ET"].volume, rows["ET"].since_model) == ("2.50", "+0.50 (+25 %)")
    assert (rows["ED"].volume, rows["ED"].since_model) == ("10.0", "")


def test_a_region_that_the_model_did_not_find_is_new_rather_than_a_percentage(result: SegmentResult) -> None:
    assert _by_key(volume_rows({"RC": 0.4}, result))["RC"].since_model == "+0.40 (new)"


def test_where_nothing_enhances_the_core_is_not_called_necrotic(result: SegmentResult) -> None:
    measured = replace(result, not_measured={})
    named = [_by_key(volume_rows({"ET": et_ml, "NCR": 3.0}, measured))["NCR"].region.name for et_ml in (0.0, 0.1)]
    assert named == ["Non-enhancing core", "Necrotic core"]
    without_t1c = replace(result, not_measured={"ET": "it needs T1c"})
    assert _by_key(volume_rows({"NCR": 3.0}, without_t1c))["NCR"].region.name == "Necrotic core"


def test_why_a_region_is_not_measured_is_said(result: SegmentResult) -> None:
    row = _by_key(volume_rows(AI_ML, result))["NCR"]
    assert (row.volume, row.hint) == ("not measured", "no T1c")


def test_what_is_drawn_as_a_region_that_was_not_measured_is_no_volume_of_it(result: SegmentResult) -> None:
    prior = PriorVolumes(date(2026, 2, 1), {"ED": 4.0, "WT": 6.0})
    without_t1c = replace(
        result, volumes_ml={"WT": 9.0}, not_measured=dict.fromkeys(("ET", "NCR", "TC", "ED"), "no T1c")
    )
    rows = _by_key(volume_rows({"ED": 9.0, "WT": 9.0}, without_t1c, prior=prior))
    oedema = rows["ED"]
    assert (oedema.volume, oedema.since_model, oedema.since_prior) == ("not measured", "", "")
    assert oedema.hint == "no T1c What is drawn as oedema is the whole tumour."
    assert (rows["WT"].volume, rows["WT"].since_prior) == ("9.00", "+3.00 (+50 %)")

    without_flair = replace(result, volumes_ml={"ET": 2.0}, not_measured={"ED": "no FLAIR", "WT": "no FLAIR"})
    rows = _by_key(volume_rows({"ET": 2.0, "TC": 2.0, "WT": 2.0}, without_flair))
    assert [(rows[key].volume, rows[key].hint) for key in ("ED", "WT")] == [("not measured", "no FLAIR")] * 2


def test_what_was_drawn_by_hand_is_measured_but_no_change_against_a_model_that_could_not(result: SegmentResult) -> None:
    row = _by_key(volume_rows({"NCR": 0.4}, result, edited={"NCR", "TC", "WT"}))["NCR"]
    assert (row.volume, row.since_model) == ("0.40", "")


def test_a_resection_cavity_is_listed_when_there_is_one(result: SegmentResult) -> None:
    assert "RC" not in _by_key(volume_rows(AI_ML, result))
    assert "RC" in _by_key(volume_rows({"RC": 1.0}, result))


def test_the_model_s_interval_is_shown_until_the_region_is_edited_and_then_only_explained(
    result: SegmentResult,
) -> None:
    sure = replace(result, intervals_ml={"ET": (1.6, 2.5)})
    unedited = _by_key(volume_rows(AI_ML, sure))["ET"]
    assert unedited.interval == "1.60\N{EN DASH}2.50"
    assert unedited.hint == "1.60 to 2.50 mL: meant to hold the true volume in 90 % of synthetic cases."
    edited = _by_key(volume_rows(AI_ML, sure, edited={"ET"}))["ET"]
    assert edited.interval == ""
    assert "1.60 to 2.50 mL, no longer holds" in edited.hint


def test_the_change_against_the_prior_is_shown_where_the_prior_measured_the_region(result: SegmentResult) -> None:
    prior = PriorVolumes(date(2026, 2, 1), {"ET": 4.0, "WT": AI_ML["WT"]})
    rows = _by_key(volume_rows(AI_ML, result, prior=prior))
    assert rows["ET"].since_prior == "-2.00 (-50 %)"
    assert rows["ED"].since_prior == "not in the prior"
    assert rows["NCR"].since_prior == "", "it was not measured now"
    assert rows["WT"].since_prior == "unchanged"
    assert prior_heading(prior) == "Since 1 Feb 2026"
    assert prior_heading(PriorVolumes(None, {})) == "Since prior"


def test_who_stands_behind_the_prior_and_what_it_says_of_itself_is_the_hint_of_the_column() -> None:
    doubtful = PriorVolumes(None, {}, "AI, not reviewed", notes=("FLAIR alone was moved far.",))
    assert prior_hint(doubtful) == "That result: AI, not reviewed.\nFLAIR alone was moved far."
    assert prior_hint(PriorVolumes(None, {})) == ""


def test_what_a_prior_measured_and_did_not_find_is_new(result: SegmentResult) -> None:
    prior = PriorVolumes(date(2026, 2, 1), {"ET": 0.0, "WT": 12.0})
    assert _by_key(volume_rows(AI_ML, result, prior=prior))["ET"].since_prior == "+2.00 (new)"


def test_the_table_is_copied_as_tab_separated_text(result: SegmentResult) -> None:
    heading, first, *_ = as_text(volume_rows(AI_ML, result)).splitlines()
    assert first.split("\t") == ["Enhancing tumour", "2.00", "", "", ""]
    assert len(heading.split("\t")) == len(first.split("\t"))


def _said(*lesions: Lesion, numbers: ImageNumbers | None = None, not_measured: str = "") -> str:
    return lesions_text(Measurements((RegionVolume(ET, 1.0),), lesions), numbers, not_measured)


def _lesion(longest_mm: float, perpendicular_mm: float) -> Lesion:
    ends = ((0.0, 0.0, 51.2), (1.0, 0.0, 51.2))
    return Lesion(ET, 1, 3.0, Diameters(2, longest_mm, perpendicular_mm, ends, ends, longest_mm > 20))


def test_the_largest_lesion_is_shown_with_diameters_product_and_image() -> None:
    lesions = (_lesion(8.0, 6.0), _lesion(32.1, 21.3), Lesion(ET, 3, 0.01, None))
    text = "2 enhancing lesions, 1 measurable, 1 speck shorter than 5 mm. Largest measurable: 32.1 × 21.3 mm, 684 mm², "
    assert _said(*lesions, numbers=ImageNumbers(5, (12, 11, 10))) == f"{text}image 10 of series 5."
    assert _said(*lesions) == f"{text}axial plane S 51 mm."


def test_what_is_not_measurable_is_not_shown_as_if_it_were() -> None:
    text = _said(_lesion(8.0, 6.0))
    assert text == (
        "1 enhancing lesion, 0 measurable. Largest: 8.0 × 6.0 mm, 48 mm², axial plane S 51 mm, not measurable by RANO."
    )


def test_the_products_of_several_measurable_lesions_are_summed() -> None:
    text = _said(_lesion(40.0, 20.0), _lesion(30.0, 15.0), _lesion(8.0, 6.0))
    assert text.endswith("axial plane S 51 mm. Sum of the products of all 2 measurable lesions: 1250 mm².")
    assert "Sum" not in _said(_lesion(40.0, 20.0), _lesion(8.0, 6.0))


def test_lesions_without_diameters_are_counted_and_none_is_said() -> None:
    assert _said(Lesion(ET, 1, 0.01, None)) == "1 speck shorter than 5 mm."
    assert _said() == "No enhancing lesion."
    assert _said(not_measured="Enhancing tumour is not measured.") == "Enhancing tumour is not measured."


def test_a_study_without_a_date_counts_as_made_today() -> None:
    study = StudySummary("2.25.1", "", "", "", "20260503", "", (), None, None)
    assert study_day(study) == date(2026, 5, 3)
    assert study_day(replace(study, study_date="")) == datetime.now().astimezone().date()
