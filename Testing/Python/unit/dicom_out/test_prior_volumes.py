"""The volumes of a result of ours, read without the images it was drawn on."""

from datetime import datetime
from pathlib import Path

import pytest
import result_samples as samples
from pydicom import dcmread

from BratsSegmenterLib.dicom import volumes_in, write_measurement_report, write_seg
from BratsSegmenterLib.domain import Segmentation, Volume
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.measurement import measure


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    return samples.volume_on(samples.series_samples.oblique(), tmp_path_factory.mktemp("series"))


@pytest.fixture(scope="module")
def segmentation(volume: Volume) -> Segmentation:
    return samples.segmentation_on(volume)


@pytest.fixture(scope="module")
def expected_ml(segmentation: Segmentation) -> dict[str, float]:
    return {one.region.key: one.volume_ml for one in measure(segmentation).volumes if one.volume_ml}


@pytest.fixture
def seg(volume: Volume, segmentation: Segmentation, tmp_path: Path) -> Path:
    return write_seg(tmp_path / "seg.dcm", volume, segmentation, samples.provenance()).path


def test_a_seg_tells_the_volume_of_every_region(seg: Path, expected_ml: dict[str, float]) -> None:
    found = volumes_in([seg])
    assert {key: volume_ml for key, volume_ml in found.items() if volume_ml} == pytest.approx(expected_ml, abs=1e-6)


def test_a_report_tells_the_same_and_its_lesions_are_no_regions(
    volume: Volume, segmentation: Segmentation, expected_ml: dict[str, float], tmp_path: Path
) -> None:
    provenance = samples.provenance()
    seg = write_seg(tmp_path / "seg.dcm", volume, segmentation, provenance)
    report = write_measurement_report(tmp_path / "sr.dcm", volume, measure(segmentation), seg, provenance)
    found = volumes_in([report.path])
    assert {key: volume_ml for key, volume_ml in found.items() if volume_ml} == pytest.approx(expected_ml, abs=1e-5)


def test_the_newest_result_counts(
    volume: Volume, segmentation: Segmentation, seg: Path, expected_ml: dict[str, float], tmp_path: Path
) -> None:
    smaller = segmentation.labels * (segmentation.labels == 3)
    older = samples.provenance(content_time=datetime(2025, 1, 1))
    old = write_seg(tmp_path / "old.dcm", volume, samples.segmentation_on(volume, smaller), older)
    assert volumes_in([seg, old.path])["WT"] == pytest.approx(expected_ml["WT"])


def test_without_a_result_of_ours_nothing_is_told(volume: Volume) -> None:
    assert volumes_in(volume.series.files) == {}


def test_a_damaged_result_is_refused_by_name(seg: Path) -> None:
    damaged = dcmread(seg)
    del damaged.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    damaged.save_as(seg)
    with pytest.raises(SeriesError, match="seg"):
        volumes_in([seg])
