"""How a volume's slices are laid out for a radiologist: planes, orientation and aspect ratio in one place.

Radiological convention: one looks from the feet (axial: patient's right on the left, anterior up), from the front
(coronal: right on the left, superior up) and from the patient's left (sagittal: anterior on the left, superior up).
Oblique volumes are shown along their own axes, each named after the patient axis it is nearest to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.pictures.grey import Window, window
from BratsSegmenterLib.reading_plane import array_axis

if TYPE_CHECKING:
    from PIL import Image


class Plane(Enum):
    """The three planes; the value is what the viewer reads."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"

    @property
    def normal_axis(self) -> int:
        """The patient axis (LPS: 0 x, 1 y, 2 z) that runs into the screen."""
        return _NORMAL[self]


_X, _Y, _Z = 0, 1, 2  # LPS: towards the patient's left, posterior, superior
_SCREEN_DOWN = {Plane.AXIAL: (_Y, +1), Plane.CORONAL: (_Z, -1), Plane.SAGITTAL: (_Z, -1)}
_SCREEN_RIGHT = {Plane.AXIAL: (_X, +1), Plane.CORONAL: (_X, +1), Plane.SAGITTAL: (_Y, +1)}
_NORMAL = {Plane.AXIAL: _Z, Plane.CORONAL: _Y, Plane.SAGITTAL: _X}


@dataclass(frozen=True)
class SliceLayout:
    """Which array axis runs across, down and into the screen for one plane of one grid.

    Attributes
    ----------
    geometry : Geometry
    plane : Plane
    """

    geometry: Geometry
    plane: Plane

    def _axis(self, patient_axis: int) -> int:
        return array_axis(self.geometry, patient_axis)

    def _is_reversed(self, towards: tuple[int, int]) -> bool:
        patient_axis, sign = towards
        return bool(self.geometry.direction[patient_axis, 2 - self._axis(patient_axis)] * sign < 0)

    @property
    def slice_axis(self) -> int:
        """The array axis that runs into the screen."""
        return self._axis(self.plane.normal_axis)

    @property
    def slice_count(self) -> int:
        """How many slices the plane has."""
        return self.geometry.shape[self.slice_axis]

    @property
    def pixel_mm(self) -> tuple[float, float]:
        """Width and height of one pixel of :meth:`pixels`, millimetres."""
        spacing = self.geometry.spacing_mm[::-1]
        across, down = _SCREEN_RIGHT[self.plane][0], _SCREEN_DOWN[self.plane][0]
        return spacing[self._axis(across)], spacing[self._axis(down)]

    def pixels(self, array: NDArray, index: int) -> NDArray:
        """The slice `index` of `array` (slices, rows, columns) as (down, right) of the screen, not resampled."""
        across, down = _SCREEN_RIGHT[self.plane], _SCREEN_DOWN[self.plane]
        order = (self.slice_axis, self._axis(down[0]), self._axis(across[0]))
        image = np.asarray(array).transpose(order)[index]
        image = image[::-1] if self._is_reversed(down) else image
        return image[:, ::-1] if self._is_reversed(across) else image

    def screen_size(self, pixels_per_mm: float) -> tuple[int, int]:
        """Width and height in screen pixels that keep the aspect ratio of the patient."""
        rows, columns = self.pixels(np.empty(self.geometry.shape, bool), 0).shape
        width_mm, height_mm = self.pixel_mm
        return (
            max(1, round(columns * width_mm * pixels_per_mm)),
            max(1, round(rows * height_mm * pixels_per_mm)),
        )


def slice_image(
    array: NDArray,
    geometry: Geometry,
    plane: Plane,
    index: int,
    grey: Window | None = None,
    pixels_per_mm: float = 2.0,
) -> Image.Image:
    """One slice as the radiologist expects it: oriented, in the patient's aspect ratio, in shades of grey.

    Parameters
    ----------
    array : ndarray, shape (slices, rows, columns)
    geometry : Geometry
        Of the array.
    plane : Plane
    index : int
        Slice number along the plane's own array axis.
    grey : Window, optional
        Shared window; made from the whole array when left out.
    pixels_per_mm : float
        Screen pixels for one millimetre.

    Returns
    -------
    PIL.Image.Image
        Mode "RGB", so that outlines can be drawn on it.
    """
    from PIL import Image

    layout = SliceLayout(geometry, plane)
    shades = (grey or window(array)).grey(layout.pixels(array, index))
    small = Image.fromarray(np.ascontiguousarray(shades))
    return small.resize(layout.screen_size(pixels_per_mm), Image.Resampling.BICUBIC).convert("RGB")
