"""Loads a series as a volume whose every voxel has its exact place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.config import disable_value_validation

from BratsSegmenterLib.dicom.grid import GapError, Grid, grid_of
from BratsSegmenterLib.dicom.pixels import stored_values
from BratsSegmenterLib.dicom.planes import Plane, planes_of
from BratsSegmenterLib.dicom.reading import read_header
from BratsSegmenterLib.domain import Frame, Series, Volume
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.progress import Progress


@disable_value_validation()
def load_volume(
    series: Series, resample_gaps: bool = False, progress: Progress | None = None, keep_blank: bool = False
) -> Volume:
    """Load one series: the grid from the headers first, then the pixels, slice by slice into their places.

    Parameters
    ----------
    series : Series
        As :func:`scan` found it.
    resample_gaps : bool
        Whether the user agreed that missing, uneven or blank slices are interpolated linearly. Slices that lie on the
        regular grid keep their values; the frame of an interpolated slice is the nearest one.
    progress : Progress
    keep_blank : bool
        Whether blank slices that are not interpolated stay as they are, for what was drawn on them already.

    Returns
    -------
    Volume
        Slices ascending along the normal (row direction x column direction). Voxel (0, 0, k) lies at the Image
        Position (Patient) of frame k.

    Raises
    ------
    SeriesError
        The series is no regular volume (DICOM PS3.3 C.7.6.2), or a file is damaged; the sentence names series, slice
        and file.
    GapError
        `resample_gaps` is False, and slices are missing, or blank between others that are not and not kept.
    Cancelled
    """
    progress = progress or Progress()
    if series.fault:
        raise SeriesError(series.fault, "Fetch the series again, or choose another one.")
    planes = _read_planes(series, progress)
    grid = grid_of(planes, series.label)
    if not resample_gaps:
        grid.require_no_gap()
    array = _read_values(grid.planes, series.label, progress)
    blank = _blank_between_others(array)
    if blank.size and not resample_gaps and not keep_blank:
        raise GapError(_about_blank(blank, grid.planes, series.label))
    if not resample_gaps or (not grid.gap and not blank.size):
        return Volume(array, grid.geometry, tuple(plane.frame for plane in grid.planes), series)
    kept = np.delete(np.arange(len(array)), blank)
    return _resampled(array[kept], _only(grid, kept), series)


def _read_planes(series: Series, progress: Progress) -> list[Plane]:
    wanted = {_identity(frame) for frame in series.frames}
    planes = []
    for count, file in enumerate(series.files):
        progress.update(0.3 * count / len(series.files), "headers")
        planes += [plane for plane in planes_of(read_header(file), file) if _identity(plane.frame) in wanted]
    if len(planes) != len(series.frames):
        raise SeriesError(
            f"{series.label} has changed on disk: {len(series.frames)} slices were found before, now {len(planes)}.",
            "Search the folder again.",
        )
    return planes


def _identity(frame: Frame) -> tuple[Path, str, int | None]:
    return frame.file, frame.sop_instance_uid, frame.number


def _read_values(planes: tuple[Plane, ...], label: str, progress: Progress) -> NDArray[np.float32]:
    """Image values of the planes in their order, 0 or less where there is padding; each file is decoded once."""
    array = np.empty((len(planes), planes[0].rows, planes[0].columns), np.float32)
    is_padding = np.zeros(array.shape, bool)
    slices_of_file: dict[Path, list[int]] = {}
    for k, plane in enumerate(planes):
        slices_of_file.setdefault(plane.frame.file, []).append(k)
    for count, (file, slices) in enumerate(slices_of_file.items()):
        progress.update(0.3 + 0.7 * count / len(slices_of_file), "pixels")
        try:
            stored = stored_values(file)
        except SeriesError as error:
            where = f"{label}, slice {slices[0] + 1}" if len(slices) == 1 else label
            raise SeriesError(f"{where}: {error.what}", error.advice, error.cause) from error
        for k in slices:
            plane = planes[k]
            values = stored[(plane.frame.number or 1) - 1]
            array[k] = values * plane.slope + plane.intercept
            if plane.padding is not None:
                is_padding[k] = _is_padding(values, plane.padding)
    # What is padding looks like air: like the darkest voxel, at most 0. Left at -32768 it would be all contrast.
    if is_padding.any():
        array[is_padding] = np.min(array, initial=0.0, where=~is_padding)
    return array


def _is_padding(stored: NDArray, padding: tuple[int, int]) -> NDArray[np.bool_]:
    # As the same bits in the pixels' own type: some headers give a negative value as an unsigned one.
    low, high = np.array(padding).astype(stored.dtype)
    return (low <= stored) & (stored <= high)


def _blank_between_others(array: NDArray[np.float32]) -> NDArray[np.intp]:
    """Slices of one single value that have others on both sides; blank ends are how volumes are padded."""
    is_blank = array.min(axis=(1, 2)) == array.max(axis=(1, 2))
    others = np.flatnonzero(~is_blank)
    if not others.size:
        return others
    first, last = others[0], others[-1]
    return first + np.flatnonzero(is_blank[first:last])


def _about_blank(blank: NDArray[np.intp], planes: tuple[Plane, ...], label: str) -> str:
    k = int(blank[0])
    which = f"slice {k + 1} ({planes[k].place})"
    if len(blank) > 1:
        which = f"{len(blank)} slices, the first of them {which}"
    return f"{label} shows nothing in {which}, although slices before and after show something."


def _only(grid: Grid, kept: NDArray[np.intp]) -> Grid:
    return replace(grid, planes=tuple(grid.planes[k] for k in kept), offsets_mm=grid.offsets_mm[kept])


def _resampled(array: NDArray[np.float32], grid: Grid, series: Series) -> Volume:
    step_mm = grid.geometry.spacing_mm[2]
    wanted_mm = np.arange(grid.geometry.shape[0]) * step_mm
    below = np.clip(np.searchsorted(grid.offsets_mm, wanted_mm, side="right") - 1, 0, len(array) - 2)
    thickness_mm = grid.offsets_mm[below + 1] - grid.offsets_mm[below]
    weight = np.clip((wanted_mm - grid.offsets_mm[below]) / thickness_mm, 0.0, 1.0)
    # A slice that is there keeps its values, whatever the last digit of its position says.
    weight = np.where(np.abs(weight - np.rint(weight)) * thickness_mm < 0.01, np.rint(weight), weight)
    upper = weight.astype(np.float32)[:, None, None]
    resampled = array[below] * (1 - upper) + array[below + 1] * upper
    nearest = below + np.rint(weight).astype(int)
    frames = tuple(grid.planes[k].frame for k in nearest)
    return Volume(resampled, grid.geometry, frames, series, is_resampled=True)
