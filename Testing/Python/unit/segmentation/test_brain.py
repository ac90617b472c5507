"""A model with an output for the brain finds the mask itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from model_samples import WITH_BRAIN, prepared_arrays, tiny_bundle
from scanned_heads import as_scanned
from scipy import ndimage

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import BundleError, InferenceError
from BratsSegmenterLib.learning.synthesis import SynthesisSettings, load_anatomies, synthesise
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import (
    BRAIN_MODEL,
    Bundle,
    available_bundles,
    brain_finder,
    bundle,
    installed_bundles,
    load_bundle,
    segment,
    write_bundle,
)


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


def _head_with_skull(atlas_cache: Path) -> tuple[dict[Sequence, np.ndarray], np.ndarray, np.ndarray]:
    """A synthetic head at 1 mm as a scanner gives it, its outline, and its true brain."""
    settings = SynthesisSettings(with_skull=1.0, resected=0.0, missing_sequence=0.0, acquisition=False)
    case = as_scanned(synthesise(load_anatomies(None, settings.spacing_mm, cache=atlas_cache), settings, 5))

    def at_1_mm(array: np.ndarray) -> np.ndarray:
        return array.repeat(2, 0).repeat(2, 1).repeat(2, 2)

    images = case.images.numpy()
    head = ndimage.binary_fill_holes((images > 0).any(axis=0))
    scans = {sequence: at_1_mm(images[n]) for n, sequence in enumerate(Sequence)}
    return scans, at_1_mm(head), at_1_mm(case.brain.numpy())


def test_a_model_without_such_an_output_has_the_brain_found_by_the_shipped_brain_model(
    tmp_path: Path, atlas_cache: Path
) -> None:
    images, head, brain = _head_with_skull(atlas_cache)
    found = brain_finder(tiny_bundle(tmp_path / "tiny"))(images, head, Progress())
    assert 2 * (found & brain).sum() / (found.sum() + brain.sum()) > 0.95
    assert found[brain].mean() > 0.975, "without the margin some of the brain's surface is left out"


def test_without_the_brain_model_the_user_is_told_to_install_the_extension_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tiny_bundle(tmp_path / "tiny")
    monkeypatch.setattr(bundle, "models_folder", lambda: tmp_path / "models")
    with pytest.raises(BundleError, match="'brain-synthetic'") as caught:
        brain_finder(other)
    assert "install the extension again" in caught.value.advice


def test_the_brain_model_is_none_to_segment_tumours_with() -> None:
    assert BRAIN_MODEL in installed_bundles()
    assert BRAIN_MODEL not in available_bundles()
    with pytest.raises(InferenceError, match="finds the brain, no tumour"):
        segment(prepared_arrays(), load_bundle(BRAIN_MODEL), "cpu")


@pytest.mark.parametrize(("answer", "share"), [(5.0, 1.0), (-5.0, 0.0)])
def test_the_brain_is_what_the_last_output_says(tmp_path: Path, answer: float, share: float) -> None:
    find = brain_finder(_always(answer, tmp_path / "tiny"))
    images, head = _images_and_head()
    brain = find(images, head, Progress())
    assert brain.shape == head.shape
    assert brain[head].mean() == pytest.approx(share, abs=0.01)


def test_a_missing_sequence_does_not_stop_it(tmp_path: Path) -> None:
    find = brain_finder(_always(5.0, tmp_path / "tiny"))
    images, head = _images_and_head()
    assert find({Sequence.FLAIR: images[Sequence.FLAIR]}, head, Progress())[head].all()


def test_the_brain_is_no_region_of_the_tumour(tmp_path: Path) -> None:
    found = segment(prepared_arrays(), _always(5.0, tmp_path / "tiny"), "cpu")
    assert [region.key for region in found.regions] == ["WT", "TC", "ET"]
    assert len(found.probabilities) == 3
