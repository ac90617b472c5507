"""Keeps queries and values of attributes, which name patients, out of every log."""

from __future__ import annotations

import logging
import re
import warnings

_CHATTY_LOGGERS = ("dicomweb_client", "dicomweb_client.web", "urllib3.connectionpool", "urllib3.util.retry")
_INDISCREET_LOGGERS = ("retrying", "pydicom")  # quote whole URLs and values of attributes; our errors say what matters
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
    """Filter or silence what the libraries below say; once a process is enough, more does no harm."""
    for name in _CHATTY_LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, WithoutQueries) for known in logger.filters):
            logger.addFilter(WithoutQueries())
    for name in _INDISCREET_LOGGERS:
        logging.getLogger(name).disabled = True
    warnings.filterwarnings("ignore", category=UserWarning, module=r"(pydicom|highdicom)\.")  # they quote values, too
