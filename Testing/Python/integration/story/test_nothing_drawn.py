"""A result in which nothing is drawn: a report says so in somebody's name, and later work goes by it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from archives import RunningArchive, write_study
from highdicom.sr import srread
from stations import ALL_FORMATS, SHAPE, Station

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.dicom import result_objects
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.domain import REGIONS
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.job_results import SendResult
from BratsSegmenterLib.jobs import PriorsJob
from BratsSegmenterLib.labelmap import read_labelmap
from BratsSegmenterLib.prior_studies import find_priors
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder
from BratsSegmenterLib.versions import describe

_SIGNED = {"formats": ALL_FORMATS, "reviewer": "Curie^Marie", "approved": True}


def test_a_report_alone_says_so_and_takes_the_place_of_the_version_before(station: Station, colleague: Station) -> None:
    first = station.send(formats=ALL_FORMATS)
    blank = station.send(station.blank(), **_SIGNED)
    assert [one.kind for one in blank.objects] == ["SR"]
    assert blank.notes == ("Nothing is drawn: the measurement report, which says so, was written alone.",)
    assert station.instances() == len(first.pushed) + 1
    report = srread(blank.objects[0].path)
    groups = report.content.get_image_measurement_groups()
    assert {group.tracking_identifier: group.get_measurements()[0].value for group in groups} == dict.fromkeys(
        ("ET", "NCR", "ED", "TC", "WT"), 0
    )
    comments = [
        item.TextValue for item in report.ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == "121106"
    ]
    assert "Nothing is drawn: the reviewer saw none of the measured regions." in comments
    (study,) = report.PredecessorDocumentsSequence
    uids = {one.kind: one.sop_instance_uid for one in first.objects}
    assert study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == uids["SR"]

    again = colleague.send(colleague.blank(), **_SIGNED)
    assert (again.pushed, again.version) == ((), 2), "the colleague says nothing new"
    assert "version 2: nothing drawn, reviewed by Curie, Marie, approved" in describe(colleague.prepare().results)


def test_one_that_measured_more_is_not_what_a_report_with_less_has_said(station: Station, colleague: Station) -> None:
    folder = JobFolder(station.folder)
    not_measured = {key: REGIONS[key].unmeasured.of("it needs T1c") for key in ("ET", "NCR", "TC")}
    folder.write_record(replace(folder.record(), not_measured=not_measured))
    shutil.copy(station.blank(), folder.segmentation)
    first = station.send(reviewer="Curie^Marie", formats=("SR",))
    assert set(first.volumes_ml) == {"ED", "WT"}
    assert station.send(reviewer="Curie^Marie", formats=("SR",)).pushed == ()

    second = colleague.send(colleague.blank(), reviewer="Curie^Marie", formats=("SR",))
    assert (second.version, len(second.pushed)) == (2, 1)
    assert set(second.volumes_ml) == {"ET", "NCR", "ED", "TC", "WT"}


def test_whoever_takes_up_the_study_begins_with_nothing_and_can_draw_again(station: Station) -> None:
    station.send(formats=ALL_FORMATS)
    station.send(station.blank(), **_SIGNED)
    station.prepare()
    taken_up = station.resume()
    assert not read_labelmap(taken_up.labels).labels.any()
    assert taken_up.tolerated == ("By this report nothing is drawn.",)
    third = station.send(station.corrected(), **_SIGNED)
    assert (third.version, third.notes) == (3, ())
    assert {one.kind for one in third.objects} == set(ALL_FORMATS)
    report = srread(next(one.path for one in third.objects if one.kind == "SR"))
    assert "Nothing is drawn" not in str(report)


def test_a_report_whose_content_is_damaged_counts_as_a_version_and_not_as_blank(station: Station) -> None:
    (blank,) = station.send(station.blank(), profile=None, **_SIGNED).objects
    report = pydicom.dcmread(blank.path)
    for item in report.ContentSequence:
        item.ConceptNameCodeSequence = []
    report.save_as(blank.path)
    (result,) = result_objects([blank.path])
    assert (result.version, result.is_blank) == (1, False)


def test_a_report_of_a_tumour_whose_segments_are_gone_does_not_say_that_nothing_is_drawn(station: Station) -> None:
    written = station.send(profile=None, formats=("SR",), reviewer="Curie^Marie")
    (report,) = [one.path for one in written.objects if one.kind == "SR"]
    station.archive.connect().store([report])
    blank = station.send(station.blank(), formats=("SR",), reviewer="Curie^Marie")
    assert (blank.version, len(blank.pushed)) == (2, 1)


def test_a_router_that_comes_later_stores_nothing_beside_it(station: Station) -> None:
    station.send(station.blank(), **_SIGNED)
    later = station.send(only_first=True)
    assert (later.gave_way, later.pushed, later.version) == (True, (), 1)
    assert station.instances() == 1


def test_what_was_drawn_and_sent_before_is_sent_again_after_it(station: Station) -> None:
    station.send()
    station.send(station.blank(), **_SIGNED)
    assert station.send().version == 3


def test_a_later_study_is_compared_with_nothing(any_archive: RunningArchive, tmp_path: Path) -> None:
    identity = StudyIdentity(patient_id="NOTHING-DRAWN-1")
    any_archive.connect().store(write_study(tmp_path / "scanner", identity, 4, SHAPE), compare=False)
    station = Station(any_archive, identity.study_uid, tmp_path / "station").segmented()
    station.send(formats=("SEG",))
    station.send(station.blank(), **_SIGNED)
    now = StudySummary("2.25.1", "", identity.patient_id, "", "20991231", "", ("MR",), 2, 8)
    job = PriorsJob(tmp_path / "priors", any_archive.profile, now)
    (prior,) = find_priors(any_archive.connect(), job, Progress()).studies
    assert prior.volumes is not None
    assert set(prior.volumes.volumes_ml) == {"ET", "NCR", "ED", "TC", "WT"}
    assert not any(prior.volumes.volumes_ml.values())


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"formats": ("RTSTRUCT", "SEG", "KEY_IMAGE"), "reviewer": "Curie^Marie"}, "no contours, segments or pictures"),
        ({"formats": ALL_FORMATS}, "no program can answer for that"),
    ],
    ids=["without a report", "in nobody's name"],
)
def test_it_is_refused_before_the_archive_is_asked_and_leaves_what_was_written_before(
    station: Station, facts: dict[str, object], sentence: str
) -> None:
    written = _written(station)
    nobody = replace(station.archive.profile, url="http://127.0.0.1:1/dicom-web")
    with pytest.raises(ExportError, match=sentence):
        station.send(station.blank(), profile=nobody, **facts)
    assert all(path.exists() for path in written)


def _written(station: Station) -> list[Path]:
    result: SendResult = station.send(profile=None)
    return [one.path for one in result.objects]
