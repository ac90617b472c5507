"""Label maps as image files, for research and between the worker and Slicer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from BratsSegmenterLib.domain import LEAF_REGIONS, Algorithm, Segmentation
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.image_files import read_whole_image, write_image

UNKNOWN_ALGORITHM = Algorithm("unknown", "", "")


def write_labelmap(segmentation: Segmentation, path: Path) -> None:
    """Write the labels in their own grid: 0 background, 1 NCR, 2 ED, 3 ET, 4 RC."""
    write_image(segmentation.geometry.image(segmentation.labels), path)


def read_labelmap(path: Path, algorithm: Algorithm = UNKNOWN_ALGORITHM) -> Segmentation:
    """Read a label map.

    Raises
    ------
    ExportError
        The file is not there, no 3-D label map or not a whole one, or holds a label that is not ours.
    """
    if not path.exists():
        raise ExportError(f"There is no file {path}.", "Check the path of the label map.")
    try:
        image = read_whole_image(path)
    except RuntimeError as error:
        raise ExportError(
            f"{path.name} cannot be read as a whole image.",
            "Choose a NIfTI label map; copy it again where it is cut short or damaged.",
            str(error).rpartition("\n")[2],  # before it SimpleITK names a place in its source
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
    return Segmentation(labels.astype(np.uint8), Geometry.of_image(image), algorithm)
