"""Which images a result was drawn with, and whether those that are here are the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from archives import write_study

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import StudyChangedError
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.domain import Algorithm, Sequence, Series
from BratsSegmenterLib.study import ResultRecord, require_images
from BratsSegmenterLib.study.result_images import image_uids

_ROLES = ("FLAIR", "T1c")
_REFERENCE = "T1c"


@pytest.fixture
def study(tmp_path: Path) -> tuple[Series, ...]:
    """A series taken as FLAIR and the reference."""
    return dicom.scan(write_study(tmp_path, StudyIdentity())).series


def _record(study: tuple[Series, ...], fewer: str = "") -> ResultRecord:
    """Of a result that was drawn with all images of a study, or when one of them was not there yet."""
    keys = {role: series.key for role, series in zip(_ROLES, study, strict=True)}
    images = {role: image_uids(series)[role == fewer :] for role, series in zip(_ROLES, study, strict=True)}
    return ResultRecord(_REFERENCE, keys, Algorithm("glioma-synthetic", "0.1", "cd" * 32), {}, images=images)


def test_the_series_are_given_back_when_their_images_are_those_of_the_result(study: tuple[Series, ...]) -> None:
    found = require_images(_record(study), study, is_fetched=True)
    assert found == dict(zip((Sequence.FLAIR, Sequence.T1C), study, strict=True))


@pytest.mark.parametrize(("place", "role"), enumerate(_ROLES))
def test_images_that_are_gone_are_said(study: tuple[Series, ...], place: int, role: str) -> None:
    shorter = [*study]
    shorter[place] = replace(study[place], frames=study[place].frames[1:])
    with pytest.raises(StudyChangedError, match=f"Series {place + 1}, {role}, holds other images than when"):
        require_images(_record(study), shorter, is_fetched=True)
    with pytest.raises(StudyChangedError, match=f"The series that was {role} .* is no longer there"):
        require_images(_record(study), (study[1 - place],), is_fetched=True)


def test_images_that_came_since_matter_on_the_reference_alone(study: tuple[Series, ...]) -> None:
    with pytest.raises(StudyChangedError, match="Series 2, T1c, holds other images"):
        require_images(_record(study, fewer=_REFERENCE), study, is_fetched=True)
    assert require_images(_record(study, fewer="FLAIR"), study, is_fetched=True)


def test_the_advice_is_to_fetch_only_what_was_fetched(study: tuple[Series, ...]) -> None:
    for is_fetched in (True, False):
        with pytest.raises(StudyChangedError) as refused:
            require_images(_record(study), (), is_fetched)
        assert ("Fetch the study again" in refused.value.advice) is is_fetched
        assert "egment" in refused.value.advice


def test_a_record_of_an_older_version_names_no_images_and_is_taken_as_it_is(study: tuple[Series, ...]) -> None:
    shorter = [replace(series, frames=series.frames[1:]) for series in study]
    assert require_images(replace(_record(study), images={}), shorter, is_fetched=True)
