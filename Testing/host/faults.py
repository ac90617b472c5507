"""Faults of the product's own code, put into the worker's process, so that its checks can be seen at work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

_ERRING_WRITER = Path(__file__).with_name("erring_writer")


@contextmanager
def a_writer_that_errs() -> Iterator[None]:
    """Workers that start within the block draw one contour of a structure set a pixel beside its place."""
    paths = os.pathsep.join(filter(None, (str(_ERRING_WRITER), os.environ.get("PYTHONPATH"))))
    with patch.dict(os.environ, PYTHONPATH=paths):
        yield
