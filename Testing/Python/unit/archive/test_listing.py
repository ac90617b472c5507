from __future__ import annotations

from typing import Any

import pytest

from BratsSegmenterLib.archive import StudyQuery, StudySummary
from BratsSegmenterLib.errors import ArchiveError

STUDY: dict[str, dict[str, Any]] = {
    "0020000D": {"vr": "UI", "Value": ["1.2.3"]},
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Secret^Person"}]},
    "00100020": {"vr": "LO", "Value": ["SECRET-1"]},
    "00080020": {"vr": "DA", "Value": ["20250315"]},
    "00080030": {"vr": "TM", "Value": ["101530.25"]},
    "00100021": {"vr": "LO", "Value": ["SECRET-HOSPITAL"]},
    "00100030": {"vr": "DA", "Value": ["19600102"]},
    "00080061": {"vr": "CS", "Value": ["SR", "MR"]},
    "00081030": {"vr": "LO"},
    "00201208": {"vr": "IS", "Value": ["720"]},
}


def test_a_study_is_read_from_dicom_json() -> None:
    study = StudySummary.from_dicom_json(STUDY)

    assert study.patient_name == "Secret^Person"
    assert study.modalities == ("MR", "SR")
    assert (study.series_count, study.instance_count) == (None, 720)
    assert study.description == ""
    assert (study.study_time, study.birth_date, study.issuer_of_patient_id) == (
        "101530.25",
        "19600102",
        "SECRET-HOSPITAL",
    )


def test_nothing_that_identifies_the_patient_is_seen_in_a_repr() -> None:
    query = StudyQuery(patient_id="SECRET-1", patient_name="Secret*", accession_number="SECRET")
    shown = f"{StudySummary.from_dicom_json(STUDY)} {query}".lower()
    assert "ecret" not in shown
    assert "1960" not in shown


def test_a_study_of_other_modalities_is_not_wanted_and_one_that_names_none_may_be() -> None:
    query = StudyQuery(modality="MR")
    listed = [StudySummary.from_dicom_json({**STUDY, "00080061": {"Value": own}}) for own in (["MR"], ["CT"], [])]
    assert [query.matches(study) for study in listed] == [True, False, True]


def test_a_study_without_a_uid_is_refused() -> None:
    with pytest.raises(ArchiveError, match=r"without a valid UID in \(0020,000D\)"):
        StudySummary.from_dicom_json({"0020000D": {"vr": "UI", "Value": ["../x"]}})


@pytest.mark.parametrize("element", [None, [], "1.2.3", {"vr": "UI", "Value": None}, {"vr": "UI", "Value": "1.2.3"}])
def test_what_dicom_json_does_not_allow_is_no_value(element: Any) -> None:
    with pytest.raises(ArchiveError, match=r"without a valid UID in \(0020,000D\)"):
        StudySummary.from_dicom_json({**STUDY, "0020000D": element})
    study = StudySummary.from_dicom_json({**STUDY, "00081030": element, "00080061": element})
    assert (study.description, study.modalities) == ("", ())


@pytest.mark.parametrize("number", ["Infinity", "NaN", "9" * 400, float("inf"), "many", None])
def test_a_count_that_is_none_is_not_known(number: Any) -> None:
    study = StudySummary.from_dicom_json({**STUDY, "00201208": {"vr": "IS", "Value": [number]}})
    assert study.instance_count is None


@pytest.mark.parametrize("text", ["2025-03-15", "20250315", " 2025-03-15 "])
def test_dates_are_understood_as_people_write_them(text: str) -> None:
    assert StudyQuery(date_from=text).dates == "20250315-"


@pytest.mark.parametrize("text", ["15.03.2025", "2025-13-01", "yesterday"])
def test_what_is_no_date_is_said(text: str) -> None:
    with pytest.raises(ArchiveError, match="is not a date"):
        StudyQuery(date_to=text)
