"""Series become volumes with the exact geometry of their headers."""

from __future__ import annotations

import shutil
import subprocess
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)
from series_samples import GEOMETRIES, change, classic, compress, copy_as_new_instance, enhanced, oblique, values

from BratsSegmenterLib.dicom import load_volume, scan
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.errors import Cancelled
from BratsSegmenterLib.progress import Progress


def load(path: Path) -> Volume:
    (series,) = scan(path).series
    return load_volume(series)


def distance_of_slices_from_their_headers_mm(volume: Volume) -> float:
    k = np.arange(len(volume.frames), dtype=float)
    corners = volume.geometry.points_mm(np.column_stack([0 * k, 0 * k, k]))
    return float(np.abs(corners - [frame.position_mm for frame in volume.frames]).max())


@pytest.mark.parametrize("name", GEOMETRIES)
def test_a_classic_series_lies_exactly_where_its_headers_say(tmp_path: Path, name: str) -> None:
    geometry = GEOMETRIES[name]()
    classic(tmp_path, geometry=geometry)
    volume = load(tmp_path)
    assert volume.geometry.is_close(geometry, tolerance_mm=1e-4)
    assert distance_of_slices_from_their_headers_mm(volume) < 1e-4
    assert np.array_equal(volume.array, values())


@pytest.mark.parametrize("name", GEOMETRIES)
def test_an_enhanced_object_with_frames_out_of_order_is_sorted_in_space(tmp_path: Path, name: str) -> None:
    geometry = GEOMETRIES[name]()
    order = np.random.default_rng(3).permutation(geometry.shape[0]).tolist()
    enhanced(tmp_path / "e.dcm", geometry=geometry, order=order)
    volume = load(tmp_path)
    assert volume.geometry.is_close(geometry, tolerance_mm=1e-4)
    assert np.array_equal(volume.array, values())
    assert [order[(frame.number or 0) - 1] for frame in volume.frames] == list(range(geometry.shape[0]))


@pytest.mark.parametrize(
    ("signed", "value", "limit"), [(True, -32768, None), (True, -2000, -2002), (False, 65535, None), (False, 0, None)]
)
def test_padding_is_no_signal(tmp_path: Path, signed: bool, value: int, limit: int | None) -> None:
    def pad(dataset: Dataset) -> None:
        stored = np.frombuffer(dataset.PixelData, "<u2").reshape(dataset.Rows, dataset.Columns).astype(np.int64)
        stored[:4] = value if limit is None else np.arange(limit, limit + 4).clip(max=value)[:, np.newaxis]
        dataset.PixelData = stored.astype("<i2" if signed else "<u2").tobytes()
        dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 15, int(signed)
        vr = "SS" if signed else "US"
        dataset.add_new("PixelPaddingValue", vr, value)
        if limit is not None:
            dataset.add_new("PixelPaddingRangeLimit", vr, limit)

    for file in classic(tmp_path):
        change(file, pad)
    volume = load(tmp_path)
    assert not volume.array[:, :4].any()
    assert np.array_equal(volume.array[:, 4:], values()[:, 4:])


def test_slices_are_sorted_in_space_whatever_their_files_and_numbers_are_called(tmp_path: Path) -> None:
    files = classic(tmp_path / "a")
    (tmp_path / "b").mkdir()
    for k, file in enumerate(files):
        shutil.copy(file, tmp_path / "b" / f"{(k * 7) % 12:02d}")
        change(
            tmp_path / "b" / f"{(k * 7) % 12:02d}", lambda dataset, k=k: setattr(dataset, "InstanceNumber", k * 5 % 12)
        )
    assert np.array_equal(load(tmp_path / "b").array, values())


def test_slice_thickness_and_spacing_between_slices_are_not_believed(tmp_path: Path) -> None:
    for file in classic(tmp_path, geometry=oblique()):
        change(file, lambda dataset: dataset.update({"SliceThickness": "3", "SpacingBetweenSlices": "-7"}))
    assert load(tmp_path).geometry.is_close(oblique(), tolerance_mm=1e-4)


def test_each_slice_is_rescaled_by_its_own_slope(tmp_path: Path) -> None:
    slopes = 1 + 0.1 * np.arange(12)
    for k, file in enumerate(classic(tmp_path)):
        change(
            file, lambda dataset, k=k: dataset.update({"RescaleSlope": f"{slopes[k]:.4f}", "RescaleIntercept": "-5"})
        )
    expected = values() * slopes[:, None, None] - 5
    np.testing.assert_allclose(load(tmp_path).array, expected, rtol=1e-6)


def test_each_enhanced_frame_is_rescaled_by_its_own_slope(tmp_path: Path) -> None:
    slopes = (1 + 0.25 * np.arange(12)).tolist()
    enhanced(tmp_path / "e.dcm", order=list(range(12))[::-1], slopes=slopes)
    np.testing.assert_allclose(load(tmp_path).array, values() * np.array(slopes)[:, None, None], rtol=1e-6)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless], ids=lambda syntax: syntax.name)
def test_compressed_series_give_the_same_values(tmp_path: Path, syntax: UID) -> None:
    for file in classic(tmp_path):
        compress(file, syntax)
    assert np.array_equal(load(tmp_path).array, values())


def test_a_compressed_enhanced_object_gives_the_same_values(tmp_path: Path) -> None:
    compress(enhanced(tmp_path / "e.dcm", order=list(range(12))[::-1]), RLELossless)
    assert np.array_equal(load(tmp_path).array, values())


def test_a_deflated_series_gives_the_same_values(tmp_path: Path) -> None:
    for file in classic(tmp_path):
        change(file, lambda dataset: setattr(dataset.file_meta, "TransferSyntaxUID", DeflatedExplicitVRLittleEndian))
    assert np.array_equal(load(tmp_path).array, values())


@pytest.mark.skipif(shutil.which("dcmcjpeg") is None, reason="dcmtk makes the JPEG Lossless files")
@pytest.mark.parametrize("multi_frame", [False, True])
def test_jpeg_lossless_is_decoded_although_pydicom_cannot(tmp_path: Path, multi_frame: bool) -> None:
    if multi_frame:
        files = [enhanced(tmp_path / "e.dcm", order=list(range(12))[::-1], slopes=[2.0] * 12)]
    else:
        files = classic(tmp_path)
        for file in files:
            change(file, lambda dataset: dataset.update({"RescaleSlope": "2", "RescaleIntercept": "0"}))
    for file in files:
        subprocess.run(["dcmcjpeg", file, file], check=True)
        assert dcmread(file).file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.70"
    assert np.array_equal(load(tmp_path).array, 2.0 * values())


def test_two_echoes_in_one_series_become_two_volumes(tmp_path: Path) -> None:
    for file in classic(tmp_path):
        copy_as_new_instance(file, file.with_suffix(".echo2"), lambda dataset: setattr(dataset, "EchoTime", "90"))
    first, second = scan(tmp_path).series
    assert (first.key, second.key) == (f"{first.series_uid}#1", f"{first.series_uid}#2")
    assert {float(first.header.EchoTime), float(second.header.EchoTime)} == {11.0, 90.0}
    assert load_volume(second).array.shape == values().shape


def test_an_enhanced_object_with_two_stacks_becomes_two_volumes(tmp_path: Path) -> None:
    def turn_second_half(dataset: Dataset) -> None:
        shared = dataset.SharedFunctionalGroupsSequence[0]
        for k, groups in enumerate(dataset.PerFrameFunctionalGroupsSequence):
            groups.PlaneOrientationSequence = deepcopy(shared.PlaneOrientationSequence)
            if k >= 6:
                groups.FrameContentSequence[0].StackID = "2"
                groups.PlaneOrientationSequence[0].ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
                groups.PlanePositionSequence[0].ImagePositionPatient = [-5.0 * k, 0, 0]
        del shared.PlaneOrientationSequence

    change(enhanced(tmp_path / "e.dcm"), turn_second_half)
    first, second = scan(tmp_path).series
    assert not first.fault
    assert not second.fault
    assert np.array_equal(load_volume(second).array, values()[6:])


def test_loading_stops_when_the_user_asks(tmp_path: Path) -> None:
    classic(tmp_path)
    (series,) = scan(tmp_path).series
    with pytest.raises(Cancelled):
        load_volume(series, progress=Progress(is_cancelled=lambda: True))
    with pytest.raises(Cancelled):
        scan(tmp_path, Progress(is_cancelled=lambda: True))


def test_the_frames_of_the_real_flair_are_sorted_although_they_are_stored_interleaved(real_data: Path) -> None:
    (flair,) = [one for one in scan(real_data / "dicom" / "brtum").series if one.number == 3]
    volume = load_volume(flair)
    assert [frame.number for frame in volume.frames[:4]] == [1, 13, 2, 14]
    assert volume.geometry.spacing_mm == pytest.approx((0.820312, 0.820312, 6.0))
    assert distance_of_slices_from_their_headers_mm(volume) < 1e-4
