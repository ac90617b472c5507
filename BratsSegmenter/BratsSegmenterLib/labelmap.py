"""Label maps as NIfTI files, for research and between the worker and Slicer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.domain import LEAF_REGIONS, Algorithm, Segmentation
from BratsSegmenterLib.durable import whole_file
from BratsSegmenterLib.errors import ExportError, SeriesError, unwritable
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.image_files import read_whole_image

UNKNOWN_ALGORITHM = Algorithm("unknown", "", "")


def write_image(image: sitk.Image, path: Path) -> None:
    """Write a NIfTI file, whole or not at all; its folder is made when missing.

    Raises
    ------
    ExportError
        The disk refused.
    """
    try:
        with whole_file(path) as partial:
            sitk.WriteImage(image, str(partial))
    except (OSError, RuntimeError) as error:
        raise unwritable(path, error) from error


def read_image(path: Path) -> NDArray[np.float32]:
    """The voxels of a NIfTI image that :func:`write_image` wrote, (slices, rows, columns).

    Raises
    ------
    SeriesError
        The file is gone or damaged.
    """
    try:
        return sitk.GetArrayFromImage(read_whole_image(path, sitk.sitkFloat32))
    except RuntimeError as error:
        raise SeriesError(f"The image {path.name} cannot be read.", "Segment the study again.", str(error)) from error


def read_mask(path: Path) -> NDArray[np.bool_]:
    """A mask, (slices, rows, columns), true where the image is not zero.

    Raises
    ------
    SeriesError
        The file cannot be read as a whole image.
    """
    try:
        return sitk.GetArrayFromImage(read_whole_image(path, sitk.sitkUInt8)) != 0
    except RuntimeError as error:
        raise SeriesError(f"The mask {path.name} cannot be read.", "Segment the study again.", str(error)) from error


def write_labelmap(segmentation: Segmentation, path: Path) -> None:
    """Write the labels in their own grid: 0 background, 1 NCR, 2 ED, 3 ET, 4 RC."""
    write_image(segmentation.geometry.image(segmentation.labels), path)


def read_labelmap(
    path: Path, algorithm: Algorithm = UNKNOWN_ALGORITHM, not_measured: Mapping[str, str] | None = None
) -> Segmentation:
    """Read a label map.

    Raises
    ------
    ExportError
        The file is no 3-D label map or not a whole one, or holds a label that is not ours.
    """
    try:
        image = read_whole_image(path)
    except RuntimeError as error:
        raise ExportError(
            f"{path.name} cannot be read as a whole image.",
            "Choose a NIfTI label map; copy it again where it is cut short or damaged.",
            str(error),
        ) from error
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise ExportError(f"{path.name} is not one three-dimensional label map.", "Choose another file.")
    labels = sitk.GetArrayFromImage(image)
    known = {0, *(region.label for region in LEAF_REGIONS)}
    unknown = sorted(set(np.unique(labels).tolist()) - known)
    if unknown:
        raise ExportError(
            f"{path.name} holds the label {unknown[0]}, which is none of 0 to 4.",
            "Number the regions 1 NCR, 2 ED, 3 ET, 4 RC.",
        )
    return Segmentation(labels.astype(np.uint8), Geometry.of_image(image), algorithm, not_measured or {})
