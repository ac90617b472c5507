"""Corrections that were not sent yet, on the disk."""

import os
from datetime import datetime

import numpy as np
import pytest
import SimpleITK as sitk
from refusing_disks import full_disk, read_only

from BratsSegmenterLib.errors import DiskRefusedError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.study import JobFolder, read_unsent
from BratsSegmenterLib.study.unsent import forget_unsent, set_aside_unsent, write_unsent

SHAPE = (9, 20, 16)


@pytest.fixture
def folder(tmp_path) -> JobFolder:
    return JobFolder(tmp_path)


@pytest.fixture
def oblique() -> Geometry:
    turned = sitk.Euler3DTransform()
    turned.SetRotation(0.2, -0.3, 0.4)
    direction = np.array(turned.GetMatrix()).reshape(3, 3)
    return Geometry.from_axes(SHAPE, (0.9, 0.9, 3.0), direction, np.array([-40.0, 12.5, 33.0]))


@pytest.fixture
def labels() -> np.ndarray:
    drawn = np.zeros(SHAPE, np.uint8)
    drawn[2:5, 3:12, 4:9] = 2
    drawn[3, 5:8, 5:8] = 3
    return drawn


def test_what_was_kept_comes_back_voxel_by_voxel_with_its_time(folder, oblique, labels):
    write_unsent(labels, oblique, folder.unsent)
    at = datetime(2026, 5, 3, 17, 42).astimezone()
    os.utime(folder.unsent, (at.timestamp(), at.timestamp()))
    kept = read_unsent(folder, oblique)
    assert np.array_equal(kept.labels, labels)
    assert kept.kept_at == at


def test_a_result_from_which_everything_was_erased_comes_back_empty(folder, oblique, labels):
    write_unsent(np.zeros_like(labels), oblique, folder.unsent)
    assert not read_unsent(folder, oblique).labels.any()


def test_the_newest_takes_the_place_of_what_was_kept_before(folder, oblique, labels):
    write_unsent(labels, oblique, folder.unsent)
    write_unsent(np.roll(labels, 1, axis=1), oblique, folder.unsent)
    assert np.array_equal(read_unsent(folder, oblique).labels, np.roll(labels, 1, axis=1))
    assert [file.name for file in folder.path.iterdir()] == ["unsent.nii.gz"]


def test_a_disk_that_fills_while_they_are_written_is_said_and_leaves_what_was_kept_before(folder, oblique, labels):
    write_unsent(labels, oblique, folder.unsent)
    of_noise = np.random.default_rng(0).integers(0, 5, SHAPE, np.uint8)
    with full_disk(100), pytest.raises(DiskRefusedError, match=r"unsent\.nii\.gz could not be written"):
        write_unsent(of_noise, oblique, folder.unsent)
    assert np.array_equal(read_unsent(folder, oblique).labels, labels)
    assert folder.all_unsent() == (folder.unsent,)


@pytest.mark.parametrize("shift_mm", [0.4, -30.0, 30.0])
def test_corrections_of_another_grid_are_not_taken_for_this_result_s(folder, oblique, labels, shift_mm):
    write_unsent(labels, oblique, folder.unsent)
    other = Geometry.from_axes(SHAPE, oblique.spacing_mm, oblique.direction, oblique.origin_mm + shift_mm)
    assert read_unsent(folder, other) is None


def test_corrections_of_a_result_that_is_replaced_are_set_aside_under_their_time_each_for_itself(
    folder, labels, oblique
):
    for day in (3, 4):
        write_unsent(labels, oblique, folder.unsent)
        at = datetime(2026, 5, day, 17, 42).timestamp()
        os.utime(folder.unsent, (at, at))
        assert set_aside_unsent(folder) == folder.path / f"unsent-2026050{day}-174200.nii.gz"
    assert set_aside_unsent(folder) is None
    assert read_unsent(folder, oblique) is None
    assert len(folder.all_unsent()) == 2


def test_nothing_kept_nothing_found_and_forgetting_twice_is_no_error(folder, oblique, labels):
    assert read_unsent(folder, oblique) is None
    write_unsent(labels, oblique, folder.unsent)
    forget_unsent(folder.unsent)
    forget_unsent(folder.unsent)
    assert read_unsent(folder, oblique) is None


def test_corrections_of_one_second_are_set_aside_each_for_itself(folder, labels, oblique):
    for _version in range(3):
        write_unsent(labels, oblique, folder.unsent)
        os.utime(folder.unsent, (1e9, 1e9))
        set_aside_unsent(folder)
    assert len(folder.all_unsent()) == 3


@pytest.mark.parametrize("change", [set_aside_unsent, lambda folder: forget_unsent(folder.unsent)])
def test_a_disk_that_takes_no_change_is_named(folder, labels, oblique, change):
    write_unsent(labels, oblique, folder.unsent)
    with read_only(folder.path), pytest.raises(DiskRefusedError, match="could not be written"):
        change(folder)
    assert folder.unsent.exists()
