"""The network returns logits of the input's size, and more of them while it learns."""

from __future__ import annotations

import torch

from BratsSegmenterLib.segmentation import ResidualUNet


def test_a_trained_network_returns_one_map_a_region() -> None:
    network = ResidualUNet(in_channels=4, out_channels=3, channels=(4, 6, 8)).eval()
    assert network(torch.zeros(1, 4, 8, 12, 16)).shape == (1, 3, 8, 12, 16)


def test_a_learning_network_returns_every_supervised_level_finest_first() -> None:
    network = ResidualUNet(channels=(4, 6, 8, 10), supervised_levels=3).train()
    assert [tuple(x.shape[2:]) for x in network(torch.zeros(1, 4, 16, 16, 16))] == [(16,) * 3, (8,) * 3, (4,) * 3]
