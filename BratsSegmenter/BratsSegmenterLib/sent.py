"""What was last sent of a study, in the job folder: a study that is opened again begins with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.job_folder import JobFolder
from BratsSegmenterLib.kept_study import KeptStudy, StudyState
from BratsSegmenterLib.labelmap import read_labelmap


@dataclass(frozen=True, eq=False)
class SentLabels:
    """A result as a person sent it.

    Attributes
    ----------
    labels : ndarray of uint8, shape (slices, rows, columns)
        In the reference's own grid; 0 background, 1 NCR, 2 ED, 3 ET, 4 RC.
    sent_at : datetime
        Local time.
    """

    labels: NDArray[np.uint8] = field(repr=False)
    sent_at: datetime


def read_sent(folder: JobFolder, geometry: Geometry) -> SentLabels | None:
    """What was sent of a result in the grid `geometry`; None where nothing was, or something was drawn since."""
    kept = KeptStudy(folder.path)
    if kept.state is not StudyState.SENT:
        return None
    try:
        sent = read_labelmap(folder.corrected)
    except ExportError:
        return None
    if not sent.geometry.is_close(geometry):
        return None
    record = kept.sent
    # Folders of earlier versions have no record of the sending; the label map was written just before it.
    written_at = datetime.fromtimestamp(folder.corrected.stat().st_mtime).astimezone()
    return SentLabels(sent.labels, datetime.fromisoformat(record.sent_at) if record is not None else written_at)
