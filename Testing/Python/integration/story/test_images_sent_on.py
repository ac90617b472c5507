"""The images that a result is sent on: of one archive or another, replaced, or of this computer alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from archives import RunningArchive, running_embedded, write_study
from faulty_proxy import Fault, Plan
from stations import ALL_FORMATS, SHAPE, Station, without_name

from BratsSegmenterLib.archive import Credentials, StudyChangedError
from BratsSegmenterLib.archive.embedded import serve
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.jobs import PrepareJob
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder
from BratsSegmenterLib.workbench import Workbench


def test_names_of_one_archive_do_not_come_to_another(station: Station, tmp_path: Path) -> None:
    with serve(tmp_path / "research") as running:
        research = Station(running_embedded(running), station.study_uid, station.folder)
        anonymous = without_name(JobFolder(station.folder).dicom, tmp_path / "anonymous")
        research.archive.connect().store(anonymous, compare=False)
        with pytest.raises(StudyChangedError, match="names another patient"):
            research.send()
        assert research.instances() == 0
        research.prepare()
        sent = research.send(formats=ALL_FORMATS)
    assert {str(pydicom.dcmread(one.path).PatientName) for one in sent.objects} == {"ANON-3"}


def test_a_result_is_not_sent_on_images_that_took_the_place_of_those_it_was_drawn_on(
    station: Station, tmp_path: Path
) -> None:
    station.send()
    station.prepare()
    station.resume()
    corrected = station.corrected()
    with serve(tmp_path / "replaced") as running:
        later = Station(running_embedded(running), station.study_uid, station.folder)
        files = sorted((tmp_path / "scanner").rglob("*.dcm"))
        later.archive.connect().store(with_other_images(files, "3-T1c", tmp_path / "others"), compare=False)
        with pytest.raises(StudyChangedError, match="no longer holds all images of Series 4"):
            later.send(corrected, reviewer="Curie^Marie", approved=True)
        later.prepare()
        with pytest.raises(StudyChangedError, match=r"T1c, holds other images .* segment it again"):
            later.send(corrected, reviewer="Curie^Marie", approved=True)
        with pytest.raises(StudyChangedError, match="Corrections stay in the study's folder"):
            later.send(profile=None)
        assert later.instances() == 0
        assert len(later.segmented().send().pushed) == 1


def with_other_images(files: list[Path], series: str, to: Path) -> list[Path]:
    """Copies of the DICOM files, of which those in the folder of one series have new UIDs and other pixels."""
    copies = []
    to.mkdir()
    for number, file in enumerate(files):
        dataset = pydicom.dcmread(file)
        if file.parent.name == series:
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
            dataset.PixelData = np.ascontiguousarray(dataset.pixel_array[::-1, ::-1]).tobytes()
        copies.append(to / f"{number}.dcm")
        dataset.save_as(copies[-1])
    return copies


def test_a_study_that_is_fetched_is_no_longer_read_from_the_folder_it_was_opened_from(
    station: Station, tmp_path: Path
) -> None:
    of_three_series = [file for file in (tmp_path / "scanner").rglob("*.dcm") if "T1c" not in str(file)]
    bench = Workbench(station.folder, Credentials(), Progress())
    assert bench.prepare(PrepareJob(station.folder, listed=tuple(of_three_series))).missing == ("T1c",)
    assert station.prepare().missing == ()


def test_images_of_this_computer_are_sent_to_an_archive_without_them_and_that_is_said(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    identity = StudyIdentity()
    files = write_study(tmp_path / "disc", identity, 4, SHAPE)
    station = Station(embedded_archive, identity.study_uid, tmp_path / "station").opened(files)
    alone = "The PACS 'embedded' did not hold this study: the result stands there alone, without its images."
    assert station.send().notes == (alone,)
    assert station.send().notes == (
        "Version 1 in the archive says exactly this already; nothing was sent.",
        "The PACS 'embedded' holds this study without Series 4, on which the result was drawn.",
    )


def test_an_archive_that_does_not_find_an_unknown_study_takes_the_result_alone(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    identity = StudyIdentity()
    files = write_study(tmp_path / "disc", identity, 4, SHAPE)
    station = Station(embedded_archive, identity.study_uid, tmp_path / "station").opened(files)
    with embedded_archive.behind_faults() as proxy:
        proxy.plan(*[Plan(Fault.NONE_IS_NOT_FOUND, "GET")] * 20)
        sent = station.send(profile=embedded_archive.connect(proxy.url).profile)
    assert (sent.version, len(sent.pushed), station.instances()) == (1, 1, 1)
