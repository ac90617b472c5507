"""What earlier studies of the same patient measured, for the change since then and the course over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class PriorVolumes:
    """The volumes of one earlier study.

    Attributes
    ----------
    study_date : date or None
        Study Date (0008,0020); None when the study does not say.
    volumes_ml : mapping of str to float
        By region key, as measured on the newest result that the study carries; nested regions included.
    """

    study_date: date | None
    volumes_ml: Mapping[str, float]
