"""A file or folder that is called as its patient is, is not named where others read."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from BratsSegmenterLib.archive import Credentials, StudySummary
from BratsSegmenterLib.child_worker import JobFailedError
from BratsSegmenterLib.domain import Algorithm
from BratsSegmenterLib.job_results import JobResult, SegmentResult
from BratsSegmenterLib.jobs import Job
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import StudyOrigin, StudyState
from BratsSegmenterLib.unattended import Rules, Studies, StudyOutcome, StudyRow, write_tables
from BratsSegmenterLib.unattended.file_names import FileNames
from BratsSegmenterLib.worker_messages import Failure

FOLDER = Path("/data/DICOM/Doe Jane")
FILES = (*(FOLDER / "first" / f"DOE_{n}.dcm" for n in (1, 10)), FOLDER / "T1" / "DOE_1.dcm", FOLDER / "T1" / "17")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("DOE_10.dcm is truncated. DOE_1.dcm is not.", "file 2 is truncated. file 1 is not."),
        ("first/DOE_1.dcm is a second copy of T1/DOE_1.dcm.", "file 1 is a second copy of file 3."),
        (f"{FILES[0]}: no such file", "file 1: no such file"),
        ("The folder 'first' holds copies of the folder 'T1'.", "The folder 1 holds copies of the folder 'T1'."),
        ("The folder 'Doe Jane/T1' holds copies.", "The folder 2 holds copies."),
        ("Your first look is at the result in DICOM.", "Your first look is at the result in DICOM."),
        (f"{FOLDER / 'T1'} cannot be read", "folder 2 cannot be read"),
        ("A DICOM file, T1, 17 of 170 slices, DOE_1.dcmx", "A DICOM file, T1, 17 of 170 slices, DOE_1.dcmx"),
    ],
)
def test_names_and_paths_become_numbers(text: str, hidden: str) -> None:
    assert FileNames(FILES).hidden_in(text) == hidden


def test_a_study_from_an_archive_has_no_names_to_hide() -> None:
    assert FileNames(()).hidden_in("Series 3: slices are missing.") == "Series 3: slices are missing."


def test_the_table_does_not_name_a_file_that_makes_a_result_doubtful() -> None:
    study = StudyOrigin(StudySummary("2.25.1", "Doe^Jane", "P1", "", "20260101", "", ("MR",), 4, 3), files=FILES)
    drawn = Path("segmentation.nii.gz")
    model = Algorithm("glioma-synthetic", "0.7.1", "0" * 64)
    warnings = ("DOE_1.dcm lacks a position.", "DOE_10.dcm is truncated.")
    result = SegmentResult("T1c", drawn, {}, None, {}, {}, drawn, model, (), warnings, doubts=warnings[1:])
    row = StudyRow("0f", study, StudyState.NEEDS_YOU, "", result, None)
    assert row.doubts == ("file 2 is truncated.",)
    assert row.remarks == ("file 1 lacks a position.",)
    assert row.remarks is row.remarks, "a router asks several times for each study whenever one more is done"


def test_what_others_read_does_not_name_the_file_of_a_failed_study(tmp_path: Path) -> None:
    summary = StudySummary("2.25.1", "Doe^Jane", "P1", "", "20260101", "MR head", ("MR",), 4, 3)
    told: list[StudyOutcome] = []

    def fail(job: Job, secrets: Mapping[str, str], progress: Progress) -> JobResult:
        raise JobFailedError(Failure("DOE_10.dcm is truncated.", "Fetch it again.", kind="SeriesError"))

    with Studies(tmp_path, Rules("glioma-synthetic"), fail, None, Credentials(), sends=False) as studies:
        studies.offer(StudyOrigin(summary, files=FILES))
        studies.work(Progress(), told.append)
    write_tables(tmp_path)

    assert "file 2 is truncated. Fetch it again." in told[0].sentence
    queued = json.loads((tmp_path / "queue.json").read_text())["items"][0]["reason"]
    assert queued == "file 2 is truncated. Fetch it again."
    for shared in tmp_path.iterdir():
        assert shared.is_dir() or "DOE" not in shared.read_text()
    assert (tmp_path / told[0].folder / "reason.txt").read_text() == "DOE_10.dcm is truncated. Fetch it again."
