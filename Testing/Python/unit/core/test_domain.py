"""Regions: one table for segments, objects and tables."""

import numpy as np

from BratsSegmenterLib.domain import LEAF_REGIONS, NESTED_REGIONS, REGIONS, TC, WT, Algorithm, Segmentation
from BratsSegmenterLib.geometry import Geometry


def test_keys_fit_a_structure_name_and_are_unique() -> None:
    assert all(len(key) <= 16 for key in REGIONS)
    assert len(REGIONS) == len(LEAF_REGIONS) + len(NESTED_REGIONS)


def test_leaf_labels_are_one_to_four_once_each() -> None:
    assert sorted(region.label for region in LEAF_REGIONS) == [1, 2, 3, 4]


def test_nested_regions_hold_their_leaves_and_never_the_cavity() -> None:
    labels = np.array([[[0, 1, 2, 3, 4]]], np.uint8)
    segmentation = Segmentation(labels, Geometry((1, 1, 5), np.eye(4)), Algorithm("m", "1", ""))
    assert segmentation.mask(WT).tolist() == [[[False, True, True, True, False]]]
    assert segmentation.mask(TC).tolist() == [[[False, True, False, True, False]]]
