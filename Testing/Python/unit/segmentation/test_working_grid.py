"""The network's grid lies over the brain in the network's own axes, and the way back is the same way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from model_samples import TINY, prepared_arrays

from BratsSegmenterLib.segmentation.grid import WorkingGrid


def _grid(orientation: str, spacing_mm: float = 1.0, shape: tuple[int, int, int] = (30, 40, 26)) -> WorkingGrid:
    specification = replace(TINY, orientation=orientation, spacing_mm=spacing_mm, field_of_view=None)
    return WorkingGrid.over(prepared_arrays(shape).mask, (1.0, 1.0, 1.0), specification)


@pytest.mark.parametrize("orientation", ["RAS", "LPS", "SPL", "AIR", "PSR"])
def test_indices_grow_in_the_direction_the_model_names(orientation: str) -> None:
    upwards, backwards, leftwards = np.meshgrid(*(np.arange(n) for n in (30, 40, 26)), indexing="ij")
    growing = {"S": upwards, "I": -upwards, "P": backwards, "A": -backwards, "L": leftwards, "R": -leftwards}
    images = torch.from_numpy(np.stack([growing[code] for code in orientation]).astype(np.float32))
    mapped = _grid(orientation).to_network(images, torch.ones(30, 40, 26))[0]
    inside = (slice(3, -3),) * 3
    for axis in range(3):
        steps = torch.diff(mapped[axis], dim=axis)[inside]
        assert torch.allclose(steps, torch.ones_like(steps), atol=1e-4)


@pytest.mark.parametrize("orientation", ["RAS", "SPL"])
def test_voxels_of_the_same_spacing_come_back_as_they_were(orientation: str) -> None:
    prepared = prepared_arrays()
    grid = _grid(orientation)
    mapped = grid.to_network(torch.from_numpy(prepared.images), torch.from_numpy(prepared.mask).float())
    assert np.allclose(grid.from_network(mapped).numpy(), prepared.images, atol=1e-6)


def test_nothing_moves_on_the_way_to_a_coarser_grid_and_back() -> None:
    axes = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in (60, 70, 50)), indexing="ij")
    blob = np.exp(-sum((axis - centre) ** 2 for axis, centre in zip(axes, (33.3, 28.7, 21.1), strict=True)) / 100)
    grid = _grid("RAS", spacing_mm=2.0, shape=(60, 70, 50))
    back = grid.from_network(grid.to_network(torch.from_numpy(blob)[None], torch.ones(blob.shape)))
    centre = [float((back[0].numpy() * axis).sum() / back.sum()) for axis in axes]
    assert np.allclose(centre, (33.3, 28.7, 21.1), atol=0.1)


def test_the_grid_holds_the_whole_brain_in_multiples_the_network_takes() -> None:
    grid = _grid("SPL", spacing_mm=2.0, shape=(90, 130, 77))
    mask = prepared_arrays((90, 130, 77)).mask
    for axis in range(3):
        inside = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        assert grid.shape[axis] % TINY.multiple_of == 0
        assert grid.start[axis] - 1 <= inside[0]
        assert grid.start[axis] + (grid.shape[axis] - 1) * 2 + 1 >= inside[-1]


def test_a_small_brain_is_given_the_field_of_view_the_model_was_trained_on() -> None:
    specification = replace(TINY, orientation="RAS", field_of_view=(80, 96, 64))
    grid = WorkingGrid.over(prepared_arrays().mask, (1.0, 1.0, 1.0), specification)
    assert grid.shape == (64, 96, 80)  # upwards, to the back, to the left
    prepared = prepared_arrays()
    image = grid.to_network(torch.from_numpy(prepared.images), torch.from_numpy(prepared.mask).float())
    assert image.shape == (1, 4, 80, 96, 64)
