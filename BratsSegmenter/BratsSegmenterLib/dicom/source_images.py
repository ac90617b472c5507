"""The images of a volume as highdicom wants them: datasets without pixels that an object can refer to."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom.dataset import Dataset

from BratsSegmenterLib.dicom.reading import decode_text, read_header
from BratsSegmenterLib.dicom.slice_planes import SlicePlanes
from BratsSegmenterLib.dicom.study_objects import put, without_identity
from BratsSegmenterLib.dicom.values import decimal_string
from BratsSegmenterLib.domain import Volume


def source_images(volume: Volume, slices: Iterable[int] | None = None) -> list[Dataset]:
    """One dataset for each object in the order of the slices; the one enhanced multi-frame object with its frames.

    Images of interpolated slices are left out, so there can be fewer than slices. They say nothing of patient and
    study, and their slices are as thick as the grid's: what headers say of thickness may be empty or wrong. Of several
    enhanced objects, which highdicom does not take, each stands as the image of the first of its slices.

    Parameters
    ----------
    volume : Volume
    slices : iterable of int, optional
        The slices that are wanted of a series of several objects; all, when not given.
    """
    files = {frame.file for frame in volume.frames}
    if volume.frames[0].number is None or len(files) > 1:
        return _single_images(volume, range(len(volume.frames)) if slices is None else slices)
    image = read_header(files.pop())
    decode_text(image)
    without_identity(image)
    _state_grid(image, volume)
    return [image]


def _single_images(volume: Volume, slices: Iterable[int]) -> list[Dataset]:
    has_image = SlicePlanes(volume).has_image
    slice_mm = volume.geometry.spacing_mm[2]
    header = volume.series.header
    decode_text(header)
    images: dict[str, Dataset] = {}
    for k in slices:
        frame = volume.frames[k]
        if has_image[k] and frame.sop_instance_uid not in images:
            image = Dataset()
            image.update(header)
            without_identity(image)
            if frame.number is not None:
                _as_single(image, volume)
            put(image, "SOPClassUID", frame.sop_class_uid)
            put(image, "SOPInstanceUID", frame.sop_instance_uid)
            put(image, "ImagePositionPatient", list(frame.position_mm))
            put(image, "SliceThickness", decimal_string(slice_mm))
            put(image, "SpacingBetweenSlices", decimal_string(slice_mm))
            images[frame.sop_instance_uid] = image
    return list(images.values())


def _as_single(image: Dataset, volume: Volume) -> None:
    for keyword in ("NumberOfFrames", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        if keyword in image:
            del image[keyword]
    for own in _grid(volume):
        image.update(own)


def _state_grid(image: Dataset, volume: Volume) -> None:
    """Measures and planes of the volume, for all frames alike, also where a stack or each frame has its own.

    They may stand in the shared or in the frames' own functional groups (DICOM PS3.3 C.7.6.16.2.1, C.7.6.16.2.4);
    highdicom asks for shared ones.
    """
    measures, planes = _grid(volume)
    shared = image.SharedFunctionalGroupsSequence[0]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [planes]
    for group in image.PerFrameFunctionalGroupsSequence:
        for keyword in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
            if keyword in group:
                del group[keyword]


def _grid(volume: Volume) -> tuple[Dataset, Dataset]:
    """Pixel Measures and Plane Orientation of all slices."""
    column_mm, row_mm, slice_mm = volume.geometry.spacing_mm
    measures = Dataset()
    measures.PixelSpacing = [decimal_string(row_mm), decimal_string(column_mm)]
    measures.SliceThickness = measures.SpacingBetweenSlices = decimal_string(slice_mm)
    planes = Dataset()
    planes.ImageOrientationPatient = [decimal_string(cosine) for cosine in volume.geometry.direction[:, :2].T.ravel()]
    return measures, planes
