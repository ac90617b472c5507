"""What cases are called and whose they are, from the folders that they lie in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence as Items
from itertools import zip_longest

_STUDY_OF_PATIENT = re.compile(r"(?P<patient>BraTS-[A-Za-z]+-\d{5}(?=-\d{3}\b)|[0-9a-f]{12}(?=-[0-9a-f]{12}\b))")
"""Names of BraTS since 2023 ("BraTS-GLI-00005-100" is time point 100 of patient 5) and of ``collect``."""
_PATIENT = re.compile(r"(?P<patient>sub-[a-z]*\d[a-z0-9]*|(?:subject|patient)[-_ ]?\d+)", re.IGNORECASE)
"""Folders of BIDS, and what others call them."""

Parts = tuple[str, ...]
"""Names of the folders from the data folder down to a case."""


def case_names(paths: Items[Parts]) -> tuple[str, ...]:
    """The name of each case: that of its folder, or its whole path where several folders have that name.

    Parameters
    ----------
    paths : sequence of tuple of str
        Names of the folders from the data folder down to each case.

    Examples
    --------
    >>> case_names([("patient1", "baseline"), ("patient2", "baseline"), ("patient2", "relapse")])
    ('patient1-baseline', 'patient2-baseline', 'relapse')
    """
    often = Counter(parts[-1] for parts in paths)
    return tuple(parts[-1] if often[parts[-1]] == 1 else "-".join(parts) for parts in paths)


def patients(paths: Items[Parts]) -> tuple[str, ...]:
    """Whose each case is; two cases of one patient have the same answer.

    The names of BraTS since 2023, of ``collect`` and of BIDS say it. Of other folders those are taken for the
    patients', where names repeat further down, of which there are most: of ``site/case`` the case, of
    ``case/time point`` the case too. Where nothing repeats each case is of a patient of its own.

    Parameters
    ----------
    paths : sequence of tuple of str
        Names of the folders from the data folder down to each case.

    Examples
    --------
    >>> patients([("a", "baseline"), ("b", "baseline"), ("b", "relapse")])
    ('a', 'b', 'b')
    """
    level = _level_of_patients(paths)
    return tuple(_patient_said(parts) or parts[min(level, len(parts) - 1)] for parts in paths)


def _level_of_patients(paths: Items[Parts]) -> int:
    """How far below the data folder the folders of the patients lie."""
    deepest = max(map(len, paths), default=1) - 1
    if len({parts[-1] for parts in paths}) == len(paths):
        return deepest
    different = [len(set(level) - {None}) for level in zip_longest(*paths)]
    return different.index(max(different))


def _patient_said(parts: Parts) -> str:
    """The patient as the folders' own names say it; empty where they do not."""
    study = _STUDY_OF_PATIENT.match(parts[-1])
    matches = (study, *map(_PATIENT.match, parts))
    return next((match["patient"].lower() for match in matches if match), "")
