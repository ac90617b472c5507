"""What earlier studies of the same patient measured, for the change since then and the course over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    standing : str
        Who drew that result and who answers for it, with the reviewer's name; empty where it is not known. Show it,
        never log it.
    is_reviewed, is_approved : bool
        Whether a person put her name to it, and approved it as final.
    notes : tuple of str
        What it says of itself that its readers must know.
    """

    study_date: date | None
    volumes_ml: Mapping[str, float]
    standing: str = field(default="", repr=False)
    is_reviewed: bool = False
    is_approved: bool = False
    notes: tuple[str, ...] = ()
