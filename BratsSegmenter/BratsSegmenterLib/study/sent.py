"""What was last sent of a study, in the job folder: a study that is opened again begins with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.labelmap import read_labelmap
from BratsSegmenterLib.study.job_folder import JobFolder
from BratsSegmenterLib.study.kept_study import KeptStudy


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
    """What was sent of a result in the grid `geometry`; None where nothing was."""
    record = KeptStudy(folder.path).sent
    if record is None:
        return None
    try:
        sent = read_labelmap(folder.sent)
    except ExportError:
        return None
    if not geometry.is_kept_as(sent.geometry):
        return None
    return SentLabels(sent.labels, datetime.fromisoformat(record.sent_at))
