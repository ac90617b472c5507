"""The folder in which one study is worked on: the only place a job writes to, and what a later job reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from BratsSegmenterLib.dicom import Authorship
from BratsSegmenterLib.domain import Algorithm, PreprocessingSteps, Sequence
from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.errors import ExportError, FolderInUseError
from BratsSegmenterLib.lock_files import LockFile, LockIsHeldError
from BratsSegmenterLib.records import from_json, to_json
from BratsSegmenterLib.slice_names import ImageNumbers

_LOCK_WAIT_S = 3.0
_RECORD = "segmentation.json"


@dataclass(frozen=True)
class ResultRecord:
    """What is known about the label map of a job folder beside its voxels.

    Attributes
    ----------
    reference : str
        Sequence in whose grid the label map lies.
    sequences : mapping of str to str
        Sequence to series key.
    resampled_gaps : bool
        Whether missing slices were interpolated, with the user's consent.
    authorship : Authorship
        EDITED where regions were taken up that a person had drawn or changed.
    intervals_ml : mapping of str to (float, float)
        By region key, of the volumes as the model drew them; empty without a calibration.
    expected_dice : mapping of str to float
        By region key, of the same regions.
    is_postoperative : bool
        A person confirmed an operation before it was segmented.
    steps : PreprocessingSteps or None
        Of the pre-processing; None where it is not known.
    images : mapping of str to tuple of str
        Sequence to the SOP Instance UIDs of its images; empty in what an older version wrote.
    doubts : tuple of str
        What made the result doubtful as it was kept; empty in what an older version wrote.
    image_doubts : tuple of str
        Those of them that are about the images and stay, whatever a person draws.
    interpolated : tuple of str, or None
        Sequences with slices that were interpolated; None in what an older version wrote.
    image_numbers : ImageNumbers or None
        Of the reference; None where they are not known, and in what an older version wrote.
    study_uid : str
        Of the study that it is a result of; empty in what an older version wrote.
    """

    reference: str
    sequences: Mapping[str, str]
    algorithm: Algorithm
    not_measured: Mapping[str, str]
    resampled_gaps: bool = False
    authorship: Authorship = Authorship.AI
    intervals_ml: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    expected_dice: Mapping[str, float] = field(default_factory=dict)
    is_postoperative: bool = False
    steps: PreprocessingSteps | None = None
    images: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    image_doubts: tuple[str, ...] = ()
    interpolated: tuple[str, ...] | None = None
    image_numbers: ImageNumbers | None = None
    study_uid: str = ""


@dataclass(frozen=True)
class JobFolder:
    """Names of the files and folders of one job."""

    path: Path

    @property
    def dicom(self) -> Path:
        """The fetched study."""
        return self.path / "dicom"

    @property
    def lock(self) -> Path:
        """Held by the program that works in the folder."""
        return self.path / ".working.lock"

    @property
    def segmentation(self) -> Path:
        """The label map to work from, the model's or one that was taken up, in the reference's own grid."""
        return self.path / "segmentation.nii.gz"

    @property
    def corrected(self) -> Path:
        """The label map as a person left it when she last sent or rehearsed it."""
        return self.path / "corrected.nii.gz"

    @property
    def sent(self) -> Path:
        """The label map that was last sent; gone when a result takes the place of the one that was corrected."""
        return self.path / "sent.nii.gz"

    @property
    def unsent(self) -> Path:
        """What is drawn in the panel and was not sent yet; of the reference's own grid the part that it fills."""
        return self.path / "unsent.nii.gz"

    def all_unsent(self) -> tuple[Path, ...]:
        """Every correction that was not sent: :attr:`unsent`, and what was set aside when a result took its place."""
        return tuple(sorted(self.path.glob("unsent*.nii.gz")))

    @property
    def accepted(self) -> Path:
        """Which regions of what is drawn a person accepted, JSON."""
        return self.path / "accepted.json"

    @property
    def volumes_table(self) -> Path:
        """Volumes of that label map, CSV; its lesions with their diameters lie beside it."""
        return self.path / "volumes.csv"

    @property
    def uncertainty(self) -> Path:
        """The entropy map in the same grid."""
        return self.path / "uncertainty.mha"

    @property
    def brain(self) -> Path:
        """The brain mask in the same grid; not there when its step was switched off."""
        return self.path / "brain.mha"

    @property
    def thumbnails(self) -> Path:
        """Small pictures of the series."""
        return self.path / "thumbnails"

    @property
    def quality(self) -> Path:
        """The quality page and its pictures."""
        return self.path / "quality"

    @property
    def objects(self) -> Path:
        """The DICOM objects to send."""
        return self.path / "objects"

    @property
    def outbox(self) -> Path:
        """What waits to be stored, and the receipts of what was."""
        return self.path / "outbox"

    def volume(self, sequence: Sequence) -> Path:
        """The image of a sequence, resampled onto the reference's own grid; MetaImage, which is read slab by slab."""
        return self.path / "volumes" / f"{sequence.value}.mha"

    def borrowed(self, sequence: Sequence) -> JobFolder:
        """The folder of a sequence that comes from another study of the patient."""
        return JobFolder(self.path / "borrowed" / sequence.value)

    @contextmanager
    def held(self, wait_s: float = _LOCK_WAIT_S) -> Iterator[None]:
        """Keep other programs from working in the folder, which is made where it is missing, closed to other users.

        Whether the group may look into it is for the umask to say.

        Raises
        ------
        FolderInUseError
            Another one works in it, and does not finish within `wait_s` seconds.
        """
        make_job_folder(self.path)
        lock = LockFile(self.lock, wait_s)
        try:
            lock.acquire()
        except LockIsHeldError:
            raise FolderInUseError(
                "Another window or program works on this study.", "Wait until it has finished, then try again."
            ) from None
        try:
            yield
        finally:
            lock.release()

    def write_source(self, files: Path | tuple[Path, ...]) -> None:
        """Remember that the study's DICOM files stay where they are: a folder of their own, or the files one by one."""
        absolute = files.resolve() if isinstance(files, Path) else tuple(file.resolve() for file in files)
        _write(self._source, {"files": to_json(absolute)})

    def forget_source(self) -> None:
        """The study was fetched: from now on :attr:`dicom` holds its files, wherever others of it lie."""
        self._source.unlink(missing_ok=True)

    @property
    def is_fetched(self) -> bool:
        """Whether the study's files are copies out of an archive."""
        return not self._source.exists()

    @property
    def _source(self) -> Path:
        return self.path / "source.json"

    def source(self) -> Path | tuple[Path, ...]:
        """The study's DICOM files or the folder with them: remembered, else :attr:`dicom`."""
        if self.is_fetched:
            return self.dicom
        files = json.loads(self._source.read_text(encoding="utf-8"))["files"]
        return Path(files) if isinstance(files, str) else tuple(map(Path, files))

    def forget_record(self) -> None:
        """Before the label map is written over: after a crash it must not go by the name of another model."""
        (self.path / _RECORD).unlink(missing_ok=True)

    def write_record(self, record: ResultRecord) -> None:
        """Keep what later jobs must know about the label map, after all of its files were written."""
        _write(self.path / _RECORD, to_json(record))

    @property
    def is_segmented(self) -> bool:
        """Whether :meth:`record` has something to say."""
        return (self.path / _RECORD).exists()

    def record(self) -> ResultRecord:
        """What :meth:`write_record` kept.

        Raises
        ------
        ExportError
            Nothing has been segmented in this folder.
        """
        if not self.is_segmented:
            raise ExportError(f"{self.path} holds no segmentation.", "Segment the study first.")
        return from_json(ResultRecord, json.loads((self.path / _RECORD).read_text(encoding="utf-8")))


def make_job_folder(path: Path) -> None:
    """Make the folder where it is missing, closed to all but its owner and, where the umask lets it, the group."""
    path.mkdir(mode=0o770, parents=True, exist_ok=True)


def _write(path: Path, value: object) -> None:
    write_atomically(path, json.dumps(value, indent=1).encode())
