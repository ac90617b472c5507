"""Synthetic heads: what every case promises, and the biology it imitates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from learning_samples import SYNTHESIS, head_labels, small_anatomies, write_head

from BratsSegmenterLib.domain import ET, RC, Sequence
from BratsSegmenterLib.errors import Cancelled, LearningError
from BratsSegmenterLib.learning.evaluation import find_cases, read_case
from BratsSegmenterLib.learning.synthesis import (
    Anatomy,
    SynthesisSettings,
    SyntheticCase,
    TumourKind,
    contact_sheet,
    load_anatomies,
    synthesise,
    write_case,
)
from BratsSegmenterLib.learning.synthesis.contrast import draw_contrast
from BratsSegmenterLib.learning.synthesis.deformation import mass_effect
from BratsSegmenterLib.learning.synthesis.icbm152 import icbm152_tissues
from BratsSegmenterLib.learning.synthesis.randomness import Grid, Randomness
from BratsSegmenterLib.learning.synthesis.tissues import Tissue
from BratsSegmenterLib.progress import Progress

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def anatomies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Anatomy, ...]:
    return small_anatomies(tmp_path_factory.mktemp("anatomy"))


def _many(anatomies: tuple[Anatomy, ...], settings: SynthesisSettings, count: int = 8) -> list[SyntheticCase]:
    return [synthesise(anatomies, settings, seed) for seed in range(count)]


def test_the_same_seed_gives_the_same_case_and_another_seed_another(anatomies: tuple[Anatomy, ...]) -> None:
    first, again, other = (synthesise(anatomies, SYNTHESIS, seed) for seed in (5, 5, 6))
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.labels, again.labels)
    assert not torch.equal(first.images, other.images)


def test_whoever_does_not_want_to_wait_is_heard_while_a_case_is_made(anatomies: tuple[Anatomy, ...]) -> None:
    asked: list[bool] = []
    settings = replace(SYNTHESIS, healthy=0.0)
    synthesise(anatomies, settings, 5, progress=Progress(is_cancelled=lambda: bool(asked.append(True))))
    assert len(asked) > 3
    with pytest.raises(Cancelled):
        synthesise(anatomies, settings, 5, progress=Progress(is_cancelled=lambda: True))


def test_every_case_is_finite_and_its_tumour_lies_in_the_brain(anatomies: tuple[Anatomy, ...]) -> None:
    for case in _many(anatomies, replace(SYNTHESIS, with_skull=0.3, resected=0.5)):
        assert torch.isfinite(case.images).all()
        assert case.images.shape == (4, *SYNTHESIS.shape)
        assert set(case.labels.unique().tolist()) <= {0, 1, 2, 3, 4}
        assert (case.labels > 0).any()
        assert case.brain[case.labels > 0].all()


def test_a_healthy_head_has_no_label(anatomies: tuple[Anatomy, ...]) -> None:
    case = synthesise(anatomies, replace(SYNTHESIS, healthy=1.0), 1)
    assert case.kind is None
    assert not case.labels.any()


def test_a_missing_sequence_is_all_zero_and_one_always_stays(anatomies: tuple[Anatomy, ...]) -> None:
    for case in _many(anatomies, replace(SYNTHESIS, missing_sequence=0.9)):
        shown = {sequence for channel, sequence in enumerate(Sequence) if case.images[channel].any()}
        assert shown == set(case.present)
        assert case.present


def test_a_head_with_skull_shows_more_than_the_brain(anatomies: tuple[Anatomy, ...]) -> None:
    bare, whole = (synthesise(anatomies, replace(SYNTHESIS, with_skull=share), 4) for share in (0.0, 1.0))
    assert bare.skull_stripped
    assert not whole.skull_stripped
    seen = [(case.images != 0).any(0).sum() / case.brain.sum() for case in (bare, whole)]
    assert seen[1] > 1.3 * seen[0]


def test_a_head_with_skull_may_reach_further_down(anatomies: tuple[Anatomy, ...]) -> None:
    heights = []
    for share in (0.0, 1.0):
        cases = [synthesise(anatomies, replace(SYNTHESIS, with_skull=share, healthy=1.0), seed) for seed in range(5)]
        heights.append(np.mean([float(case.brain.nonzero()[:, 0].float().mean()) for case in cases]))
    assert heights[1] > heights[0] + 1


@pytest.mark.parametrize("unevenness", [0.0, 1.0])
def test_the_texture_of_the_core_can_be_switched_off(anatomies: tuple[Anatomy, ...], unevenness: float) -> None:
    settings = replace(
        SYNTHESIS, kinds={TumourKind.SOLID: 1.0}, acquisition=False, distractors=False, core_texture=unevenness
    )
    even = replace(settings, core_texture=0.0)
    pairs = [[synthesise(anatomies, one, seed) for one in (settings, even)] for seed in range(3)]
    rough = [[case.images[0][case.labels == ET.label].std() for case in pair] for pair in pairs]
    assert all(own > plain if unevenness else own == plain for own, plain in rough)


def test_the_brightness_of_tissue_varies_as_far_as_asked(anatomies: tuple[Anatomy, ...]) -> None:
    def contrast_of_grey_and_white(spread: float) -> list[float]:
        randoms = [Randomness(seed, Grid.centred((2, 2, 2), 1.0, torch.device("cpu"))) for seed in range(40)]
        contrasts = [draw_contrast(random, spread) for random in randoms]
        return [float(contrast.white[0] - contrast.grey[0]) for contrast in contrasts]

    narrow, usual, wide = (np.std(contrast_of_grey_and_white(spread)) for spread in (0.2, 1.0, 4.0))
    assert narrow < usual < wide


def test_enhancing_tumour_is_brighter_in_t1c_than_in_t1(anatomies: tuple[Anatomy, ...]) -> None:
    settings = replace(SYNTHESIS, kinds={TumourKind.SOLID: 1.0}, acquisition=False, distractors=False)
    for case in _many(anatomies, settings, 5):
        enhancing = case.labels == ET.label
        t1, t1c = (case.images[channel][enhancing].mean() for channel in (0, 1))
        assert t1c > t1 + 0.2


def test_oedema_is_brighter_than_other_brain_in_flair(anatomies: tuple[Anatomy, ...]) -> None:
    settings = replace(SYNTHESIS, kinds={TumourKind.RING: 1.0}, acquisition=False, distractors=False)
    for case in _many(anatomies, settings, 5):
        oedema, other = case.labels == 2, case.brain & (case.labels == 0) & (case.images[3] != 0)
        if oedema.sum() > 50:
            assert case.images[3][oedema].mean() > case.images[3][other].mean()


def test_low_grade_tumours_rarely_enhance(anatomies: tuple[Anatomy, ...]) -> None:
    cases = _many(anatomies, replace(SYNTHESIS, kinds={TumourKind.LOW_GRADE: 1.0}), 12)
    shares = [float((case.labels == ET.label).sum() / (case.labels > 0).sum()) for case in cases]
    assert np.median(shares) < 0.05


def test_a_resected_tumour_leaves_a_cavity(anatomies: tuple[Anatomy, ...]) -> None:
    cases = _many(anatomies, replace(SYNTHESIS, resected=1.0), 4)
    assert all((case.labels == RC.label).any() for case in cases)


def test_the_mass_effect_never_folds_tissue() -> None:
    ray = torch.zeros(3, 200, 1, 1)
    ray[0, :, 0, 0] = torch.linspace(0, 80, 200)
    before = mass_effect(ray, torch.zeros(3, 1, 1, 1), radius_mm=15, strength=0.65, reach=1.3)
    assert (before[0, :, 0, 0].diff() > 0).all()
    assert (before[0] <= ray[0]).all()


def test_a_label_map_of_another_numbering_is_refused_by_name(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray((head_labels() > 0).astype(np.uint8)), str(tmp_path / "binary.nii.gz"))
    with pytest.raises(LearningError, match=r"binary\.nii\.gz.*white matter"):
        load_anatomies(tmp_path, 2.0)


def test_a_folder_without_label_maps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LearningError, match="no label map"):
        load_anatomies(tmp_path, 2.0)


def test_a_file_that_is_no_image_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "broken.nii.gz").write_bytes(b"no image")
    with pytest.raises(LearningError, match=r"broken\.nii\.gz.*cannot be read"):
        load_anatomies(tmp_path, 2.0)


def test_a_label_map_that_is_cut_short_is_refused_by_name(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(head_labels()), str(tmp_path / "torn.nii.gz"))
    content = (tmp_path / "torn.nii.gz").read_bytes()
    (tmp_path / "torn.nii.gz").write_bytes(content[: len(content) * 9 // 10])
    with pytest.raises(LearningError, match=r"torn\.nii\.gz.*cannot be read"):
        load_anatomies(tmp_path, 2.0)


def test_a_prepared_head_is_kept_and_gives_the_same_case(tmp_path: Path) -> None:
    write_head(tmp_path / "maps")
    first, again = (load_anatomies(tmp_path / "maps", 3.0, cache=tmp_path / "cache") for _ in range(2))
    assert [file.suffix for file in (tmp_path / "cache").iterdir()] == [".npz"]
    assert torch.equal(synthesise(first, SYNTHESIS, 2).images, synthesise(again, SYNTHESIS, 2).images)


def test_fine_grids_use_the_label_map_itself(tmp_path: Path) -> None:
    settings = replace(SYNTHESIS, shape=(48, 48, 48), spacing_mm=1.0)
    (anatomy,) = small_anatomies(tmp_path, spacing_mm=1.0)
    assert anatomy.fractions is None
    assert (synthesise((anatomy,), settings, 0).labels > 0).any()


def test_written_cases_are_read_back_as_brats_cases(anatomies: tuple[Anatomy, ...], tmp_path: Path) -> None:
    case = synthesise(anatomies, replace(SYNTHESIS, resected=1.0), 3)
    write_case(case, tmp_path, "synthetic-00003-000")
    (found,) = find_cases(tmp_path)
    again = read_case(found)
    assert np.array_equal(again.labels, case.labels.numpy())
    assert np.allclose(again.images[Sequence.T1C], case.images[1].numpy())
    assert again.labels_geometry.spacing_mm == pytest.approx((3.0, 3.0, 3.0))


def test_a_contact_sheet_has_a_row_for_each_case(anatomies: tuple[Anatomy, ...]) -> None:
    cases = _many(anatomies, SYNTHESIS, 3)
    one, three = contact_sheet(cases[:1]), contact_sheet(cases)
    assert three.width == one.width
    assert three.height > 2.9 * one.height


def test_the_labels_of_a_contact_sheet_lie_on_a_sequence_that_is_there(anatomies: tuple[Anatomy, ...]) -> None:
    (case,) = _many(anatomies, SYNTHESIS, 1)
    images = case.images.clone()
    images[Sequence.FLAIR.channel] = 0
    without = replace(case, images=images, present=(Sequence.T1, Sequence.T1C, Sequence.T2))
    cells = np.array_split(np.asarray(contact_sheet([without]).convert("L")), 5, axis=1)
    grey = [np.count_nonzero((cell > 60) & (cell < 200)) for cell in cells]
    assert grey[4] > 0.5 * grey[2] > 5 * grey[3]


def test_the_built_in_atlas_is_a_whole_head() -> None:
    pytest.importorskip("nilearn")
    tissues = icbm152_tissues()
    litres = {tissue: (tissues == tissue).sum() / 1e6 for tissue in Tissue}
    assert 0.4 < litres[Tissue.WHITE_MATTER] < 0.9
    assert 0.5 < litres[Tissue.CORTEX] < 1.2
    assert 0.005 < litres[Tissue.VENTRICLE] < 0.08
    for tissue in (Tissue.THALAMUS, Tissue.BRAINSTEM, Tissue.CEREBELLAR_CORTEX, Tissue.DURA, Tissue.BONE, Tissue.SKIN):
        assert litres[tissue] > 0.001
    upper, lower = tissues[len(tissues) // 2 :], tissues[: len(tissues) // 2]
    assert (lower == Tissue.CEREBELLAR_CORTEX).sum() > (upper == Tissue.CEREBELLAR_CORTEX).sum()
