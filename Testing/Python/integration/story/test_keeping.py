"""A result takes the place of the one before as a whole, or not at all."""

from pathlib import Path

import pytest
from phantoms import PhantomStudy

from BratsSegmenterLib.errors import Cancelled
from BratsSegmenterLib.job_folder import JobFolder
from BratsSegmenterLib.keeping import keep_result
from BratsSegmenterLib.pipeline import Settings, load_case, recognise, scan_study, segment_case
from BratsSegmenterLib.preprocessing import Steps
from BratsSegmenterLib.progress import Progress, ProgressEvent

_QUICK = Settings(device="cpu", steps=Steps(registration=False, bias_correction=False))


def test_a_cancel_during_the_writing_comes_too_late_and_one_before_it_leaves_what_was_there(
    phantom_study: PhantomStudy, tmp_path: Path
) -> None:
    study = scan_study(phantom_study.folder, Progress())
    found = recognise(study, Progress()).found
    case = load_case({sequence: choice.series for sequence, choice in found.items()}, False, Progress())
    result = segment_case(case, _QUICK, Progress())
    folder = JobFolder(tmp_path)
    heard: list[ProgressEvent] = []
    kept = keep_result(result, folder, Progress(heard.append, lambda: bool(heard)), resampled_gaps=False)
    assert [event.stage for event in heard] == ["write", "write"]
    assert folder.record().algorithm == kept.algorithm

    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(Cancelled):
        keep_result(result, folder, Progress(is_cancelled=lambda: True), resampled_gaps=False)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
