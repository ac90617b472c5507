"""What synthetic images share with real ones: masks that bulge, levelling oedema, sinuses, bias, contrast, noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from BratsSegmenterLib.learning.synthesis import acquisition
from BratsSegmenterLib.learning.synthesis.acquisition import acquire
from BratsSegmenterLib.learning.synthesis.appearance import paint_tumour
from BratsSegmenterLib.learning.synthesis.compartments import Compartments
from BratsSegmenterLib.learning.synthesis.contrast import FLAIR, T1, T1C, T2, draw_contrast
from BratsSegmenterLib.learning.synthesis.distractors import with_distractors
from BratsSegmenterLib.learning.synthesis.growth import Growth, TumourPlan
from BratsSegmenterLib.learning.synthesis.head import Head
from BratsSegmenterLib.learning.synthesis.randomness import Grid, Randomness
from BratsSegmenterLib.learning.synthesis.settings import TumourKind
from BratsSegmenterLib.learning.synthesis.skull_stripping import imperfect_mask
from BratsSegmenterLib.learning.synthesis.tissues import Tissue

_SEEDS = range(40)
_SHAPE = (40, 40, 40)


def _random(seed: int) -> Randomness:
    return Randomness(seed, Grid.centred(_SHAPE, 3.0, torch.device("cpu")))


def _ball_distance_mm(random: Randomness, radius_mm: float) -> torch.Tensor:
    return random.grid.positions_mm.square().sum(0).sqrt() - radius_mm


def test_masks_are_tight_as_a_rule_and_often_bulge_somewhere() -> None:
    farthest_mm, usual_mm = [], []
    for seed in _SEEDS:
        random = _random(seed)
        distance_mm = _ball_distance_mm(random, 40.0)
        mask = imperfect_mask(distance_mm, torch.zeros(_SHAPE, dtype=torch.bool), random)
        farthest_mm.append(float(distance_mm[mask].max()))
        usual_mm.append((float(mask.sum()) * 27 * 3 / (4 * np.pi)) ** (1 / 3) - 40)
    assert np.median(usual_mm) < 5
    assert 0.2 < np.mean(np.array(farthest_mm) > 10) < 0.8


@pytest.fixture
def halves() -> tuple[torch.Tensor, torch.Tensor]:
    """White matter in one half of the head, cortex in the other."""
    white = torch.zeros(_SHAPE)
    white[:, :, :20] = 1.0
    return white, 1 - white


def _differences(halves: tuple[torch.Tensor, torch.Tensor], channel: int) -> list[float]:
    """How much of the difference between cortex and white matter in one sequence is left inside faint oedema."""
    white, grey = halves
    left = []
    for seed in _SEEDS:
        random = _random(seed)
        contrast = draw_contrast(random)
        images = contrast.table[:, Tissue.WHITE_MATTER].view(4, 1, 1, 1) * white
        images = images + contrast.table[:, Tissue.CORTEX].view(4, 1, 1, 1) * grey
        nothing, everywhere = torch.zeros(_SHAPE), torch.ones(_SHAPE, dtype=torch.bool)
        nowhere = ~everywhere
        distance_mm = _ball_distance_mm(random, 55.0)
        head = Head(images, white, nothing, nothing, distance_mm, contrast)
        plan = TumourPlan(
            TumourKind.SOLID, random.grid.column((0.0, 0.0, 0.0)), 40.0, True, 10.0, 0.0, True, faint=True
        )
        growth = Growth(nothing, everywhere, nowhere, nothing, torch.ones(_SHAPE))
        painted = paint_tumour(plan, growth, Compartments(nowhere, nowhere, everywhere, nothing), head, random, 0.0)
        image = painted.head.images[channel]
        before = images[channel, 0, 0, 30] - images[channel, 0, 0, 10]
        if before > 0.05:
            left.append(float((image[:, :, 25:].mean() - image[:, :, :15].mean()) / before))
    return left


@pytest.mark.parametrize(("channel", "hardly_levelled"), [(FLAIR, 0.75), (T2, 0.5)])
def test_oedema_levels_grey_and_white_matter_in_some_tumours_and_lies_over_them_in_others(
    halves, channel, hardly_levelled
) -> None:
    left = np.array(_differences(halves, channel))
    assert 0.2 < np.mean(left < hardly_levelled) < 0.8


def test_oedema_weakens_less_in_t2_than_in_flair_far_from_the_core() -> None:
    lost = {T2: [], FLAIR: []}
    for seed in _SEEDS:
        near, healthy = _painted_halves(TumourKind.RING, seed)
        far, _ = _painted_halves(TumourKind.RING, seed, travel_mm=10.0)
        for channel, losses in lost.items():
            there, left = (head.images[channel, :, :, 25:].mean() - healthy[channel] for head in (near, far))
            losses.append(1 - float(left / there))
    assert np.median(lost[T2]) < 0.1 < np.median(lost[FLAIR])


def _painted_halves(
    kind: TumourKind, seed: int, faint: bool = False, travel_mm: float = 0.0
) -> tuple[Head, torch.Tensor]:
    """A head of cortex with oedema in one half of it and core in the other, and the brightness of healthy cortex."""
    random = _random(seed)
    contrast = draw_contrast(random)
    healthy = contrast.table[:, Tissue.CORTEX]
    images = healthy.view(4, 1, 1, 1).expand(4, *_SHAPE)
    nothing = torch.zeros(_SHAPE)
    core = torch.zeros(_SHAPE, dtype=torch.bool)
    core[:, :, :20] = True
    plan = TumourPlan(kind, random.grid.column((0.0, 0.0, 0.0)), 40.0, True, 10.0, 0.0, True, faint)
    growth = Growth(nothing, torch.ones_like(core), core, nothing + travel_mm, (~core).float())
    parts = Compartments(core, torch.zeros_like(core), ~core, nothing)
    head = Head(images, nothing, nothing, nothing, _ball_distance_mm(random, 55.0), contrast)
    return paint_tumour(plan, growth, parts, head, random, 0.0).head, healthy


@pytest.mark.parametrize("kind", [TumourKind.RING, TumourKind.PATCHY])
def test_a_core_is_about_as_bright_as_its_oedema_in_flair_seldom_suppressed_and_hardly_darker_in_t1(kind) -> None:
    flair, t1 = [], []
    for seed in _SEEDS:
        head, healthy = _painted_halves(kind, seed)
        core, oedema = (head.images[:, :, :, side].mean(dim=(1, 2, 3)) for side in (slice(15), slice(25, None)))
        flair.append(float(core[FLAIR] / oedema[FLAIR]))
        t1.append(float((core[T1] - head.contrast.fluid[T1]) / (healthy[T1] - head.contrast.fluid[T1])))
    assert 0.8 < np.median(flair) < 1.2
    assert 0.02 < np.mean(np.array(flair) < 0.65) < 0.35
    assert 0.3 < np.median(t1) < 0.9


def test_oedema_is_plain_in_t2_and_flair_but_for_faint_tumours() -> None:
    def brighter(faint: bool) -> np.ndarray:
        ratios = []
        for seed in _SEEDS:
            head, healthy = _painted_halves(TumourKind.RING, seed, faint)
            ratios.append((head.images[:, :, :, 25:].mean(dim=(1, 2, 3)) / healthy).numpy())
        return np.median(ratios, axis=0)

    plain, faint = brighter(False), brighter(True)
    assert (plain[[T2, FLAIR]] > 1.3).all()
    assert (faint[[T2, FLAIR]] < plain[[T2, FLAIR]]).all()
    assert (faint[[T2, FLAIR]] > 1.05).all()


def test_oedema_darkens_t1_half_as_much_as_t1c_and_hardly_at_all_in_many_tumours() -> None:
    darkening = []
    for seed in _SEEDS:
        head, healthy = _painted_halves(TumourKind.RING, seed)
        oedema = head.images[[T1, T1C], :, :, 25:].mean(dim=(1, 2, 3))
        fluid = head.contrast.fluid[[T1, T1C]]
        darkening.append(((healthy[[T1, T1C]] - oedema) / (healthy[[T1, T1C]] - fluid)).numpy())
    in_t1, in_t1c = np.transpose(darkening)
    assert np.median(in_t1) < 0.6 * np.median(in_t1c)
    assert 0.2 < np.mean(in_t1 < 0.05) < 0.8


def _change_by_distractors(seed: int, radius_mm: float, sinuses: float) -> tuple[torch.Tensor, torch.Tensor]:
    """What distractors change in a ball of grey matter, and the distance from its surface in mm."""
    random = _random(seed)
    contrast = draw_contrast(random, 0.0)
    distance_mm = _ball_distance_mm(random, radius_mm)
    nothing = torch.zeros(_SHAPE)
    before = contrast.grey.view(4, 1, 1, 1).expand(4, *_SHAPE)
    head = with_distractors(Head(before, nothing, nothing, nothing, distance_mm, contrast), random, sinuses)
    return head.images - before, distance_mm


def test_half_of_the_heads_have_sinuses_at_the_surface_bright_in_t1c_and_dark_in_t2() -> None:
    visible, deepest_mm = [], []
    for seed in _SEEDS:
        change, distance_mm = _change_by_distractors(seed, 45.0, sinuses=0.5)
        sinus = (change[T1C] > 0.25) & (change[T2] < -0.1) & (distance_mm < 0)
        visible.append(bool(sinus.sum() > 30))
        deepest_mm.append(float(-distance_mm[sinus].min()) if sinus.any() else 0.0)
    assert 0.2 < np.mean(visible) < 0.8
    assert max(deepest_mm) < 10


def test_vessels_and_sinuses_leave_scalp_and_air_alone() -> None:
    brighter_near, brighter_outside = 0, 0
    for seed in _SEEDS:
        change, distance_mm = _change_by_distractors(seed, 30.0, sinuses=1.0)
        is_brighter = change[T1C] > 0.05
        brighter_near += int((is_brighter & (distance_mm.abs() < 6)).sum())
        brighter_outside += int((is_brighter & (distance_mm > 12)).sum())
    assert brighter_near > 100
    assert brighter_outside == 0


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_correction_leaves_a_third_of_the_bias_field(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    def unevenness() -> float:
        flat, mask = torch.ones(4, *_SHAPE), torch.ones(_SHAPE, dtype=torch.bool)
        images = [acquire(flat, mask, _random(seed)) for seed in range(20)]
        smooth = [torch.nn.functional.avg_pool3d(image, 8) for image in images]
        return float(np.median([image.std(dim=(1, 2, 3)).mean() for image in smooth]))

    monkeypatch.setattr(acquisition, "_CORRECTED", 0.0)
    uncorrected = unevenness()
    monkeypatch.setattr(acquisition, "_CORRECTED", share)
    assert unevenness() / uncorrected == pytest.approx(1 - 0.7 * share, abs=0.12)


def test_t1c_often_has_a_contrast_of_its_own() -> None:
    tissues = [Tissue.WHITE_MATTER, Tissue.CORTEX, Tissue.THALAMUS, Tissue.PUTAMEN, Tissue.CAUDATE, Tissue.PALLIDUM]
    likeness = []
    for seed in _SEEDS:
        table = draw_contrast(_random(seed)).table[:, tissues].numpy()
        likeness.append(np.corrcoef(table[T1], table[T1C])[0, 1])
    assert 0.3 < np.mean(np.array(likeness) < 0.95) < 0.8


def test_fluid_lies_far_above_tissue_in_t2_and_nowhere_else() -> None:
    white, grey, fluid = 0.36, 0.54, 1.0
    step = torch.tensor([white, grey, fluid]).repeat_interleave(40).view(1, 1, 120).expand(4, 40, 40, 120)
    grid = Grid.centred((40, 40, 120), 3.0, torch.device("cpu"))
    ratios = []
    for seed in _SEEDS:
        images = acquire(step, torch.ones(step.shape[1:], dtype=torch.bool), Randomness(seed, grid))
        levels = [images[..., start : start + 20].mean(dim=(1, 2, 3)) for start in (10, 50, 90)]
        ratios.append(((levels[2] - levels[1]) / (levels[1] - levels[0])).numpy())
    usual = np.median(ratios, axis=0)
    assert usual[T2] > 1.3 * (fluid - grey) / (grey - white)
    assert usual[[T1, T1C, FLAIR]] == pytest.approx((fluid - grey) / (grey - white), rel=0.25)


def test_most_images_have_little_noise_and_some_have_much() -> None:
    flat, mask = torch.ones(4, *_SHAPE), torch.ones(_SHAPE, dtype=torch.bool)
    noise = [(x := acquire(flat, mask, _random(seed)))[..., 1:].sub(x[..., :-1]).std().item() for seed in _SEEDS]
    assert np.median(noise) < 0.02
    assert max(noise) > 0.04
