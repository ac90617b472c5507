"""NIfTI volumes become a DICOM study, so that research data can travel the same way as a patient's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.dicom.mr_series import PROTOCOLS, Rescale, StudyIdentity, write_mr_series
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.image_files import read_whole_image
from BratsSegmenterLib.progress import Progress

# Anatomical axes of i, j, k for slices as scanners send them; k is always row x column direction.
_SAGITTAL, _CORONAL, _AXIAL = "PIR", "LIP", "LPS"
_MOST_LABELS = 8


def nifti_to_dicom(
    volumes: Mapping[Sequence, Path],
    folder: Path,
    identity: StudyIdentity | None = None,
    progress: Progress | None = None,
) -> dict[Sequence, list[Path]]:
    """Write up to four NIfTI volumes as the MR series of one study.

    Voxels are only reordered, never resampled: axes are swapped and flipped into the nearest sagittal, coronal or axial
    slices, across the direction with the largest spacing. Oblique grids stay oblique. Values return within half a step
    of 1/65535 of their range; what is no number became 0 when the file was read.

    Parameters
    ----------
    volumes : mapping of Sequence to Path
        Three-dimensional NIfTI files.
    folder : Path
        One folder a series is made in it.
    identity : StudyIdentity
        A phantom's when not given.
    progress : Progress

    Returns
    -------
    dict of Sequence to list of Path
        The files of each series in slice order.

    Raises
    ------
    SeriesError
        A file is no three-dimensional NIfTI volume, not a whole one, or a label map.
    Cancelled
    """
    identity, progress = identity or StudyIdentity(), progress or Progress()
    written = {}
    for count, (sequence, file) in enumerate(volumes.items()):
        progress.update(count / len(volumes), sequence.value)
        array, geometry = _as_slices(_read(file))
        _require_image(array, file)
        written[sequence] = write_mr_series(
            array,
            geometry,
            folder / sequence.value,
            identity,
            PROTOCOLS[sequence],
            series_number=count + 1,
            rescale=Rescale.to_16_bits(array),
        )
    return written


def _read(file: Path) -> sitk.Image:
    if not file.exists():
        raise SeriesError(f"There is no file {file}.", "Check the path of the image.")
    try:
        image = read_whole_image(file)
    except RuntimeError as error:
        raise SeriesError(
            f"{file.name} cannot be read as a whole NIfTI volume.",
            "Choose a NIfTI file; copy it again where it is cut short or damaged.",
            type(error).__name__,
        ) from error
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise SeriesError(f"{file.name} is not one three-dimensional volume.", "Choose a file with one 3-D volume.")
    return image


def _require_image(array: NDArray, file: Path) -> None:
    """A segmentation lies beside the images in every data set, and has a name like theirs."""
    values = np.unique(array)
    if len(values) <= _MOST_LABELS and np.array_equal(values, np.round(values)):
        raise SeriesError(
            f"{file.name} is no image: it holds {len(values)} different whole numbers, as a label map does.",
            "Choose the file of the image.",
        )


def _as_slices(image: sitk.Image) -> tuple[NDArray, Geometry]:
    image = sitk.DICOMOrient(image, _slice_orientation(image))
    return sitk.GetArrayFromImage(image), Geometry.of_image(image)


def _slice_orientation(image: sitk.Image) -> str:
    """Slices lie across the axis with the largest spacing, axially where voxels are nearly cubes."""
    spacing = np.array(image.GetSpacing())
    if spacing.max() < 1.5 * np.median(spacing):
        return _AXIAL
    thickest = np.array(image.GetDirection()).reshape(3, 3)[:, int(np.argmax(spacing))]
    return (_SAGITTAL, _CORONAL, _AXIAL)[int(np.argmax(np.abs(thickest)))]
