"""Which regions a person accepted, in the job folder: they are accepted while their voxels are those that she saw."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import REGIONS
from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.errors import unwritable
from BratsSegmenterLib.study.job_folder import JobFolder


def keep_accepted(folder: JobFolder, labels: NDArray[np.uint8], keys: Iterable[str]) -> None:
    """Keep the keys of the accepted leaf regions in place of those that were kept before.

    Parameters
    ----------
    folder : JobFolder
    labels : ndarray of uint8, shape (slices, rows, columns)
        What she accepted; 0 background, 1 NCR, 2 ED, 3 ET, 4 RC.
    keys : iterable of str

    Raises
    ------
    ExportError
        The disk refused.
    """
    accepted = {key: _digest(labels, key) for key in sorted(keys)}
    try:
        write_atomically(folder.accepted, json.dumps(accepted).encode())
    except OSError as error:
        raise unwritable(folder.accepted, error) from error


def read_accepted(folder: JobFolder, labels: NDArray[np.uint8]) -> frozenset[str]:
    """Keys of the leaf regions that were accepted exactly as `labels` draw them."""
    try:
        accepted = json.loads(folder.accepted.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # nothing was accepted, or nobody can say what
        return frozenset()
    return frozenset(key for key in accepted if key in REGIONS and accepted[key] == _digest(labels, key))


def forget_accepted(folder: JobFolder) -> None:
    """Another result takes the place of the one that she looked at."""
    folder.accepted.unlink(missing_ok=True)


def _digest(labels: NDArray[np.uint8], key: str) -> str:
    return hashlib.sha256(np.packbits(labels == REGIONS[key].label).tobytes()).hexdigest()
