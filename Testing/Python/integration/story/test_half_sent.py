"""A router whose archive takes a part of each result: the rest goes when it can, and nothing is made anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from archives import RunningArchive, write_study
from faulty_proxy import Fault, FaultyProxy, Plan
from numpy.typing import NDArray
from pydicom.uid import SegmentationStorage

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import Credentials, Outbox, TransactionState
from BratsSegmenterLib.archive.threads import Stop
from BratsSegmenterLib.child_worker import JobFailedError
from BratsSegmenterLib.dicom import Authorship
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.domain import Algorithm, Segmentation, Volume
from BratsSegmenterLib.errors import BratsSegmenterError, Cancelled
from BratsSegmenterLib.job_results import JobResult, SegmentResult
from BratsSegmenterLib.jobs import Job, PrepareJob, SegmentJob, SendJob
from BratsSegmenterLib.labelmap import read_labelmap, write_labelmap
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder, KeptStudy, ResultRecord, StudyOrigin, StudyState
from BratsSegmenterLib.unattended import ArchiveSource, Rules, Studies, StudyOutcome, Timing, Wanted, watch
from BratsSegmenterLib.workbench import Workbench
from BratsSegmenterLib.worker_messages import Failure

_SHAPE = (12, 96, 96)
_MODEL = Algorithm("glioma-synthetic", "0.1", "cd" * 32)


def _do(job: Job, secrets: Mapping[str, str], progress: Progress) -> JobResult:
    """As a worker does, apart from the model, which finds the same box in every study."""
    bench = Workbench(job.folder, Credentials(**secrets), progress)
    try:
        match job:
            case PrepareJob():
                return bench.prepare(job)
            case SendJob():
                return bench.send(job)
            case _:
                assert isinstance(job, SegmentJob)
                return _drawn(job)
    except BratsSegmenterError as error:
        raise JobFailedError(Failure(error.what, error.advice, kind=type(error).__name__)) from error


def _drawn(job: SegmentJob) -> SegmentResult:
    folder = JobFolder(job.folder)
    volume = dicom.load_volume(dicom.scan(folder.dicom).series[-1])
    write_labelmap(Segmentation(_box(volume), volume.geometry, _MODEL), folder.segmentation)
    folder.write_record(ResultRecord("T1c", {"T1c": volume.series.key}, _MODEL, {}))
    files = {"labels": folder.segmentation, "quality_page": folder.segmentation, "volumes": {}, "uncertainty": None}
    return SegmentResult(
        reference="T1c",
        volumes_ml={"ET": 1.0},
        not_measured={},
        algorithm=_MODEL,
        stages=(),
        warnings=(),
        authorship=Authorship.AI,
        **files,
    )


def _box(volume: Volume) -> NDArray[np.uint8]:
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[3:7, 14:26, 14:26] = 3
    return labels


@dataclass
class Router:
    """One that watches an archive behind a proxy; the last image of T1c is still on its way there."""

    archive: RunningArchive
    proxy: FaultyProxy
    study_uid: str
    late: Path
    folder: Path

    def look(self, times: int) -> list[StudyOutcome]:
        """Start it, let it look so often, and stop it; where studies came to rest."""
        outcomes: list[StudyOutcome] = []
        profile = replace(self.archive.profile, url=self.proxy.url)
        rules = Rules(_MODEL.name, formats=("RTSTRUCT", "SEG", "SR"))
        source = _SoOften(ArchiveSource(profile, self.archive.credentials, Wanted()), times)
        with (
            Studies(self.folder, rules, _do, profile, self.archive.credentials, sends=True) as studies,
            pytest.raises(Cancelled),
        ):
            watch(source, studies, Timing(0, 0), Progress(), outcomes.append, pytest.fail)
        return outcomes

    def let_a_colleague_correct(self) -> None:
        """Somebody else draws more in the study, signs it and stores it."""
        job = SegmentJob(self.folder.with_name("colleague"), {}, _MODEL.name)
        secrets = self.archive.credentials.to_json()
        _do(PrepareJob(job.folder, self.archive.profile, self.study_uid), secrets, Progress())
        _do(job, secrets, Progress())
        folder = JobFolder(job.folder)
        drawn = read_labelmap(folder.segmentation)
        drawn.labels[4:6, 30:34, 12:20] = 2
        write_labelmap(drawn, folder.corrected)
        formats = ("RTSTRUCT", "SEG")
        signed = SendJob(job.folder, folder.corrected, True, formats, self.archive.profile, "Curie^Marie")
        _do(signed, secrets, Progress())

    @property
    def sent(self) -> list[str]:
        """Modalities of what it stored."""
        found = self.archive.connect().series(self.study_uid)
        return sorted(series.modality for series in found if series.modality != "MR")

    @property
    def outbox(self) -> Path:
        """Of the study."""
        (outbox,) = self.folder.glob("*/outbox")
        return outbox

    @property
    def left(self) -> list[TransactionState]:
        """How what it wanted to send stands, oldest first."""
        return [transaction.state for transaction in Outbox(self.outbox).transactions()]

    @property
    def kept(self) -> KeptStudy:
        """What it keeps of the study."""
        (origin,) = self.folder.glob("*/study.json")
        return KeptStudy(origin.parent)


@dataclass
class _SoOften:
    source: ArchiveSource
    looks: int

    def studies(self, progress: Progress) -> tuple[StudyOrigin, ...]:
        self.looks -= 1
        if self.looks < 0:
            raise Cancelled
        return self.source.studies(progress)


@pytest.fixture
def router(embedded_archive: RunningArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Router]:
    """With one study that waits for it in the archive."""
    sleep = Stop.sleep
    monkeypatch.setattr(Stop, "sleep", lambda stop, _seconds: sleep(stop, 0))
    identity = StudyIdentity()
    *files, late = write_study(tmp_path / "scanner", identity, 4, _SHAPE)
    embedded_archive.connect().store(files, compare=False)
    with embedded_archive.behind_faults() as proxy:
        yield Router(embedded_archive, proxy, identity.study_uid, late, tmp_path / "studies")


def _fail_over_seg(router: Router, status: int) -> None:
    seg = str(SegmentationStorage).encode()
    router.proxy.plan(*[Plan(Fault.STATUS, "POST", status=status, holding=seg)] * 100)


def test_what_an_archive_refuses_is_no_result_that_the_study_carries(router: Router) -> None:
    _fail_over_seg(router, 400)
    (outcome,) = router.look(4)
    assert (outcome.state, outcome.may_pass) == (StudyState.FAILED, False)
    assert router.kept.result is not None, "the table shows its volumes"
    assert [one.state for one in router.look(2)] == [StudyState.FAILED]
    assert router.sent == ["RTSTRUCT"], "started again, it tries the rest again"
    router.proxy.behave()
    assert [one.state for one in router.look(2)] == [StudyState.SENT]
    assert router.sent == ["RTSTRUCT", "SEG", "SR"]
    assert router.kept.result is not None


def test_what_an_archive_cannot_take_now_goes_when_it_can(router: Router) -> None:
    _fail_over_seg(router, 500)
    outcomes = router.look(4)
    assert [(one.state, one.may_pass) for one in outcomes] == [(StudyState.FAILED, True)] * 3
    assert router.sent == ["RTSTRUCT"]
    router.proxy.behave()
    assert [one.state for one in router.look(2)] == [StudyState.SENT]
    assert router.sent == ["RTSTRUCT", "SEG", "SR"]
    assert router.kept.result is not None


def test_a_study_that_changed_when_a_part_was_sent_waits_for_a_person(router: Router) -> None:
    _fail_over_seg(router, 400)
    router.look(1)
    router.archive.connect().store([router.late], compare=False)
    changed, half_sent = router.look(3)
    assert changed.state is StudyState.NEEDS_YOU
    assert "holds 12 objects of Series 4, on which the result was drawn" in changed.reason
    assert half_sent.state is StudyState.NEEDS_YOU
    assert half_sent.reason.startswith("The study carries a result and was changed while objects still wait")
    assert router.sent == ["RTSTRUCT"]


def test_a_half_sent_result_gives_way_to_one_that_a_colleague_signed_meanwhile(router: Router) -> None:
    _fail_over_seg(router, 500)
    router.look(2)
    router.let_a_colleague_correct()
    router.proxy.behave()
    (outcome,) = router.look(3)
    assert (outcome.state, outcome.reason) == (StudyState.LEFT_ALONE, "The study carries a result already.")
    assert router.sent == ["RTSTRUCT", "RTSTRUCT", "SEG"], "its own SEG never comes after hers"
    assert router.left == [TransactionState.REPLACED]
    assert router.look(3) == []


def test_what_a_person_signed_is_not_given_up_for_the_result_of_another(router: Router) -> None:
    _fail_over_seg(router, 500)
    router.look(2)
    (left,) = Outbox(router.outbox).transactions()
    manifest = left.folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"author": ""', '"author": "Doe^Jane"'))
    router.let_a_colleague_correct()
    router.proxy.behave()
    (outcome,) = router.look(3)
    assert outcome.state is StudyState.NEEDS_YOU
    assert outcome.reason.startswith("The study carries another result while objects still wait to be sent")
    assert router.left == [TransactionState.WAITING]


def test_a_study_that_changed_before_any_of_its_result_arrived_is_segmented_anew(router: Router) -> None:
    router.proxy.plan(*[Plan(Fault.STATUS, "POST", status=500)] * 100)
    router.look(2)
    router.archive.connect().store([router.late], compare=False)
    changed, failed = router.look(2)
    assert "Fetch the study again" in changed.reason
    assert (changed.state, failed.state, failed.may_pass) == (StudyState.NEEDS_YOU, StudyState.FAILED, True)
    assert router.left == [TransactionState.REPLACED, TransactionState.WAITING], "what was drawn before never arrives"
    router.proxy.behave()
    assert [one.state for one in router.look(2)] == [StudyState.SENT]
    assert router.sent == ["RTSTRUCT", "SEG", "SR"]
