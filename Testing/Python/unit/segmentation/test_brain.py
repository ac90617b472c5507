"""A model with an output for the brain finds the mask itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from model_samples import WITH_BRAIN, prepared_arrays, tiny_bundle

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import Bundle, brain_finder, segment, write_bundle


def _always(answer: float, folder: Path) -> Bundle:
    """A model that answers the same for the brain everywhere."""
    bundle = tiny_bundle(folder, WITH_BRAIN)
    network = bundle.load_network()
    for head in network.heads:
        head.weight.data[-1] = 0
        head.bias.data[-1] = answer
    return write_bundle(folder, network, WITH_BRAIN, "# Test", "Apache-2.0")


def _images_and_head() -> tuple[dict[Sequence, np.ndarray], np.ndarray]:
    case = prepared_arrays((60, 48, 40))
    return {sequence: np.abs(case.images[n]) for n, sequence in enumerate(Sequence)}, case.mask


def test_a_model_without_such_an_output_finds_no_brain(tmp_path: Path) -> None:
    assert brain_finder(tiny_bundle(tmp_path / "tiny")) is None


@pytest.mark.parametrize(("answer", "share"), [(5.0, 1.0), (-5.0, 0.0)])
def test_the_brain_is_what_the_last_output_says(tmp_path: Path, answer: float, share: float) -> None:
    find = brain_finder(_always(answer, tmp_path / "tiny"))
    assert find is not None
    images, head = _images_and_head()
    brain = find(images, head, Progress())
    assert brain.shape == head.shape
    assert brain[head].mean() == pytest.approx(share, abs=0.01)


def test_a_missing_sequence_does_not_stop_it(tmp_path: Path) -> None:
    find = brain_finder(_always(5.0, tmp_path / "tiny"))
    assert find is not None
    images, head = _images_and_head()
    assert find({Sequence.FLAIR: images[Sequence.FLAIR]}, head, Progress())[head].all()


def test_the_brain_is_no_region_of_the_tumour(tmp_path: Path) -> None:
    found = segment(prepared_arrays(), _always(5.0, tmp_path / "tiny"), "cpu")
    assert [region.key for region in found.regions] == ["WT", "TC", "ET"]
    assert len(found.probabilities) == 3
