"""Which results a study carries: found by their headers, counted, said in words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pydicom
import pytest
import result_samples as samples
import series_samples
from pydicom.config import disable_value_validation

from BratsSegmenterLib import dicom
from BratsSegmenterLib.dicom import Authorship, ObjectKind, Provenance, WrittenObject
from BratsSegmenterLib.domain import Measurements, Segmentation, Volume
from BratsSegmenterLib.measurement import measure
from BratsSegmenterLib.records import from_json, to_json
from BratsSegmenterLib.versions import EarlierResult, describe, earlier_results, next_version, predecessors
from BratsSegmenterLib.workbench.resuming import choose_regions

_MAY, _JUNE = datetime(2026, 5, 3, 9, 30), datetime(2026, 6, 21, 17, 5)


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    return samples.volume_on(series_samples.axial(), tmp_path_factory.mktemp("series"))


@pytest.fixture(scope="module")
def segmentation(volume: Volume) -> Segmentation:
    return samples.segmentation_on(volume)


@pytest.fixture(scope="module")
def measurements(segmentation: Segmentation) -> Measurements:
    return measure(segmentation)


@pytest.fixture(scope="module")
def study(
    tmp_path_factory: pytest.TempPathFactory, volume: Volume, segmentation: Segmentation, measurements: Measurements
) -> tuple[WrittenObject, ...]:
    """Version 1 of all kinds, not reviewed; version 2, corrected and approved, as RTSTRUCT only."""
    folder = tmp_path_factory.mktemp("results")
    first = samples.provenance(content_time=_MAY)
    seg = dicom.write_seg(folder / "seg.dcm", volume, segmentation, first)
    return (
        dicom.write_rtstruct(folder / "second.dcm", volume, segmentation, _second()),
        dicom.write_rtstruct(folder / "first.dcm", volume, segmentation, first),
        seg,
        dicom.write_measurement_report(folder / "sr.dcm", volume, measurements, seg, first),
        *dicom.write_key_images(folder, volume, segmentation, measurements, first),
    )


def _second() -> Provenance:
    return samples.provenance(
        content_time=_JUNE, version=2, authorship=Authorship.EDITED, reviewer="Curie^Marie", approved_at=_JUNE
    )


def _results(written: tuple[WrittenObject, ...]) -> tuple[EarlierResult, ...]:
    return earlier_results(dicom.result_objects(one.path for one in written))


def test_a_study_says_its_versions_oldest_first_in_one_sentence(study: tuple[WrittenObject, ...]) -> None:
    assert describe(_results(study)) == (
        "Version 1: AI, not reviewed, 3 May 2026 (RTSTRUCT, SEG, SR, KEY IMAGE); "
        "version 2: corrected, reviewed by Curie, Marie, approved, 21 June 2026 (RTSTRUCT)."
    )
    assert describe(()) == ""


def test_the_model_and_its_weights_are_known_from_the_seg(study: tuple[WrittenObject, ...]) -> None:
    first, second = _results(study)
    assert first.algorithm == samples.ALGORITHM
    assert (second.algorithm.name, second.algorithm.version) == ("glioma-synthetic", "0.1")


def test_the_next_version_counts_on_and_refers_to_the_newest_object_of_each_kind(
    study: tuple[WrittenObject, ...],
) -> None:
    results = _results(study)
    assert next_version(results) == 3
    assert next_version(()) == 1
    newest = {reference.sop_class_uid: reference.sop_instance_uid for reference in predecessors(results)}
    second_rtstruct, _, seg, *_ = study
    assert newest[second_rtstruct.sop_class_uid] == second_rtstruct.sop_instance_uid
    assert newest[seg.sop_class_uid] == seg.sop_instance_uid


def test_the_version_is_in_the_series_description_and_the_label_of_the_structure_set(
    study: tuple[WrittenObject, ...],
) -> None:
    for written in study[1:]:
        assert " v1 " in pydicom.dcmread(written.path).SeriesDescription
    second = pydicom.dcmread(study[0].path)
    assert (second.StructureSetLabel, second.SeriesDescription[:17]) == ("Glioma v2", "Glioma regions v2")


def test_versions_are_counted_by_time_where_an_archive_rewrote_the_descriptions(
    study: tuple[WrittenObject, ...], tmp_path: Path
) -> None:
    for number, written in enumerate(study):
        dataset = pydicom.dcmread(written.path)
        dataset.SeriesDescription = "NEURO"
        dataset.save_as(tmp_path / f"{number}.dcm")
    results = earlier_results(dicom.result_objects(tmp_path.iterdir()))
    assert [(result.version, len(result.kinds)) for result in results] == [(1, 4), (2, 1)]


def _second_earlier_by_its_clock(folder: Path, volume: Volume, segmentation: Segmentation) -> tuple[WrittenObject, ...]:
    """Version 1 as RTSTRUCT and SEG, and version 2 as RTSTRUCT from a place where it is earlier in the day."""
    first, second = (samples.provenance(content_time=_JUNE), replace(_second(), content_time=_MAY))
    return (
        dicom.write_rtstruct(folder / "second.dcm", volume, segmentation, second),
        dicom.write_rtstruct(folder / "first.dcm", volume, segmentation, first),
        dicom.write_seg(folder / "seg.dcm", volume, segmentation, first),
    )


def test_the_newest_is_the_highest_version_whatever_two_clocks_say(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    written = _second_earlier_by_its_clock(tmp_path, volume, segmentation)
    paths = [one.path for one in written]
    results = _results(written)
    assert [result.version for result in results] == [1, 2]
    assert written[0].sop_instance_uid in {reference.sop_instance_uid for reference in predecessors(results)}
    assert dicom.newest_result(paths).path == paths[0]
    assert choose_regions(dicom.scan(tmp_path), "").path == paths[0]


@pytest.mark.parametrize("number", [0, 1], ids=["the second", "the first"])
def test_a_version_that_an_archive_renamed_keeps_its_place_in_time(
    study: tuple[WrittenObject, ...], tmp_path: Path, number: int
) -> None:
    structure_sets = [one.path for one in study[:2]]
    dataset = pydicom.dcmread(structure_sets[number])
    dataset.SeriesDescription = "NEURO"
    dataset.save_as(tmp_path / "renamed.dcm")
    structure_sets[number] = tmp_path / "renamed.dcm"
    results = earlier_results(dicom.result_objects(structure_sets))
    assert [(result.version, result.authorship) for result in results] == [(1, Authorship.AI), (2, Authorship.EDITED)]


def test_two_results_of_one_second_are_told_apart(volume: Volume, segmentation: Segmentation, tmp_path: Path) -> None:
    made = [_MAY.replace(microsecond=1), _MAY.replace(microsecond=2)]
    written = [
        dicom.write_seg(
            tmp_path / f"{reviewer}.dcm", volume, segmentation, samples.provenance(content_time=when, reviewer=reviewer)
        )
        for when, reviewer in zip(made, ("Curie^Marie", "Meitner^Lise"), strict=True)
    ]
    results = _results(tuple(written))
    assert [result.reviewer for result in results] == ["Curie^Marie", "Meitner^Lise"]
    assert [result.made_at for result in results] == [when.isoformat() for when in made]


def test_structure_sets_of_others_are_no_versions_of_ours(study: tuple[WrittenObject, ...], tmp_path: Path) -> None:
    dataset = pydicom.dcmread(study[0].path)
    dataset.Manufacturer = "Somebody"
    with disable_value_validation():
        dataset.SeriesDate = "2026.07.01"
    dataset.save_as(tmp_path / "other.dcm")
    (found,) = dicom.result_objects([tmp_path / "other.dcm"])
    assert (found.is_ours, found.version, found.algorithm.name) == (False, None, "Somebody")
    assert found.made_at == "2026-07-01T17:05:00"
    assert earlier_results([found]) == ()


def test_images_copies_and_files_that_are_no_dicom_are_passed_over(
    study: tuple[WrittenObject, ...], volume: Volume, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no DICOM")
    (tmp_path / "cut.dcm").write_bytes(study[0].path.read_bytes()[:400])
    files = [study[0].path, study[0].path, volume.frames[0].file, *tmp_path.iterdir()]
    (found,) = dicom.result_objects(files)
    assert found.kind is ObjectKind.RTSTRUCT


def test_a_reviewers_name_is_shown_but_never_in_a_repr(study: tuple[WrittenObject, ...]) -> None:
    results = _results(study)
    assert "Curie" in describe(results)
    assert "Curie" not in repr(results)


def test_versions_cross_the_border_to_the_worker_unchanged(study: tuple[WrittenObject, ...]) -> None:
    for result in _results(study):
        assert from_json(EarlierResult, json.loads(json.dumps(to_json(result)))) == result
