"""How sentences name a slice: by the numbers that viewers show with an image, else by where it lies in the patient."""

from __future__ import annotations

from dataclasses import dataclass

from BratsSegmenterLib.domain import Diameters

_PLANES = (("sagittal", "R", "L"), ("coronal", "A", "P"), ("axial", "I", "S"))
"""Of the planes square to x, y and z (LPS): the name, and the letters of negative and positive millimetres."""


@dataclass(frozen=True)
class ImageNumbers:
    """What viewers of the archive number the images of a volume by.

    Attributes
    ----------
    series : int
        Series Number (0020,0011).
    images : tuple of int or None
        Of slice k: Instance Number (0020,0013) of a classic image, frame number of a multi-frame one; None for a slice
        that was interpolated or whose image names none of its own.
    """

    series: int
    images: tuple[int | None, ...]

    def name(self, slice_index: int) -> str:
        """Of a slice: ``image 10 of series 5``; empty where its image has no number."""
        image = self.images[slice_index]
        return "" if image is None else f"image {image} of series {self.series}"


def slice_name(slice_index: int, numbers: ImageNumbers | None) -> str:
    """Of a slice: as its image is numbered, else ``slice 12``, counted from 1."""
    image = "" if numbers is None else numbers.name(slice_index)
    return image or f"slice {slice_index + 1}"


def plane_name(axis: int, position_mm: float) -> str:
    """Of a plane square to an axis of the patient: ``axial plane S 51 mm``.

    Parameters
    ----------
    axis : int
        0 towards the patient's left, 1 posterior, 2 superior.
    position_mm : float
        Along that axis (LPS).
    """
    name, negative, positive = _PLANES[axis]
    position = round(position_mm)
    return f"{name} plane {negative if position < 0 else positive} {abs(position)} mm"


def place_of(diameters: Diameters, numbers: ImageNumbers | None) -> str:
    """Where diameters were taken: on an image of the reference, or on an axial plane.

    Parameters
    ----------
    diameters : Diameters
    numbers : ImageNumbers or None
        Of the reference; None where they are not known.
    """
    image = "" if numbers is None or diameters.is_reformatted else numbers.name(diameters.slice_index)
    return image or plane_name(2, diameters.middle_mm[2])
