"""Outlines lie on the region they outline; checkerboards, sheets and legends show what they should."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from BratsSegmenterLib.domain import ED, ET, LEAF_REGIONS
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.pictures import (
    Plane,
    captioned,
    checkerboard,
    draw_mask,
    draw_regions,
    legend,
    montage,
    slice_image,
)

GRID = Geometry.from_axes((6, 40, 40), (1.0, 1.0, 4.0), np.diag([-1.0, 1.0, 1.0]), np.zeros(3))


def _black() -> Image.Image:
    return slice_image(np.zeros(GRID.shape, np.float32), GRID, Plane.AXIAL, 2, pixels_per_mm=4.0)


def test_an_outline_lies_on_the_edge_of_its_region_also_when_the_grid_is_mirrored():
    mask = np.zeros(GRID.shape, bool)
    mask[2, 10:20, 5:15] = True
    drawn = np.asarray(draw_mask(_black(), mask, GRID, Plane.AXIAL, 2, (255, 0, 0), width=1))[..., 0] > 0
    rows, columns = np.nonzero(drawn)
    assert (rows.min(), rows.max()) == pytest.approx((40, 79), abs=1)
    assert (columns.min(), columns.max()) == pytest.approx((4 * 25, 4 * 35 - 1), abs=1)
    assert not drawn[60, 120]


def test_each_region_is_drawn_in_its_own_colour():
    labels = np.zeros(GRID.shape, np.uint8)
    labels[2, 5:35, 5:35] = ED.label
    labels[2, 15:25, 15:25] = ET.label
    drawn = np.asarray(draw_regions(_black(), labels, GRID, Plane.AXIAL, 2, regions=(ED, ET), fill=1.0))
    assert tuple(drawn[80, 80]) == ET.colour
    assert tuple(drawn[40, 40]) == ED.colour
    assert tuple(drawn[2, 2]) == (0, 0, 0)


def test_the_given_picture_is_left_as_it_was():
    image = _black()
    draw_mask(image, np.ones(GRID.shape, bool), GRID, Plane.AXIAL, 2, (255, 0, 0), fill=1.0)
    assert np.asarray(image).max() == 0


def test_a_checkerboard_shows_both_images_in_turn():
    white = Image.new("RGB", (64, 48), (255, 255, 255))
    board = np.asarray(checkerboard(Image.new("RGB", (64, 48)), white))[..., 0]
    assert board[0, 0] == 0
    assert board[0, 8] == 255
    assert board[8, 8] == 0
    with pytest.raises(ValueError, match="checkerboard"):
        checkerboard(white, Image.new("RGB", (10, 10)))


def test_a_sheet_has_room_for_every_image_and_caption():
    images = [captioned(Image.new("RGB", (50, 40), (n, n, n)), "FLAIR") for n in (50, 100, 150)]
    sheet = montage(images, columns=2)
    assert sheet.size == (104, 2 * images[0].height + 4)
    assert sheet.getpixel((2, images[0].height - 1)) == (50, 50, 50)


def test_a_legend_has_a_swatch_for_every_region():
    image = legend(LEAF_REGIONS, {"ET": "12.3 mL"})
    colours = {pixel for _, pixel in image.getcolors(100000)}
    assert {region.colour for region in LEAF_REGIONS} <= colours
    assert image.width > legend(LEAF_REGIONS).width
