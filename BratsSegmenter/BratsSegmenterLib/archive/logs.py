"""Keeps queries, which name patients, out of every log."""

from __future__ import annotations

import logging
import re

_CHATTY_LOGGERS = ("dicomweb_client", "dicomweb_client.web", "urllib3.connectionpool", "urllib3.util.retry")
_INDISCREET_LOGGER = "retrying"  # logs a traceback with the URL for each attempt; our errors say what is to be said
_QUERY = re.compile(r"\?[^\s'\"]*")


class WithoutQueries(logging.Filter):
    """Drops everything below a warning and cuts the query off every URL in what is left."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record may be logged, after its query strings are gone."""
        if record.levelno < logging.WARNING:
            return False
        record.msg, record.args = _QUERY.sub("?...", record.getMessage()), None
        record.exc_info = None
        return True


def keep_identities_out_of_logs() -> None:
    """Install the filter on the loggers of the libraries that know the queries; once is enough."""
    for name in _CHATTY_LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, WithoutQueries) for known in logger.filters):
            logger.addFilter(WithoutQueries())
    logging.getLogger(_INDISCREET_LOGGER).disabled = True
