"""A case becomes what a network can see, step by step, and probabilities find the way back."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from head_phantom import ISOTROPIC, THICK, brain_at, head_case, head_volume, known_move, points_of, tissue_values

from BratsSegmenterLib.domain import Case, PreprocessingSteps, Sequence, Volume
from BratsSegmenterLib.errors import Cancelled, PreprocessingError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.preprocessing import (
    PreparedCase,
    preprocess,
    resample_to_reference,
    write_quality_page,
    z_score,
)
from BratsSegmenterLib.preprocessing.bias_field import bias_field
from BratsSegmenterLib.preprocessing.grid import resample, with_thin_slices
from BratsSegmenterLib.progress import Progress

NOTHING = PreprocessingSteps(registration=False, bias_correction=False, brain_mask=False)


def _moved_case() -> Case:
    volumes = dict(head_case().volumes)
    volumes[Sequence.FLAIR] = head_volume(Sequence.FLAIR, THICK, known_move())
    return Case(volumes, Sequence.T1C)


@pytest.fixture(scope="module")
def case() -> Case:
    return _moved_case()


@pytest.fixture(scope="module")
def prepared(case) -> PreparedCase:
    return preprocess(case)


def test_the_grid_has_one_millimetre_along_the_patient_axes(prepared):
    assert prepared.geometry.spacing_mm == (1.0, 1.0, 1.0)
    np.testing.assert_array_equal(prepared.geometry.direction, np.eye(3))
    assert prepared.images.shape == (4, *prepared.geometry.shape)
    assert prepared.images.dtype == np.float32
    assert prepared.present == tuple(Sequence)


def test_each_sequence_has_mean_zero_and_deviation_one_inside_the_mask(prepared):
    for image in prepared.images:
        assert image[prepared.mask].mean() == pytest.approx(0, abs=1e-3)
        assert image[prepared.mask].std() == pytest.approx(1, abs=1e-3)
        assert not image[~prepared.mask].any()


def test_a_moved_sequence_lies_on_the_reference_afterwards(prepared):
    points = points_of(prepared.geometry)
    expected = tissue_values(points, Sequence.FLAIR).reshape(prepared.geometry.shape)
    inside = prepared.mask & brain_at(points).reshape(prepared.geometry.shape)
    found = prepared.images[Sequence.FLAIR.channel]
    assert np.corrcoef(found[inside], expected[inside])[0, 1] > 0.75


def test_thick_slices_are_brought_to_the_grid_by_splines_and_thin_ones_by_lines():
    volumes = {
        Sequence.T1C: head_volume(Sequence.T1C, ISOTROPIC),
        Sequence.FLAIR: head_volume(Sequence.FLAIR, THICK),
    }
    prepared = preprocess(Case(volumes, Sequence.T1C), NOTHING)
    for sequence, thick_mm in ((Sequence.T1C, np.inf), (Sequence.FLAIR, 2.0)):
        image = volumes[sequence].geometry.image(volumes[sequence].array)
        expected = sitk.GetArrayFromImage(resample(with_thin_slices(image, thick_mm), prepared.geometry))
        found = prepared.images[sequence.channel]
        np.testing.assert_allclose(found, z_score(expected, prepared.brain_shown_by(sequence)), atol=1e-4)


def test_how_far_a_sequence_was_moved_is_known_in_the_middle_of_the_brain():
    grid = Geometry.from_axes((3, 3, 3), (1, 1, 1), np.eye(3), np.zeros(3))
    transforms = {Sequence.T1C: sitk.Euler3DTransform(), Sequence.FLAIR: sitk.TranslationTransform(3, (3.0, 4.0, 0.0))}
    images, mask = np.zeros((4, 3, 3, 3), np.float32), np.ones((3, 3, 3), bool)
    moved_mm = PreparedCase(images, tuple(transforms), mask, grid, grid, transforms, {}).moved_mm
    assert moved_mm == {Sequence.T1C: 0.0, Sequence.FLAIR: 5.0}


def test_the_originals_are_moved_onto_the_reference_for_display(case, prepared):
    shown = resample_to_reference(case, prepared)
    assert set(shown) == set(case.volumes)
    assert all(array.shape == case.reference_volume.geometry.shape for array in shown.values())
    assert shown[Sequence.T1C] is case.reference_volume.array


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_probabilities_return_to_the_reference_without_a_shift(prepared, dtype):
    ramps = points_of(prepared.geometry).T.reshape(3, *prepared.geometry.shape)
    carried = prepared.to_reference_grid((ramps / 256).astype(dtype))
    reference = prepared.reference_geometry
    expected = points_of(reference).T.reshape(3, *reference.shape)
    low, high = ramps.reshape(3, -1).min(axis=1), ramps.reshape(3, -1).max(axis=1)
    inside = np.all([(axis > a) & (axis < b) for axis, a, b in zip(expected, low, high, strict=True)], axis=0)
    assert inside.sum() > 50_000
    assert carried.dtype == np.float32
    assert np.abs(carried * 256 - expected)[:, inside].max() < 0.1
    assert not carried[:, 0, 0, 0].any()


def test_an_oblique_reference_gets_its_probabilities_back_in_place():
    angle = np.deg2rad(20)
    tilt = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    centre = ISOTROPIC.points_mm(np.array([[43.5, 51.5, 41.5]]))[0]
    origin = centre - tilt @ (np.array([43.5, 51.5, 41.5]) * 2)
    oblique = Geometry.from_axes(ISOTROPIC.shape, (2.0, 2.0, 2.0), tilt, origin)
    prepared = preprocess(head_case((Sequence.T1C,), oblique), NOTHING)
    ramps = points_of(prepared.geometry).T.reshape(3, *prepared.geometry.shape).astype(np.float32)
    carried = prepared.to_reference_grid(ramps)
    np.testing.assert_allclose(carried[:, 40, 50, 45], oblique.points_mm(np.array([[45, 50, 40]]))[0], atol=1e-2)


def test_missing_sequences_are_zeros_and_not_present():
    prepared = preprocess(head_case((Sequence.T1C, Sequence.FLAIR)), NOTHING)
    assert prepared.present == (Sequence.T1C, Sequence.FLAIR)
    assert not prepared.images[[0, 2]].any()
    assert prepared.images[[1, 3]].any(axis=(1, 2, 3)).all()


def test_every_step_can_be_switched_off_and_is_said_to_be():
    prepared = preprocess(head_case(), NOTHING)
    told = " ".join(prepared.findings)
    for step in ("Registration", "Bias correction", "brain mask"):
        assert f"{step} is switched off" in told
    assert not prepared.bias_fields
    assert not prepared.uncorrected


def test_shading_is_removed():
    volume = head_volume(Sequence.T1)
    mask = brain_at(points_of(ISOTROPIC)).reshape(ISOTROPIC.shape)
    fine = Geometry.from_axes(tuple(2 * n for n in ISOTROPIC.shape), (1.0,) * 3, np.eye(3), ISOTROPIC.origin_mm)
    array, mask = (a.repeat(2, 0).repeat(2, 1).repeat(2, 2) for a in (volume.array, mask))
    shading = np.exp(0.4 * np.linspace(-1, 1, array.shape[1]))[None, :, None].astype(np.float32)
    shaded = array * shading
    corrected = shaded / bias_field(shaded, fine, mask, Progress())

    def variation(image: np.ndarray) -> float:
        return float(image[mask].std() / image[mask].mean())

    excess = variation(shaded) - variation(array)
    assert variation(corrected) < variation(array) + 0.3 * excess


def test_a_corrected_case_keeps_what_a_second_correction_needs():
    prepared = preprocess(head_case((Sequence.T1C,)), PreprocessingSteps(registration=False, brain_mask=False))
    assert set(prepared.bias_fields) == set(prepared.uncorrected) == {Sequence.T1C}


def test_every_step_reports_a_stage_and_a_growing_fraction(case):
    events = []
    progress = Progress(events.append)
    preprocess(case, NOTHING, progress)
    names = [stage.name for stage in progress.stages]
    assert names == ["registration", "resampling", "brain mask", "bias correction", "normalisation"]
    for name in names:
        fractions = [event.fraction for event in events if event.stage == name]
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1.0


@pytest.mark.parametrize(
    ("stage", "sequences"),
    [
        ("registration", (Sequence.T1C, Sequence.T2)),
        ("resampling", (Sequence.T1C,)),
        ("brain mask", (Sequence.T1C,)),
        ("bias correction", (Sequence.T1C,)),
    ],
)
def test_a_cancel_is_heard_in_every_long_stage(stage, sequences):
    reached = []
    progress = Progress(lambda event: reached.append(event.stage), lambda: bool(reached) and reached[-1] == stage)
    with pytest.raises(Cancelled):
        preprocess(head_case(sequences), PreprocessingSteps(brain_mask=stage == "brain mask"), progress)
    assert reached[-1] == stage


@pytest.mark.parametrize("sequence", [Sequence.T1C, Sequence.T2])
def test_an_empty_image_is_refused_by_its_name(sequence):
    volumes = dict(head_case((Sequence.T1C, Sequence.T2)).volumes)
    whole = volumes[sequence]
    volumes[sequence] = Volume(np.zeros_like(whole.array), whole.geometry, (), whole.series)
    with pytest.raises(PreprocessingError, match=f"{sequence.value} image is empty"):
        preprocess(Case(volumes, Sequence.T1C))


def test_values_that_are_no_numbers_are_refused():
    volume = head_volume(Sequence.T1C)
    volume.array[3, 3, 3] = np.nan
    with pytest.raises(PreprocessingError, match="no numbers"):
        preprocess(Case({Sequence.T1C: volume}, Sequence.T1C))


def test_the_quality_page_holds_every_picture_and_finding(prepared, case, tmp_path):
    page = write_quality_page(prepared, case, tmp_path / "new")
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/png;base64,") == 3 + 1 + 4
    for finding in prepared.findings:
        assert finding.replace("'", "&#39;") in text
    assert list(page.parent.iterdir()) == [page]


def _with_flair_cut(case: Case, first_share: float) -> Case:
    """The case with FLAIR from a share of its slices on."""
    flair = case.volumes[Sequence.FLAIR]
    slices, rows, columns = flair.array.shape
    box = (slice(round(first_share * slices), slices), slice(0, rows), slice(0, columns))
    upper = replace(flair, array=flair.array[box], geometry=flair.geometry.cropped(box))
    return replace(case, volumes={**case.volumes, Sequence.FLAIR: upper})


def test_a_sequence_that_leaves_out_a_part_of_the_brain_is_named_and_a_whole_one_is_not():
    case = head_case((Sequence.T1C, Sequence.FLAIR))
    steps = PreprocessingSteps(registration=False, bias_correction=False)
    half = _with_flair_cut(case, 0.5)

    cut = preprocess(half, steps)

    (sentence,) = (finding for finding in cut.findings if "does not show" in finding)
    said = re.match(r"FLAIR does not show \d+ mL of the brain \((\d+)%\)", sentence)
    assert said is not None
    lowest_mm = half.volumes[Sequence.FLAIR].geometry.points_mm(np.array([(0, 0, -0.5)]))[0, 2]
    below = cut.geometry.points_mm(np.argwhere(cut.mask)[:, ::-1])[:, 2] < lowest_mm
    assert int(said[1]) == pytest.approx(100 * below.mean(), abs=3)
    assert sentence in cut.doubts
    whole = preprocess(case, steps)
    assert not any("does not show" in finding for finding in whole.findings)
    assert whole.doubts == ()


def test_what_a_sequence_does_not_show_is_its_mean_and_moves_neither_mean_nor_deviation():
    steps = PreprocessingSteps(registration=False, bias_correction=False)
    cut = preprocess(_with_flair_cut(head_case((Sequence.T1C, Sequence.FLAIR)), 0.5), steps)
    flair, shown = cut.images[Sequence.FLAIR.channel], cut.brain_shown_by(Sequence.FLAIR)
    assert 0.5 < shown.sum() / cut.mask.sum() < 0.95
    assert (flair[shown].mean(), flair[shown].std()) == pytest.approx((0, 1), abs=1e-3)
    assert not flair[~shown].any()


def test_a_sequence_that_could_not_be_registered_makes_every_result_doubtful():
    volumes = dict(head_case((Sequence.T1C, Sequence.FLAIR)).volumes)
    away = known_move()
    away.SetTranslation((0.0, 0.0, 400.0))
    volumes[Sequence.FLAIR] = head_volume(Sequence.FLAIR, THICK, away)
    prepared = preprocess(Case(volumes, Sequence.T1C), PreprocessingSteps(brain_mask=False, bias_correction=False))
    (doubt,) = (doubt for doubt in prepared.doubts if "could not be registered" in doubt)
    assert doubt in prepared.findings
    assert prepared.routine == ()


def test_a_sequence_that_shows_nothing_in_the_brain_counts_as_missing_and_is_doubted():
    case = head_case((Sequence.T1C, Sequence.FLAIR))
    flair = case.volumes[Sequence.FLAIR]
    corner = np.zeros_like(flair.array)
    corner[:2, :2, :2] = 100
    volumes = {**case.volumes, Sequence.FLAIR: replace(flair, array=corner)}
    steps = PreprocessingSteps(registration=False, bias_correction=False)
    prepared = preprocess(Case(volumes, Sequence.T1C), steps)
    assert prepared.present == (Sequence.T1C,)
    assert any("FLAIR shows nothing in the brain" in doubt for doubt in prepared.doubts)
