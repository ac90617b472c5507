"""Records: dataclasses to JSON and back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from BratsSegmenterLib.domain import Algorithm, Sequence
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.records import from_json, to_json


@dataclass(frozen=True)
class _Inner:
    name: str
    size: tuple[int, int]


@dataclass(frozen=True)
class _Outer:
    sequence: Sequence
    folder: Path
    inner: tuple[_Inner, ...]
    by_role: Mapping[str, _Inner]
    algorithm: Algorithm | None = None
    text: str | None = None


def test_a_nested_record_survives_the_way_through_json() -> None:
    inner = _Inner("a", (1, 2))
    record = _Outer(Sequence.T1C, Path("/x/y"), (inner, inner), {"T1c": inner}, Algorithm("m", "1", "ab"))
    assert from_json(_Outer, json.loads(json.dumps(to_json(record)))) == record


def test_a_date_survives_the_way_through_json() -> None:
    for study_date in (date(2026, 5, 3), None):
        prior = PriorVolumes(study_date, {"ET": 1.5})
        assert from_json(PriorVolumes, json.loads(json.dumps(to_json(prior)))) == prior
        written_before = {name: to_json(prior)[name] for name in ("study_date", "volumes_ml")}
        assert from_json(PriorVolumes, written_before) == prior


def test_absent_optional_fields_take_their_defaults_and_unknown_ones_are_left_out() -> None:
    record = from_json(_Outer, {"sequence": "T1", "folder": ".", "inner": [], "by_role": {}, "later_version": 1})
    assert record == _Outer(Sequence.T1, Path("."), (), {})


def test_a_missing_required_field_is_an_error() -> None:
    with pytest.raises(TypeError, match="folder"):
        from_json(_Outer, {"sequence": "T1", "inner": [], "by_role": {}})


@pytest.mark.parametrize("value", [[], "text", None, 3])
def test_what_is_no_object_is_an_error(value: object) -> None:
    with pytest.raises(TypeError, match="JSON object"):
        from_json(_Outer, value)
