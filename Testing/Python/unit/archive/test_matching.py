from __future__ import annotations

import pytest

from BratsSegmenterLib.archive.matching import is_uid, matches_any, matches_date, matches_name, matches_text


@pytest.mark.parametrize(
    ("uid", "is_valid"),
    [
        ("1.2.840.10008.1.1", True),
        ("2.25.00123", True),
        ("1", True),
        ("", False),
        ("1..2", False),
        ("1.2.", False),
        ("../../etc/passwd", False),
        ("1.2/../3", False),
        ("1.2\n", False),
        ("1" * 64, True),
        ("1" * 65, False),
    ],
)
def test_only_a_uid_passes_for_one(uid: str, is_valid: bool) -> None:
    assert is_uid(uid) is is_valid


@pytest.mark.parametrize(
    ("value", "pattern", "is_match"),
    [
        ("P-17", "", True),
        ("P-17", "p-17", True),
        ("P-17", "P*", True),
        ("P-17", "P-1?", True),
        ("P-17", "P-1", False),
        ("P[1]", "P[1]", True),
        ("P1", "P[1]", False),
    ],
)
def test_wild_cards_and_nothing_else_are_special(value: str, pattern: str, is_match: bool) -> None:
    assert matches_text(value, pattern) is is_match


@pytest.mark.parametrize(
    ("value", "pattern", "is_match"),
    [
        ("Müller^Änne", "müller^änne", True),
        ("Müller^Änne", "Müller Änne", True),
        ("Müller^Änne^^^", "Müller^Ä*", True),
        ("Yamada^Tarou=山田^太郎", "山田*", True),
        ("Yamada^Tarou=山田^太郎", "Suzuki*", False),
    ],
)
def test_names_match_in_any_writing(value: str, pattern: str, is_match: bool) -> None:
    assert matches_name(value, pattern) is is_match


@pytest.mark.parametrize(
    ("value", "pattern", "is_match"),
    [
        ("20250315", "", True),
        ("20250315", "20250315", True),
        ("20250315", "20250316", False),
        ("20250315", "20250301-20250331", True),
        ("20250315", "20250315-", True),
        ("20250315", "-20250314", False),
        ("", "-20250314", False),
    ],
)
def test_dates_match_single_and_in_ranges(value: str, pattern: str, is_match: bool) -> None:
    assert matches_date(value, pattern) is is_match


def test_lists_of_uids_match_any_of_them() -> None:
    assert matches_any("1.2", "1.1,1.2")
    assert matches_any("1.2", "1.1\\1.2")
    assert not matches_any("1.2", "1.21")
