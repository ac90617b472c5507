"""A result takes the place of the one before as a whole, or not at all."""

from pathlib import Path

import pytest
from pydicom import Dataset
from series_samples import change
from small_studies import small_study

from BratsSegmenterLib.domain import PreprocessingSteps, Sequence
from BratsSegmenterLib.errors import Cancelled
from BratsSegmenterLib.pipeline import SegmentedCase, Settings, load_case, recognise, scan_study, segment_case
from BratsSegmenterLib.progress import Progress, ProgressEvent
from BratsSegmenterLib.study import JobFolder, keep_result

_QUICK = Settings(device="cpu", steps=PreprocessingSteps(registration=False, bias_correction=False, brain_mask=False))


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> SegmentedCase:
    """Of a study with a slice of T1c and one of FLAIR that show nothing and were interpolated."""
    study = tmp_path_factory.mktemp("study")
    small_study(study, "20260102", Sequence.T1C, Sequence.FLAIR)
    found = recognise(scan_study(study, Progress()), Progress()).found
    for choice in found.values():
        change(choice.series.files[15], _make_blank)
    series = {sequence: choice.series for sequence, choice in found.items()}
    return segment_case(load_case(series, True, Progress()), _QUICK, Progress())


def _make_blank(dataset: Dataset) -> None:
    dataset.PixelData = bytes(len(dataset.PixelData))


def test_the_record_names_the_sequences_of_which_slices_were_interpolated(
    result: SegmentedCase, tmp_path: Path
) -> None:
    keep_result(result, JobFolder(tmp_path), Progress(), resampled_gaps=True)
    assert JobFolder(tmp_path).record().interpolated == ("T1c", "FLAIR")


def test_interpolated_slices_are_said_among_the_warnings_and_on_the_quality_page(
    result: SegmentedCase, tmp_path: Path
) -> None:
    kept = keep_result(result, JobFolder(tmp_path), Progress(), resampled_gaps=True)
    page = kept.quality_page.read_text(encoding="utf-8")
    for name in ("T1c", "FLAIR"):
        (sentence,) = (text for text in kept.warnings if text.startswith(f"Slices of {name} were interpolated"))
        assert sentence in page
    assert any(text.startswith("1 of 34 slices of T1c have no image and were interpolated") for text in kept.warnings)


def test_objects_of_the_result_before_do_not_stay_beside_it(result: SegmentedCase, tmp_path: Path) -> None:
    folder = JobFolder(tmp_path)
    folder.objects.mkdir()
    (folder.objects / "seg.dcm").touch()
    kept = keep_result(result, folder, Progress(), resampled_gaps=True)
    assert not folder.objects.exists()
    (sentence,) = (text for text in kept.warnings if "was deleted: seg.dcm." in text)
    assert sentence in kept.routine


def test_a_cancel_during_the_writing_comes_too_late_and_one_before_it_leaves_what_was_there(
    result: SegmentedCase, tmp_path: Path
) -> None:
    folder = JobFolder(tmp_path / "job")
    folder.path.mkdir()
    heard: list[ProgressEvent] = []
    kept = keep_result(result, folder, Progress(heard.append, lambda: bool(heard)), resampled_gaps=False)
    assert [event.stage for event in heard] == ["write", "write"]
    assert folder.record().algorithm == kept.algorithm

    before = _files(folder.path)
    with pytest.raises(Cancelled):
        keep_result(result, folder, Progress(is_cancelled=lambda: True), resampled_gaps=False)
    assert _files(folder.path) == before
