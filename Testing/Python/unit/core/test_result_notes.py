"""What is doubtful about a result, and what of it lies on interpolated slices, is said in its objects."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from archives import write_study
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from series_samples import change

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import Credentials
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.domain import REGIONS, Algorithm, PreprocessingSteps, Segmentation, Sequence
from BratsSegmenterLib.jobs import PrepareJob, ResumeJob, SendJob
from BratsSegmenterLib.labelmap import write_labelmap
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder, ResultRecord
from BratsSegmenterLib.workbench import Workbench

_SHAPE = (12, 96, 96)
_AS_THEY_ARE = PreprocessingSteps(registration=False, bias_correction=False, brain_mask=False)
_NOT_ASKED_FOR = ("Registration", "Bias correction")
_FLAIR, _T1C = 2, 3  # in the order of the series
_UNREGISTERED = "T2 could not be registered to T1c."
_TINY = "The enhancing tumour is tiny, 0.05 mL: it may be a vessel or noise."
_CUT_OFF = "The whole tumour reaches the last slice of T1c"
_INTERPOLATED = "2 of 12 slices of T1c have no image and were interpolated: 0.40 of the 1.00 mL drawn lie on them."
_NO_CAVITY_SENTENCES = (
    "The operation was confirmed, but the model drew no resection cavity.",
    "Where you see one, draw it by hand.",
)
_NO_CAVITY = " ".join(_NO_CAVITY_SENTENCES)
_FLAIR_HAS_A_GAP = "Slices of FLAIR were interpolated: they are missing, show nothing or lie unevenly."


def _make_blank(file: Path) -> None:
    def edit(dataset: Dataset) -> None:
        dataset.PixelData = bytes(len(dataset.PixelData))

    change(file, edit)


class _Desk:
    """A job folder with a result on a study of which slices are missing, or blank: each a series and a slice of it."""

    def __init__(
        self, folder: Path, missing: Iterable[tuple[int, int]] = (), blank: Iterable[tuple[int, int]] = ()
    ) -> None:
        files = write_study(folder / "scanner", StudyIdentity(), 4, _SHAPE)
        for series, k in missing:
            files[series * _SHAPE[0] + k].unlink()
        for series, k in blank:
            _make_blank(files[series * _SHAPE[0] + k])
        self.folder = JobFolder(folder / "job")
        self.bench = Workbench(self.folder.path, Credentials(), Progress())
        self.bench.prepare(PrepareJob(self.folder.path, files=folder / "scanner"))
        series = self.bench.study.series
        self.geometry = dicom.load_volume(series[_T1C], resample_gaps=True).geometry
        write_labelmap(self.drawn(3, 8), self.folder.segmentation)
        self.record = ResultRecord(
            "T1c",
            {"T1c": series[_T1C].key, "FLAIR": series[_FLAIR].key},
            Algorithm("glioma-synthetic", "0.1", "cd" * 32),
            {},
            resampled_gaps=True,
            doubts=(_UNREGISTERED, _TINY),
            image_doubts=(_UNREGISTERED,),
            interpolated=("T1c", "FLAIR"),
        )
        self.folder.write_record(self.record)

    def drawn(self, first: int, end: int) -> Segmentation:
        """0.2 mL of enhancing tumour on each of these slices."""
        labels: NDArray[np.uint8] = np.zeros(_SHAPE, np.uint8)
        labels[first:end, 20:30, 20:40] = 3
        return Segmentation(labels, self.geometry, Algorithm("", "", ""))

    def sent(self, labels: Path | None = None, reviewer: str = "") -> tuple[tuple[str, ...], str]:
        """Comments of the measurement report and the description of the structure set, written without an archive."""
        job = SendJob(
            self.folder.path,
            labels or self.folder.segmentation,
            edited=labels is not None,
            reviewer=reviewer,
            formats=("RTSTRUCT", "SR"),
        )
        return _said_by(self.bench, job)


def _said_by(bench: Workbench, job: SendJob) -> tuple[tuple[str, ...], str]:
    paths = {one.kind: one.path for one in bench.send(job).objects}
    content = dcmread(paths["SR"]).ContentSequence
    comments = tuple(i.TextValue for i in content if i.ConceptNameCodeSequence[0].CodeMeaning == "Comment")
    return comments, dcmread(paths["RTSTRUCT"]).StructureSetDescription


class _Colleague:
    """Takes up what a desk sent, of objects of these kinds."""

    def __init__(self, folder: Path, files: Iterable[Path], kinds: tuple[str, ...] = ("rtstruct", "seg", "sr")) -> None:
        self.folder = JobFolder(folder)
        self.bench = Workbench(folder, Credentials(), Progress())
        listed = tuple(file for file in files if file.parent.name != "objects" or file.stem in kinds)
        self.bench.prepare(PrepareJob(folder, listed=listed))
        self.taken_up = self.bench.resume(ResumeJob(folder, steps=_AS_THEY_ARE, resample_gaps=True))

    def sent(self, labels: Path | None = None, reviewer: str = "") -> tuple[str, ...]:
        """Comments of the next version."""
        job = SendJob(
            self.folder.path,
            labels or self.folder.segmentation,
            edited=True,
            reviewer=reviewer,
            formats=("RTSTRUCT", "SR"),
        )
        return _said_by(self.bench, job)[0]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> _Desk:
    """Slices of FLAIR and T1c are missing."""
    return _Desk(tmp_path_factory.mktemp("desk"), missing=[(_FLAIR, 3), (_T1C, 5), (_T1C, 6)])


def test_doubts_of_a_result_and_the_share_of_it_on_interpolated_slices_are_in_its_objects(desk: _Desk) -> None:
    comments, description = desk.sent()
    assert comments == (_UNREGISTERED, _TINY, _INTERPOLATED, _FLAIR_HAS_A_GAP)
    assert description == "\r\n".join(comments)


def test_who_reviews_a_result_answers_the_doubts_about_what_was_drawn_and_not_those_about_the_images(
    desk: _Desk,
) -> None:
    comments, _description = desk.sent(reviewer="Curie^Marie")
    assert comments == (_UNREGISTERED, _INTERPOLATED, _FLAIR_HAS_A_GAP)


def test_a_corrected_result_says_what_is_true_of_the_correction(desk: _Desk, tmp_path: Path) -> None:
    write_labelmap(desk.drawn(8, 12), tmp_path / "corrected.nii.gz")
    comments, _description = desk.sent(tmp_path / "corrected.nii.gz")
    assert comments[0] == _UNREGISTERED
    assert comments[1].startswith(_CUT_OFF)
    assert comments[2] == _INTERPOLATED.replace("0.40 of the 1.00", "0.00 of the 0.80")
    assert _TINY not in comments


def test_a_structure_set_describes_itself_in_the_whole_notes_that_it_has_room_for(desk: _Desk) -> None:
    long = "x" * 1000 + "."
    desk.folder.write_record(replace(desk.record, image_doubts=(_UNREGISTERED, long)))
    comments, description = desk.sent()
    desk.folder.write_record(desk.record)
    assert long in comments
    assert description == "\r\n".join(one for one in comments if one != long)


def test_a_record_of_an_older_version_is_read_and_names_no_doubts(desk: _Desk) -> None:
    path = desk.folder.path / "segmentation.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    older = {name: value for name, value in written.items() if "doubts" not in name and name != "interpolated"}
    path.write_text(json.dumps(older), encoding="utf-8")
    comments, _description = desk.sent()
    desk.folder.write_record(desk.record)
    assert comments == (_INTERPOLATED, _FLAIR_HAS_A_GAP)


def test_blank_slices_of_another_sequence_that_were_interpolated_are_said(tmp_path: Path) -> None:
    desk = _Desk(tmp_path, blank=[(_FLAIR, 4)])
    desk.folder.write_record(replace(desk.record, interpolated=("FLAIR",)))
    comments, _description = desk.sent()
    assert comments == (_UNREGISTERED, _TINY, _FLAIR_HAS_A_GAP)


def test_what_an_older_version_drew_on_blank_slices_is_sent_and_its_images_are_read_as_they_are(
    tmp_path: Path,
) -> None:
    desk = _Desk(tmp_path, blank=[(_FLAIR, 4), (_T1C, 5)])
    desk.folder.write_record(replace(desk.record, resampled_gaps=False, interpolated=None))
    comments, _description = desk.sent()
    assert comments == (_UNREGISTERED, _TINY)
    case = desk.bench.kept_case()
    assert not case.volumes[Sequence.FLAIR].array[4].any()
    assert not case.reference_volume.array[5].any()


def test_what_a_version_said_is_said_of_it_by_those_that_go_on_from_it(desk: _Desk, tmp_path: Path) -> None:
    desk.sent()
    images = tuple((desk.folder.path.parent / "scanner").rglob("*.dcm"))
    second = _Colleague(tmp_path / "second", (*images, *desk.folder.objects.iterdir()))
    carried = tuple(f"Version 1 said: {note}" for note in (_UNREGISTERED, _TINY))
    said_of_a_gap = f"Version 1 said: {_FLAIR_HAS_A_GAP}"
    assert second.taken_up.doubts == (*carried, said_of_a_gap)
    assert second.taken_up.warnings[:3] == second.taken_up.doubts
    assert not any(f"{step} is switched off" in " ".join(second.taken_up.warnings) for step in _NOT_ASKED_FOR)
    assert second.sent() == (*carried, _INTERPOLATED, _FLAIR_HAS_A_GAP)

    third = _Colleague(tmp_path / "third", (*images, *second.folder.objects.iterdir()))
    write_labelmap(desk.drawn(8, 11), tmp_path / "corrected.nii.gz")
    redrawn = _INTERPOLATED.replace("0.40 of the 1.00", "0.00 of the 0.60")
    assert third.sent(tmp_path / "corrected.nii.gz") == (carried[0], redrawn, _FLAIR_HAS_A_GAP)


def test_who_reviews_what_was_taken_up_answers_the_doubts_about_what_was_drawn(desk: _Desk, tmp_path: Path) -> None:
    desk.sent()
    images = tuple((desk.folder.path.parent / "scanner").rglob("*.dcm"))
    second = _Colleague(tmp_path, (*images, *desk.folder.objects.iterdir()))
    assert second.sent(reviewer="Curie^Marie") == (
        f"Version 1 said: {_UNREGISTERED}",
        _INTERPOLATED,
        _FLAIR_HAS_A_GAP,
    )


def test_a_region_that_a_version_did_not_measure_is_not_measured_until_somebody_draws_it(
    desk: _Desk, tmp_path: Path
) -> None:
    no_cavity = REGIONS["RC"].unmeasured.of("no image that the model learnt from shows it")
    desk.folder.write_record(replace(desk.record, not_measured={"RC": no_cavity}))
    desk.sent()
    desk.folder.write_record(desk.record)
    images = tuple((desk.folder.path.parent / "scanner").rglob("*.dcm"))
    second = _Colleague(tmp_path, (*images, *desk.folder.objects.iterdir()))
    assert second.taken_up.not_measured["RC"] == no_cavity
    assert no_cavity in second.sent(reviewer="Curie^Marie")
    cavity = desk.drawn(3, 8)
    cavity.labels[4] = np.where(cavity.labels[4], REGIONS["RC"].label, 0)
    write_labelmap(cavity, tmp_path / "corrected.nii.gz")
    assert no_cavity not in " ".join(second.sent(tmp_path / "corrected.nii.gz"))


@pytest.mark.parametrize("kind", ["rtstruct", "seg", "sr"])
def test_a_core_without_oedema_is_the_whole_tumour_in_every_version_unless_oedema_was_not_measured(
    desk: _Desk, kind: str, tmp_path: Path
) -> None:
    images = tuple((desk.folder.path.parent / "scanner").rglob("*.dcm"))
    without_flair = {key: REGIONS[key].unmeasured.of("it needs FLAIR, which the study lacks") for key in ("ED", "WT")}
    for number, (not_measured, measured) in enumerate(
        (
            ({}, {"ET": 1.0, "NCR": 0.0, "ED": 0.0, "WT": 1.0, "TC": 1.0}),
            (without_flair, {"ET": 1.0, "NCR": 0.0, "TC": 1.0}),
        )
    ):
        desk.folder.write_record(replace(desk.record, not_measured=not_measured))
        desk.sent()
        objects = tuple(desk.folder.objects.iterdir())
        kinds = ("seg", "sr") if kind == "sr" else (kind,)
        for version in (2, 3):
            colleague = _Colleague(tmp_path / f"{number}-{version}", (*images, *objects), kinds)
            assert colleague.taken_up.volumes_ml == pytest.approx(measured, abs=0.01)
            assert colleague.taken_up.not_measured == not_measured
            colleague.sent()
            objects = tuple(colleague.folder.objects.iterdir())
    desk.folder.write_record(desk.record)


@pytest.mark.parametrize("kind", ["rtstruct", "seg"])
def test_where_one_kind_of_object_is_kept_each_note_stands_once_however_often_it_is_taken_up(
    desk: _Desk, kind: str, tmp_path: Path
) -> None:
    desk.sent()
    images = tuple((desk.folder.path.parent / "scanner").rglob("*.dcm"))
    folder = desk.folder
    for version in (2, 3):
        colleague = _Colleague(tmp_path / str(version), (*images, *folder.objects.iterdir()), kinds=(kind,))
        assert colleague.sent() == (
            *(f"Version 1 said: {note}" for note in (_UNREGISTERED, _TINY)),
            _INTERPOLATED,
            _FLAIR_HAS_A_GAP,
        )
        folder = colleague.folder


def test_a_description_in_one_line_is_read_by_its_sentences(desk: _Desk, tmp_path: Path) -> None:
    desk.sent()

    def as_earlier_versions_wrote_it(structures: Dataset) -> None:
        notes = (_INTERPOLATED, _FLAIR_HAS_A_GAP, f"Version 1 said: {_INTERPOLATED}", _FLAIR_HAS_A_GAP, _UNREGISTERED)
        structures.StructureSetDescription = " ".join((*notes, _NO_CAVITY))

    structures = desk.folder.objects / "rtstruct.dcm"
    change(structures, as_earlier_versions_wrote_it)
    images = tuple((desk.folder.path.parent / "scanner").rglob("*.dcm"))
    second = _Colleague(tmp_path, (*images, structures), kinds=("rtstruct",))
    said = (_FLAIR_HAS_A_GAP, _UNREGISTERED, *_NO_CAVITY_SENTENCES)
    assert second.taken_up.doubts == tuple(f"Version 1 said: {note}" for note in said)
    assert second.sent(reviewer="Curie^Marie") == (
        f"Version 1 said: {_UNREGISTERED}",
        _INTERPOLATED,
        _FLAIR_HAS_A_GAP,
    )
