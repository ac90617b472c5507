"""A study that rules were done with and that has no result here: it is said, and made up for where that is right."""

import shutil
from pathlib import Path

import pytest
from unattended_studies import CARRYING, Source, Worker, a_study, open_studies, states_of, watch_answers

from BratsSegmenterLib.errors import Cancelled
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder, KeptStudy, StudyState, study_folder
from BratsSegmenterLib.unattended import Timing, watch, write_tables


def _work_once(folder: Path, worker: Worker, sends: bool) -> list[StudyState]:
    with open_studies(folder, worker, sends=sends) as studies:
        return states_of(watch_answers(studies, (a_study(1),), (a_study(1),)))


@pytest.fixture
def lost(tmp_path: Path, worker: Worker) -> KeptStudy:
    """One that a cohort segmented, and whose result was about to be written over when everything was killed."""
    _work_once(tmp_path, worker, sends=False)
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    kept.forget_result()
    return kept


def test_a_result_that_is_gone_is_said_and_made_anew(tmp_path: Path, worker: Worker, lost: KeptStudy) -> None:
    (row,) = write_tables(tmp_path)
    assert (row.state, row.reason) == (StudyState.SEGMENTED, "Its result is gone or damaged.")
    assert _work_once(tmp_path, worker, sends=False) == [StudyState.SEGMENTED]
    assert worker.kinds == ["prepare", "segment"] * 2
    assert lost.result is not None
    (row,) = write_tables(tmp_path)
    assert row.reason == ""


def test_a_lost_result_that_was_a_person_s_or_was_drawn_on_is_left_to_her(
    tmp_path: Path, worker: Worker, lost: KeptStudy
) -> None:
    lost.write_state(StudyState.SEGMENTED)
    assert _work_once(tmp_path, worker, sends=False) == []
    lost.write_state(StudyState.SEGMENTED, is_by_rules=True)
    JobFolder(study_folder(tmp_path, "2.25.1")).unsent.write_bytes(b"drawn")
    assert _work_once(tmp_path, worker, sends=False) == []
    (row,) = write_tables(tmp_path)
    assert row.reason == "Its result is gone or damaged."


def test_a_study_that_carried_a_result_is_not_said_to_be_sent_from_here_and_a_cohort_measures_it(
    tmp_path: Path, worker: Worker
) -> None:
    worker.prepared = CARRYING
    assert _work_once(tmp_path, worker, sends=True) == [StudyState.LEFT_ALONE]
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    for state in (StudyState.LEFT_ALONE, StudyState.SENT):
        kept.write_state(state)
        (row,) = write_tables(tmp_path)
        told = (row.state, row.reason)
        assert told == (StudyState.LEFT_ALONE, "The study carries a result already."), "what an older version wrote too"
    assert _work_once(tmp_path, worker, sends=True) == [], "whatever sends has nothing to do there"
    assert _work_once(tmp_path, worker, sends=False) == [StudyState.SEGMENTED]
    assert _work_once(tmp_path, worker, sends=False) == []
    assert worker.kinds == ["prepare", "prepare", "segment"]


def test_a_study_that_was_sent_from_here_is_not_measured_again(tmp_path: Path, worker: Worker) -> None:
    assert _work_once(tmp_path, worker, sends=True) == [StudyState.SENT]
    (row,) = write_tables(tmp_path)
    assert row.reason == ""
    assert _work_once(tmp_path, worker, sends=False) == []


def test_a_study_that_was_sent_and_deleted_is_not_fetched_again_and_the_router_says_so_once(
    tmp_path: Path, worker: Worker
) -> None:
    (tmp_path / "studies.csv").write_text("folder,study_uid,state,volumes_of\nx,2.25.1,sent,model\n", encoding="utf-8")
    said: list[str] = []
    found = (a_study(1),)
    with open_studies(tmp_path, worker) as studies, pytest.raises(Cancelled):
        watch(Source([found, found]), studies, Timing(0, 0), Progress(), pytest.fail, said.append)
    assert worker.jobs == []
    (sentence,) = said
    assert sentence.startswith("Measured before, and deleted since: 1. ")


def test_other_folders_beside_the_studies_are_no_studies(tmp_path: Path, worker: Worker) -> None:
    _work_once(tmp_path, worker, sends=False)
    study = study_folder(tmp_path, "2.25.1")
    shutil.copytree(study, study.with_name(f"{study.name} (backup)"))
    (tmp_path / "lost+found" / "study.json").mkdir(parents=True)
    assert [row.folder for row in write_tables(tmp_path)] == [study.name]
