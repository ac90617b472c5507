"""The mask keeps the brain and its tumour, and leaves skull and scalp out."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from head_phantom import TUMOUR_CENTRE_MM, TUMOUR_RADIUS_MM, brain_at, head_case, points_of
from scipy import ndimage

from BratsSegmenterLib.domain import PreprocessingSteps, Sequence
from BratsSegmenterLib.measurement import dice
from BratsSegmenterLib.preprocessing import brain_mask, preprocess
from BratsSegmenterLib.preprocessing.prepared import PreparedCase
from BratsSegmenterLib.preprocessing.sphere import triangulated_sphere
from BratsSegmenterLib.progress import Progress

ONLY_MASK = PreprocessingSteps(registration=False, bias_correction=False)


def _truth(prepared: PreparedCase) -> np.ndarray:
    return brain_at(points_of(prepared.geometry)).reshape(prepared.geometry.shape)


class _Learnt:
    """Takes for the brain what lies deeper in the head than `depth` voxels."""

    model = "eroding 1.0"

    def __init__(self, depth: float) -> None:
        self._depth = depth
        self.answers: list[np.ndarray] = []

    def __call__(self, images: dict, head: np.ndarray, progress: Progress) -> np.ndarray:
        self.answers.append(ndimage.distance_transform_edt(head) > self._depth)
        return self.answers[-1]


@pytest.fixture(scope="module")
def whole_head() -> PreparedCase:
    return preprocess(head_case(), ONLY_MASK)


def test_the_mask_is_the_brain(whole_head):
    assert dice(whole_head.mask, _truth(whole_head)) > 0.95
    assert any("The brain mask holds" in finding for finding in whole_head.findings)


def test_a_tumour_with_a_bright_rim_at_the_surface_is_kept(whole_head):
    points = points_of(whole_head.geometry)
    tumour = np.linalg.norm(points - TUMOUR_CENTRE_MM, axis=1) < TUMOUR_RADIUS_MM
    tumour = tumour.reshape(whole_head.geometry.shape) & _truth(whole_head)
    assert whole_head.mask[tumour].mean() > 0.97


@pytest.mark.parametrize("sequences", [(Sequence.T1,), (Sequence.T1C, Sequence.FLAIR)])
def test_fewer_sequences_still_give_a_mask(sequences):
    prepared = preprocess(head_case(sequences), ONLY_MASK)
    assert dice(prepared.mask, _truth(prepared)) > 0.9


def test_images_without_a_skull_are_recognised_and_kept_whole():
    prepared = preprocess(head_case(without_skull=True), ONLY_MASK)
    assert any("without a skull" in finding for finding in prepared.findings)
    assert dice(prepared.mask, _truth(prepared)) > 0.97


def test_a_head_with_bright_bone_is_too_large_to_be_taken_for_a_stripped_one():
    case = head_case()
    head = ndimage.binary_fill_holes(case.reference_volume.array > 60)
    volumes = {
        sequence: replace(volume, array=np.where(head, np.maximum(volume.array, 60), 0).astype(np.float32))
        for sequence, volume in case.volumes.items()
    }
    prepared = preprocess(replace(case, volumes=volumes), ONLY_MASK)
    assert not any("without a skull" in finding for finding in prepared.findings)


def test_a_model_that_knows_the_brain_is_believed():
    learnt = _Learnt(14)
    prepared = preprocess(head_case(), ONLY_MASK, learnt_brain=learnt)
    assert any("brain mask of the model eroding 1.0 holds" in finding for finding in prepared.findings)
    assert prepared.brain_model == "eroding 1.0"
    assert [text for text in prepared.findings if "holds" in text] == list(prepared.routine)
    assert prepared.mask.sum() == learnt.answers[0].sum()


def test_a_model_that_finds_no_plausible_brain_is_not_believed(whole_head):
    learnt = _Learnt(500)
    prepared = preprocess(head_case(), ONLY_MASK, learnt_brain=learnt)
    assert not learnt.answers[0].any()
    assert prepared.brain_model == ""
    assert np.array_equal(prepared.mask, whole_head.mask)
    (doubt,) = prepared.doubts
    assert re.search(r"eroding 1\.0 holds 0 mL.* found without training, \d+ mL, took its place", doubt)
    assert doubt not in prepared.routine
    assert whole_head.doubts == ()


def test_of_two_masks_that_are_no_whole_brain_the_likelier_one_is_kept(monkeypatch):
    monkeypatch.setattr(brain_mask, "_PLAUSIBLE_ML", (3000.0, 4000.0))
    learnt = _Learnt(5)
    prepared = preprocess(head_case(), ONLY_MASK, learnt_brain=learnt)
    assert prepared.mask.sum() == learnt.answers[0].sum()
    (doubt,) = prepared.doubts
    assert "still less" in doubt


def test_brain_that_few_sequences_reach_is_kept_where_there_is_no_skull():
    case = head_case(without_skull=True)
    whole = preprocess(case, ONLY_MASK).mask.sum()
    volumes = dict(case.volumes)
    for sequence in (Sequence.T1, Sequence.T2, Sequence.FLAIR):
        volume = volumes[sequence]
        slices, rows, columns = volume.array.shape
        box = (slice(slices // 2, slices), slice(0, rows), slice(0, columns))
        volumes[sequence] = replace(volume, array=volume.array[box], geometry=volume.geometry.cropped(box))
    prepared = preprocess(replace(case, volumes=volumes), ONLY_MASK)
    assert any("without a skull" in finding for finding in prepared.findings)
    assert prepared.mask.sum() == pytest.approx(whole, rel=0.02)


def test_the_sphere_is_closed_and_looks_outwards():
    sphere = triangulated_sphere()
    assert sphere.points.shape == (2562, 3)
    assert sphere.triangles.shape == (5120, 3)
    a, b, c = (sphere.points[sphere.triangles[:, n]] for n in range(3))
    volume = np.einsum("fc,fc->f", a, np.cross(b, c)).sum() / 6
    assert volume == pytest.approx(4 / 3 * np.pi, rel=0.01)
