"""What a person queued, decided or took up in the panel is hers; what a router left is gone on with."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from unattended_studies import (
    CLEAR,
    DAMAGED,
    DOWN,
    PACS,
    Source,
    Worker,
    a_study,
    open_studies,
    queue_in_panel,
    states_of,
    watch_answers,
)

from BratsSegmenterLib.errors import Cancelled
from BratsSegmenterLib.job_results import (
    BorrowedSequence,
    SequenceChoice,
    SeriesRow,
)
from BratsSegmenterLib.jobs import SegmentJob
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import (
    JobFolder,
    KeptStudy,
    QueueItem,
    StudyChoices,
    StudyOrigin,
    StudyQueue,
    StudyState,
    study_folder,
)
from BratsSegmenterLib.unattended import Rules, Timing, watch


@pytest.mark.parametrize("state", [StudyState.CORRECTED, StudyState.SENT])
def test_what_a_person_took_up_in_the_panel_is_hers(tmp_path: Path, worker: Worker, state: StudyState) -> None:
    worker.doubts = ("The model found no tumour.",)
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    with open_studies(tmp_path, worker) as studies:
        (step,) = watch_answers(studies, (a_study(1),))
        assert step.state is StudyState.NEEDS_YOU
        kept.write_state(state)
        assert watch_answers(studies, (a_study(1, 104),), (a_study(1, 104),)) == []
    worker.doubts = ()
    with open_studies(tmp_path, worker) as studies:
        assert watch_answers(studies, (a_study(1, 104),)) == []
    assert worker.kinds == ["prepare", "segment"]
    assert kept.result is not None


def test_what_a_person_segmented_while_it_waited_is_hers_whatever_the_rules(tmp_path: Path, worker: Worker) -> None:
    worker.prepared = replace(CLEAR, operated=True, operated_reason="postop")
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    with open_studies(tmp_path, worker) as studies:
        (step,) = watch_answers(studies, (a_study(1),))
        assert step.state is StudyState.NEEDS_YOU
    kept.write_result(worker(SegmentJob(tmp_path / step.folder, {}, "another", is_postoperative=True), {}, Progress()))
    kept.write_state(StudyState.SEGMENTED)
    with open_studies(tmp_path, worker) as studies:
        assert studies.resting() == ()
        assert watch_answers(studies, (a_study(1),)) == []
    assert worker.kinds == ["prepare", "segment"]
    assert kept.result is not None
    assert kept.state is StudyState.SEGMENTED


def test_what_a_person_took_up_is_not_sent_when_the_archive_is_back(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, None, DOWN]
    with open_studies(tmp_path, worker) as studies:
        (outcome,) = watch_answers(studies, (a_study(1),))
        assert outcome.may_pass
        KeptStudy(study_folder(tmp_path, "2.25.1")).write_state(StudyState.CORRECTED)
        studies.try_again(outcome.folder)
        assert watch_answers(studies, ()) == []
    assert worker.kinds == ["prepare", "segment", "send"]


def test_corrections_that_were_not_sent_yet_are_hers_too(tmp_path: Path, worker: Worker) -> None:
    worker.doubts = ("The model found no tumour.",)
    with open_studies(tmp_path, worker) as studies:
        watch_answers(studies, (a_study(1),))
        JobFolder(study_folder(tmp_path, "2.25.1")).unsent.write_bytes(b"drawn")
        assert watch_answers(studies, (a_study(1, 104),)) == []
    assert worker.kinds == ["prepare", "segment"]


@pytest.mark.parametrize("state", [StudyState.QUEUED, StudyState.CANCELLED, StudyState.FAILED])
def test_what_a_person_queued_in_the_panel_is_left_to_her(tmp_path: Path, worker: Worker, state: StudyState) -> None:
    hers = QueueItem(study_folder(tmp_path, "2.25.1").name, "Ward 3", "her model", state=state, is_by_rules=False)
    KeptStudy(tmp_path / hers.folder).write_origin(StudyOrigin(a_study(1).study, "Ward 3"))
    queue_in_panel(tmp_path, hers)
    with open_studies(tmp_path, worker) as studies:
        assert watch_answers(studies, (a_study(1),), (a_study(1, 120),)) == []
        assert studies.open_count == 0
    assert worker.jobs == []
    assert StudyQueue(tmp_path / "queue.json").items == (hers,)


@pytest.mark.parametrize(
    "choices", [StudyChoices({"T1": "key of T1c", "T1c": "key of T1"}), StudyChoices(is_postoperative=True)]
)
def test_what_a_person_decided_while_it_waited_is_not_undone(
    tmp_path: Path, worker: Worker, choices: StudyChoices
) -> None:
    worker.prepared = replace(CLEAR, operated=True, operated_reason="postop")
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    with open_studies(tmp_path, worker) as studies:
        watch_answers(studies, (a_study(1),))
        kept.write_choices(choices)
        worker.prepared = CLEAR
        (step,) = watch_answers(studies, *[(a_study(1, 120),)] * 3)
        assert (step.state, step.reason.partition(":")[0]) == (
            StudyState.NEEDS_YOU,
            "Somebody decided in the panel how it is segmented",
        )
    with open_studies(tmp_path, worker) as studies:
        assert states_of(watch_answers(studies, (a_study(1, 120),))) == [StudyState.NEEDS_YOU]
        assert [outcome.folder for outcome in studies.resting()] == [step.folder], "no clean-up takes it away"
    assert worker.kinds == ["prepare"]
    assert kept.choices == choices


def test_a_sequence_that_a_person_borrowed_while_it_waited_stays_borrowed(tmp_path: Path, worker: Worker) -> None:
    row = SeriesRow("another study's T1c", "T1c", None, 20)
    choice = SequenceChoice(row.key, "2.25.3", 0.9, ())
    lent = BorrowedSequence("T1c", choice, row, "2026-01-05", -3)
    own = {name: one for name, one in CLEAR.sequences.items() if name != "T1c"}
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    kept.write_prepared(replace(CLEAR, sequences=own, borrowed=(lent,)))
    with open_studies(tmp_path, worker) as studies:
        assert states_of(watch_answers(studies, (a_study(1),))) == [StudyState.NEEDS_YOU]
    assert worker.jobs == []
    assert kept.prepared is not None
    assert kept.prepared.borrowed == (lent,)


def _forget_who_queued(folder: Path) -> None:
    """Leave the queue as an older version does."""
    queue = json.loads((folder / "queue.json").read_text())
    for item in queue["items"]:
        del item["is_by_rules"]
    (folder / "queue.json").write_text(json.dumps(queue))


def test_what_a_router_of_an_older_version_left_is_gone_on_with(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, Cancelled(), DAMAGED]
    with open_studies(tmp_path, worker) as studies:
        watch_answers(studies, (a_study(1), a_study(2)))
    with open_studies(tmp_path, worker) as studies:
        watch_answers(studies, (a_study(2),))
    _forget_who_queued(tmp_path)
    with open_studies(tmp_path, worker) as studies:
        assert studies.unlisted([a_study(2)]) == 1
        assert states_of(watch_answers(studies, (a_study(1), a_study(2)))) == [StudyState.SENT] * 2
    assert StudyQueue(tmp_path / "queue.json").items == ()


def test_what_an_older_version_queued_and_nobody_looks_for_stays_queued(tmp_path: Path, worker: Worker) -> None:
    unknown = QueueItem(study_folder(tmp_path, "2.25.1").name, PACS.name, "glioma-synthetic")
    kept = KeptStudy(tmp_path / unknown.folder)
    kept.write_origin(a_study(1))
    kept.write_state(StudyState.SENT)
    queue_in_panel(tmp_path, unknown)
    with open_studies(tmp_path, worker) as studies:
        watch_answers(studies, (a_study(2),))
    assert StudyQueue(tmp_path / "queue.json").items == (unknown,)


def test_what_a_person_cancelled_in_the_panel_stays_cancelled(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [DAMAGED]
    with open_studies(tmp_path, worker) as studies:
        watch_answers(studies, (a_study(1),))
    (item,) = StudyQueue(tmp_path / "queue.json").items
    queue_in_panel(tmp_path, replace(item, state=StudyState.CANCELLED))
    with open_studies(tmp_path, worker) as studies:
        assert watch_answers(studies, (a_study(1, 120),), (a_study(1, 120),)) == []
    assert worker.kinds == ["prepare"]


def test_what_is_not_looked_for_any_more_is_left_as_it_is_and_counted(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, Cancelled()]
    with open_studies(tmp_path, worker) as studies:
        assert watch_answers(studies, (a_study(1),)) == []
    said: list[str] = []
    with (
        open_studies(tmp_path, worker, rules=Rules("other", is_postoperative=True)) as studies,
        pytest.raises(Cancelled),
    ):
        watch(Source([(a_study(2),)] * 2), studies, Timing(0, 0), Progress(), lambda _outcome: None, said.append)
    assert said == ["Queued here before, and not among the studies that are looked for now: 1. They stay queued."]
    assert worker.kinds == ["prepare", "segment", "prepare", "segment", "send"]
    (left,) = StudyQueue(tmp_path / "queue.json").items
    assert (left.folder, left.bundle) == (study_folder(tmp_path, "2.25.1").name, "glioma-synthetic")
