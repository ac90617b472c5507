"""The images a result was made from: named in its record, and asked for before the result is used.

Once a study was fetched again, its series may hold other images under the same UIDs.
"""

from __future__ import annotations

from collections.abc import Iterable

from BratsSegmenterLib.archive import StudyChangedError
from BratsSegmenterLib.domain import Sequence, Series
from BratsSegmenterLib.study.job_folder import ResultRecord


def image_uids(series: Series) -> tuple[str, ...]:
    """SOP Instance UIDs of a series, each once."""
    return tuple(dict.fromkeys(frame.sop_instance_uid for frame in series.frames))


def require_images(record: ResultRecord, at_hand: Iterable[Series], is_fetched: bool) -> dict[Sequence, Series]:
    """The series that the result of a record was made from, by sequence.

    More images in another series than the reference are no obstacle: what was drawn stays where it is. A record of an
    older version names no images, only series.

    Raises
    ------
    StudyChangedError
        A series is gone, or lacks images; or the reference's are others, or more.
    """
    by_key = {series.key: series for series in at_hand}
    found: dict[Sequence, Series] = {}
    for name, key in record.sequences.items():
        series = by_key.get(key)
        if series is None:
            raise _changed(f"The series that was {name} when the result was drawn is no longer there.", is_fetched)
        if _are_others(record, name, series):
            raise _changed(f"{series.label}, {name}, holds other images than when the result was drawn.", is_fetched)
        found[Sequence(name)] = series
    return found


def _are_others(record: ResultRecord, name: str, series: Series) -> bool:
    drawn_with, now = set(record.images.get(name, ())), set(image_uids(series))
    return bool(drawn_with - now) or (bool(drawn_with) and name == record.reference and drawn_with != now)


def _changed(what: str, is_fetched: bool) -> StudyChangedError:
    how = "Fetch the study again, then segment it again" if is_fetched else "Segment the study again"
    return StudyChangedError(what, f"{how}: the result is not of these images. Corrections stay in the study's folder.")
