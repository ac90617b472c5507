"""The images of a volume as highdicom wants them: datasets without pixels that an object can refer to."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom.dataset import Dataset

from BratsSegmenterLib.dicom.reading import read_header
from BratsSegmenterLib.dicom.slice_planes import SlicePlanes
from BratsSegmenterLib.dicom.study_objects import fill_in_missing
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.errors import ExportError


def source_images(volume: Volume, slices: Iterable[int] | None = None) -> list[Dataset]:
    """One dataset for each classic image in the order of the slices, or the one enhanced multi-frame object.

    Images of interpolated slices are left out, so there can be fewer than slices.

    Parameters
    ----------
    volume : Volume
    slices : iterable of int, optional
        The slices that are wanted of a classic series; all, when not given.

    Raises
    ------
    ExportError
        The volume is made of several enhanced objects.
    """
    if volume.frames[0].number is None:
        return _classic_images(volume, range(len(volume.frames)) if slices is None else slices)
    files = {frame.file for frame in volume.frames}
    if len(files) > 1:
        raise ExportError(
            f"{volume.series.label} consists of several multi-frame objects; SEG and SR cannot refer to it.",
            "Send the structure set only.",
        )
    image = read_header(files.pop())
    fill_in_missing(image)
    return [image]


def _classic_images(volume: Volume, slices: Iterable[int]) -> list[Dataset]:
    has_image = SlicePlanes(volume).has_image
    images = []
    for k in slices:
        if has_image[k]:
            frame = volume.frames[k]
            image = Dataset()
            image.update(volume.series.header)
            fill_in_missing(image)
            image.SOPClassUID = frame.sop_class_uid
            image.SOPInstanceUID = frame.sop_instance_uid
            image.ImagePositionPatient = list(frame.position_mm)
            images.append(image)
    return images
