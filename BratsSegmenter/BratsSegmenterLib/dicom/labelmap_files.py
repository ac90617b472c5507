"""Results for research: the label map as NIfTI and tables as text, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import SimpleITK as sitk

from BratsSegmenterLib.dicom.atomic import whole_file
from BratsSegmenterLib.domain import Segmentation


def write_nifti(path: Path, segmentation: Segmentation) -> None:
    """Write the label map in the reference volume's own grid; 1 NCR, 2 ED, 3 ET, 4 RC.

    Raises
    ------
    ExportError
        The disk refused.
    """
    with whole_file(path) as partial:
        try:
            sitk.WriteImage(segmentation.geometry.image(segmentation.labels), str(partial))
        except RuntimeError as error:
            raise OSError(str(error)) from error


def write_csv(path: Path, table: str) -> None:
    """Write a table that :func:`BratsSegmenterLib.measurement.to_csv` made.

    Raises
    ------
    ExportError
        The disk refused.
    """
    with whole_file(path) as partial:
        partial.write_text(table, encoding="utf-8")
