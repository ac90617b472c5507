"""The outbox: what is queued survives, arrives once and leaves a receipt."""

from __future__ import annotations

import hashlib
import json
import resource
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from archives import RunningArchive, running_embedded, write_study
from faulty_proxy import Fault, Plan
from pydicom import dcmread
from refusing_disks import read_only

from BratsSegmenterLib.archive import Archive, Outbox, Profile, Receipt, StoredObject, TransactionState
from BratsSegmenterLib.archive.embedded import serve
from BratsSegmenterLib.archive.patient import patient_in
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.errors import ArchiveError, Cancelled
from BratsSegmenterLib.progress import Progress

_WARD = Profile("Ward 3", "https://pacs.example/dicom-web")


@pytest.fixture
def study() -> StudyIdentity:
    return StudyIdentity()


@pytest.fixture
def files(study: StudyIdentity, tmp_path: Path) -> list[Path]:
    return write_study(tmp_path / "study", study, 2, (1, 16, 16))


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def test_a_transaction_arrives_and_leaves_a_receipt(
    any_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    transaction = outbox.add(files, study.study_uid, any_archive.profile, author="Dr. Reader")

    (delivery,) = outbox.deliver(any_archive.connect())

    receipt = delivery.receipt
    assert receipt is not None
    assert receipt == outbox.transactions()[0].receipt()
    assert (receipt.transaction_id, receipt.study_uid, receipt.author) == (
        transaction.id,
        study.study_uid,
        "Dr. Reader",
    )
    assert [one.sha256 for one in receipt.objects] == hashes
    assert receipt.queued_at <= receipt.delivered_at
    assert outbox.transactions()[0].state is TransactionState.DELIVERED
    assert not [*transaction.folder.glob("*.dcm")]


def test_a_delivered_file_that_another_program_holds_stands_in_the_way_of_no_further_delivery(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    transaction = outbox.add(files[:1], study.study_uid, embedded_archive.profile)
    outbox.deliver(embedded_archive.connect())
    (held,) = transaction.files
    held.write_bytes(files[0].read_bytes())
    outbox.add(files[1:], study.study_uid, embedded_archive.profile)

    with read_only(transaction.folder):
        (delivery,) = outbox.deliver(embedded_archive.connect())
    assert delivery.error is None
    assert held.exists()

    outbox.deliver(embedded_archive.connect())
    assert not held.exists()


def test_what_is_queued_does_not_need_its_files_any_more(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    outbox.add(files, study.study_uid, embedded_archive.profile)
    for file in files:
        file.unlink()

    (delivery,) = outbox.deliver(embedded_archive.connect())

    assert delivery.error is None


def test_nothing_goes_to_another_archive(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    outbox.add(files, study.study_uid, _WARD)

    assert outbox.deliver(embedded_archive.connect()) == ()
    assert outbox.transactions()[0].state is TransactionState.WAITING


def test_a_failed_delivery_waits_with_its_problem_and_goes_through_later(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    transaction = outbox.add(files, study.study_uid, embedded_archive.profile)
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(*[Plan(Fault.STATUS, status=503)] * 2)
        archive = embedded_archive.connect(proxy.url, (0.0,))

        with pytest.raises(ArchiveError, match="503"):
            outbox.deliver_one(transaction, archive)
        (waiting,) = outbox.transactions()
        receipt = outbox.deliver_one(transaction, archive)

    assert waiting.state is TransactionState.WAITING
    assert waiting.attempts == 1
    assert waiting.problem.startswith("The PACS 'embedded' answered 503")
    assert receipt.attempts == 2


def test_one_failure_does_not_keep_the_next_transaction_back(
    embedded_archive: RunningArchive, outbox: Outbox, tmp_path: Path
) -> None:
    studies = [StudyIdentity(), StudyIdentity()]
    first, second = (write_study(tmp_path / one.study_uid, one, 1, (1, 8, 8)) for one in studies)
    embedded_archive.connect().store(first)
    changed = dcmread(first[0])
    changed.SeriesDescription = "Changed"
    changed.save_as(first[0])
    outbox.add(first, studies[0].study_uid, embedded_archive.profile)
    outbox.add(second, studies[1].study_uid, embedded_archive.profile)

    refused, delivered = outbox.deliver(embedded_archive.connect())

    assert refused.transaction.state is TransactionState.REFUSED
    assert "other content than was sent" in refused.transaction.problem
    assert delivered.transaction.state is TransactionState.DELIVERED
    assert outbox.deliver(embedded_archive.connect()) == ()


def test_the_same_objects_are_queued_once(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    transaction = outbox.add(files, study.study_uid, embedded_archive.profile)

    again = outbox.add(files, study.study_uid, embedded_archive.profile)

    assert again.id == transaction.id
    outbox.deliver(embedded_archive.connect())
    after_delivery = outbox.add(files, study.study_uid, embedded_archive.profile)
    receipt = outbox.deliver_one(after_delivery, embedded_archive.connect())
    assert all(one.was_present for one in receipt.objects)


def test_what_was_deleted_in_the_archive_is_sent_again_when_it_is_queued_again(
    outbox: Outbox, tmp_path: Path, study: StudyIdentity, files: list[Path]
) -> None:
    def push(running: RunningArchive) -> Receipt:
        return outbox.deliver_one(outbox.add(files, study.study_uid, running.profile), running.connect())

    with serve(tmp_path / "before") as embedded:
        push(running_embedded(embedded))
        port = urlsplit(embedded.url).port or 0
    with serve(tmp_path / "emptied", port) as embedded:
        emptied = running_embedded(embedded)
        assert outbox.deliver(emptied.connect()) == (), "nobody asked for it"
        receipt = push(emptied)
        held = emptied.connect().series(study.study_uid)

    assert len(held) == 2
    assert not any(one.was_present for one in receipt.objects)


def test_archives_of_one_name_are_told_apart_by_their_addresses(
    embedded_archive: RunningArchive, outbox: Outbox, tmp_path: Path, study: StudyIdentity, files: list[Path]
) -> None:
    with serve(tmp_path / "other") as embedded:
        other = running_embedded(embedded)
        for archive in (embedded_archive, other):
            outbox.deliver_one(outbox.add(files, study.study_uid, archive.profile), archive.connect())
        assert embedded_archive.profile.name == other.profile.name
        assert len(other.connect().series(study.study_uid)) == 2


def test_archives_of_one_address_are_told_apart_by_where_they_are_stored_to(
    outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    clinic = replace(_WARD, name="clinic", url="https://pacs.example/aets", stow_prefix="clinic/rs")
    transaction = outbox.add(files, study.study_uid, clinic)

    assert transaction.is_for(clinic)
    assert transaction.is_for(replace(clinic, name="renamed", qido_prefix="search", stow_prefix="/clinic/rs/"))
    assert transaction.is_for(replace(clinic, url="https://pacs.example/aets/clinic", stow_prefix="rs"))
    assert not transaction.is_for(replace(clinic, stow_prefix="research/rs"))
    assert not transaction.is_for(replace(clinic, stow_prefix=""))
    assert outbox.add(files, study.study_uid, replace(clinic, stow_prefix="research/rs")).id != transaction.id


@pytest.mark.parametrize("was_delivered", [False, True])
@pytest.mark.parametrize("unknown", [("url", "stow_prefix"), ("stow_prefix",)])
def test_an_outbox_that_an_older_version_left_is_read(
    embedded_archive: RunningArchive,
    outbox: Outbox,
    study: StudyIdentity,
    files: list[Path],
    unknown: tuple[str, ...],
    was_delivered: bool,
) -> None:
    transaction = outbox.add(files, study.study_uid, embedded_archive.profile)
    if was_delivered:
        outbox.deliver(embedded_archive.connect())
    manifest = transaction.folder / "manifest.json"
    manifest.write_text(json.dumps({k: v for k, v in json.loads(manifest.read_text()).items() if k not in unknown}))

    (read,) = outbox.transactions()

    assert read.url == ("" if "url" in unknown and not was_delivered else embedded_archive.profile.url)
    assert len(outbox.deliver(embedded_archive.connect())) == (not was_delivered)


def test_what_an_older_version_queued_for_an_address_as_it_was_typed_is_delivered(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    transaction = outbox.add(files, study.study_uid, embedded_archive.profile)
    manifest = transaction.folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace("http://127", " HTTP://127"))

    (delivery,) = outbox.deliver(embedded_archive.connect())

    assert delivery.receipt is not None


def test_what_waited_for_another_patient_is_refused_once(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    outbox.add(files, study.study_uid, embedded_archive.profile)
    archive, patient = embedded_archive.connect(), patient_in(files[0])

    (refused,) = outbox.deliver(archive, patient=replace(patient, patient_id="NEW-9"))

    assert refused.transaction.state is TransactionState.REFUSED
    assert "name another patient" in refused.transaction.problem
    assert outbox.deliver(archive) == (), "it stands in the way of no further sending"
    assert archive.series(study.study_uid) == []


class FillsTheDisk(Archive):
    """The disk is full from the moment on at which the objects have arrived."""

    def store(self, *given: Any, **named: Any) -> tuple[StoredObject, ...]:
        """As of the archive."""
        stored = super().store(*given, **named)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        return stored


def test_a_receipt_that_cannot_be_written_does_not_deny_the_delivery(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    transaction = outbox.add(files, study.study_uid, embedded_archive.profile)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(ArchiveError, match=r"All objects arrived .* receipt could not be written") as failed:
            outbox.deliver_one(transaction, FillsTheDisk(embedded_archive.profile, embedded_archive.credentials))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert "look into the PACS before you send again" in failed.value.advice
    receipt = outbox.deliver_one(transaction, embedded_archive.connect())
    assert all(one.was_present for one in receipt.objects)


def test_a_change_without_a_new_uid_is_refused(outbox: Outbox, study: StudyIdentity, files: list[Path]) -> None:
    outbox.add(files, study.study_uid, _WARD)
    changed = dcmread(files[0])
    changed.SeriesDescription = "Changed"
    changed.save_as(files[0])

    with pytest.raises(ArchiveError, match="was queued before with other content"):
        outbox.add(files, study.study_uid, _WARD)


def test_files_of_another_study_are_not_queued(outbox: Outbox, files: list[Path]) -> None:
    with pytest.raises(ArchiveError, match="belongs to study"):
        outbox.add(files, StudyIdentity().study_uid, _WARD)
    assert outbox.transactions() == ()


def test_a_file_that_is_no_object_is_named_and_nothing_is_queued(
    outbox: Outbox, tmp_path: Path, study: StudyIdentity, files: list[Path]
) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no DICOM")
    with pytest.raises(ArchiveError, match=r"The file notes\.txt cannot be sent") as refused:
        outbox.add([*files, wrong], study.study_uid, _WARD)
    assert "PACS" not in str(refused.value), "it is not the archive's fault"
    assert outbox.transactions() == ()


def test_nothing_to_send_is_said(outbox: Outbox, study: StudyIdentity) -> None:
    with pytest.raises(ArchiveError, match="nothing to send"):
        outbox.add([], study.study_uid, _WARD)


def test_a_file_that_changed_on_disk_is_not_sent(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    transaction = outbox.add(files, study.study_uid, embedded_archive.profile)
    queued = transaction.files[0]
    queued.write_bytes(queued.read_bytes()[:-2] + b"XX")

    with pytest.raises(ArchiveError, match="missing or was changed on disk"):
        outbox.deliver_one(transaction, embedded_archive.connect())

    assert outbox.deliver(embedded_archive.connect()) == (), "it stands in the way of no further sending"
    assert embedded_archive.connect().series(study.study_uid) == []


def test_what_a_crash_left_half_queued_is_not_a_transaction(
    outbox: Outbox, tmp_path: Path, study: StudyIdentity, files: list[Path]
) -> None:
    half = tmp_path / "outbox" / ".staging-crashed"
    half.mkdir()
    (half / "0001.dcm").write_bytes(b"half")

    assert outbox.transactions() == ()
    outbox.add(files, study.study_uid, _WARD)

    assert not half.exists()
    assert len(outbox.transactions()) == 1


def test_a_full_disk_leaves_no_half_transaction(outbox: Outbox, tmp_path: Path, study: StudyIdentity) -> None:
    files = write_study(tmp_path / "large", study, 1, (2, 300, 300))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(ArchiveError, match="The disk is full"):
            outbox.add(files, study.study_uid, _WARD)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert outbox.transactions() == ()
    assert not [*(tmp_path / "outbox").rglob("*.dcm")]


def test_a_damaged_transaction_is_named(outbox: Outbox, study: StudyIdentity, files: list[Path]) -> None:
    transaction = outbox.add(files, study.study_uid, _WARD)
    (transaction.folder / "manifest.json").write_text("{")

    with pytest.raises(ArchiveError, match=f"outbox folder .*{transaction.id} is damaged"):
        outbox.transactions()


def test_two_programs_do_not_deliver_at_the_same_time(
    embedded_archive: RunningArchive,
    outbox: Outbox,
    tmp_path: Path,
    study: StudyIdentity,
    files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("BratsSegmenterLib.archive.outbox._LOCK_WAIT_S", 0.1)
    other = Outbox(tmp_path / "outbox")
    outbox.add(files, study.study_uid, embedded_archive.profile)

    def deliver_from_the_other() -> bool:
        with pytest.raises(ArchiveError, match="Another window or program is working on the outbox"):
            other.deliver(embedded_archive.connect())
        return True

    with pytest.raises(Cancelled):
        outbox.deliver(embedded_archive.connect(), Progress(is_cancelled=deliver_from_the_other))


def test_a_cancelled_delivery_waits(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    outbox.add(files, study.study_uid, embedded_archive.profile)

    with pytest.raises(Cancelled):
        outbox.deliver(embedded_archive.connect(), Progress(is_cancelled=lambda: True))

    assert outbox.transactions()[0].state is TransactionState.WAITING


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Plan(Fault.STATUS, "POST", status=503), "nothing of it is in the PACS, and nothing of it goes there later"),
        (Plan(Fault.HANG, "POST", seconds=3.0), "a part of it was in the PACS already"),
    ],
    ids=["before anything arrived", "when something had arrived"],
)
def test_a_delivery_that_its_user_stops_is_completed_only_where_a_part_of_it_has_arrived(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path], fault: Plan, said: str
) -> None:
    with embedded_archive.behind_faults() as proxy:
        archive = embedded_archive.connect(proxy.url, (5.0,))
        proxy.plan(fault)
        transaction = outbox.add(files, study.study_uid, archive.profile)

        def is_time() -> bool:
            was_sent = any(method == "POST" for method, _path in proxy.requests)
            return was_sent and (
                fault.fault is Fault.STATUS or bool(embedded_archive.connect().series(study.study_uid))
            )

        with pytest.raises(Cancelled, match=said):
            outbox.deliver_one(transaction, archive, Progress(is_cancelled=is_time))
        (noted,) = outbox.transactions()
        assert (noted.state, noted.has_part) == (TransactionState.STOPPED, fault.fault is Fault.HANG)

        deliveries = outbox.deliver(archive)
        assert [delivery.transaction.id for delivery in deliveries] == [transaction.id] * (fault.fault is Fault.HANG)
        assert len(embedded_archive.connect().series(study.study_uid)) == len(deliveries) * len(files)

        again = outbox.add(files, study.study_uid, archive.profile)
        assert len(outbox.deliver_one(again, archive).objects) == len(files), "whoever wants it all the same sends it"


def test_a_delivery_that_was_stopped_where_the_archive_does_not_answer_any_more_is_looked_after_later(
    outbox: Outbox, study: StudyIdentity, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("BratsSegmenterLib.archive.stopping._LOOK_S", 0.3)
    with serve(tmp_path / "archive") as running:
        archive = running_embedded(running).connect()
        transaction = outbox.add(files, study.study_uid, archive.profile)
    with pytest.raises(Cancelled, match="could not be asked: the next one of this study looks"):
        outbox.deliver_one(transaction, archive, Progress(is_cancelled=lambda: True))
    (noted,) = outbox.transactions()
    assert (noted.state, noted.has_part) == (TransactionState.STOPPED, None)
    with pytest.raises(ArchiveError):
        outbox.deliver(archive)
    with serve(tmp_path / "archive", urlsplit(running.url).port or 0, running.token):
        assert outbox.deliver(archive) == ()
    assert outbox.transactions()[0].has_part is False


def test_what_was_replaced_is_not_delivered_even_when_the_program_was_killed_before_it_noted_that(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    replaced = outbox.add(files[:1], study.study_uid, embedded_archive.profile)
    outbox.add(files[1:], study.study_uid, embedded_archive.profile, replaced=[replaced])
    (replaced.folder / "progress.json").unlink()

    (delivery,) = outbox.deliver(embedded_archive.connect())

    assert [one.state for one in outbox.transactions()] == [TransactionState.REPLACED, TransactionState.DELIVERED]
    assert delivery.receipt is not None
    assert len(embedded_archive.connect().series(study.study_uid)) == 1


def test_the_objects_of_what_was_replaced_go_when_what_was_sent_in_its_place_has_arrived(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, tmp_path: Path
) -> None:
    files = write_study(tmp_path / "three", study, 3, (1, 16, 16))
    first = outbox.add(files[:1], study.study_uid, embedded_archive.profile)
    second = outbox.add(files[1:2], study.study_uid, embedded_archive.profile, replaced=[first])
    third = outbox.add(files[2:], study.study_uid, embedded_archive.profile, replaced=[second])
    assert all(one.files[0].exists() for one in (first, second, third))

    outbox.deliver_one(third, embedded_archive.connect())

    assert not [*(tmp_path / "outbox").rglob("*.dcm")]


def test_what_was_replaced_is_queued_anew_when_it_is_wanted_all_the_same(
    embedded_archive: RunningArchive, outbox: Outbox, study: StudyIdentity, files: list[Path]
) -> None:
    replaced = outbox.add(files[:1], study.study_uid, embedded_archive.profile)
    outbox.deliver_one(
        outbox.add(files[1:], study.study_uid, embedded_archive.profile, replaced=[replaced]),
        embedded_archive.connect(),
    )
    again = outbox.add(files[:1], study.study_uid, embedded_archive.profile)
    assert len(outbox.deliver_one(again, embedded_archive.connect()).objects) == 1
