"""Several images in one: checkerboards, sheets, captions, legends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from BratsSegmenterLib.domain import Region

if TYPE_CHECKING:
    from PIL import Image, ImageFont

_BACKGROUND = (0, 0, 0)
_TEXT = (235, 235, 235)
_FONT_SIZE = 15
_LINE_HEIGHT = 24
_MARGIN = 8
_GAP = 4
_SQUARES = 8  # of a checkerboard, along its longer side


def checkerboard(first: Image.Image, second: Image.Image) -> Image.Image:
    """Squares of two images of one size in turn: edges that run on across squares show a good registration.

    Parameters
    ----------
    first, second : PIL.Image.Image
        Of the same size; the top left square is of the first.
    """
    from PIL import Image

    if first.size != second.size:
        raise ValueError(f"images of {first.size} and {second.size} pixels make no checkerboard")
    width, height = first.size
    side = max(1, -(-max(width, height) // _SQUARES))
    rows, columns = np.mgrid[:height, :width] // side
    is_second = ((rows + columns) % 2).astype(bool)[..., None]
    pixels = np.where(is_second, np.asarray(second.convert("RGB")), np.asarray(first.convert("RGB")))
    return Image.fromarray(pixels)


def montage(images: Sequence[Image.Image], columns: int) -> Image.Image:
    """The images in rows of `columns`, each centred in its cell, on black."""
    from PIL import Image

    if not images:
        raise ValueError("a montage needs at least one image")
    width = max(image.width for image in images)
    height = max(image.height for image in images)
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * (width + _GAP) - _GAP, rows * (height + _GAP) - _GAP), _BACKGROUND)
    for n, image in enumerate(images):
        left = (n % columns) * (width + _GAP) + (width - image.width) // 2
        top = (n // columns) * (height + _GAP) + (height - image.height) // 2
        sheet.paste(image, (left, top))
    return sheet


def captioned(image: Image.Image, text: str) -> Image.Image:
    """The image with one line of text above it."""
    from PIL import Image, ImageDraw

    result = Image.new("RGB", (image.width, image.height + _LINE_HEIGHT), _BACKGROUND)
    result.paste(image, (0, _LINE_HEIGHT))
    ImageDraw.Draw(result).text((_MARGIN, _LINE_HEIGHT // 2), text, _TEXT, _font(), anchor="lm")
    return result


def legend(regions: Sequence[Region], volumes: Mapping[str, str] | None = None) -> Image.Image:
    """Colour and name of each region, one below the other, with its volume when it is known.

    Parameters
    ----------
    regions : sequence of Region
    volumes : mapping of region key to its volume in words, optional
    """
    from PIL import Image, ImageDraw

    lines = [_legend_line(region, volumes or {}) for region in regions]
    swatch = _LINE_HEIGHT - 10
    width = round(max((_font().getlength(line) for line in lines), default=0)) + swatch + 3 * _MARGIN
    image = Image.new("RGB", (width, _LINE_HEIGHT * max(1, len(lines)) + _MARGIN), _BACKGROUND)
    draw = ImageDraw.Draw(image)
    for n, (region, line) in enumerate(zip(regions, lines, strict=True)):
        middle = _MARGIN // 2 + n * _LINE_HEIGHT + _LINE_HEIGHT // 2
        box = (_MARGIN, middle - swatch // 2, _MARGIN + swatch, middle + swatch // 2)
        draw.rectangle(box, fill=region.colour)
        draw.text((2 * _MARGIN + swatch, middle), line, _TEXT, _font(), anchor="lm")
    return image


def _legend_line(region: Region, volumes: Mapping[str, str]) -> str:
    name = f"{region.name} ({region.key})"
    return f"{name}  {volumes[region.key]}" if region.key in volumes else name


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(_FONT_SIZE)
