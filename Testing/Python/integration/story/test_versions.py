"""A study that carries results already: said, counted on, not sent twice, taken up again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pydicom
import pytest
from archives import RunningArchive, running_embedded, write_study
from faulty_proxy import Fault, FaultyProxy, Plan
from head_phantom import head_volume
from highdicom.sr import srread
from numpy.typing import NDArray
from pydicom.uid import SegmentationStorage

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import (
    Credentials,
    NotStoredError,
    Outbox,
    StoreRefusedError,
    StudyChangedError,
    TransactionState,
)
from BratsSegmenterLib.archive.embedded import serve
from BratsSegmenterLib.archive.threads import Stop
from BratsSegmenterLib.cli import main
from BratsSegmenterLib.dicom import Authorship, Contouring, ObjectKind
from BratsSegmenterLib.dicom.mr_series import PROTOCOLS, StudyIdentity, write_mr_series
from BratsSegmenterLib.domain import Algorithm, Segmentation, Sequence, Volume
from BratsSegmenterLib.errors import ArchiveError, Cancelled, SeriesError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.job_folder import JobFolder, ResultRecord
from BratsSegmenterLib.job_results import PrepareResult, SegmentResult, SendResult
from BratsSegmenterLib.jobs import PrepareJob, ResumeJob, SendJob
from BratsSegmenterLib.labelmap import read_labelmap, read_mask, write_labelmap
from BratsSegmenterLib.ledger import Ledger
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.source_images import image_uids
from BratsSegmenterLib.versions import describe
from BratsSegmenterLib.workbench import Workbench

_SHAPE = (12, 96, 96)
_HEAD = Geometry.from_axes((34, 84, 70), (2.5, 2.5, 5.0), np.eye(3), np.array([-87.0, -103.0, -83.0]))
_TOO_SMALL_TO_RECOGNISE = (12, 48, 40)
_ALGORITHM = Algorithm("glioma-synthetic", "0.1", "cd" * 32, "brain-synthetic 0.1.0")
_ALL = ("RTSTRUCT", "SEG", "SR", "KEY_IMAGE")


def drawn(larger: bool = False, shape: tuple[int, int, int] = _SHAPE) -> NDArray[np.uint8]:
    """A tumour, or the same after a correction."""
    labels = np.zeros(shape, np.uint8)
    labels[2:8, 10:30, 10:30] = 2
    labels[3:7, 14:26, 14:26] = 3
    labels[4:6, 18:22, 18:22] = 1
    if larger:
        labels[4:6, 30:34, 12:20] = 2
    return labels


@dataclass
class Station:
    """A workstation with a job folder of its own on one study of an archive."""

    archive: RunningArchive
    study_uid: str
    folder: Path

    def prepare(self) -> PrepareResult:
        """Fetch the study."""
        return self._bench().prepare(PrepareJob(self.folder, self.archive.profile, self.study_uid))

    def segmented(self) -> Station:
        """As if the model had drawn on the T1c series."""
        self.prepare()
        return self._drawn_on(self.reference())

    def opened(self, files: list[Path]) -> Station:
        """As if the model had drawn on the T1c series of a study that lies on this computer."""
        self._bench().prepare(PrepareJob(self.folder, listed=tuple(files)))
        return self._drawn_on(dicom.load_volume(dicom.scan(files).series[-1]))

    def _drawn_on(self, volume: Volume) -> Station:
        labels = drawn(shape=volume.geometry.shape)
        write_labelmap(Segmentation(labels, volume.geometry, _ALGORITHM), JobFolder(self.folder).segmentation)
        images = {"T1c": image_uids(volume.series)}
        record = ResultRecord("T1c", {"T1c": volume.series.key}, _ALGORITHM, {}, images=images)
        JobFolder(self.folder).write_record(record)
        return self

    def reference(self) -> Volume:
        """The T1c series, the last of the study."""
        return dicom.load_volume(dicom.scan(JobFolder(self.folder).dicom).series[-1])

    def corrected(self) -> Path:
        """A file with the corrected label map."""
        path = self.folder / "corrected.nii.gz"
        write_labelmap(Segmentation(drawn(larger=True), self.reference().geometry, _ALGORITHM), path)
        return path

    def send(self, labels: Path | None = None, **changes: Any) -> SendResult:
        """Send the model's result, or a corrected one."""
        facts = {"edited": labels is not None, "profile": self.archive.profile, **changes}
        return self._bench().send(SendJob(self.folder, labels or JobFolder(self.folder).segmentation, **facts))

    def resume(self, uid: str = "") -> SegmentResult:
        """Take up what the study carries."""
        return self._bench().resume(ResumeJob(self.folder, uid))

    def instances(self) -> int:
        """How many objects of ours the archive holds."""
        archive = self.archive.connect()
        series = [one for one in archive.series(self.study_uid) if one.modality != "MR"]
        return sum(len(archive.find_instances(self.study_uid, one.series_uid)) for one in series)

    def _bench(self) -> Workbench:
        return Workbench(self.folder, self.archive.credentials, Progress())


@pytest.fixture
def station(any_archive: RunningArchive, tmp_path: Path) -> Station:
    """With a segmented study of its own."""
    identity = StudyIdentity()
    any_archive.connect().store(write_study(tmp_path / "scanner", identity, 4, _SHAPE), compare=False)
    return Station(any_archive, identity.study_uid, tmp_path / "station").segmented()


@pytest.fixture
def colleague(station: Station, tmp_path: Path) -> Station:
    """Another workstation on the same study, which fetched it before anything was sent."""
    return Station(station.archive, station.study_uid, tmp_path / "colleague").segmented()


def test_a_second_version_counts_on_refers_to_the_first_and_overwrites_nothing(
    station: Station, tmp_path: Path
) -> None:
    first = station.send(formats=_ALL)
    second = station.send(station.corrected(), formats=_ALL, reviewer="Curie^Marie", approved=True)
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


def _regions_with_interval(sent: SendResult) -> set[str]:
    (report,) = [srread(one.path) for one in sent.objects if one.kind == "SR"]
    groups = report.content.get_volumetric_roi_measurement_groups() + report.content.get_image_measurement_groups()
    volumes = {group.tracking_identifier: group.get_measurements()[0][0] for group in groups}
    return {key for key, volume in volumes.items() if "ContentSequence" in volume}


def test_a_whole_tumour_without_its_parts_is_sent_once_as_that_and_taken_up_as_that(station: Station) -> None:
    folder, grid = JobFolder(station.folder), station.reference().geometry
    whole = np.where(drawn(shape=grid.shape) > 0, 2, 0).astype(np.uint8)
    write_labelmap(Segmentation(whole, grid, _ALGORITHM), folder.segmentation)
    reasons = {key: f"{key} needs T1c." for key in ("ET", "NCR", "TC", "ED")}
    folder.write_record(replace(folder.record(), not_measured=reasons))
    first = station.send(formats=("RTSTRUCT", "SEG", "SR"))
    assert set(first.volumes_ml) == {"WT"}
    structures = pydicom.dcmread(first.objects[0].path)
    assert [roi.ROIName for roi in structures.StructureSetROISequence] == ["WT"]
    assert "ED needs T1c." in structures.StructureSetDescription
    nested = Contouring(with_nested=True)
    assert station.send(formats=("RTSTRUCT",), contouring=nested).pushed == (), "there is nothing nested to add"

    by_hand = whole.copy()
    by_hand[4:6, 14:20, 14:20] = 3
    write_labelmap(Segmentation(by_hand, grid, _ALGORITHM), folder.corrected)
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


def test_what_was_interrupted_goes_before_what_was_corrected_since_and_the_receipt_says_so(station: Station) -> None:
    with station.archive.behind_faults() as proxy:
        profile = station.archive.connect(proxy.url).profile
        proxy.plan(Plan(Fault.STATUS, "POST", status=401))
        with pytest.raises(ArchiveError):
            station.send(profile=profile)
        sent = station.send(station.corrected(), profile=profile)
    assert sent.version == 2
    assert sent.notes == ("Version 1, whose sending was interrupted, was delivered first.",)


@pytest.mark.parametrize("has_part", [False, True])
def test_what_its_user_stopped_goes_before_what_she_corrects_then_only_if_a_part_of_it_has_arrived(
    station: Station, has_part: bool
) -> None:
    with station.archive.behind_faults() as proxy:
        profile = station.archive.connect(proxy.url).profile
        proxy.plan(Plan(Fault.HANG, "POST", seconds=3.0) if has_part else Plan(Fault.STATUS, "POST", status=503))

        def is_time() -> bool:
            was_sent = any(method == "POST" for method, _path in proxy.requests)
            return was_sent and (not has_part or station.instances() > 0)

        bench = Workbench(station.folder, station.archive.credentials, Progress(is_cancelled=is_time))
        with pytest.raises(Cancelled, match="a part of it" if has_part else "nothing of it goes there later"):
            bench.send(SendJob(station.folder, JobFolder(station.folder).segmentation, edited=False, profile=profile))
        sent = station.send(station.corrected(), profile=profile)
    interrupted = ("Version 1, whose sending was interrupted, was delivered first.",)
    assert (sent.version, sent.notes) == ((2, interrupted) if has_part else (1, ()))
    assert station.instances() == sent.version


def test_what_an_interrupted_sending_left_is_delivered_and_not_doubled(station: Station) -> None:
    with station.archive.behind_faults() as proxy:
        profile = station.archive.connect(proxy.url).profile
        proxy.plan(Plan(Fault.STATUS, "POST", status=401))
        with pytest.raises(ArchiveError):
            station.send(profile=profile)
        assert station.instances() == 0
        sent = station.send(profile=profile)
    assert len(sent.pushed) == 1
    assert sent.notes == ("Version 1 in the archive says exactly this already: what had waited was delivered.",)
    assert station.instances() == 1


def test_what_nobody_has_looked_at_gives_way_to_a_result_that_came_meanwhile(
    station: Station, colleague: Station
) -> None:
    colleague.send(colleague.corrected(), reviewer="Curie^Marie", approved=True)
    sent = station.send(only_first=True)
    assert (sent.gave_way, sent.version, sent.pushed) == (True, 1, ())
    assert station.instances() == 1
    assert not Outbox(JobFolder(station.folder).outbox).undelivered()


def test_what_waits_and_nobody_has_looked_at_gives_way_too(station: Station, colleague: Station) -> None:
    with station.archive.behind_faults() as proxy:
        profile = station.archive.connect(proxy.url).profile
        proxy.plan(Plan(Fault.STATUS, "POST", status=401))
        with pytest.raises(ArchiveError):
            station.send(profile=profile, only_first=True)
        colleague.send(colleague.corrected(), reviewer="Curie^Marie", approved=True)
        assert station.send(profile=profile, only_first=True).gave_way
    assert station.instances() == 1
    (left,) = Outbox(JobFolder(station.folder).outbox).transactions()
    assert left.state is TransactionState.REPLACED, "no later sending delivers it after hers"


def test_what_waits_is_the_first_where_nothing_came_meanwhile(station: Station) -> None:
    with station.archive.behind_faults() as proxy:
        profile = station.archive.connect(proxy.url).profile
        proxy.plan(Plan(Fault.STATUS, "POST", status=401))
        with pytest.raises(ArchiveError):
            station.send(profile=profile, only_first=True)
        sent = station.send(profile=profile, only_first=True)
    assert (sent.gave_way, sent.version, len(sent.pushed)) == (False, 1, 1)
    assert station.instances() == 1


def without_name(folder: Path, to: Path) -> list[Path]:
    """Copies of the DICOM files of a folder, under the same UIDs, that name nobody."""
    copies = []
    to.mkdir()
    for number, file in enumerate(folder.rglob("*.dcm")):
        dataset = pydicom.dcmread(file)
        dataset.PatientName = dataset.PatientID = "ANON-3"
        copies.append(to / f"{number}.dcm")
        dataset.save_as(copies[-1])
    return copies


def test_names_of_one_archive_do_not_come_to_another(station: Station, tmp_path: Path) -> None:
    with serve(tmp_path / "research") as running:
        research = Station(running_embedded(running), station.study_uid, station.folder)
        anonymous = without_name(JobFolder(station.folder).dicom, tmp_path / "anonymous")
        research.archive.connect().store(anonymous, compare=False)
        with pytest.raises(StudyChangedError, match="names another patient"):
            research.send()
        assert research.instances() == 0
        research.prepare()
        sent = research.send(formats=_ALL)
    assert {str(pydicom.dcmread(one.path).PatientName) for one in sent.objects} == {"ANON-3"}


def test_a_result_is_not_sent_on_images_that_took_the_place_of_those_it_was_drawn_on(
    station: Station, tmp_path: Path
) -> None:
    station.send()
    station.prepare()
    station.resume()
    corrected = station.corrected()
    with serve(tmp_path / "replaced") as running:
        later = Station(running_embedded(running), station.study_uid, station.folder)
        files = sorted((tmp_path / "scanner").rglob("*.dcm"))
        later.archive.connect().store(with_other_images(files, "3-T1c", tmp_path / "others"), compare=False)
        with pytest.raises(StudyChangedError, match="no longer holds all images of Series 4"):
            later.send(corrected, reviewer="Curie^Marie", approved=True)
        later.prepare()
        with pytest.raises(StudyChangedError, match=r"T1c, holds other images .* segment it again"):
            later.send(corrected, reviewer="Curie^Marie", approved=True)
        with pytest.raises(StudyChangedError, match="Corrections stay in the study's folder"):
            later.send(profile=None)
        assert later.instances() == 0
        assert len(later.segmented().send().pushed) == 1


def with_other_images(files: list[Path], series: str, to: Path) -> list[Path]:
    """Copies of the DICOM files, of which those in the folder of one series have new UIDs and other pixels."""
    copies = []
    to.mkdir()
    for number, file in enumerate(files):
        dataset = pydicom.dcmread(file)
        if file.parent.name == series:
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
            dataset.PixelData = np.ascontiguousarray(dataset.pixel_array[::-1, ::-1]).tobytes()
        copies.append(to / f"{number}.dcm")
        dataset.save_as(copies[-1])
    return copies


def test_what_waits_when_the_archive_renames_the_patient_is_not_delivered(tmp_path: Path) -> None:
    identity = StudyIdentity()
    with serve(tmp_path / "before") as running, running_embedded(running).behind_faults() as proxy:
        archive = running_embedded(running)
        archive.connect().store(write_study(tmp_path / "scanner", identity, 4, _SHAPE), compare=False)
        station = Station(archive, identity.study_uid, tmp_path / "station").segmented()
        proxy.plan(Plan(Fault.STATUS, "POST", status=401))
        port = urlsplit(proxy.url).port
        with pytest.raises(ArchiveError, match="401"):
            station.send(profile=archive.connect(proxy.url).profile)
    with serve(tmp_path / "after", port or 0) as running:
        station.archive = running_embedded(running)
        station.archive.connect().store(without_name(tmp_path / "scanner", tmp_path / "anonymous"), compare=False)
        station.prepare()
        sent = station.send()
        assert station.instances() == len(sent.pushed) == 1
        (note,) = sent.notes
        assert note.startswith("What had waited was not delivered: The objects in the outbox name another patient")
        assert station.send(station.corrected()).notes == ()


_ON_SEG = f"{SegmentationStorage}".encode()


def test_a_kind_of_object_that_the_archive_fails_over_keeps_no_later_result_back(
    embedded_archive: RunningArchive, tmp_path: Path, without_waits: None
) -> None:
    with _failing_over_seg(embedded_archive, tmp_path, 500) as (station, proxy):
        for _ in range(2):
            with pytest.raises(NotStoredError, match="could not take the object now"):
                station.send(formats=("RTSTRUCT", "SEG"))
            assert station.instances() == 1, "the same is tried again, not made anew"
        as_it_is, corrected, again = (
            station.send(formats=("RTSTRUCT",)),
            station.send(station.corrected(), formats=("RTSTRUCT",)),
            station.send(station.corrected(), formats=("RTSTRUCT",)),
        )
        assert (as_it_is.version, as_it_is.pushed) == (1, ())
        assert (corrected.version, len(corrected.pushed)) == (2, 1)
        why = "What had waited was not delivered: The PACS 'embedded' could not take the object now (status 500)."
        assert (as_it_is.notes[-1], corrected.notes) == (why, (why,))
        assert (again.pushed, len(again.notes)) == ((), 1)
        proxy.behave()
        station.send(station.corrected(), formats=("RTSTRUCT",))
        assert station.instances() == 2, "the version before does not arrive after the correction"
        assert [result.kinds for result in station.prepare().results] == [(ObjectKind.RTSTRUCT,)] * 2
    assert Outbox(JobFolder(station.folder).outbox).undelivered() == ()


@pytest.mark.parametrize("status", [500, 400])
def test_a_result_of_which_a_part_arrived_is_completed_and_not_doubled(
    embedded_archive: RunningArchive, tmp_path: Path, without_waits: None, status: int
) -> None:
    with _failing_over_seg(embedded_archive, tmp_path, status) as (station, proxy):
        for _ in range(2):
            with pytest.raises(ArchiveError):
                station.send(formats=("RTSTRUCT", "SEG"))
        assert station.instances() == 1
        proxy.behave()
        sent = station.send(formats=("RTSTRUCT", "SEG"))
        assert sent.notes == ("Version 1 in the archive says exactly this already: what had waited was delivered.",)
        assert sent.receipt is not None
        assert sent.receipt.is_file()
        (result,) = station.prepare().results
    assert set(result.kinds) == {ObjectKind.RTSTRUCT, ObjectKind.SEG}


def test_what_was_refused_from_another_release_is_made_anew(
    embedded_archive: RunningArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _failing_over_seg(embedded_archive, tmp_path, 400) as (station, proxy):
        with pytest.raises(StoreRefusedError):
            station.send(formats=("SEG",))
        proxy.behave()
        monkeypatch.setattr("BratsSegmenterLib.left_over.PROGRAM", "BratsSegmenter 99")
        assert len(station.send(formats=("SEG",)).objects) == 1
        assert station.instances() == 1


@pytest.fixture
def without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses between the attempts of a request."""
    sleep = Stop.sleep
    monkeypatch.setattr(Stop, "sleep", lambda stop, _seconds: sleep(stop, 0))


@contextmanager
def _failing_over_seg(archive: RunningArchive, folder: Path, status: int) -> Iterator[tuple[Station, FaultyProxy]]:
    """A station on an archive that answers every SEG with a status until it is to behave."""
    identity = StudyIdentity()
    archive.connect().store(write_study(folder / "scanner", identity, 4, _SHAPE), compare=False)
    with archive.behind_faults() as proxy:
        proxy.plan(*[Plan(Fault.STATUS, "POST", status=status, holding=_ON_SEG)] * 100)
        behind = replace(archive, profile=replace(archive.profile, url=proxy.url))
        yield Station(behind, identity.study_uid, folder / "station").segmented(), proxy


def test_a_study_that_is_fetched_is_no_longer_read_from_the_folder_it_was_opened_from(
    station: Station, tmp_path: Path
) -> None:
    of_three_series = [file for file in (tmp_path / "scanner").rglob("*.dcm") if "T1c" not in str(file)]
    bench = Workbench(station.folder, Credentials(), Progress())
    assert bench.prepare(PrepareJob(station.folder, listed=tuple(of_three_series))).missing == ("T1c",)
    assert station.prepare().missing == ()


def test_images_of_this_computer_are_sent_to_an_archive_without_them_and_that_is_said(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    identity = StudyIdentity()
    files = write_study(tmp_path / "disc", identity, 4, _SHAPE)
    station = Station(embedded_archive, identity.study_uid, tmp_path / "station").opened(files)
    alone = "The PACS 'embedded' did not hold this study: the result stands there alone, without its images."
    assert station.send().notes == (alone,)
    assert station.send().notes == (
        "Version 1 in the archive says exactly this already; nothing was sent.",
        "The PACS 'embedded' holds this study without Series 4, on which the result was drawn.",
    )


def test_an_archive_that_does_not_find_an_unknown_study_takes_the_result_alone(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    identity = StudyIdentity()
    files = write_study(tmp_path / "disc", identity, 4, _SHAPE)
    station = Station(embedded_archive, identity.study_uid, tmp_path / "station").opened(files)
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(*[Plan(Fault.NONE_IS_NOT_FOUND, "GET")] * 20)
        sent = station.send(profile=embedded_archive.connect(proxy.url).profile)
    assert (sent.version, len(sent.pushed), station.instances()) == (1, 1, 1)


def test_a_result_is_taken_up_exactly_by_a_station_that_never_segmented(station: Station, tmp_path: Path) -> None:
    sent = station.send(station.corrected(), formats=("RTSTRUCT", "SEG"), reviewer="Curie^Marie")
    other = Station(station.archive, station.study_uid, tmp_path / "other")
    other.prepare()
    for uid in ("", *(one.sop_instance_uid for one in sent.objects)):
        taken_up = other.resume(uid)
        assert np.array_equal(read_labelmap(taken_up.labels).labels, drawn(larger=True))
        assert replace(taken_up.algorithm, weights_sha256="") == replace(_ALGORITHM, weights_sha256="")
        assert (taken_up.reference, taken_up.tolerated, taken_up.uncertainty) == ("T1c", (), None)
        assert set(taken_up.volumes) == {"T1", "T1c", "T2", "FLAIR"}


def test_regions_on_a_series_that_is_no_known_sequence_are_taken_up_and_that_is_said(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    identity = StudyIdentity()
    embedded_archive.connect().store(write_study(tmp_path / "scanner", identity, 4, _TOO_SMALL_TO_RECOGNISE))
    station = Station(embedded_archive, identity.study_uid, tmp_path / "station").segmented()
    station.send()
    station.prepare()
    taken_up = station.resume()
    assert taken_up.tolerated == ("It was drawn on Series 4, which is shown in the place of T1c.",)
    assert np.array_equal(read_labelmap(taken_up.labels).labels, drawn(shape=_TOO_SMALL_TO_RECOGNISE))


def test_what_was_taken_up_stays_corrected_even_when_it_is_sent_as_it_is(station: Station, tmp_path: Path) -> None:
    station.send(station.corrected())
    other = Station(station.archive, station.study_uid, tmp_path / "other")
    other.prepare()
    taken_up = other.resume()
    assert taken_up.brain is None
    assert "No brain was found in the images." in taken_up.warnings
    assert other.send().objects == ()
    signed = other.send(reviewer="Curie^Marie")
    structure_set = pydicom.dcmread(signed.objects[0].path)
    assert {roi.ROIGenerationAlgorithm for roi in structure_set.StructureSetROISequence} == {"SEMIAUTOMATIC"}


def test_with_regions_that_are_taken_up_comes_the_brain_to_which_editing_is_limited(tmp_path: Path) -> None:
    image = head_volume(Sequence.T1C, _HEAD)
    files = write_mr_series(10 * image.array, _HEAD, tmp_path / "1", StudyIdentity(), PROTOCOLS[Sequence.T1C], 1)
    bench = Workbench(tmp_path / "first", Credentials(), Progress())
    series = bench.prepare(PrepareJob(tmp_path / "first", listed=tuple(files))).sequences["T1c"].key
    folder = JobFolder(tmp_path / "first")
    write_labelmap(Segmentation(drawn(shape=_HEAD.shape), _HEAD, _ALGORITHM), folder.segmentation)
    folder.write_record(ResultRecord("T1c", {"T1c": series}, _ALGORITHM, {}))
    (structures,) = bench.send(SendJob(folder.path, folder.segmentation, edited=False)).objects
    other = Workbench(tmp_path / "other", Credentials(), Progress())
    other.prepare(PrepareJob(tmp_path / "other", listed=(*files, structures.path)))
    taken_up = other.resume(ResumeJob(tmp_path / "other"))
    assert taken_up.brain is not None
    brain = read_mask(taken_up.brain)
    assert brain.shape == _HEAD.shape
    assert 0.1 < brain.mean() < 0.5


def test_regions_that_are_not_ours_are_said_and_not_guessed(station: Station, tmp_path: Path) -> None:
    sent = station.send()
    dataset = pydicom.dcmread(sent.objects[0].path)
    dataset.Manufacturer = "Somebody"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    dataset.SeriesInstanceUID = pydicom.uid.generate_uid()
    for roi in dataset.StructureSetROISequence:
        roi.ROIGenerationAlgorithm = "MANUAL"
        roi.ROIName = {"ET": "Brainstem"}.get(roi.ROIName, roi.ROIName)
    dataset.save_as(tmp_path / "others.dcm")
    station.archive.connect().store([tmp_path / "others.dcm"])
    other = Station(station.archive, station.study_uid, tmp_path / "other")
    prepared = other.prepare()
    assert [result.version for result in prepared.results] == [1]
    (foreign,) = prepared.others
    assert (foreign.algorithm.name, foreign.label, len(foreign.region_names)) == ("Somebody", "Glioma v1", 3)
    taken_up = other.resume(str(dataset.SeriesInstanceUID))
    assert any("Brainstem is no region of this program" in sentence for sentence in taken_up.tolerated)
    labels = read_labelmap(taken_up.labels).labels
    assert set(np.unique(labels)) == {0, 1, 2}
    assert taken_up.algorithm.name == "Somebody"
    sent_on = other.send(formats=("RTSTRUCT", "SEG"))
    structures, seg = (pydicom.dcmread(one.path) for one in sent_on.objects)
    assert structures.StructureSetROISequence[0].ROIGenerationAlgorithm == "SEMIAUTOMATIC"
    assert structures.SeriesDescription == "Glioma regions v2 (drawn in Somebody, not reviewed)"
    (algorithm,) = seg.SegmentSequence[0].SegmentationAlgorithmIdentificationSequence
    assert algorithm.AlgorithmFamilyCodeSequence[0].CodeMeaning == "Manual Processing"
    assert algorithm.AlgorithmSource == "Somebody"
    assert {one.algorithm for one in dicom.result_objects([one.path for one in sent_on.objects])} == {
        taken_up.algorithm
    }


def test_a_result_that_names_another_patient_is_no_result_of_the_study_and_keeps_nothing_waiting(
    station: Station, tmp_path: Path
) -> None:
    station.send()
    stray = pydicom.dcmread(JobFolder(station.folder).objects / "rtstruct.dcm")
    stray.PatientID, stray.StructureSetLabel = "OLD-1", "Glioma v7"
    stray.SOPInstanceUID = stray.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    stray.SeriesInstanceUID = pydicom.uid.generate_uid()
    stray.save_as(tmp_path / "stray.dcm")
    station.archive.connect().store([tmp_path / "stray.dcm"])
    other = Station(station.archive, station.study_uid, tmp_path / "other")
    prepared = other.prepare()
    assert ([result.version for result in prepared.results], prepared.others) == ([1], ())
    assert any("It names another patient, or writes the ID otherwise" in note for note in prepared.notes)
    with pytest.raises(SeriesError, match="The study carries no structure set"):
        other.resume(stray.SOPInstanceUID)
    assert station.send(station.corrected()).version == 2


def test_a_study_without_regions_cannot_be_taken_up(station: Station) -> None:
    with pytest.raises(SeriesError, match="neither a structure set nor a segmentation"):
        station.resume()
    with pytest.raises(SeriesError, match=r"no structure set or segmentation 1\.2\.3"):
        station.resume("1.2.3")


def test_a_correction_that_was_sent_is_in_the_ledger_once(station: Station, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    station.send(ledger=ledger)
    assert not ledger.exists()
    corrected = station.corrected()
    for _ in range(2):
        station.send(corrected, ledger=ledger, minutes_spent=4.5, reviewer="Curie^Marie")
    (entry,) = Ledger(ledger).entries()
    assert (entry.minutes_spent, entry.starts_from_ai, entry.algorithm) == (4.5, True, _ALGORITHM)
    changes = {change.region: change for change in entry.regions}
    assert changes["ED"].dice < 1
    assert changes["ET"].dice == 1
    before = np.load(ledger / "masks" / f"{entry.before_mask}.npz")["labels"]
    assert np.array_equal(before, drawn())
    kept = b"".join(path.read_bytes() for path in ledger.rglob("*") if path.is_file())
    assert station.study_uid.encode() not in kept
    assert Ledger(ledger).verify() == 1


def test_a_broken_ledger_is_said_and_does_not_undo_what_was_sent(station: Station, tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "entries.jsonl").write_text("broken\n")
    sent = station.send(station.corrected(), ledger=tmp_path / "ledger")
    assert len(sent.pushed) == 1
    assert "Entry 1 was changed" in sent.notes[0]


def test_a_correction_that_the_ledger_refused_is_entered_when_it_is_sent_again(
    station: Station, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    ledger.write_text("in the way")
    corrected = station.corrected()
    refused = station.send(corrected, ledger=ledger, reviewer="Curie^Marie")
    assert "send once more" in refused.notes[0]
    ledger.unlink()
    for _ in range(2):
        again = station.send(corrected, ledger=ledger, reviewer="Curie^Marie")
        assert (again.version, again.pushed, len(again.notes)) == (1, (), 1)
    assert Ledger(ledger).verify() == 1


def test_a_signed_return_to_the_model_s_result_is_in_the_ledger_and_an_unsigned_one_is_not(
    station: Station, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    station.send(ledger=ledger, reviewer="Curie^Marie")
    assert not ledger.exists(), "there is no correction to take back"
    station.send(station.corrected(), ledger=ledger, reviewer="Curie^Marie")
    station.send(ledger=ledger)
    assert Ledger(ledger).verify() == 1
    station.send(ledger=ledger, reviewer="Meitner^Lise")
    correction, back = Ledger(ledger).entries()
    assert (correction.changes_nothing, back.changes_nothing) == (False, True)
    assert back.reviewer not in ("", correction.reviewer)


def test_the_command_line_resumes_corrects_exports_and_keeps_a_ledger(
    station: Station, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in station.archive.credentials.to_json().items():
        monkeypatch.setenv(f"BRATS_SEGMENTER_{name.upper()}", value)
    station.send()
    job, ledger = tmp_path / "job", tmp_path / "ledger"
    source = ["--archive", station.archive.profile.url, "--study", station.study_uid]
    assert main(["resume", *source, "--out", str(job), "--json"]) == 0
    resumed = json.loads(capsys.readouterr().out)
    assert (resumed["reference"], resumed["tolerated"]) == ("T1c", [])
    assert np.array_equal(read_labelmap(Path(resumed["labels"])).labels, drawn())

    assert main(["recognise", str(job / "dicom")]) == 0
    assert "Version 1: AI, not reviewed" in " ".join(capsys.readouterr().out.split())

    correction = ["--labels", str(station.corrected()), "--ledger", str(ledger), "--minutes", "3"]
    assert main(["export", str(job), *correction, "--nested", "--smooth", "--json"]) == 0
    exported = json.loads(capsys.readouterr().out)
    assert exported["version"] == 2
    structure_set = pydicom.dcmread(exported["objects"][0]["path"])
    assert {"WT", "TC"} <= {roi.ROIName for roi in structure_set.StructureSetROISequence}
    assert "smoothed for appearance" in structure_set.StructureSetDescription
    assert main(["ledger", "verify", str(ledger)]) == 0
    assert "1 entries" in capsys.readouterr().out
    assert main(["ledger", "list", str(ledger), "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["entries"]
    assert (entry["minutes_spent"], entry["starts_from_ai"]) == (3.0, True)
