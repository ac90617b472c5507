"""Corrections that were not sent, as one window of Slicer keeps them: another one may draw in the same study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.job_folder import JobFolder
from BratsSegmenterLib.unsent import forget_unsent, keep_unsent, read_unsent, set_aside_unsent


class OwnUnsent:
    """The file of a study's corrections; what it holds and this window neither read nor wrote is not written over.

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
        self._own = self._version_with(labels, geometry)

    @property
    def was_taken_away(self) -> bool:
        """Whether what lies there now is not what this window read or wrote last."""
        return self._own is not None and self._own != self._version

    def keep(self, labels: NDArray[np.uint8], geometry: Geometry) -> Path | None:
        """Keep a label map in place of what this window kept before.

        Returns
        -------
        Path or None
            Where other corrections, which were there, are kept now.

        Raises
        ------
        ExportError
            The disk refused.
        """
        if not self._is_own:
            self._own = self._version_with(labels, geometry)
        set_aside = self._set_others_aside()
        keep_unsent(self._folder, labels, geometry)
        self._own = self._version
        return set_aside

    def take_back(self) -> None:
        """Nothing is drawn here that was not sent; what another window drew stays where it is."""
        if self._is_own:
            forget_unsent(self._folder)
        self._own = None

    def settle(self) -> Path | None:
        """What is drawn here was sent: the study is to be opened with that.

        Returns
        -------
        Path or None
            Where other corrections, which were there, are kept now.
        """
        set_aside = self._set_others_aside()
        self.take_back()
        return set_aside

    @property
    def _is_own(self) -> bool:
        return self._own == self._version

    @property
    def _version(self) -> tuple[int, int] | None:
        """By what a file is told from the one that was there before: when it was written (ns), and its size (bytes)."""
        if not self._folder.unsent.is_file():
            return None
        status = self._folder.unsent.stat()
        return status.st_mtime_ns, status.st_size

    def _version_with(self, labels: NDArray[np.uint8], geometry: Geometry) -> tuple[int, int] | None:
        version = self._version
        kept = None if version is None else read_unsent(self._folder, geometry)
        return version if kept is not None and np.array_equal(kept.labels, labels) else None

    def _set_others_aside(self) -> Path | None:
        return None if self._is_own or self._version is None else set_aside_unsent(self._folder)
