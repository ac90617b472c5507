"""On which of a study's series a structure set or SEG was drawn: what its parts name counts before what it lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset

from BratsSegmenterLib.dicom.named_images import NamedImage, listed_images, named_images
from BratsSegmenterLib.dicom.provenance import ResultObject
from BratsSegmenterLib.dicom.reading import read_header
from BratsSegmenterLib.dicom.region_names import region_named
from BratsSegmenterLib.dicom.rtstruct_reader import DAMAGED
from BratsSegmenterLib.domain import Series
from BratsSegmenterLib.errors import SeriesError


@disable_value_validation()
def series_drawn_on(result: ResultObject, candidates: Iterable[Series]) -> Series | None:
    """The series, or stack of one, that holds most of the images that the result's contours or frames name.

    Where those name none of them, the one of which the result lists most images, or which it lists at all.

    Parameters
    ----------
    result : ResultObject
        A structure set, of which the regions that are ours count, or a SEG.
    candidates : iterable of Series

    Returns
    -------
    Series or None
        None where the result names none of them.

    Raises
    ------
    SeriesError
        The result is damaged.
    """
    try:
        header = read_header(result.path)
        named, listed = Counter(_drawn_images(header)), listed_images(header)
    except DAMAGED as error:
        raise SeriesError(
            f"{result.path.name} is damaged.", "Fetch it again, or leave it out.", type(error).__name__
        ) from error
    in_head = Counter(image for images in listed.values() for image in images)

    def evidence(series: Series) -> tuple[int, int, bool]:
        return _held(series, named), _held(series, in_head), series.series_uid in listed

    best = max(candidates, key=lambda series: (*evidence(series), not series.fault), default=None)
    return best if best is not None and any(evidence(best)) else None


def _drawn_images(header: Dataset) -> Iterator[NamedImage]:
    names = {int(roi.ROINumber): str(roi.get("ROIName") or "") for roi in header.get("StructureSetROISequence") or []}
    for roi in header.get("ROIContourSequence") or []:
        if region_named(names.get(int(roi.ReferencedROINumber), "")) is not None:
            for contour in roi.get("ContourSequence") or []:
                yield from named_images(contour.get("ContourImageSequence") or [])
    shared = header.get("SharedFunctionalGroupsSequence") or []
    for group in (*shared, *(header.get("PerFrameFunctionalGroupsSequence") or [])):
        for derivation in group.get("DerivationImageSequence") or []:
            yield from named_images(derivation.get("SourceImageSequence") or [])


def _held(series: Series, images: Mapping[NamedImage, int]) -> int:
    """How often the images of a series are named; a whole object stands for its frames, as a classic image does."""
    frames = {(frame.sop_instance_uid, frame.number) for frame in series.frames}
    objects = {uid for uid, _ in frames}
    return sum(
        count
        for (uid, number), count in images.items()
        if (uid in objects if number is None else not frames.isdisjoint(((uid, number), (uid, None))))
    )
