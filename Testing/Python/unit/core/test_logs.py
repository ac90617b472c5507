from __future__ import annotations

import logging
import warnings

import pytest
from highdicom.sr import PersonObserverIdentifyingAttributes

from BratsSegmenterLib.archive import Archive, Profile, StudyQuery
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.logs import keep_identities_out_of_logs


@pytest.mark.parametrize("name", ["dicomweb_client.web", "urllib3.connectionpool"])
def test_no_query_reaches_a_log_at_any_level(name: str, caplog: pytest.LogCaptureFixture) -> None:
    keep_identities_out_of_logs()
    logger = logging.getLogger(name)
    caplog.set_level(logging.DEBUG, name)

    logger.debug("GET: http://pacs/studies?PatientName=Secret")
    logger.warning("retry of %s", "http://pacs/studies?PatientName=Secret&limit=1 failed")

    assert caplog.messages == ["retry of http://pacs/studies?... failed"]


def test_the_library_that_logs_whole_requests_is_silenced(caplog: pytest.LogCaptureFixture) -> None:
    archive = Archive(Profile("Ward 3", "http://127.0.0.1:9"), retry_delays_s=())

    with pytest.raises(ArchiveError):
        archive.search(StudyQuery(patient_name="Secret"))

    assert caplog.text == ""


def test_no_warning_quotes_a_name() -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        PersonObserverIdentifyingAttributes(name="Secret")
        keep_identities_out_of_logs()
        PersonObserverIdentifyingAttributes(name="Secret")
    assert len(said) == 1
