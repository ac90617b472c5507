"""Corrections that were not sent, as one window of Slicer keeps them: another one may draw in the same study."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.durable import Stamp, stamp_of
from BratsSegmenterLib.errors import unwritable
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.study.job_folder import JobFolder
from BratsSegmenterLib.study.unsent import (
    file_aside,
    forget_unsent,
    holds_unsent,
    read_unsent,
    set_aside_unsent,
    write_unsent,
)


class OwnUnsent:
    """The file in which one window keeps what is drawn on a result; what it did not write itself is never lost.

    It is the file that the study is opened with, until another result is in the folder: then one under a name with the
    time.

    Parameters
    ----------
    folder : JobFolder
    labels : ndarray of uint8, shape (slices, rows, columns)
        What is drawn as the work begins: a file that holds just that is this window's own.
    geometry : Geometry
        The grid of the labels.
    """

    def __init__(self, folder: JobFolder, labels: NDArray[np.uint8], geometry: Geometry) -> None:
        self._folder = folder
        self._result = stamp_of(folder.segmentation)
        self._file = folder.unsent
        self._own = self._stamp_with(labels, geometry)

    @property
    def comes_back(self) -> bool:
        """Whether the study is opened with what this window kept."""
        is_at_its_place = self._own is not None and self._file == self._folder.unsent
        return is_at_its_place and self._is_own and not self._is_replaced

    def keep(self, labels: NDArray[np.uint8], geometry: Geometry) -> Path | None:
        """Keep a label map that was just drawn, in place of what this window kept before.

        Returns
        -------
        Path or None
            Where other corrections, which were there, are kept now.

        Raises
        ------
        ExportError
            The disk refused.
        """
        with self._explaining_disk():
            if self._is_replaced and self._file == self._folder.unsent:
                self._step_aside()
            if not self._is_own:
                self._own = self._stamp_with(labels, geometry)
            set_aside = self._set_others_aside()
            write_unsent(labels, geometry, self._file)
            self._own = stamp_of(self._file)
        return set_aside

    def keep_as_left(self, labels: NDArray[np.uint8], geometry: Geometry) -> Path | None:
        """As :meth:`keep`, where no file holds the label map; the study is opened as others would have it opened."""
        with self._explaining_disk():
            if holds_unsent(self._folder, labels, geometry):
                return None
            if self._holds_others:
                self._step_aside()
        return self.keep(labels, geometry)

    def take_back(self) -> None:
        """Nothing is drawn here that was not sent; what another window drew stays where it is.

        Raises
        ------
        ExportError
            The disk refused.
        """
        with self._explaining_disk():
            if self._own is not None and self._is_own:
                forget_unsent(self._file)
        self._own = None

    def settle(self) -> Path | None:
        """What is drawn here was sent: the study is to be opened with that.

        Returns
        -------
        Path or None
            Where other corrections, which were there, are kept now.

        Raises
        ------
        ExportError
            The disk refused.
        """
        with self._explaining_disk():
            set_aside = self._set_others_aside()
        self.take_back()
        return set_aside

    @contextmanager
    def _explaining_disk(self) -> Iterator[None]:
        """A share that is gone refuses to be looked at too."""
        try:
            yield
        except OSError as error:
            raise unwritable(self._file, error) from error

    @property
    def _is_own(self) -> bool:
        return self._own == stamp_of(self._file)

    @property
    def _holds_others(self) -> bool:
        return stamp_of(self._file) not in (None, self._own)

    @property
    def _is_replaced(self) -> bool:
        """Whether the folder holds another result than the one that is drawn on here."""
        return self._result != stamp_of(self._folder.segmentation)

    def _stamp_with(self, labels: NDArray[np.uint8], geometry: Geometry) -> Stamp | None:
        stamp = stamp_of(self._file)
        kept = None if stamp is None else read_unsent(self._folder, geometry)
        return stamp if kept is not None and np.array_equal(kept.labels, labels) else None

    def _set_others_aside(self) -> Path | None:
        return set_aside_unsent(self._folder) if self._holds_others else None

    def _step_aside(self) -> None:
        self._file, self._own = file_aside(self._folder, datetime.now().astimezone()), None
