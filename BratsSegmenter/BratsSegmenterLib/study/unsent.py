"""Corrections that were not sent yet, in the job folder: they survive a crash of Slicer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.errors import ExportError, unwritable
from BratsSegmenterLib.geometry import Geometry, bounding_box
from BratsSegmenterLib.image_files import write_image
from BratsSegmenterLib.labelmap import read_labelmap
from BratsSegmenterLib.study.job_folder import JobFolder

_ONE_VOXEL = (slice(0, 1), slice(0, 1), slice(0, 1))


@dataclass(frozen=True, eq=False)
class UnsentCorrections:
    """A result as a person left it.

    Attributes
    ----------
    labels : ndarray of uint8, shape (slices, rows, columns)
        In the reference's own grid; 0 background, 1 NCR, 2 ED, 3 ET, 4 RC.
    kept_at : datetime
        When it was left so, local time.
    """

    labels: NDArray[np.uint8] = field(repr=False)
    kept_at: datetime


def write_unsent(labels: NDArray[np.uint8], geometry: Geometry, file: Path) -> None:
    """Write a label map (slices, rows, columns) in place of what the file held before, whole or not at all.

    Only the box around what is drawn is written, so that the event loop does not stand still for it.

    Raises
    ------
    ExportError
        The disk refused.
    """
    drawn = labels > 0
    box = bounding_box(drawn) if drawn.any() else _ONE_VOXEL
    write_image(geometry.cropped(box).image(np.ascontiguousarray(labels[box])), file)


def read_unsent(folder: JobFolder, geometry: Geometry) -> UnsentCorrections | None:
    """What was kept of a result in the grid `geometry`; None where nothing was, or nothing that belongs to it."""
    labels = _read(folder.unsent, geometry)
    return None if labels is None else UnsentCorrections(labels, _kept_at(folder))


def holds_unsent(folder: JobFolder, labels: NDArray[np.uint8], geometry: Geometry) -> bool:
    """Whether a label map was kept voxel for voxel, and be it set aside since."""
    kept = (_read(path, geometry) for path in folder.all_unsent())
    return any(one is not None and np.array_equal(one, labels) for one in kept)


def _read(path: Path, geometry: Geometry) -> NDArray[np.uint8] | None:
    """The part that a file keeps, in the whole grid; None where it belongs to another."""
    try:
        part = read_labelmap(path)
    except ExportError:
        return None
    k, j, i = np.rint(geometry.indices(part.geometry.origin_mm[np.newaxis])[0, ::-1]).astype(int).tolist()
    slices, rows, columns = part.labels.shape
    box = slice(k, k + slices), slice(j, j + rows), slice(i, i + columns)
    labels = np.zeros(geometry.shape, np.uint8)
    is_inside = min(k, j, i) >= 0 and labels[box].shape == part.labels.shape
    if not is_inside or not geometry.cropped(box).is_kept_as(part.geometry):
        return None
    labels[box] = part.labels
    return labels


def forget_unsent(file: Path) -> None:
    """What the file holds was sent, or taken back.

    Raises
    ------
    ExportError
        The disk refused.
    """
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(file, error) from error


def set_aside_unsent(folder: JobFolder) -> Path | None:
    """Another result takes the place of the one they belong to: they stay under a name with their time of drawing.

    Returns
    -------
    Path or None
        Where they are now; None where there are none.

    Raises
    ------
    ExportError
        The disk refused.
    """
    try:
        return folder.unsent.replace(file_aside(folder, _kept_at(folder)))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unwritable(folder.unsent, error) from error


def file_aside(folder: JobFolder, drawn_at: datetime) -> Path:
    """A name that no file has yet, for corrections of that time with which the study is not opened."""
    stem = f"unsent-{drawn_at:%Y%m%d-%H%M%S}"
    names = chain([stem], (f"{stem}-{number}" for number in count(2)))
    files = (folder.path / f"{name}.nii.gz" for name in names)
    return next(file for file in files if not file.exists())


def _kept_at(folder: JobFolder) -> datetime:
    return datetime.fromtimestamp(folder.unsent.stat().st_mtime).astimezone()
