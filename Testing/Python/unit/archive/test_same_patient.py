"""One patient or two under the same Patient ID: what their birth dates, names and issuers say."""

from __future__ import annotations

import pytest

from BratsSegmenterLib.archive import Patient
from BratsSegmenterLib.archive.same_patient import contradiction, why_not_proven

_BORN, _OTHER_ISSUER = "19600101", "the patient IDs come from different issuers"


def _patient(name: str = "Doe^Jane", birth_date: str = _BORN, issuer: str = "", patient_id: str = "12345") -> Patient:
    return Patient(patient_id, name, issuer, birth_date)


@pytest.mark.parametrize(
    "name",
    [
        "DOE^JANE^MARY",
        "Miller^Jane",
        "Doe^J",
        "JANE DOE",
        "Doe^Jane^^Dr",
        "Do\u00eb^J\u00e1ne",
        "Doe-Miller^Jayne",
        "\u0414\u043e\u0443^\u0414\u0436\u0435\u0439\u043d",
        "=\u5c71\u7530^\u592a\u90ce",
        "",
    ],
)
def test_a_name_that_was_married_cut_typed_or_written_in_another_script_contradicts_nothing(name: str) -> None:
    assert contradiction(_patient(), _patient(name)) == contradiction(_patient(name), _patient()) == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Smith^John", "Mueller^Anna"),
        ("Smith^John^M^Dr", "Mueller^Anna^M^Dr"),
        ("van der Berg^Jan", "van Dijk^Piet"),
        ("Yamada^Taro=\u5c71\u7530^\u592a\u90ce", "Suzuki^Hanako=\u9234\u6728^\u82b1\u5b50"),
        ("\u0bae\u0bbe\u0bb2\u0bbe", "\u0b95\u0bae\u0bb2\u0bbf"),  # Tamil, with one consonant in common
        ("\u0e27\u0e34\u0e17\u0e22\u0e4c", "\u0e2a\u0e38\u0e27\u0e34"),  # Thai, likewise
    ],
)
def test_names_without_anything_in_common_contradict(one: str, other: str) -> None:
    assert contradiction(_patient(one), _patient(other)) == "the names differ"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("M\u00fcller^Anna", "Mueller^Anna"),
        ("Youssef^Ahmed", "Yusuf^Ahmad"),
        ("Tanaka^Yui=\u7530\u4e2d^\u7531\u8863", "=\u7530\u4e2d^\u7531\u8863"),
    ],
)
def test_spellings_of_one_name_contradict_nothing(one: str, other: str) -> None:
    assert contradiction(_patient(one), _patient(other)) == ""


@pytest.mark.parametrize(
    ("birth_date", "differs"), [("19600102", True), ("1960.01.01", False), ("1960", False), ("", False)]
)
def test_birth_dates_contradict_only_where_both_are_known(birth_date: str, differs: bool) -> None:
    assert contradiction(_patient(), _patient(birth_date=birth_date)) == ("the birth dates differ" if differs else "")


def test_an_issuer_that_is_called_otherwise_is_outweighed_by_birth_date_and_name() -> None:
    old = _patient(issuer="HOSPITAL-A")
    assert contradiction(old, _patient(issuer="hospital-a", birth_date="")) == ""
    assert contradiction(old, _patient(issuer="HOSPITAL-B")) == ""
    assert contradiction(old, _patient(issuer="HOSPITAL-B", birth_date="")) == _OTHER_ISSUER
    assert contradiction(old, _patient("", issuer="HOSPITAL-B")) == _OTHER_ISSUER


def test_where_images_depend_on_it_the_same_person_is_to_be_proven() -> None:
    unknown = _patient(birth_date="")
    assert why_not_proven(_patient(), _patient("Miller^Jane")) == ""
    assert why_not_proven(unknown, _patient("DOE^JANE^MARY")) == ""
    assert "word for word" in why_not_proven(unknown, _patient("Miller^Jane"))
    assert "word for word" in why_not_proven(unknown, _patient("Doe"))
    assert why_not_proven(_patient(issuer="A"), _patient(issuer="B")) == _OTHER_ISSUER
    assert why_not_proven(_patient(), _patient("Smith^John")) == "the names differ"
    assert "patient IDs" in why_not_proven(_patient(patient_id=""), _patient(patient_id=""))
    assert "patient IDs" in why_not_proven(_patient(), _patient(patient_id="12346"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", ""),
        ("J", "J"),
        ("X", "Y"),
        ("Doe^J", "Doe^K"),
        ("Doe^J", "Doe^Jane"),
        ("X^^^Mr", "Y^^^Ms"),
        ("van Berg^J", "van Berg^J^Maria"),
        ("\u0936\u0930\u094d\u092e\u093e^\u0930\u093e\u092e", "\u0936\u0930\u094d\u092e\u0940^\u0930\u093f\u092e"),
    ],
)
def test_where_no_birth_date_is_known_names_that_do_not_tell_two_apart_prove_nothing(one: str, other: str) -> None:
    unknown = _patient(one, birth_date="")
    assert "word for word" in why_not_proven(unknown, _patient(other, birth_date=""))
    assert why_not_proven(_patient(one), _patient(other)) == "", "the birth date does"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Doe^J", "DOE^J^"),
        ("van der Berg^Jan", "Berg^Jan"),
        ("Doe^Jane", "Jane M Doe"),
        (
            "\u0e2a\u0e21\u0e2b\u0e0d\u0e34\u0e07^\u0e23\u0e31\u0e01",
            "\u0e23\u0e31\u0e01 \u0e2a\u0e21\u0e2b\u0e0d\u0e34\u0e07",
        ),
    ],
)
def test_where_no_birth_date_is_known_the_same_words_prove_one_patient(one: str, other: str) -> None:
    assert why_not_proven(_patient(one, birth_date=""), _patient(other, birth_date="")) == ""
