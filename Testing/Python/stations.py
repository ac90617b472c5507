"""A workstation on which a person segments, corrects and sends a study of an archive; for tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from archives import RunningArchive, write_study
from numpy.typing import NDArray

from BratsSegmenterLib import dicom
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.domain import Algorithm, Segmentation, Volume
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.job_results import PrepareResult, SegmentResult, SendResult
from BratsSegmenterLib.jobs import PrepareJob, ResumeJob, SendJob
from BratsSegmenterLib.labelmap import write_labelmap
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder, ResultRecord
from BratsSegmenterLib.study.result_images import image_uids
from BratsSegmenterLib.workbench import Workbench

SHAPE = (12, 96, 96)
HEAD = Geometry.from_axes((34, 84, 70), (2.5, 2.5, 5.0), np.eye(3), np.array([-87.0, -103.0, -83.0]))
TOO_SMALL_TO_RECOGNISE = (12, 48, 40)
ALGORITHM = Algorithm("glioma-synthetic", "0.1", "cd" * 32, "brain-synthetic 0.1.0")
ALL_FORMATS = ("RTSTRUCT", "SEG", "SR", "KEY_IMAGE")


def drawn(larger: bool = False, shape: tuple[int, int, int] = SHAPE) -> NDArray[np.uint8]:
    """A tumour, or the same after a correction."""
    labels = np.zeros(shape, np.uint8)
    labels[2:8, 10:30, 10:30] = 2
    labels[3:7, 14:26, 14:26] = 3
    labels[4:6, 18:22, 18:22] = 1
    if larger:
        labels[4:6, 30:34, 12:20] = 2
    return labels


@dataclass
class Station:
    """A workstation with a job folder of its own on one study of an archive."""

    archive: RunningArchive
    study_uid: str
    folder: Path

    def prepare(self) -> PrepareResult:
        """Fetch the study."""
        return self._bench().prepare(PrepareJob(self.folder, self.archive.profile, self.study_uid))

    def segmented(self) -> Station:
        """As if the model had drawn on the T1c series."""
        self.prepare()
        return self._drawn_on(self.reference())

    def opened(self, files: list[Path]) -> Station:
        """As if the model had drawn on the T1c series of a study that lies on this computer."""
        self._bench().prepare(PrepareJob(self.folder, listed=tuple(files)))
        return self._drawn_on(dicom.load_volume(dicom.scan(files).series[-1]))

    def _drawn_on(self, volume: Volume) -> Station:
        labels = drawn(shape=volume.geometry.shape)
        write_labelmap(Segmentation(labels, volume.geometry, ALGORITHM), JobFolder(self.folder).segmentation)
        images = {"T1c": image_uids(volume.series)}
        record = ResultRecord("T1c", {"T1c": volume.series.key}, ALGORITHM, {}, images=images)
        JobFolder(self.folder).write_record(record)
        return self

    def reference(self) -> Volume:
        """The T1c series, the last of the study."""
        return dicom.load_volume(dicom.scan(JobFolder(self.folder).dicom).series[-1])

    def corrected(self) -> Path:
        """A file with the corrected label map."""
        path = self.folder / "corrected.nii.gz"
        write_labelmap(Segmentation(drawn(larger=True), self.reference().geometry, ALGORITHM), path)
        return path

    def blank(self) -> Path:
        """A file with a label map in which nothing is drawn."""
        path, grid = self.folder / "blank.nii.gz", self.reference().geometry
        write_labelmap(Segmentation(np.zeros(grid.shape, np.uint8), grid, ALGORITHM), path)
        return path

    def send(self, labels: Path | None = None, **changes: Any) -> SendResult:
        """Send the model's result, or a corrected one."""
        facts = {"edited": labels is not None, "profile": self.archive.profile, **changes}
        return self._bench().send(SendJob(self.folder, labels or JobFolder(self.folder).segmentation, **facts))

    def resume(self, uid: str = "") -> SegmentResult:
        """Take up what the study carries."""
        return self._bench().resume(ResumeJob(self.folder, uid))

    def instances(self) -> int:
        """How many objects of ours the archive holds."""
        archive = self.archive.connect()
        series = [one for one in archive.series(self.study_uid) if one.modality != "MR"]
        return sum(len(archive.find_instances(self.study_uid, one.series_uid)) for one in series)

    def _bench(self) -> Workbench:
        return Workbench(self.folder, self.archive.credentials, Progress())


@pytest.fixture
def station(any_archive: RunningArchive, tmp_path: Path) -> Station:
    """With a segmented study of its own."""
    identity = StudyIdentity()
    any_archive.connect().store(write_study(tmp_path / "scanner", identity, 4, SHAPE), compare=False)
    return Station(any_archive, identity.study_uid, tmp_path / "station").segmented()


@pytest.fixture
def colleague(station: Station, tmp_path: Path) -> Station:
    """Another workstation on the same study, which fetched it before anything was sent."""
    return Station(station.archive, station.study_uid, tmp_path / "colleague").segmented()


def without_name(folder: Path, to: Path) -> list[Path]:
    """Copies of the DICOM files of a folder, under the same UIDs, that name nobody."""
    copies = []
    to.mkdir()
    for number, file in enumerate(folder.rglob("*.dcm")):
        dataset = pydicom.dcmread(file)
        dataset.PatientName = dataset.PatientID = "ANON-3"
        copies.append(to / f"{number}.dcm")
        dataset.save_as(copies[-1])
    return copies
