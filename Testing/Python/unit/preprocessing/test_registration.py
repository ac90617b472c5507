"""Sequences are moved rigidly onto the reference, and what is not trusted is said."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from head_phantom import ISOTROPIC, THICK, head_volume, known_move

from BratsSegmenterLib.domain import Sequence, Volume
from BratsSegmenterLib.errors import BratsSegmenterError, Cancelled
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.preprocessing.registration import RigidRegistration
from BratsSegmenterLib.preprocessing.rigid import rms_displacement_mm, rotation_degrees, shift_mm
from BratsSegmenterLib.progress import Progress


def _image(volume: Volume) -> sitk.Image:
    return volume.geometry.image(volume.array)


@pytest.fixture(scope="module")
def registration() -> RigidRegistration:
    return RigidRegistration(_image(head_volume(Sequence.T1C)), "T1c")


def _shifted(up_mm: float) -> Geometry:
    origin_mm = ISOTROPIC.origin_mm + np.array([0.0, 0.0, up_mm])
    return Geometry.from_axes(ISOTROPIC.shape, ISOTROPIC.spacing_mm, ISOTROPIC.direction, origin_mm)


def _error_mm(found: sitk.Transform, move: sitk.Transform) -> float:
    return rms_displacement_mm(sitk.CompositeTransform([move.GetInverse(), found]), np.zeros(3))


@pytest.mark.parametrize(
    ("sequence", "geometry", "tolerance_mm"), [(Sequence.T2, ISOTROPIC, 0.5), (Sequence.FLAIR, THICK, 1.0)]
)
def test_a_known_move_is_recovered(registration, sequence, geometry, tolerance_mm):
    move = known_move()
    moving = _image(head_volume(sequence, geometry, move))
    alignment = registration.align(moving, sequence.value, True, Progress())
    assert alignment.is_trusted
    assert _error_mm(alignment.transform, move) < tolerance_mm
    assert f"{sequence.value} was moved by" in alignment.finding


def test_a_sequence_that_already_fits_is_not_moved(registration):
    alignment = registration.align(_image(head_volume(Sequence.T2)), "T2", True, Progress())
    assert rms_displacement_mm(alignment.transform, np.zeros(3)) == 0
    assert "was not moved" in alignment.finding


def test_another_frame_of_reference_may_lie_far_away(registration):
    move = known_move(translation_mm=(0.0, 0.0, 150.0))
    far = _shifted(150.0)
    alignment = registration.align(_image(head_volume(Sequence.T2, far, move)), "T2", False, Progress())
    assert alignment.is_trusted
    assert _error_mm(alignment.transform, move) < 0.5


def test_images_that_do_not_overlap_fall_back_to_the_headers_with_a_warning(registration):
    moving = _shifted(1000.0).image(head_volume(Sequence.T2).array)
    alignment = registration.align(moving, "T2", True, Progress())
    assert not alignment.is_trusted
    assert rms_displacement_mm(alignment.transform, np.zeros(3)) == 0
    assert alignment.finding.startswith("Warning: T2 could not be registered")


@pytest.mark.parametrize("shares_frame_of_reference", [True, False])
def test_images_that_memory_does_not_suffice_for_are_not_said_not_to_overlap(
    registration, shares_frame_of_reference, monkeypatch
):
    def refuse(*_arguments):
        raise RuntimeError("sitk::ERROR: Exception thrown in SimpleITK BinShrink: Failed to allocate memory for image.")

    monkeypatch.setattr(sitk, "BinShrink", refuse)
    with pytest.raises(BratsSegmenterError, match="The memory of this computer, or of its GPU, was not enough"):
        registration.align(_image(head_volume(Sequence.T2)), "T2", shares_frame_of_reference, Progress())


def test_a_move_that_no_head_makes_is_not_believed(registration):
    moving = _image(head_volume(Sequence.T2, ISOTROPIC, known_move((55.0, 0.0, 0.0), (0.0, 0.0, 0.0))))
    alignment = registration.align(moving, "T2", True, Progress())
    assert not alignment.is_trusted
    assert "Warning" in alignment.finding


def test_a_cancel_stops_within_an_iteration(registration):
    asked = []

    def is_cancelled() -> bool:
        asked.append(None)
        return len(asked) > 5

    with pytest.raises(Cancelled):
        registration.align(_image(head_volume(Sequence.T2)), "T2", True, Progress(is_cancelled=is_cancelled))
    assert len(asked) < 15


def test_the_size_of_a_move_is_measured_over_a_head():
    turn = sitk.Euler3DTransform()
    turn.SetRotation(0.0, 0.0, np.deg2rad(10))
    points = np.random.default_rng(0).normal(size=(200_000, 3))
    points *= 80 * np.random.default_rng(1).random((200_000, 1)) ** (1 / 3) / np.linalg.norm(points, axis=1)[:, None]
    rotation = np.array(turn.GetMatrix()).reshape(3, 3)
    expected = np.sqrt(np.mean(np.sum((points @ rotation.T - points) ** 2, axis=1)))
    assert rms_displacement_mm(turn, np.zeros(3)) == pytest.approx(expected, rel=0.01)
    assert rotation_degrees(turn) == pytest.approx(10)
    assert shift_mm(turn, np.zeros(3)) == 0
