"""What is no exact volume is refused with a sentence that names the series and the slice to blame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian
from series_samples import change, classic, copy_as_new_instance, enhanced, oblique, put, values

from BratsSegmenterLib.dicom import GapError, load_volume, scan
from BratsSegmenterLib.domain import Series
from BratsSegmenterLib.errors import SeriesError


def only_series(path: Path) -> Series:
    (series,) = scan(path).series
    return series


def refusal(path: Path) -> str:
    series = only_series(path)
    with pytest.raises(SeriesError) as caught:
        load_volume(series)
    assert caught.value.what in (series.fault, series.gap), "the scan and the loading say the same"
    assert caught.value.advice
    return caught.value.what


def move(by_mm: Callable[[int], np.ndarray]) -> Callable[[Dataset], None]:
    """An edit that moves slice k by `by_mm(k)` LPS millimetres."""

    def edit(dataset: Dataset) -> None:
        position = np.array(dataset.ImagePositionPatient, float) + by_mm(int(dataset.InstanceNumber) - 1)
        dataset.ImagePositionPatient = [f"{value:.8f}" for value in position]

    return edit


@pytest.mark.parametrize("is_there", [True, False], ids=["empty", "absent"])
def test_images_without_a_frame_of_reference_are_named_before_anybody_works_on_them(
    tmp_path: Path, is_there: bool
) -> None:
    def forget_frame_of_reference(dataset: Dataset) -> None:
        del dataset.FrameOfReferenceUID
        if is_there:
            dataset.FrameOfReferenceUID = ""

    change(classic(tmp_path)[3], forget_frame_of_reference)
    assert "0004.dcm has no Frame of Reference UID (0020,0052)." in only_series(tmp_path).fault


def test_a_missing_slice_is_refused_and_its_neighbours_are_named(tmp_path: Path) -> None:
    classic(tmp_path)[6].unlink()
    assert refusal(tmp_path) == (
        "Series 1 has a gap: slices 6 and 7 (0006.dcm and 0008.dcm) lie 10.00 mm apart, the others 5.00 mm."
    )
    with pytest.raises(GapError, match="agree to its resampling"):
        load_volume(only_series(tmp_path))


def test_a_gap_in_an_enhanced_object_names_its_frames(tmp_path: Path) -> None:
    enhanced(tmp_path / "e.dcm", order=[0, 1, 2, 3, 5, 6, 7, 8])
    assert "frame 4 of e.dcm and frame 5 of e.dcm" in refusal(tmp_path)


def test_a_missing_slice_is_interpolated_when_the_user_agrees_and_the_others_stay_exact(tmp_path: Path) -> None:
    classic(tmp_path)[6].unlink()
    volume = load_volume(only_series(tmp_path), resample_gaps=True)
    assert volume.geometry.is_close(oblique(), tolerance_mm=1e-3)
    kept = [k for k in range(12) if k != 6]
    assert np.array_equal(volume.array[kept], values()[kept])
    np.testing.assert_allclose(volume.array[6], (values()[5].astype(float) + values()[7]) / 2)
    assert [frame.file.name for frame in volume.frames[4:9]] == [f"{n:04d}.dcm" for n in (5, 6, 6, 8, 9)]


def test_uneven_slices_are_resampled_to_the_usual_distance(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.arange(12)[:, None, None] * 100.0, (12, 40, 32))
    normal = oblique().direction[:, 2]
    for file in classic(tmp_path, ramp):
        change(file, move(lambda k: normal * 2.5 * max(k - 8, 0)))
    assert "gap: slices 9 and 10" in refusal(tmp_path)
    volume = load_volume(only_series(tmp_path), resample_gaps=True)
    middle = volume.array[:, 20, 16]
    np.testing.assert_allclose(middle[:9], ramp[:9, 0, 0])
    np.testing.assert_allclose(np.diff(middle[9:]), 500 / 7.5, rtol=1e-4)


def test_blank_slices_between_others_are_refused_and_the_first_is_named(tmp_path: Path) -> None:
    array = values()
    array[4:6] = 0
    classic(tmp_path, array)
    with pytest.raises(GapError, match=r"nothing in 2 slices, the first of them slice 5 \(0005\.dcm\), although"):
        load_volume(only_series(tmp_path))


def test_blank_slices_under_what_is_drawn_already_stay_as_they_are_and_missing_ones_are_refused(tmp_path: Path) -> None:
    array = values()
    array[4:6] = 0
    files = classic(tmp_path, array)
    volume = load_volume(only_series(tmp_path), keep_blank=True)
    assert np.array_equal(volume.array, array)
    assert not volume.is_resampled
    files[8].unlink()
    with pytest.raises(GapError, match="has a gap"):
        load_volume(only_series(tmp_path), keep_blank=True)


def test_blank_slices_are_interpolated_like_missing_ones_when_the_user_agrees(tmp_path: Path) -> None:
    array = values()
    array[6] = 7
    classic(tmp_path, array)
    volume = load_volume(only_series(tmp_path), resample_gaps=True)
    kept = [k for k in range(12) if k != 6]
    assert np.array_equal(volume.array[kept], values()[kept])
    np.testing.assert_allclose(volume.array[6], (values()[5].astype(float) + values()[7]) / 2)
    assert "0007.dcm" not in {frame.file.name for frame in volume.frames}, "a blank image is no slice's own"
    assert volume.is_resampled


@pytest.mark.parametrize("blank", [[0, 1, 10, 11], range(12)], ids=["ends", "all"])
def test_blank_ends_of_a_volume_are_no_gap(tmp_path: Path, blank: Sequence[int]) -> None:
    array = values()
    array[list(blank)] = 0
    classic(tmp_path, array)
    assert np.array_equal(load_volume(only_series(tmp_path)).array, array)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("RescaleSlope", "0"), ("RescaleSlope", "NaN"), ("RescaleSlope", "1e38"), ("RescaleIntercept", "-inf")],
)
def test_a_rescaling_that_gives_no_image_makes_the_series_unusable_and_is_named(
    tmp_path: Path, keyword: str, value: str
) -> None:
    def rescale(dataset: Dataset) -> None:
        put(dataset, keyword, value.encode())

    change(classic(tmp_path)[3], rescale)
    assert f"0004.dcm has a Rescale {keyword[7:]} (0028,105" in refusal(tmp_path)


def test_a_slice_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    files = classic(tmp_path)
    copy_as_new_instance(files[4], tmp_path / "again.dcm")
    assert "holds slice 5 twice" in refusal(tmp_path)
    assert "0005.dcm" in refusal(tmp_path)
    assert "again.dcm" in refusal(tmp_path)


def test_a_time_series_is_refused_as_4d(tmp_path: Path) -> None:
    for file in classic(tmp_path):
        copy_as_new_instance(file, file.with_suffix(".t2"), lambda dataset: setattr(dataset, "AcquisitionNumber", "2"))
    assert "2 images at each of its 12 positions" in refusal(tmp_path)


def test_a_sheared_stack_is_refused(tmp_path: Path) -> None:
    for file in classic(tmp_path):
        change(file, move(lambda k: oblique().direction[:, 0] * 0.8 * k))
    said = refusal(tmp_path)
    assert "Series 1 is sheared: slice 12 (0012.dcm)" in said
    assert "beside the perpendicular through slice 1." in said, "its slices do lie on one line"


def test_one_slice_beside_the_stack_is_refused_and_named(tmp_path: Path) -> None:
    for file in classic(tmp_path):
        change(file, move(lambda k: oblique().direction[:, 1] * (2.0 if k == 4 else 0)))
    assert "slice 5 (0005.dcm) lies 2.00 mm beside" in refusal(tmp_path)


def test_rounded_direction_cosines_are_no_shear(tmp_path: Path) -> None:
    def round_orientation(dataset: Dataset) -> None:
        dataset.ImageOrientationPatient = [f"{float(value):.3f}" for value in dataset.ImageOrientationPatient]

    for file in classic(tmp_path, geometry=oblique(spacing_mm=(0.1, 0.1, 5.0))):
        change(file, round_orientation)
    volume = load_volume(only_series(tmp_path))
    k = np.arange(12.0)
    corners = volume.geometry.points_mm(np.column_stack([0 * k, 0 * k, k]))
    assert np.abs(corners - [frame.position_mm for frame in volume.frames]).max() < 1e-4


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        ({"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}, "mixes orientations: 0008.dcm"),
        ({"FrameOfReferenceUID": "2.25.999"}, "mixes frames of reference: 0008.dcm"),
        ({"PixelSpacing": [1.2, 1.2]}, "mixes pixel spacings: 0008.dcm"),
        ({"Rows": 32, "PixelData": bytes(32 * 32 * 2)}, "mixes image sizes: 0008.dcm has 32 x 32 pixels instead of 40"),
    ],
)
def test_a_slice_of_another_kind_is_refused_and_named(tmp_path: Path, edit: dict[str, object], sentence: str) -> None:
    change(classic(tmp_path)[7], lambda dataset: dataset.update(edit))
    assert sentence in refusal(tmp_path)


@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
def test_a_slice_without_its_place_makes_the_series_unusable_and_names_the_attribute(
    tmp_path: Path, keyword: str
) -> None:
    change(classic(tmp_path)[11], lambda dataset: delattr(dataset, keyword))
    scanned = scan(tmp_path)
    assert scanned.series[0].fault.startswith("Series 1: 0012.dcm has no")
    assert "(00" in scanned.series[0].fault
    assert [item.files[0].name for item in scanned.set_aside] == ["0012.dcm"]


@pytest.mark.parametrize(("lost", "remark"), [(12, " No image of the series can be used."), (7, "")])
def test_one_fault_of_many_slices_is_said_once(tmp_path: Path, lost: int, remark: str) -> None:
    files = classic(tmp_path)[:lost]
    for file in files:
        change(file, lambda dataset: delattr(dataset, "ImagePositionPatient"))
    (aside,) = scan(tmp_path).set_aside
    assert aside.files == tuple(files)
    assert aside.sentence == (
        f"Series 1: 0001.dcm has no Image Position (Patient) (0020,0032). So it is with {lost} of the files.{remark}"
    )


def test_a_single_slice_is_no_volume(tmp_path: Path) -> None:
    for file in classic(tmp_path)[1:]:
        file.unlink()
    assert refusal(tmp_path) == "Series 1 holds a single slice (0001.dcm)."


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian], ids=["stored", "deflated"])
def test_more_images_in_a_file_than_it_counts_are_refused_and_named(tmp_path: Path, syntax: UID) -> None:
    def hold_two(dataset: Dataset) -> None:
        dataset.PixelData *= 2
        dataset.file_meta.TransferSyntaxUID = syntax

    change(classic(tmp_path)[3], hold_two)
    with pytest.raises(SeriesError, match=r"0004\.dcm holds 2 images of 40 x 32 pixels, but its header counts 1\."):
        load_volume(only_series(tmp_path))


def test_more_frames_than_an_enhanced_object_counts_are_refused_and_named(tmp_path: Path) -> None:
    change(enhanced(tmp_path / "e.dcm"), lambda dataset: setattr(dataset, "PixelData", dataset.PixelData * 2))
    with pytest.raises(SeriesError, match=r"e\.dcm holds 24 images of 40 x 32 pixels, but its header counts 12\."):
        load_volume(only_series(tmp_path))


def test_a_series_that_changed_on_disk_after_the_scan_is_refused(tmp_path: Path) -> None:
    files = classic(tmp_path)
    series = only_series(tmp_path)
    files[3].unlink()
    with pytest.raises(SeriesError, match=r"0004\.dcm cannot be opened"):
        load_volume(series)


def test_a_series_with_a_fault_cannot_be_loaded_without_its_lost_slice(tmp_path: Path) -> None:
    last = classic(tmp_path)[-1]
    last.write_bytes(last.read_bytes()[:-100])
    series = only_series(tmp_path)
    with pytest.raises(SeriesError, match=r"0012\.dcm is truncated"):
        load_volume(series)
