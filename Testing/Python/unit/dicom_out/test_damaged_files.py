"""A damaged structure set or segmentation object is a sentence or a result, never a crash."""

from pathlib import Path

import pytest
import result_samples as samples
from benchmarks import fuzz_readers
from pydicom import dcmread

from BratsSegmenterLib.dicom import read_rtstruct, read_seg, write_seg
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.errors import SeriesError


def test_files_damaged_in_all_ways_give_a_sentence_or_a_result(tmp_path: Path) -> None:
    outcomes = fuzz_readers.run(count=70, seed=1, folder=tmp_path)
    assert fuzz_readers.failures(outcomes) == []
    assert {outcome.what for outcome in outcomes} == {"read", "sentence"}


@pytest.mark.parametrize("read", [read_rtstruct, read_seg])
def test_a_file_that_is_no_dicom_is_a_sentence_that_names_it(read: object, volume: Volume, tmp_path: Path) -> None:
    (tmp_path / "notes.dcm").write_text("hello")
    with pytest.raises(SeriesError, match=r"notes\.dcm"):
        read(tmp_path / "notes.dcm", volume)  # type: ignore[operator]


def test_a_seg_of_which_an_element_is_of_no_known_kind_is_a_sentence(volume: Volume, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", volume, samples.segmentation_on(volume), samples.provenance()).path
    frame_of_reference = b"\x20\x00\x52\x00UI"
    content = path.read_bytes()
    assert content.count(frame_of_reference) == 1
    path.write_bytes(content.replace(frame_of_reference, frame_of_reference[:4] + b"UM"))
    with pytest.raises(SeriesError, match=r"seg\.dcm is a damaged segmentation object"):
        read_seg(path, volume)


def test_a_seg_that_claims_more_frames_than_it_has_is_a_sentence(volume: Volume, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", volume, samples.segmentation_on(volume), samples.provenance()).path
    dataset = dcmread(path)
    dataset.NumberOfFrames = 60_000
    dataset.save_as(path)
    with pytest.raises(SeriesError, match=r"seg\.dcm"):
        read_seg(path, volume)
