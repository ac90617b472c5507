"""What earlier sendings of a study left in the outbox: delivered first, completed, given up or made anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from archives import RunningArchive, running_embedded, write_study
from faulty_proxy import Fault, FaultyProxy, Plan
from pydicom.uid import SegmentationStorage
from stations import SHAPE, Station, without_name

from BratsSegmenterLib.archive import NotStoredError, Outbox, StoreRefusedError, TransactionState
from BratsSegmenterLib.archive.embedded import serve
from BratsSegmenterLib.archive.threads import Stop
from BratsSegmenterLib.dicom import ObjectKind
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.errors import ArchiveError, Cancelled
from BratsSegmenterLib.jobs import SendJob
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder
from BratsSegmenterLib.workbench import Workbench


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
    assert not any(file.exists() for file in left.files), "they name the patient"


def test_what_waits_is_the_first_where_nothing_came_meanwhile(station: Station) -> None:
    with station.archive.behind_faults() as proxy:
        profile = station.archive.connect(proxy.url).profile
        proxy.plan(Plan(Fault.STATUS, "POST", status=401))
        with pytest.raises(ArchiveError):
            station.send(profile=profile, only_first=True)
        sent = station.send(profile=profile, only_first=True)
    assert (sent.gave_way, sent.version, len(sent.pushed)) == (False, 1, 1)
    assert station.instances() == 1


def test_what_waits_when_the_archive_renames_the_patient_is_not_delivered(tmp_path: Path) -> None:
    identity = StudyIdentity()
    with serve(tmp_path / "before") as running, running_embedded(running).behind_faults() as proxy:
        archive = running_embedded(running)
        archive.connect().store(write_study(tmp_path / "scanner", identity, 4, SHAPE), compare=False)
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
            with pytest.raises(NotStoredError, match=r"could not take an object \(Segmentation Storage\) now"):
                station.send(formats=("RTSTRUCT", "SEG"))
            assert station.instances() == 1, "the same is tried again, not made anew"
        as_it_is, corrected, again = (
            station.send(formats=("RTSTRUCT",)),
            station.send(station.corrected(), formats=("RTSTRUCT",)),
            station.send(station.corrected(), formats=("RTSTRUCT",)),
        )
        assert (as_it_is.version, as_it_is.pushed) == (1, ())
        assert (corrected.version, len(corrected.pushed)) == (2, 1)
        why = (
            "What had waited was not delivered: "
            "The PACS 'embedded' could not take an object (Segmentation Storage) now (status 500)."
        )
        assert as_it_is.notes[1:] == ("What had not arrived of version 1 is not sent any more.", why)
        assert corrected.notes == ()
        assert (again.pushed, len(again.notes)) == ((), 1)
        proxy.behave()
        station.send(station.corrected(), formats=("RTSTRUCT",))
        assert station.instances() == 2, "the version before does not arrive after the correction"
        assert [result.kinds for result in station.prepare().results] == [(ObjectKind.RTSTRUCT,)] * 2
    assert Outbox(JobFolder(station.folder).outbox).undelivered() == ()


def test_what_the_archive_refused_is_done_with_when_it_is_sent_without_that(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    with _failing_over_seg(embedded_archive, tmp_path, 400) as (station, _proxy):
        with pytest.raises(StoreRefusedError, match=r"refused an object \(Segmentation Storage\)"):
            station.send(formats=("RTSTRUCT", "SEG"))
        outbox = Outbox(JobFolder(station.folder).outbox)
        (refused,) = outbox.awaited()
        sent = station.send(formats=("RTSTRUCT",))
        assert sent.notes[1:] == ("What had not arrived of version 1 is not sent any more.",)
        assert outbox.undelivered() == (), "nothing keeps the study from being cleaned up, or its router waiting"
        assert not any(file.exists() for file in refused.files)
        assert len(station.send(formats=("RTSTRUCT",)).notes) == 1


_NOT_THIS_KIND = {"00081198": {"vr": "SQ", "Value": [{"00081197": {"vr": "US", "Value": [0x0122]}}]}}


def test_a_kind_that_the_archive_refuses_is_named_with_what_arrived_without_it(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    refusals = [Plan(Fault.BODY, "POST", holding=_ON_SEG, body=json.dumps(_NOT_THIS_KIND).encode())] * 4
    with _failing(embedded_archive, tmp_path, *refusals) as (station, _proxy):
        for _ in range(2):
            with pytest.raises(StoreRefusedError) as refused:
                station.send(formats=("SEG", "RTSTRUCT", "KEY_IMAGE"))
            assert refused.value.what == (
                "The PACS 'embedded' refused an object (Segmentation Storage): it does not take this kind of object. "
                "What arrived: RT Structure Set Storage, 2 x Secondary Capture Image Storage."
            )
            assert "send without this kind" in refused.value.advice
            assert station.instances() == 3


_SECOND_IMAGE = b"\x20\x00\x13\x00IS\x02\x002 "  # its Instance Number (0020,0013), in explicit VR


def test_a_key_image_that_is_lacking_is_sent_though_there_is_another(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    with _failing(embedded_archive, tmp_path, *[Plan(Fault.STATUS, "POST", status=400, holding=_SECOND_IMAGE)] * 4) as (
        station,
        proxy,
    ):
        for _ in range(2):
            with pytest.raises(StoreRefusedError):
                station.send(formats=("RTSTRUCT", "KEY_IMAGE"))
            assert station.instances() == 2
        proxy.behave()
        assert len(station.send(formats=("RTSTRUCT", "KEY_IMAGE")).pushed) == 3
        assert station.instances() == 3


@pytest.mark.parametrize("formats", [("RTSTRUCT",), ("RTSTRUCT", "SEG")])
def test_what_the_archive_changed_in_other_matters_than_the_result_is_not_sent_again(
    embedded_archive: RunningArchive, tmp_path: Path, formats: tuple[str, ...]
) -> None:
    with _failing(embedded_archive, tmp_path, Plan(Fault.COERCED, "POST", holding=b"W/WO", body=b"WITH")) as (
        station,
        _proxy,
    ):
        with pytest.raises(StoreRefusedError, match="other content than was sent") as refused:
            station.send(formats=formats)
        sent = station.send(formats=formats)
        assert sent.notes == (
            "Version 1 in the archive says exactly this already; nothing was sent.",
            f"{refused.value}",
        )
        assert station.instances() == len(formats)
        assert Outbox(JobFolder(station.folder).outbox).undelivered() == ()


def test_a_result_that_the_archive_made_another_one_of_goes_out_under_new_uids(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    with _failing(embedded_archive, tmp_path, Plan(Fault.COERCED, "POST", holding=b"Curie^M", body=b"Doe^Jan")) as (
        station,
        proxy,
    ):
        with pytest.raises(StoreRefusedError, match="other content than was sent"):
            station.send(formats=("RTSTRUCT",), reviewer="Curie^M")
        proxy.behave()
        sent = station.send(formats=("RTSTRUCT",), reviewer="Curie^M")
        assert (sent.version, len(sent.pushed)) == (2, 1)
        assert station.instances() == 2
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
        monkeypatch.setattr("BratsSegmenterLib.delivery.left_over.PROGRAM", "BratsSegmenter 99")
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
    with _failing(archive, folder, *[Plan(Fault.STATUS, "POST", status=status, holding=_ON_SEG)] * 100) as failing:
        yield failing


@contextmanager
def _failing(archive: RunningArchive, folder: Path, *plans: Plan) -> Iterator[tuple[Station, FaultyProxy]]:
    """A station on an archive that does as planned until it is to behave."""
    identity = StudyIdentity()
    archive.connect().store(write_study(folder / "scanner", identity, 4, SHAPE), compare=False)
    with archive.behind_faults() as proxy:
        proxy.plan(*plans)
        behind = replace(archive, profile=replace(archive.profile, url=proxy.url))
        yield Station(behind, identity.study_uid, folder / "station").segmented(), proxy
