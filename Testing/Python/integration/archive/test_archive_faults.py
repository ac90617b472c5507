"""What goes wrong on the way to an archive: each has its sentence, and nothing is lost or half-written."""

from __future__ import annotations

import gzip
import json
import resource
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from archives import RunningArchive, write_study
from bombs import deflated, packed_zeros
from faulty_proxy import Fault, FaultyProxy, Plan
from pydicom import Dataset, dcmread
from pydicom.uid import SegmentationStorage
from series_samples import copy_as_new_instance

from BratsSegmenterLib.archive import NotFoundError, StoreRefusedError, StudyQuery, TemporaryArchiveError
from BratsSegmenterLib.archive.multipart import encode
from BratsSegmenterLib.dicom import scan
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.dicom.values import new_uid
from BratsSegmenterLib.errors import ArchiveError, Cancelled
from BratsSegmenterLib.progress import Progress


@pytest.fixture
def study() -> StudyIdentity:
    return StudyIdentity(patient_name="Secret^Person", patient_id="SECRET-1")


@pytest.fixture
def files(study: StudyIdentity, tmp_path: Path) -> list[Path]:
    return write_study(tmp_path / "study", study)


@pytest.fixture
def stored(any_archive: RunningArchive, study: StudyIdentity, files: list[Path]) -> list[Path]:
    any_archive.connect().store(files, study.study_uid, compare=False)
    return files


@pytest.fixture
def proxy(any_archive: RunningArchive) -> Iterator[FaultyProxy]:
    with any_archive.behind_faults() as proxy:
        yield proxy


def count(archive: RunningArchive, study: StudyIdentity) -> int:
    client = archive.connect()
    return sum(len(client.find_instances(study.study_uid, one.series_uid)) for one in client.series(study.study_uid))


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (Plan(Fault.STATUS, status=403), "answered 403: this account is not allowed"),
        (Plan(Fault.STATUS, status=500), "answered 500"),
        (Plan(Fault.WEB_PAGE), "answered with a web page in place of DICOM"),
        (Plan(Fault.REDIRECT, location="http://evil.example/studies"), "redirects to another address"),
        (Plan(Fault.REDIRECT, location="http://[evil/studies"), "redirects to another address"),
        (Plan(Fault.REDIRECT, location="http://évil.example/studies"), "redirects to another address"),
        (Plan(Fault.BODY, body=b'[{"0020000D":'), "did not answer in DICOM JSON"),
        (Plan(Fault.BODY, body=b'["studies"]'), "something that is not DICOM JSON"),
        (Plan(Fault.BODY, body=b"null"), "did not answer in DICOM JSON"),
        (Plan(Fault.BODY, body=b"[" * 100_000), "did not answer in DICOM JSON"),
        (Plan(Fault.BODY, body=b'[{"00201208":{"Value":[' + b"9" * 5000 + b"]}}]"), "did not answer in DICOM JSON"),
        (Plan(Fault.BODY, body=b'[{"0020000D":{"vr":"UI","Value":["../../etc"]}}]'), "without a valid UID"),
    ],
)
def test_a_search_that_cannot_work_is_explained_at_once(
    embedded_archive: RunningArchive, plan: Plan, sentence: str
) -> None:
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(plan)
        with pytest.raises(ArchiveError, match=sentence) as caught:
            embedded_archive.connect(proxy.url).search(StudyQuery(patient_id="SECRET-1"))

    assert len(proxy.requests) == 1
    assert "SECRET" not in f"{caught.value} {caught.value.cause}"
    assert caught.value.advice


def test_a_study_that_is_listed_wrongly_hides_no_other(embedded_archive: RunningArchive) -> None:
    studies = [{"0020000D": {"vr": "UI", "Value": value}} for value in (["1.2.MR-77"], None, "1.2.4", ["1.2.3"])]
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.BODY, body=json.dumps(studies).encode()))
        found = embedded_archive.connect(proxy.url).search(StudyQuery())

    assert [study.study_uid for study in found] == ["1.2.3"]


@pytest.mark.parametrize(
    "plan",
    [
        Plan(Fault.BODY, path_end="/studies", body=b"null"),
        Plan(Fault.BODY, path_end="/studies", body=b'[{"0020000D":null}]'),
        Plan(Fault.BODY, path_end="/instances", body=b"null"),
        Plan(Fault.REDIRECT, path_end="/studies", location="http://[evil/studies"),
    ],
)
def test_the_connection_test_says_what_is_wrong_with_an_answer(
    embedded_archive: RunningArchive, files: list[Path], plan: Plan
) -> None:
    embedded_archive.connect().store(files, compare=False)
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(plan, plan)
        checks = embedded_archive.connect(proxy.url).test_connection()
    assert any(check.ok is False for check in checks)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(Fault.STATUS, "GET", status=503),
        Plan(Fault.STATUS, "GET", status=429),
        Plan(Fault.RESET_BEFORE, "GET"),
        Plan(Fault.CUT, "GET"),
    ],
)
def test_a_passing_fault_is_not_noticed_by_a_search(
    any_archive: RunningArchive, study: StudyIdentity, stored: list[Path], proxy: FaultyProxy, plan: Plan
) -> None:
    proxy.plan(plan, plan)

    found = any_archive.connect(proxy.url).search(StudyQuery(patient_id=study.patient_id, limit=1))

    assert len(found) == 1


def test_a_fault_that_stays_is_said_after_the_last_attempt(embedded_archive: RunningArchive) -> None:
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(*[Plan(Fault.STATUS, status=503)] * 4)
        with pytest.raises(TemporaryArchiveError, match="answered 503: it is busy or being restarted"):
            embedded_archive.connect(proxy.url).search(StudyQuery())
    assert len(proxy.requests) == 4


@pytest.mark.parametrize(
    "plan",
    [Plan(Fault.STATUS, "GET", "/studies"), Plan(Fault.STATUS, "GET", "/series/{uid}"), Plan(Fault.STATUS, "POST")],
    ids=["search", "fetch", "store"],
)
def test_an_archive_that_is_busy_is_left_alone_for_as_long_as_it_says(
    embedded_archive: RunningArchive, study: StudyIdentity, tmp_path: Path, plan: Plan
) -> None:
    files = write_study(tmp_path / "study", study, 1, (1, 16, 16))
    series_uid = str(dcmread(files[0]).SeriesInstanceUID)
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(replace(plan, path_end=plan.path_end.format(uid=series_uid), status=429, retry_after="1"))
        archive = embedded_archive.connect(proxy.url, (0.0,))
        begun = time.monotonic()
        archive.store(files, study.study_uid)
        archive.search(StudyQuery())
        archive.fetch(study.study_uid, tmp_path / "fetched")
    assert time.monotonic() - begun >= 1.0


def test_silence_is_said_with_its_length(embedded_archive: RunningArchive) -> None:
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.HANG, seconds=1.0))
        hasty = RunningArchive(
            "embedded",
            type(embedded_archive.profile)(**{**embedded_archive.profile.__dict__, "read_timeout_s": 0.2}),
            embedded_archive.credentials,
        )
        with pytest.raises(TemporaryArchiveError, match=r"sent nothing for 0\.2 seconds"):
            hasty.connect(proxy.url, retry_delays_s=()).search(StudyQuery())


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.CUT_WITHOUT_LENGTH, Fault.RESET_BEFORE, Fault.STATUS])
def test_a_fetch_that_is_cut_goes_on_where_it_was(
    any_archive: RunningArchive,
    study: StudyIdentity,
    stored: list[Path],
    proxy: FaultyProxy,
    tmp_path: Path,
    fault: Fault,
) -> None:
    archive = any_archive.connect(proxy.url)
    series = archive.series(study.study_uid)[0].series_uid
    proxy.plan(Plan(fault, "GET", path_end=f"/series/{series}"))

    fetched = archive.fetch(study.study_uid, tmp_path / "fetched")

    assert {file.read_bytes() for file in fetched.files} == {file.read_bytes() for file in stored}
    assert not [*(tmp_path / "fetched").rglob("*.part")]


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.CUT_WITHOUT_LENGTH])
def test_what_arrived_whole_is_kept_when_a_fetch_fails(
    any_archive: RunningArchive, study: StudyIdentity, proxy: FaultyProxy, tmp_path: Path, fault: Fault
) -> None:
    files = write_study(tmp_path / "study", study, 1, (8, 256, 256))
    any_archive.connect().store(files, compare=False)
    series = any_archive.connect().series(study.study_uid)[0].series_uid
    proxy.plan(Plan(fault, "GET", path_end=f"/series/{series}"))

    with pytest.raises(TemporaryArchiveError, match=r"cut the connection|before it was complete"):
        any_archive.connect(proxy.url, ()).fetch(study.study_uid, tmp_path / "fetched")

    kept = [path for path in (tmp_path / "fetched").rglob("*") if path.is_file()]
    assert 0 < len(kept) < len(files)
    assert {path.read_bytes() for path in kept} < {file.read_bytes() for file in files}


def test_a_web_page_in_place_of_images_is_said(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path], tmp_path: Path
) -> None:
    embedded_archive.connect().store(files, compare=False)
    with embedded_archive.behind_faults() as proxy:
        archive = embedded_archive.connect(proxy.url)
        series = archive.series(study.study_uid)[0].series_uid
        proxy.plan(Plan(Fault.WEB_PAGE, path_end=f"/series/{series}"))
        with pytest.raises(ArchiveError, match="web page"):
            archive.fetch(study.study_uid, tmp_path / "fetched", [series])


def test_an_object_of_another_study_in_the_answer_is_refused(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path], tmp_path: Path
) -> None:
    embedded_archive.connect().store(files, compare=False)
    body, content_type = encode([write_study(tmp_path / "other", StudyIdentity())[0].read_bytes()])
    with embedded_archive.behind_faults() as proxy:
        archive = embedded_archive.connect(proxy.url)
        series = archive.series(study.study_uid)[0].series_uid
        proxy.plan(Plan(Fault.BODY, path_end=f"/series/{series}", body=body, content_type=content_type))
        with pytest.raises(ArchiveError, match="sent an object of study"):
            archive.fetch(study.study_uid, tmp_path / "fetched", [series])
    assert not [path for path in (tmp_path / "fetched").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda content: deflated(content, b"\x07" + bytes(9)), "not a readable DICOM file"),
        (lambda content: deflated(content, packed_zeros(6)), "would inflate to more than 5 MB"),
        (lambda content: content.replace(b"\x08\x00\x60\x00CS", b"\x08\x00\x60\x00ZZ"), "not a readable DICOM file"),
    ],
    ids=["no deflated stream", "a bomb", "an unknown VR"],
)
def test_an_object_that_comes_back_unreadable_after_a_store_is_said(
    embedded_archive: RunningArchive,
    files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[bytes], bytes],
    sentence: str,
) -> None:
    monkeypatch.setattr("BratsSegmenterLib.archive.instance_file._MAXIMUM_INFLATED_BYTES", 5_000_000)
    body, content_type = encode([damage(files[0].read_bytes())])
    with embedded_archive.behind_faults() as proxy:
        path = f"/instances/{dcmread(files[0]).SOPInstanceUID}"
        proxy.plan(Plan(Fault.BODY, "GET", path_end=path, body=body, content_type=content_type))
        with pytest.raises(ArchiveError, match=sentence):
            embedded_archive.connect(proxy.url).store(files[:1])


def test_a_damaged_object_is_not_kept(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path], tmp_path: Path
) -> None:
    embedded_archive.connect().store(files, compare=False)
    body, content_type = encode([files[0].read_bytes()[:-100]])
    with embedded_archive.behind_faults() as proxy:
        archive = embedded_archive.connect(proxy.url)
        series = archive.series(study.study_uid)[0].series_uid
        proxy.plan(Plan(Fault.BODY, path_end=f"/series/{series}", body=body, content_type=content_type))
        with pytest.raises(ArchiveError, match="holds 1436 of 1536 bytes of pixel data"):
            archive.fetch(study.study_uid, tmp_path / "fetched", [series])
    assert not [path for path in (tmp_path / "fetched").rglob("*") if path.is_file()]


def test_a_damaged_object_of_a_series_without_images_keeps_no_image_back(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path], tmp_path: Path
) -> None:
    segmentation = tmp_path / "segmentation.dcm"
    copy_as_new_instance(files[0], segmentation, _make_segmentation)
    archive = embedded_archive.connect()
    archive.store([*files, segmentation], compare=False)
    series_uid = str(dcmread(segmentation).SeriesInstanceUID)
    body, content_type = encode([segmentation.read_bytes()[:-100]])
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.BODY, path_end=f"/series/{series_uid}", body=body, content_type=content_type))
        fetched = embedded_archive.connect(proxy.url).fetch(study.study_uid, tmp_path / "fetched")

    (damaged,) = next(series.files for series in fetched.series if series.series_uid == series_uid)
    assert damaged.read_bytes() == segmentation.read_bytes()[:-100]
    scanned = scan(tmp_path / "fetched")
    assert [len(series.frames) for series in scanned.series] == [4, 4]
    assert [item.files for item in scanned.set_aside if item.is_damaged] == [(damaged,)]

    again = archive.fetch(study.study_uid, tmp_path / "fetched")
    assert {file.read_bytes() for file in again.files} == {file.read_bytes() for file in [*files, segmentation]}
    assert not damaged.exists()


def _make_segmentation(dataset: Dataset) -> None:
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = SegmentationStorage
    dataset.SeriesInstanceUID, dataset.Modality = new_uid(), "SEG"


def test_a_list_shorter_than_its_count_is_not_taken_for_complete(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path], tmp_path: Path
) -> None:
    embedded_archive.connect().store(files, compare=False)
    with embedded_archive.behind_faults() as proxy:
        archive = embedded_archive.connect(proxy.url)
        series = archive.series(study.study_uid)[0].series_uid
        proxy.plan(Plan(Fault.BODY, path_end=f"/series/{series}/instances", body=b"[]"))
        with pytest.raises(ArchiveError, match=r"counts 4 objects in series .* but lists only 0"):
            archive.fetch(study.study_uid, tmp_path / "fetched", [series])


def test_a_full_disk_is_said_and_what_is_whole_stays(embedded_archive: RunningArchive, tmp_path: Path) -> None:
    study = StudyIdentity()
    files = write_study(tmp_path / "study", study, 1, (2, 16, 16)) + write_study(
        tmp_path / "large", StudyIdentity(study_uid=study.study_uid), 1, (1, 512, 512)
    )
    archive = embedded_archive.connect()
    archive.store(files, compare=False)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(ArchiveError, match="The disk is full"):
            archive.fetch(study.study_uid, tmp_path / "fetched", workers=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not [*(tmp_path / "fetched").rglob("*.part")]

    fetched = archive.fetch(study.study_uid, tmp_path / "fetched")

    assert {file.read_bytes() for file in fetched.files} == {file.read_bytes() for file in files}


def test_a_folder_that_cannot_be_written_is_named(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path], tmp_path: Path
) -> None:
    embedded_archive.connect().store(files, compare=False)
    (tmp_path / "occupied").write_text("a file, not a folder")

    with pytest.raises(ArchiveError, match=r"occupied.* cannot be used: Not a directory"):
        embedded_archive.connect().fetch(study.study_uid, tmp_path / "occupied")


def test_a_file_to_send_that_is_gone_is_named(embedded_archive: RunningArchive, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"gone\.dcm cannot be used: No such file"):
        embedded_archive.connect().store([tmp_path / "gone.dcm"])


def test_a_small_answer_that_inflates_to_a_giant_one_is_cut_off(embedded_archive: RunningArchive) -> None:
    bomb = gzip.compress(b"[" + b" " * 200_000_000 + b"]")
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.GZIP_BOMB, body=bomb))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(ArchiveError, match="more than 50 MB"):
            embedded_archive.connect(proxy.url).search(StudyQuery())
        grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 200


@pytest.mark.parametrize(
    "plan",
    [
        Plan(Fault.STATUS, "POST", status=503),
        Plan(Fault.STATUS_AFTER, "POST", status=504),
        Plan(Fault.WEB_PAGE_AFTER, "POST"),
        Plan(Fault.RESET_BEFORE, "POST"),
        Plan(Fault.RESET_AFTER, "POST"),
        Plan(Fault.CUT, "POST"),
        Plan(Fault.CUT_WITHOUT_LENGTH, "POST"),
        Plan(Fault.PARTIAL, "POST"),
        Plan(Fault.CLAIM, "POST"),
    ],
    ids=lambda plan: plan.fault.name.lower(),
)
def test_a_store_through_faults_arrives_once(
    any_archive: RunningArchive, study: StudyIdentity, files: list[Path], proxy: FaultyProxy, plan: Plan
) -> None:
    proxy.plan(plan)

    stored = any_archive.connect(proxy.url).store(files, study.study_uid)

    assert len(stored) == len(files)
    assert count(any_archive, study) == len(files)


def test_a_store_that_the_archive_only_claims_is_not_believed(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path]
) -> None:
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.CLAIM, "POST"))
        with pytest.raises(TemporaryArchiveError, match=r"said that it stored an object .* but does not list it"):
            embedded_archive.connect(proxy.url, ()).store(files, study.study_uid)


def test_a_web_page_in_answer_to_what_did_not_arrive_is_said(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path]
) -> None:
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.WEB_PAGE, "POST"))
        with pytest.raises(ArchiveError, match="answered with a web page in place of DICOM"):
            embedded_archive.connect(proxy.url).store(files, study.study_uid)
    assert count(embedded_archive, study) == 0


def test_a_resent_message_is_not_empty(embedded_archive: RunningArchive, study: StudyIdentity, tmp_path: Path) -> None:
    files = write_study(tmp_path / "large", study, 1, (1, 1200, 1200))
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.STATUS, "POST"))
        embedded_archive.connect(proxy.url).store(files, study.study_uid)
    assert count(embedded_archive, study) == 1


def test_what_the_archive_lists_is_not_sent_again(
    any_archive: RunningArchive, study: StudyIdentity, stored: list[Path], proxy: FaultyProxy
) -> None:
    again = any_archive.connect(proxy.url).store(stored, study.study_uid)

    assert all(one.was_present for one in again)
    assert not [path for method, path in proxy.requests if method == "POST"]


def test_studies_from_an_archive_that_ignores_a_filter_are_dropped(embedded_archive: RunningArchive) -> None:
    foreign = {"0020000D": {"vr": "UI", "Value": ["1.2.3"]}, "00100020": {"vr": "LO", "Value": ["OTHER"]}}
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(*[Plan(Fault.BODY, "GET", body=json.dumps([foreign]).encode())] * 2)
        archive = embedded_archive.connect(proxy.url)

        assert archive.search(StudyQuery(patient_id="SECRET-1")) == []
    assert len(proxy.requests) == 2, "an archive that ignores the offset is asked once more, not for ever"


def test_an_archive_that_finds_no_page_beyond_the_last_is_read_to_its_end(
    any_archive: RunningArchive, study: StudyIdentity, stored: list[Path], proxy: FaultyProxy, tmp_path: Path
) -> None:
    proxy.plan(*[Plan(Fault.NONE_IS_NOT_FOUND, "GET")] * 50)
    archive = any_archive.connect(proxy.url)

    found = archive.search(StudyQuery(patient_id=study.patient_id))
    assert study.study_uid in {one.study_uid for one in found}
    assert len(archive.series(study.study_uid)) == 2
    assert len(archive.fetch(study.study_uid, tmp_path / "fetched").files) == len(stored)
    assert all(one.was_present for one in archive.store(stored, study.study_uid))


def test_a_search_that_finds_none_is_told_from_a_wrong_address(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path]
) -> None:
    embedded_archive.connect().store(files, compare=False)
    with embedded_archive.behind_faults() as proxy:
        archive = embedded_archive.connect(proxy.url)
        proxy.plan(Plan(Fault.NONE_IS_NOT_FOUND))
        assert archive.search(StudyQuery(patient_id="NOBODY")) == []
        proxy.plan(*[Plan(Fault.STATUS, status=404)] * 2)
        with pytest.raises(NotFoundError, match="answered 404: there is nothing at this address"):
            archive.search(StudyQuery(patient_id="NOBODY"))


def test_a_refused_object_does_not_keep_the_others_back(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path]
) -> None:
    archive = embedded_archive.connect()
    archive.store(files[1:2], compare=False)
    series = archive.series(study.study_uid)[0].series_uid
    changed = dcmread(files[1])
    changed.SeriesDescription = "Changed"
    changed.save_as(files[1])
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.BODY, "GET", path_end=f"/series/{series}/instances", body=b"[]"))
        with pytest.raises(StoreRefusedError, match="other content than was sent"):
            embedded_archive.connect(proxy.url).store(files, study.study_uid)

    assert count(embedded_archive, study) == len(files)


def test_an_archive_without_the_right_to_store_says_so(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path]
) -> None:
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.STATUS, "POST", status=403), Plan(Fault.STATUS, "POST", status=405))
        archive = embedded_archive.connect(proxy.url)
        with pytest.raises(ArchiveError, match="answered 403"):
            archive.store(files[:1], study.study_uid)
        checks = {check.name: check for check in archive.test_connection()}
    assert checks["STOW-RS"].sentence == "The PACS does not offer storing at this address (status 405)."
    assert checks["STOW-RS"].ok is False


def test_a_study_that_vanished_is_not_found(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path], tmp_path: Path
) -> None:
    embedded_archive.connect().store(files, compare=False)
    with embedded_archive.behind_faults() as proxy:
        archive = embedded_archive.connect(proxy.url)
        series = archive.series(study.study_uid)[0].series_uid
        proxy.plan(Plan(Fault.STATUS, path_end=f"/series/{series}", status=404))
        with pytest.raises(NotFoundError, match="answered 404"):
            archive.fetch(study.study_uid, tmp_path / "fetched", [series])


def test_a_cancel_does_not_wait_for_a_silent_archive(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path], tmp_path: Path
) -> None:
    embedded_archive.connect().store(files, compare=False)
    wanted = threading.Event()
    with embedded_archive.behind_faults() as proxy:
        archive = embedded_archive.connect(proxy.url)
        series = archive.series(study.study_uid)
        proxy.plan(*[Plan(Fault.HANG, path_end=f"/series/{one.series_uid}", seconds=30) for one in series])
        threading.Timer(0.5, wanted.set).start()
        asked_at = time.monotonic()
        with pytest.raises(Cancelled):
            archive.fetch(study.study_uid, tmp_path / "fetched", progress=Progress(is_cancelled=wanted.is_set))
        waited_s = time.monotonic() - asked_at
        workers = [thread for thread in threading.enumerate() if thread.name.startswith("archive")]
        for worker in workers:
            worker.join(5)
    assert waited_s < 10, "the silence lasts 30 seconds"
    assert not [worker for worker in workers if worker.is_alive()]
    assert not [path for path in (tmp_path / "fetched").rglob("*") if path.is_file()]


def test_an_answer_in_words_we_do_not_know_still_counts_by_the_list(
    embedded_archive: RunningArchive, study: StudyIdentity, files: list[Path]
) -> None:
    refusal = {"00081198": {"vr": "SQ", "Value": [{"00081197": {"vr": "US", "Value": [0x0122]}}]}}
    with embedded_archive.behind_faults() as proxy:
        plan = Plan(Fault.BODY, "POST", body=json.dumps(refusal).encode())
        proxy.plan(plan)
        with pytest.raises(StoreRefusedError, match=r"refused an object \(MR .*\): it does not take this kind"):
            embedded_archive.connect(proxy.url).store(files[:1], study.study_uid)
    assert count(embedded_archive, study) == 0
