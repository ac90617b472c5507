"""Before a result is stored: whether the archive still holds what it was drawn on, of the same patient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from archives import RunningArchive, running_embedded, write_study
from faulty_proxy import Fault, Plan
from pydicom import dcmread

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import StudyChangedError, TemporaryArchiveError
from BratsSegmenterLib.archive.embedded import serve
from BratsSegmenterLib.delivery.destination import Destination
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.progress import Progress

_SLICES = 4


@dataclass
class Scene:
    """A result on the second of two series, and an archive, empty at first, that it is meant for.

    Attributes
    ----------
    archive : RunningArchive
    files : list of Path
        Of the study, series by series.
    folder : Path
        For files of its own.
    """

    archive: RunningArchive
    files: list[Path]
    folder: Path

    def archive_holds(self, files: list[Path], **changes: str) -> None:
        """Let the archive hold copies of these files, with other values of some attributes."""
        copies = []
        for number, file in enumerate(files):
            dataset = dcmread(file)
            for keyword, value in changes.items():
                setattr(dataset, keyword, value)
            copies.append(self.folder / f"{number}.dcm")
            dataset.save_as(copies[-1])
        self.archive.connect().store(copies, compare=False)

    def fetched(self, files: list[Path]) -> Destination:
        """For a result whose images were fetched when these files were all there was."""
        with serve(self.folder / "origin") as running:
            origin = running_embedded(running).connect()
            origin.store(files, compare=False)
            origin.fetch(str(dcmread(files[0]).StudyInstanceUID), self.folder / "fetched")
        return self.destination(self.folder / "fetched", self.folder / "fetched")

    def destination(self, images: Path, fetched_to: Path | None = None, url: str = "") -> Destination:
        """For a result on the images of a folder."""
        reference = dicom.load_volume(dicom.scan(images).series[-1])
        return Destination(self.archive.connect(url, retry_delays_s=()), reference, fetched_to, Progress())

    def drawn_with_both(self, fetched: list[Path]) -> Destination:
        """As :meth:`fetched`, for a result that was drawn with the first series, too."""
        return replace(self.fetched(fetched), others=dicom.scan(self.folder / "fetched").series[:-1])


@pytest.fixture
def scene(any_archive: RunningArchive, tmp_path: Path) -> Scene:
    identity = StudyIdentity(patient_name="Old^Name", patient_id="OLD-1")
    return Scene(any_archive, write_study(tmp_path / "scanner", identity, 2, (_SLICES, 32, 24)), tmp_path)


def refusal(destination: Destination) -> str:
    """The sentence with which it is refused."""
    with pytest.raises(StudyChangedError) as refused:
        destination.check()
    assert "Nothing was sent." in refused.value.advice
    assert not any(name in str(refused.value) for name in ("OLD-1", "NEW-9", "^Name"))
    return refused.value.what


def test_a_study_that_is_as_it_was_needs_no_word(scene: Scene) -> None:
    scene.archive_holds(scene.files)
    assert scene.fetched(scene.files).check() == ()


def test_letter_case_and_an_issuer_that_is_new_are_no_other_patient(scene: Scene) -> None:
    scene.archive_holds(scene.files, PatientName="OLD^NAME^", IssuerOfPatientID="HOSPITAL")
    assert scene.fetched(scene.files).check() == ()


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        (slice(0), "no longer holds this study."),
        (slice(_SLICES), "no longer holds Series 2, on which the result was drawn."),
        (slice(-1), "no longer holds all images of Series 2, on which the result was drawn."),
    ],
)
def test_images_that_are_gone_are_said(scene: Scene, held: slice, sentence: str) -> None:
    scene.archive_holds(scene.files[held])
    assert refusal(scene.fetched(scene.files)).endswith(sentence)


def test_a_series_that_has_grown_is_said(scene: Scene) -> None:
    scene.archive_holds(scene.files)
    assert refusal(scene.fetched(scene.files[:-1])).endswith(
        "holds 4 objects of Series 2, on which the result was drawn; when it was fetched there were 3."
    )


@pytest.mark.parametrize("changes", [{"PatientID": "NEW-9"}, {"PatientName": "New^Name"}])
def test_another_patient_is_said_without_a_name(scene: Scene, changes: dict[str, str]) -> None:
    scene.archive_holds(scene.files, **changes)
    assert "names another patient in this study than when it was fetched" in refusal(scene.fetched(scene.files))


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        (slice(0), "no longer holds this study."),
        (slice(_SLICES, None), "no longer holds Series 1, with which the result was drawn."),
        (slice(1, None), "no longer holds all images of Series 1, with which the result was drawn."),
    ],
)
def test_what_else_the_result_was_drawn_with_has_to_be_there_too(scene: Scene, held: slice, sentence: str) -> None:
    scene.archive_holds(scene.files[held])
    assert refusal(scene.drawn_with_both(scene.files)).endswith(sentence)


def test_more_images_than_were_fetched_of_another_series_than_the_reference_keep_nothing_back(scene: Scene) -> None:
    scene.archive_holds(scene.files)
    assert scene.drawn_with_both(scene.files[1:]).check() == ()


def test_each_series_is_compared_as_it_names_the_patient_itself(scene: Scene) -> None:
    for file in scene.files[:_SLICES]:
        dataset = dcmread(file)
        dataset.PatientName = "Old^Name^Maria"
        dataset.save_as(file)
    scene.archive_holds(scene.files)
    assert scene.drawn_with_both(scene.files).check() == ()


def test_another_patient_in_another_series_than_the_reference_is_said(scene: Scene) -> None:
    scene.archive_holds(scene.files[:_SLICES], PatientName="New^Name")
    scene.archive_holds(scene.files[_SLICES:])
    assert "names another patient in this study" in refusal(scene.drawn_with_both(scene.files))


def test_images_of_this_computer_need_not_be_in_the_archive_and_that_is_said(scene: Scene) -> None:
    destination = scene.destination(scene.files[0].parents[1])
    (alone,) = destination.check()
    assert alone.endswith("did not hold this study: the result stands there alone, without its images.")
    scene.archive_holds(scene.files[:_SLICES])
    (without,) = destination.check()
    assert without.endswith("holds this study without Series 2, on which the result was drawn.")
    scene.archive_holds(scene.files[_SLICES:])
    absent = dicom.scan(write_study(scene.folder / "others", StudyIdentity(), 1)).series
    (without,) = replace(destination, others=absent).check()
    assert without.endswith("holds this study without Series 1, with which the result was drawn.")


def test_images_of_this_computer_are_not_sent_into_another_patient_s_study(scene: Scene) -> None:
    scene.archive_holds(scene.files, PatientID="NEW-9")
    what = refusal(scene.destination(scene.files[0].parents[1]))
    assert "names another patient in this study than the images on this computer do" in what


def test_an_archive_that_finds_no_page_beyond_the_last_is_asked_whose_the_study_is(scene: Scene) -> None:
    scene.archive_holds(scene.files, PatientID="NEW-9")
    with scene.archive.behind_faults() as proxy:
        proxy.plan(*[Plan(Fault.NONE_IS_NOT_FOUND, "GET")] * 20)
        what = refusal(scene.destination(scene.files[0].parents[1], url=proxy.url))
    assert "names another patient in this study than the images on this computer do" in what


@pytest.mark.parametrize(
    ("fault", "path_end", "reason"),
    [
        (Plan(Fault.STATUS, status=405), "/instances/{uid}", "it did not give one back"),
        (Plan(Fault.BODY, body=b"[]"), "/instances", "it lists no single images"),
    ],
)
def test_an_archive_that_cannot_be_asked_so_closely_keeps_nothing_back(
    scene: Scene, fault: Plan, path_end: str, reason: str
) -> None:
    scene.archive_holds(scene.files)
    scene.fetched(scene.files)
    uids = [dcmread(file).SOPInstanceUID for file in scene.files]
    with scene.archive.behind_faults() as proxy:
        proxy.plan(*(replace(fault, path_end=path_end.format(uid=uid)) for uid in uids))
        (note,) = scene.destination(scene.folder / "fetched", scene.folder / "fetched", proxy.url).check()
    assert note.startswith("Whether the images in the PACS are still the same patient's was not compared: ")
    assert reason in note


def test_an_archive_that_is_busy_is_asked_again_later(scene: Scene) -> None:
    scene.archive_holds(scene.files)
    scene.fetched(scene.files)
    with scene.archive.behind_faults() as proxy:
        proxy.plan(Plan(Fault.STATUS, path_end="/instances", status=503))
        with pytest.raises(TemporaryArchiveError):
            scene.destination(scene.folder / "fetched", scene.folder / "fetched", proxy.url).check()
