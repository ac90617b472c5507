"""Reference integrity: whatever an object of ours refers to is there, and is what it should be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from BratsSegmenterLib.dicom.closed_contours import contour_points_mm
from BratsSegmenterLib.dicom.named_images import NamedImage, named_images
from BratsSegmenterLib.dicom.provenance import ObjectKind, WrittenObject
from BratsSegmenterLib.dicom.reading import read_header, read_whole
from BratsSegmenterLib.dicom.same_statements import differing_keyword
from BratsSegmenterLib.dicom.slice_planes import ON_PLANE_MM, SlicePlanes
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.unreadable import UNREADABLE

_ADVICE = "Nothing was sent. Please report this; the segmentation itself is kept."
_WITHOUT_REFERENCES = (Tag("ContourData"), Tag("PixelData"))
_FRAMES_OF_REFERENCE = ("FrameOfReferenceUID", "ReferencedFrameOfReferenceUID")


def check_references(
    objects: Iterable[WrittenObject], volumes: Sequence[Volume], known_uids: Collection[str] = ()
) -> None:
    """Prove that the objects belong to the study of the volumes and refer only to what is in it.

    Every referenced SOP instance (and frame) is one of the volumes' images, one of the objects, or known; every
    contour lies on the plane of the image it names; patient, study and frame of reference are those of the images, of
    which a header is read anew from its file.

    Parameters
    ----------
    objects : iterable of WrittenObject
    volumes : sequence of Volume
        Of one study; the first is the one that the objects were drawn on.
    known_uids : collection of str
        SOP Instance UIDs of further objects of the study, such as predecessors.

    Raises
    ------
    ExportError
        Names the object and what it refers to.
    SeriesError
        An image that was loaded cannot be read any more.
    """
    objects = tuple(objects)
    frames = {(frame.sop_instance_uid, frame.number) for volume in volumes for frame in volume.frames}
    whole = {uid for uid, _ in frames} | {written.sop_instance_uid for written in objects} | set(known_uids)
    whole.add(volumes[0].series.study_uid)
    for written in objects:
        try:
            _check_object(written, volumes[0], whole, frames)
        except (OSError, *UNREADABLE) as error:
            raise ExportError(
                f"The file of the {written.kind.name} is damaged.", _ADVICE, type(error).__name__
            ) from error


def _check_object(
    written: WrittenObject, volume: Volume, whole: Collection[str], frames: Collection[NamedImage]
) -> None:
    dataset = read_whole(written.path)
    _check_identity(written, dataset, volume)
    for item in _datasets(dataset):
        _check_frame_of_reference(written, item, volume)
        if "ReferencedSOPInstanceUID" in item:
            _check_reference(written, item, whole, frames)
    if written.kind is ObjectKind.RTSTRUCT:
        _check_contour_planes(dataset, volume)


def _check_identity(written: WrittenObject, dataset: Dataset, volume: Volume) -> None:
    keyword = differing_keyword(dataset, read_header(volume.series.files[0]))
    if keyword is None and dataset.StudyInstanceUID != volume.series.study_uid:
        keyword = "StudyInstanceUID"
    if keyword is not None:
        raise ExportError(f"The {written.kind.name} has another {keyword} than the images.", _ADVICE)
    if str(dataset.SOPInstanceUID) != written.sop_instance_uid:
        raise ExportError(f"The file of the {written.kind.name} holds another object.", _ADVICE)


def _check_frame_of_reference(written: WrittenObject, item: Dataset, volume: Volume) -> None:
    named = {item.get(keyword) for keyword in _FRAMES_OF_REFERENCE if keyword in item}
    if named - {volume.series.frame_of_reference_uid}:
        raise ExportError(f"The {written.kind.name} has another frame of reference than the images.", _ADVICE)


def _datasets(dataset: Dataset) -> Iterator[Dataset]:
    """The dataset and all items of its sequences, at any depth."""
    yield dataset
    for tag in sorted(dataset.keys()):
        if tag not in _WITHOUT_REFERENCES and dataset[tag].VR == "SQ":
            for item in dataset[tag].value:
                yield from _datasets(item)


def _check_reference(
    written: WrittenObject, item: Dataset, whole: Collection[str], frames: Collection[NamedImage]
) -> None:
    for uid, number in named_images([item]):
        if uid not in whole:
            raise ExportError(f"The {written.kind.name} refers to {uid}, which is not in the study.", _ADVICE)
        if number is not None and (uid, number) not in frames:
            raise ExportError(
                f"The {written.kind.name} refers to frame {number} of {uid}, which is not there.", _ADVICE
            )


def _check_contour_planes(dataset: Dataset, volume: Volume) -> None:
    planes = SlicePlanes(volume)
    slice_of = {
        (frame.sop_instance_uid, frame.number): k for k, frame in enumerate(volume.frames) if planes.has_image[k]
    }
    for roi in dataset.ROIContourSequence:
        for contour in roi.ContourSequence:
            image = next(named_images(contour.get("ContourImageSequence") or []), None)
            if image is None:
                continue
            k = slice_of[image]
            distance_mm = np.abs(planes.offset_mm(contour_points_mm(contour)) - planes.offsets_mm[k]).max()
            if distance_mm > ON_PLANE_MM:
                raise ExportError(
                    f"Contour {contour.ContourNumber} of region {roi.ReferencedROINumber} lies {distance_mm:.2f} mm "
                    "off the slice that it names.",
                    _ADVICE,
                )
