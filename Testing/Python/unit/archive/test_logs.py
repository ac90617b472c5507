from __future__ import annotations

import logging

import pytest

from BratsSegmenterLib.archive.logs import keep_identities_out_of_logs


@pytest.mark.parametrize("name", ["dicomweb_client.web", "urllib3.connectionpool"])
def test_no_query_reaches_a_log_at_any_level(name: str, caplog: pytest.LogCaptureFixture) -> None:
    keep_identities_out_of_logs()
    logger = logging.getLogger(name)
    caplog.set_level(logging.DEBUG, name)

    logger.debug("GET: http://pacs/studies?PatientName=Secret")
    logger.warning("retry of %s", "http://pacs/studies?PatientName=Secret&limit=1 failed")

    assert caplog.messages == ["retry of http://pacs/studies?... failed"]
