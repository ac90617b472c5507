"""The numbers of a volume's images, as viewers of the archive show them."""

from __future__ import annotations

from collections import Counter

from BratsSegmenterLib.dicom.slice_planes import SlicePlanes
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.slice_names import ImageNumbers


def image_numbers(volume: Volume) -> ImageNumbers | None:
    """Numbers of the images of each slice; None where the series has no number (Series Number may be empty, type 2).

    So may Instance Number; and a number that several images share names none of them.
    """
    if volume.series.number is None:
        return None
    shared = Counter(frame.image_number for frame in set(volume.frames))
    numbers = (
        frame.image_number if has_image and shared[frame.image_number] == 1 else None
        for frame, has_image in zip(volume.frames, SlicePlanes(volume).has_image, strict=True)
    )
    return ImageNumbers(volume.series.number, tuple(numbers))
