"""Translation for what knows nothing of Slicer: it speaks English where there is none."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress


def _as_it_is(text: str) -> str:
    return text


def _translation() -> Callable[[str], str]:
    if "slicer" in sys.modules:
        with suppress(ImportError):
            from slicer.i18n import tr

            return tr
    return _as_it_is


# Slicer's own function, not one around it: it finds the context in the file that calls it.
tr = _translation()
