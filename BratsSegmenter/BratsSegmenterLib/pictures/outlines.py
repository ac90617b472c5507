"""Outlines and tints of regions on a slice image."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import LEAF_REGIONS, Region
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.pictures.planes import Plane, SliceLayout

if TYPE_CHECKING:
    from PIL import Image

Colour = tuple[int, int, int]


def draw_outline(
    image: Image.Image, pixels: NDArray[np.bool_], colour: Colour, width: int = 2, fill: float = 0.0
) -> Image.Image:
    """A copy of `image` with the outline of one binary slice.

    Parameters
    ----------
    image : PIL.Image.Image
        From :func:`slice_image`.
    pixels : ndarray of bool, shape (down, right)
        From :meth:`SliceLayout.pixels`; scaled to the image, its steps rounded.
    colour : tuple of int
        Red, green, blue, 0 to 255.
    width : int
        Of the line, in screen pixels, inside the region.
    fill : float
        Opacity of the inside, 0 (outline only) to 1.
    """
    from PIL import Image

    if not pixels.any():
        return image.copy()
    coverage = Image.fromarray(np.ascontiguousarray(pixels).astype(np.uint8) * 255)
    inside = np.asarray(coverage.resize(image.size, Image.Resampling.BILINEAR)) >= 128
    line = inside & ~ndimage.binary_erosion(inside, iterations=width, border_value=1)
    opacity = np.where(line, 1.0, np.where(inside, fill, 0.0))[..., None]
    drawn = np.asarray(image.convert("RGB"), np.float32) * (1.0 - opacity) + np.array(colour, np.float32) * opacity
    return Image.fromarray(np.rint(drawn).astype(np.uint8))


def draw_mask(
    image: Image.Image,
    mask: NDArray[np.bool_],
    geometry: Geometry,
    plane: Plane,
    index: int,
    colour: Colour,
    width: int = 2,
    fill: float = 0.0,
) -> Image.Image:
    """A copy of the slice `image` with the outline of `mask` (slices, rows, columns) on that slice."""
    return draw_outline(image, SliceLayout(geometry, plane).pixels(mask, index), colour, width, fill)


def draw_regions(
    image: Image.Image,
    labels: NDArray[np.uint8],
    geometry: Geometry,
    plane: Plane,
    index: int,
    regions: Iterable[Region] = LEAF_REGIONS,
    width: int = 2,
    fill: float = 0.0,
) -> Image.Image:
    """A copy of the slice `image` with each region of the label map outlined in its own colour.

    Parameters
    ----------
    image : PIL.Image.Image
        From :func:`slice_image` with the same plane and index.
    labels : ndarray of uint8, shape (slices, rows, columns)
    geometry : Geometry
        Of the label map.
    plane : Plane
    index : int
    regions : iterable of Region
        Drawn in this order, the last on top.
    width : int
        Of the lines, in screen pixels.
    fill : float
        Opacity of the inside.
    """
    pixels = SliceLayout(geometry, plane).pixels(labels, index)
    for region in regions:
        image = draw_outline(image, np.isin(pixels, region.labels), region.colour, width, fill)
    return image
