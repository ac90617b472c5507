"""Studies of this computer: listed from a folder, pictured, and worked on by their files alone."""

from pathlib import Path

from phantoms import PhantomStudy
from PIL import Image

from BratsSegmenterLib.archive import Credentials
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.jobs import ListFolderJob, PrepareJob
from BratsSegmenterLib.performing import perform
from BratsSegmenterLib.progress import Progress


def test_a_folder_lists_its_study_and_passes_over_what_is_no_dicom(phantom_study: PhantomStudy, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    for number, file in enumerate(phantom_study.files):
        (tmp_path / f"{number}.dcm").symlink_to(file)
    listed = perform(ListFolderJob(tmp_path), Credentials(), Progress())
    (local,) = listed.studies
    assert local.study.study_uid == phantom_study.identity.study_uid
    assert (local.study.patient_id, local.study.series_count) == (phantom_study.identity.patient_id, 5)
    assert len(local.files) == len(phantom_study.files)
    assert listed.passed_over == 1


def test_a_study_is_prepared_from_its_files_with_a_picture_of_every_series_on_offer(
    phantom_study: PhantomStudy, tmp_path: Path
) -> None:
    prepared = perform(PrepareJob(tmp_path, listed=phantom_study.files), Credentials(), Progress())
    assert set(prepared.sequences) == {sequence.value for sequence in Sequence}
    for row in prepared.series:
        assert (row.thumbnail is None) == bool(row.excluded and not row.overrulable)
    pictures = [Image.open(row.thumbnail) for row in prepared.series if row.thumbnail]
    assert {picture.size for picture in pictures} == {(112, 112)}
    assert all(picture.getextrema()[1] > 200 for picture in pictures), "a picture shows the head, not the air"
