"""What the header says about each frame: where it lies, how large it is, how stored values become image values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.uid import EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage, MRImageStorage

from BratsSegmenterLib.dicom.reading import frame_count
from BratsSegmenterLib.domain import Frame
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.unreadable import UNREADABLE

ENHANCED_MR = (EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage)
MR_IMAGES = (MRImageStorage, *ENHANCED_MR)

_HUGE = 1e30
_NO_POSITION = "Without it the image has no place in the patient; choose another series."


@dataclass(frozen=True)
class Plane:
    """The image plane of one frame (DICOM PS3.3 C.7.6.2, C.7.6.16) and what tells it from its neighbours.

    Attributes
    ----------
    frame : Frame
    rows, columns : int
    row_spacing_mm, column_spacing_mm : float
        Pixel Spacing: distance between rows, distance between columns.
    orientation : tuple of float
        Image Orientation (Patient): unit vector along a row, then along a column, LPS.
    frame_of_reference_uid : str
    slope, intercept : float
        Image value = slope * stored value + intercept.
    padding : tuple of int, or None
        Lowest and highest of the stored values that stand for no signal at all; None where the header names none.
    stack_id : str
        Stack ID of an enhanced object; empty where there is none.
    echo_time_ms : float or None
    image_type : tuple of str
        Image Type or, of an enhanced frame, Frame Type.
    """

    frame: Frame
    rows: int
    columns: int
    row_spacing_mm: float
    column_spacing_mm: float
    orientation: tuple[float, ...]
    frame_of_reference_uid: str
    slope: float
    intercept: float
    padding: tuple[int, int] | None
    stack_id: str
    echo_time_ms: float | None
    image_type: tuple[str, ...]

    @property
    def place(self) -> str:
        """How a sentence names it: the file, and the frame where the file holds several."""
        name = self.frame.file.name
        return name if self.frame.number is None else f"frame {self.frame.number} of {name}"


class FrameAttributes:
    """Attributes of one frame, looked up where its kind of object keeps them.

    An enhanced object keeps them in the frame's own functional groups, else in the shared ones (PS3.3 C.7.6.16.1);
    a classic object keeps them in the dataset.

    Parameters
    ----------
    header : pydicom.Dataset
    index : int
        Of the frame, from 0.
    """

    def __init__(self, header: Dataset, index: int = 0) -> None:
        self._header = header
        per_frame = header.get("PerFrameFunctionalGroupsSequence") or []
        shared = header.get("SharedFunctionalGroupsSequence") or []
        self._groups = [*per_frame[index : index + 1], *shared[:1]]

    def get(self, macro: str, keyword: str) -> Any:
        """The value of `keyword` in functional group `macro`, else in the dataset itself; None where it is absent."""
        for group in self._groups:
            items = group.get(macro)
            if items and items[0].get(keyword) not in (None, ""):
                return items[0].get(keyword)
        return self._header.get(keyword)


def functional_group(frame: Dataset, shared: Dataset, keyword: str) -> Dataset:
    """The item of a functional group macro, of the frame or else of all frames (DICOM PS3.3 C.7.6.16)."""
    return (frame if keyword in frame else shared)[keyword].value[0]


def planes_of(header: Dataset, file: Path) -> tuple[Plane, ...]:
    """The plane of every frame of one MR image file.

    Parameters
    ----------
    header : pydicom.Dataset
        Of a classic, enhanced or legacy converted enhanced MR image.
    file : Path

    Raises
    ------
    SeriesError
        Position, orientation, pixel spacing or frame of reference of a frame is missing or cannot be read, or its
        rescaling gives no image.
    """
    try:
        return tuple(_planes(header, file))
    except UNREADABLE as error:
        raise SeriesError(
            f"{file.name} describes its image plane in a way that cannot be read.", _NO_POSITION, type(error).__name__
        ) from error


def _planes(header: Dataset, file: Path) -> Iterator[Plane]:
    enhanced = header.SOPClassUID in ENHANCED_MR
    for index in range(frame_count(header)):
        attributes = FrameAttributes(header, index)
        number = index + 1 if enhanced else None
        place = f"frame {number} of {file.name}" if enhanced else file.name
        x, y, z = _vector(attributes, "PlanePositionSequence", "ImagePositionPatient", 3, place)
        row_spacing, column_spacing = _vector(attributes, "PixelMeasuresSequence", "PixelSpacing", 2, place)
        yield Plane(
            frame=Frame(
                file,
                str(header.SOPClassUID),
                str(header.SOPInstanceUID),
                number,
                (x, y, z),
                image_number=number if enhanced else _instance_number(header),
            ),
            rows=int(header.Rows),
            columns=int(header.Columns),
            row_spacing_mm=row_spacing,
            column_spacing_mm=column_spacing,
            orientation=_vector(attributes, "PlaneOrientationSequence", "ImageOrientationPatient", 6, place),
            frame_of_reference_uid=_frame_of_reference(header, place),
            slope=_rescaling(attributes, "RescaleSlope", 1.0, place),
            intercept=_rescaling(attributes, "RescaleIntercept", 0.0, place),
            padding=_padding(header),
            stack_id=str(attributes.get("FrameContentSequence", "StackID") or ""),
            echo_time_ms=echo_time_ms(attributes),
            image_type=image_type(attributes),
        )


def _instance_number(header: Dataset) -> int | None:
    try:
        return int(header["InstanceNumber"].value)
    except UNREADABLE:
        # It may be empty. Sentences name the image otherwise then; its pixels are as good as any.
        return None


def _padding(header: Dataset) -> tuple[int, int] | None:
    """Pixel Padding Value and Pixel Padding Range Limit, the lower one first (PS3.3 C.7.5.1.1.2)."""
    value, limit = header.get("PixelPaddingValue"), header.get("PixelPaddingRangeLimit")
    if value in (None, ""):
        return None
    bounds = (int(value), int(value if limit in (None, "") else limit))
    return min(bounds), max(bounds)


def _frame_of_reference(header: Dataset, place: str) -> str:
    uid = str(header.get("FrameOfReferenceUID") or "")
    if not uid:
        raise SeriesError(f"{place} has no Frame of Reference UID (0020,0052).", _NO_POSITION)
    return uid


def echo_time_ms(attributes: FrameAttributes) -> float | None:
    """Effective Echo Time of an enhanced frame, Echo Time of a classic one, milliseconds."""
    value = attributes.get("MREchoSequence", "EffectiveEchoTime")
    value = attributes.get("MREchoSequence", "EchoTime") if value is None else value
    return None if value in (None, "") else float(value)


def image_type(attributes: FrameAttributes) -> tuple[str, ...]:
    """Frame Type of an enhanced frame, Image Type of a classic one, in capitals."""
    value = attributes.get("MRImageFrameTypeSequence", "FrameType") or attributes.get("", "ImageType") or ()
    values = (value,) if isinstance(value, str) else value
    return tuple(str(item).upper() for item in values)


def _vector(attributes: FrameAttributes, macro: str, keyword: str, length: int, place: str) -> tuple[float, ...]:
    value = attributes.get(macro, keyword)
    if value is None or isinstance(value, str) or len(value) != length:
        raise SeriesError(f"{place} has no {_ATTRIBUTE_NAMES[keyword]}.", _NO_POSITION)
    return tuple(float(item) for item in value)


def _rescaling(attributes: FrameAttributes, keyword: str, default: float, place: str) -> float:
    """Rescale Slope or Intercept (PS3.3 C.11.1, C.7.6.16.2.9).

    With a slope of 0 every image would be blank; with a huge one no voxel would be a finite float32.
    """
    value = attributes.get("PixelValueTransformationSequence", keyword)
    number = default if value in (None, "") else float(value)
    if not abs(number) < _HUGE or (keyword == "RescaleSlope" and number == 0):
        raise SeriesError(
            f"{place} has a {_ATTRIBUTE_NAMES[keyword]} of {number:g}, which gives no image.",
            "Fetch the series again, or choose another one.",
        )
    return number


_ATTRIBUTE_NAMES = {
    "ImagePositionPatient": "Image Position (Patient) (0020,0032)",
    "ImageOrientationPatient": "Image Orientation (Patient) (0020,0037)",
    "PixelSpacing": "Pixel Spacing (0028,0030)",
    "RescaleIntercept": "Rescale Intercept (0028,1052)",
    "RescaleSlope": "Rescale Slope (0028,1053)",
}
