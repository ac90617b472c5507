"""From image values to shades of grey."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Window:
    """The values shown black and white; everything between them is a shade of grey (DICOM PS3.3 C.11.2.1.2)."""

    low: float
    high: float

    def grey(self, array: NDArray) -> NDArray[np.uint8]:
        """Shades 0 to 255 of `array`, any shape."""
        width = max(self.high - self.low, float(np.finfo(np.float32).tiny))
        shades = (np.asarray(array, np.float32) - self.low) * (255.0 / width)
        return np.clip(np.rint(shades), 0, 255).astype(np.uint8)


def window(
    array: NDArray, mask: NDArray[np.bool_] | None = None, percentiles: tuple[float, float] = (1.0, 99.7)
) -> Window:
    """A window that shows the contrast of a whole volume.

    Parameters
    ----------
    array : ndarray
        Values of the volume; one window for all slices keeps them comparable.
    mask : ndarray of bool, shape of `array`, optional
        Voxels that matter. Without it the air around the head is left out: values above a tenth of the 99.5th
        percentile count, and black is 0 unless the image has negative values.
    percentiles : tuple of float
        Shown black and white, of the voxels that count.
    """
    if mask is not None and mask.any():
        low, high = np.percentile(array[mask], percentiles)
        return Window(float(low), float(high))
    values = np.asarray(array)[:: max(1, array.shape[0] // 64)].ravel()
    if values.min() < 0:
        low, high = np.percentile(values, percentiles)
        return Window(float(low), float(high))
    foreground = values[values > 0.1 * np.percentile(values, 99.5)]
    return Window(0.0, float(np.percentile(foreground, percentiles[1])) if foreground.size else 1.0)
