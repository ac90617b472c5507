"""A study that carries results already: said, counted on, not sent twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from highdicom.sr import srread
from stations import ALGORITHM, ALL_FORMATS, Station, drawn

from BratsSegmenterLib import dicom
from BratsSegmenterLib.dicom import Authorship, Contouring
from BratsSegmenterLib.domain import REGIONS, Segmentation
from BratsSegmenterLib.job_results import SendResult
from BratsSegmenterLib.labelmap import read_labelmap, write_labelmap
from BratsSegmenterLib.study import JobFolder
from BratsSegmenterLib.study.result_images import image_uids
from BratsSegmenterLib.versions import describe


def test_a_second_version_counts_on_refers_to_the_first_and_overwrites_nothing(
    station: Station, tmp_path: Path
) -> None:
    first = station.send(formats=ALL_FORMATS)
    second = station.send(station.corrected(), formats=ALL_FORMATS, reviewer="Curie^Marie", approved=True)
    assert (first.version, second.version) == (1, 2)
    assert (second.archive, second.archive_url) == (station.archive.profile.name, station.archive.profile.url)
    assert second.delivered_at
    assert station.instances() == len(first.pushed) + len(second.pushed)
    assert not set(first.pushed) & set(second.pushed)
    uids = {one.kind: one.sop_instance_uid for one in first.objects}
    new = {one.kind: pydicom.dcmread(one.path) for one in second.objects}
    structure_set = new["RTSTRUCT"]
    assert structure_set.PredecessorStructureSetSequence[0].ReferencedSOPInstanceUID == uids["RTSTRUCT"]
    assert structure_set.StructureSetLabel == "Glioma v2"
    referenced = [
        instance.ReferencedSOPInstanceUID
        for series in new["SEG"].ReferencedSeriesSequence
        for instance in series.ReferencedInstanceSequence
    ]
    assert uids["SEG"] in referenced
    study = new["SR"].PredecessorDocumentsSequence[0]
    assert study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == uids["SR"]
    later = Station(station.archive, station.study_uid, tmp_path / "later").prepare()
    assert [result.version for result in later.results] == [1, 2]
    assert "version 2: corrected, reviewed by Curie, Marie, approved" in describe(later.results)


def test_the_model_s_intervals_are_sent_for_the_regions_that_nobody_changed(station: Station) -> None:
    folder = JobFolder(station.folder)
    claimed = dict.fromkeys(("ET", "NCR", "ED", "WT", "TC"), (0.0, 99.0))
    folder.write_record(replace(folder.record(), intervals_ml=claimed))
    assert _regions_with_interval(station.send(formats=("SR",), profile=None)) == set(claimed)
    corrected = station.send(station.corrected(), formats=("SR",), profile=None)
    assert _regions_with_interval(corrected) == {"ET", "NCR", "TC"}


def test_the_report_lists_the_images_of_all_series_that_the_result_was_drawn_with(station: Station) -> None:
    folder = JobFolder(station.folder)
    record = folder.record()
    flair, *_, t1c = dicom.scan(folder.dicom).series
    sequences = {**record.sequences, "FLAIR": flair.key}
    folder.write_record(replace(record, sequences=sequences, images={**record.images, "FLAIR": image_uids(flair)}))
    sent = station.send(formats=("SR",))
    (report,) = [srread(one.path) for one in sent.objects if one.kind == "SR"]
    (segments,) = [one.sop_instance_uid for one in sent.objects if one.kind == "SEG"]
    listed = {uid for _study, _series, uid, _class in report.get_evidence()}
    assert listed == {frame.sop_instance_uid for series in (flair, t1c) for frame in series.frames} | {segments}


def _regions_with_interval(sent: SendResult) -> set[str]:
    (report,) = [srread(one.path) for one in sent.objects if one.kind == "SR"]
    groups = report.content.get_volumetric_roi_measurement_groups() + report.content.get_image_measurement_groups()
    volumes = {group.tracking_identifier: group.get_measurements()[0][0] for group in groups}
    return {key for key, volume in volumes.items() if "ContentSequence" in volume}


def test_a_whole_tumour_without_its_parts_is_sent_once_as_that_and_taken_up_as_that(station: Station) -> None:
    folder, grid = JobFolder(station.folder), station.reference().geometry
    whole = np.where(drawn(shape=grid.shape) > 0, 2, 0).astype(np.uint8)
    write_labelmap(Segmentation(whole, grid, ALGORITHM), folder.segmentation)
    reasons = {key: REGIONS[key].unmeasured.of("it needs T1c") for key in ("ET", "NCR", "TC", "ED")}
    folder.write_record(replace(folder.record(), not_measured=reasons))
    first = station.send(formats=("RTSTRUCT", "SEG", "SR"))
    assert set(first.volumes_ml) == {"WT"}
    structures = pydicom.dcmread(first.objects[0].path)
    assert [roi.ROIName for roi in structures.StructureSetROISequence] == ["WT"]
    assert "Oedema is not measured: it needs T1c." in structures.StructureSetDescription
    nested = Contouring(with_nested=True)
    assert station.send(formats=("RTSTRUCT",), contouring=nested).pushed == (), "there is nothing nested to add"

    by_hand = whole.copy()
    by_hand[4:6, 14:20, 14:20] = 3
    write_labelmap(Segmentation(by_hand, grid, ALGORITHM), folder.corrected)
    second = station.send(folder.corrected, formats=("RTSTRUCT", "SEG", "SR"))
    assert set(second.volumes_ml) == {"ET", "WT"}
    assert second.volumes_ml["WT"] == first.volumes_ml["WT"]
    assert "ET" in _tracked(second)
    assert (
        pydicom.dcmread(second.objects[0].path).SeriesDescription == "Glioma regions v2 (AI, corrected, not reviewed)"
    )

    station.prepare()
    resumed = station.resume()
    assert np.array_equal(read_labelmap(resumed.labels).labels, by_hand)
    assert set(resumed.not_measured) == {"NCR", "TC", "ED"}
    assert resumed.volumes_ml == pytest.approx(second.volumes_ml)
    assert resumed.authorship is Authorship.EDITED
    assert station.send(resumed.labels, formats=("RTSTRUCT",)).pushed == ()


def _tracked(sent: SendResult) -> set[str]:
    (report,) = [srread(one.path) for one in sent.objects if one.kind == "SR"]
    return {group.tracking_identifier for group in report.content.get_volumetric_roi_measurement_groups()}


def test_what_a_colleague_sent_meanwhile_is_counted(station: Station, colleague: Station) -> None:
    station.send()
    sent = colleague.send(colleague.corrected())
    assert sent.version == 2
    predecessor = pydicom.dcmread(sent.objects[0].path).PredecessorStructureSetSequence[0]
    assert predecessor.ReferencedSOPInstanceUID in {
        one.reference.sop_instance_uid for one in dicom.result_objects((colleague.folder / "dicom").rglob("*.dcm"))
    }


def test_key_images_alone_are_not_sent_twice_and_those_of_another_result_are(station: Station) -> None:
    key_images = {"formats": ("KEY_IMAGE",), "reviewer": "Łuczak^Ż"}
    first = station.send(**key_images)
    assert first.pushed
    again = station.send(**key_images)
    assert (again.pushed, again.version) == ((), 1)
    for changes in ({"reviewer": "Łoś^Ż"}, {"labels": station.corrected()}):
        assert station.send(**{**key_images, **changes}).pushed, changes


def test_what_an_older_version_says_is_not_sent_again_unless_something_else_came_since(station: Station) -> None:
    kinds = ("RTSTRUCT",), ("KEY_IMAGE",), ("SR",)
    assert [station.send(formats=one).version for one in (*kinds, *kinds)] == [1, 2, 3, 1, 2, 3]
    stored = station.instances()
    station.send(station.corrected())
    back = station.send()
    assert (back.version, station.instances()) == (5, stored + 2), "the correction was taken back"


@pytest.mark.parametrize("is_on_this_computer", [False, True], ids=["fetched", "of local files"])
def test_what_is_written_after_a_sending_counts_on_it(
    station: Station, tmp_path: Path, is_on_this_computer: bool
) -> None:
    if is_on_this_computer:
        files = [*(tmp_path / "scanner").rglob("*.dcm")]
        station = Station(station.archive, station.study_uid, tmp_path / "here").opened(files)
    (uid,) = station.send().pushed
    again = station.send(profile=None)
    assert (again.version, again.notes) == (2, ("Version 1 of the study says exactly this already.",))
    changed = station.send(reviewer="Curie^Marie", profile=None)
    assert (changed.version, changed.notes) == (2, ())
    predecessor = pydicom.dcmread(changed.objects[0].path).PredecessorStructureSetSequence[0]
    assert predecessor.ReferencedSOPInstanceUID == uid


def test_exactly_the_same_is_not_sent_twice_and_the_sentence_says_so(station: Station, colleague: Station) -> None:
    station.send(formats=("RTSTRUCT", "SEG"))
    for again in (station.send(formats=("RTSTRUCT", "SEG")), colleague.send(formats=("RTSTRUCT",))):
        assert (again.pushed, again.objects, again.version) == ((), (), 1)
        assert again.notes == ("Version 1 in the archive says exactly this already; nothing was sent.",)
        assert again.volumes_ml["WT"] > 0
    assert station.instances() == 2


def test_a_correction_from_a_place_where_it_is_earlier_in_the_day_is_the_newest(
    station: Station, colleague: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _clock_of("Europe/Berlin", monkeypatch):
        station.send()
    with _clock_of("America/New_York", monkeypatch):
        correction = {"labels": colleague.corrected(), "reviewer": "Curie^Marie", "approved": True}
        assert colleague.send(**correction).version == 2
        assert colleague.send(**correction).pushed == ()
    assert [result.version for result in station.prepare().results] == [1, 2]
    assert np.array_equal(read_labelmap(station.resume().labels).labels, drawn(larger=True))


@contextmanager
def _clock_of(zone: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    "changes",
    [{"reviewer": "Curie^Marie"}, {"formats": ("SEG",)}, {"edited": True}],
    ids=["another reviewer", "another kind of object", "signed as corrected"],
)
def test_whatever_differs_is_sent(station: Station, changes: dict[str, Any]) -> None:
    station.send()
    sent = station.send(**changes)
    assert (sent.version, len(sent.pushed)) == (2, 1)


def test_another_way_to_draw_is_no_repetition_and_the_same_way_is(station: Station) -> None:
    contouring = Contouring(with_nested=True, smooth=True)
    station.send()
    drawn_anew = station.send(contouring=contouring)
    assert drawn_anew.version == 2
    assert "Smooth contours enclose up to" in drawn_anew.objects[0].check
    assert station.send(contouring=contouring).pushed == ()


def test_a_single_changed_voxel_is_sent(station: Station) -> None:
    station.send()
    path = JobFolder(station.folder).segmentation
    segmentation = read_labelmap(path)
    segmentation.labels[2, 10, 10] = 0
    write_labelmap(segmentation, path)
    assert station.send().version == 2
