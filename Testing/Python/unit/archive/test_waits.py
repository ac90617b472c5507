from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests

from BratsSegmenterLib.archive import Profile, TemporaryArchiveError
from BratsSegmenterLib.archive.failures import status_error

_LONG_AGO = "Mon, 30 Nov 2020 06:24:13 GMT"


def wait_s(retry_after: str | None) -> float:
    """How long to wait after an archive was busy and said so."""
    response = requests.Response()
    response.status_code = 429
    if retry_after is not None:
        response.headers["Retry-After"] = retry_after
    error = status_error(Profile("Ward 3", "https://pacs.example"), response)
    assert isinstance(error, TemporaryArchiveError)
    return error.wait_s


@pytest.mark.parametrize(
    ("retry_after", "expected_s"),
    [("7", 7), (" 7 ", 7), ("3600", 60), (_LONG_AGO, 0)],
)
def test_an_archive_says_how_long_it_wants_to_be_left_alone_and_is_for_a_minute_at_most(
    retry_after: str, expected_s: float
) -> None:
    assert wait_s(retry_after) == expected_s


def test_it_may_say_until_when() -> None:
    assert 15 < wait_s(format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)) <= 30


@pytest.mark.parametrize("retry_after", [None, "", "soon", "-5", "1.5", "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_what_is_no_time_is_no_wait(retry_after: str | None) -> None:
    assert wait_s(retry_after) == 0
