"""The regions' outlines, and those of what the model drew over them, are told apart by whoever looks at them."""

import json
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from BratsSegmenterLib.domain import LEAF_REGIONS
from BratsSegmenterLib.paths import resource
from BratsSegmenterLib.scene.comparison import COLOUR

OUTLINES = {region.key: region.colour for region in LEAF_REGIONS} | {"Compare": COLOUR}
CLEARLY_ANOTHER, CLEARLY_LIGHTER = 40.0, 8.0  # CIE 1976; a tenth of it is just noticed
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [(0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)],
    "deuteranopia": [(0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)],
    "tritanopia": [(1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)],
}
"""Machado, Oliveira and Fernandes 2009, severity 1; on linear red, green and blue."""


@pytest.mark.parametrize("vision", VISIONS)
def test_no_two_outlines_look_alike_to_colour_blind_eyes(vision: str) -> None:
    seen = {key: _lab(np.asarray(VISIONS[vision]) @ _linear(colour)) for key, colour in OUTLINES.items()}
    distances = {pair: float(np.linalg.norm(seen[pair[0]] - seen[pair[1]])) for pair in combinations(seen, 2)}
    assert min(distances.values()) >= CLEARLY_ANOTHER, distances


def test_no_two_outlines_are_the_same_grey_on_paper() -> None:
    lightness = sorted(_lab(_linear(colour))[0] for colour in OUTLINES.values())
    assert min(np.diff(lightness)) >= CLEARLY_LIGHTER


def test_slicer_s_terminology_offers_the_regions_in_their_colours() -> None:
    (category,) = json.loads(resource("Terminology/BratsSegmenter.term.json").read_text())["SegmentationCodes"][
        "Category"
    ]
    offered = {kind["CodeValue"]: tuple(kind["recommendedDisplayRGBValue"]) for kind in category["Type"]}
    assert offered == {region.code.value: region.colour for region in LEAF_REGIONS}


def _linear(colour: tuple[int, int, int]) -> NDArray[np.float64]:
    part = np.array(colour) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def _lab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE 1976 L*, a*, b* under D65."""
    to_xyz = np.array([(0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)])
    ratio = to_xyz @ np.clip(linear, 0, 1) / to_xyz.sum(axis=1)
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array((116 * y - 16, 500 * (x - y), 200 * (y - z)))
