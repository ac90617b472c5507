"""The images of a volume as highdicom wants them: datasets without pixels that an object can refer to."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom.dataset import Dataset

from BratsSegmenterLib.dicom.reading import decode_text, read_header
from BratsSegmenterLib.dicom.slice_planes import SlicePlanes
from BratsSegmenterLib.dicom.study_objects import put, without_identity
from BratsSegmenterLib.dicom.values import decimal_string
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.errors import ExportError


def source_images(volume: Volume, slices: Iterable[int] | None = None) -> list[Dataset]:
    """One dataset for each classic image in the order of the slices, or the one enhanced multi-frame object.

    Images of interpolated slices are left out, so there can be fewer than slices. They say nothing of patient and
    study, and their slices are as thick as the grid's: what headers say of thickness may be empty or wrong.

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
    decode_text(image)
    without_identity(image)
    _state_grid(image, volume)
    return [image]


def _classic_images(volume: Volume, slices: Iterable[int]) -> list[Dataset]:
    has_image = SlicePlanes(volume).has_image
    slice_mm = volume.geometry.spacing_mm[2]
    header = volume.series.header
    decode_text(header)
    images = []
    for k in slices:
        if has_image[k]:
            frame = volume.frames[k]
            image = Dataset()
            image.update(header)
            without_identity(image)
            put(image, "SOPClassUID", frame.sop_class_uid)
            put(image, "SOPInstanceUID", frame.sop_instance_uid)
            put(image, "ImagePositionPatient", list(frame.position_mm))
            put(image, "SliceThickness", decimal_string(slice_mm))
            put(image, "SpacingBetweenSlices", decimal_string(slice_mm))
            images.append(image)
    return images


def _state_grid(image: Dataset, volume: Volume) -> None:
    """Measures and planes of the volume, for all frames alike, also where a stack or each frame has its own.

    They may stand in the shared or in the frames' own functional groups (DICOM PS3.3 C.7.6.16.2.1, C.7.6.16.2.4);
    highdicom asks for shared ones.
    """
    column_mm, row_mm, slice_mm = volume.geometry.spacing_mm
    measures = Dataset()
    measures.PixelSpacing = [decimal_string(row_mm), decimal_string(column_mm)]
    measures.SliceThickness = measures.SpacingBetweenSlices = decimal_string(slice_mm)
    planes = Dataset()
    planes.ImageOrientationPatient = [decimal_string(cosine) for cosine in volume.geometry.direction[:, :2].T.ravel()]
    shared = image.SharedFunctionalGroupsSequence[0]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [planes]
    for group in image.PerFrameFunctionalGroupsSequence:
        for keyword in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
            if keyword in group:
                del group[keyword]
