"""The volumes of a result of ours: read without images, except those inside contours."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import result_samples as samples
from pydicom import dcmread

from BratsSegmenterLib.dicom import (
    EXACT,
    Contouring,
    newest_result,
    result_objects,
    volumes_of,
    write_measurement_report,
    write_rtstruct,
    write_seg,
)
from BratsSegmenterLib.domain import ED, Segmentation, Volume
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.measurement import measure


@pytest.fixture(scope="module")
def expected_ml(segmentation: Segmentation) -> dict[str, float]:
    return {one.region.key: one.volume_ml for one in measure(segmentation).volumes if one.volume_ml}


@pytest.fixture
def seg(volume: Volume, segmentation: Segmentation, tmp_path: Path) -> Path:
    return write_seg(tmp_path / "seg.dcm", volume, segmentation, samples.provenance()).path


def _volumes_in(*files: Path) -> dict[str, float]:
    """Of the newest result, regions without voxels left out."""
    result = newest_result(files)
    assert result is not None
    return {key: volume_ml for key, volume_ml in volumes_of(result, files).items() if volume_ml}


def test_a_seg_tells_the_volume_of_every_region(seg: Path, expected_ml: dict[str, float]) -> None:
    assert _volumes_in(seg) == pytest.approx(expected_ml, abs=1e-6)


def test_a_report_tells_the_same_and_its_lesions_are_no_regions(
    volume: Volume, segmentation: Segmentation, expected_ml: dict[str, float], tmp_path: Path
) -> None:
    provenance = samples.provenance()
    seg = write_seg(tmp_path / "seg.dcm", volume, segmentation, provenance)
    report = write_measurement_report(tmp_path / "sr.dcm", volume, measure(segmentation), seg, provenance)
    assert _volumes_in(report.path) == pytest.approx(expected_ml, abs=1e-5)


def test_a_report_tells_what_was_not_found_from_what_was_not_measured(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    labels = segmentation.labels * (segmentation.labels == ED.label)
    without_core = replace(segmentation, labels=labels, not_measured={"NCR": "no T1c"})
    measurements = measure(without_core)
    seg = write_seg(tmp_path / "seg.dcm", volume, without_core, samples.provenance())
    report = write_measurement_report(tmp_path / "sr.dcm", volume, measurements, seg, samples.provenance())
    (result,) = result_objects([report.path])
    said_ml = volumes_of(result)
    assert said_ml == pytest.approx(measurements.volumes_ml, abs=1e-5)
    assert (said_ml["ET"], said_ml["TC"]) == (0, 0)
    assert "NCR" not in said_ml


@pytest.mark.parametrize("contouring", [EXACT, Contouring(with_nested=True, smooth=True)])
def test_a_structure_set_tells_what_its_contours_hold_on_the_series_it_was_drawn_on(
    volume: Volume, segmentation: Segmentation, expected_ml: dict[str, float], tmp_path: Path, contouring: Contouring
) -> None:
    path = tmp_path / "rtstruct.dcm"
    structures = write_rtstruct(path, volume, segmentation, samples.provenance(), contouring=contouring)
    assert _volumes_in(structures.path, *volume.series.files) == pytest.approx(expected_ml, abs=1e-6)


def test_a_structure_set_without_its_images_tells_nothing(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    structures = write_rtstruct(tmp_path / "rtstruct.dcm", volume, segmentation, samples.provenance())
    with pytest.raises(SeriesError, match=r"rtstruct\.dcm was drawn on are not there"):
        _volumes_in(structures.path)


def test_of_objects_of_one_time_the_one_that_needs_no_images_is_taken(
    volume: Volume, segmentation: Segmentation, seg: Path, tmp_path: Path
) -> None:
    structures = write_rtstruct(tmp_path / "rtstruct.dcm", volume, segmentation, samples.provenance())
    assert newest_result([structures.path, seg]).path == seg


def test_the_newest_result_counts(
    volume: Volume, segmentation: Segmentation, seg: Path, expected_ml: dict[str, float], tmp_path: Path
) -> None:
    smaller = segmentation.labels * (segmentation.labels == 3)
    older = samples.provenance(content_time=datetime(2025, 1, 1))
    old = write_seg(tmp_path / "old.dcm", volume, samples.segmentation_on(volume, smaller), older)
    assert _volumes_in(seg, old.path)["WT"] == pytest.approx(expected_ml["WT"])


def test_without_a_result_of_ours_nothing_is_told(volume: Volume) -> None:
    assert newest_result(volume.series.files) is None


def test_a_damaged_result_is_refused_by_name(seg: Path) -> None:
    damaged = dcmread(seg)
    del damaged.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    damaged.save_as(seg)
    with pytest.raises(SeriesError, match="seg"):
        _volumes_in(seg)
