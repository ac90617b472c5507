"""One study's work, job by job, in its own folder: what the worker process and the command line both do."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import Archive, Credentials, Outbox, Profile
from BratsSegmenterLib.delivery import Exported, Signature, export_objects, store_objects
from BratsSegmenterLib.dicom import ObjectKind, Recognition, ScannedStudy
from BratsSegmenterLib.domain import Sequence, Series
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.job_folder import JobFolder, ResultRecord
from BratsSegmenterLib.jobs import (
    ConnectionJob,
    ConnectionResult,
    Job,
    PrepareJob,
    PrepareResult,
    SearchJob,
    SearchResult,
    SegmentJob,
    SegmentResult,
    SendJob,
    SendResult,
    SentObject,
    SequenceChoice,
    SeriesRow,
)
from BratsSegmenterLib.labelmap import read_image, read_labelmap, write_image, write_labelmap
from BratsSegmenterLib.pipeline import (
    SegmentedCase,
    Settings,
    load_case,
    recognise,
    scan_study,
    segment_case,
)
from BratsSegmenterLib.preprocessing import Steps, resample_to_reference, write_quality_page
from BratsSegmenterLib.progress import Progress

Result = ConnectionResult | SearchResult | PrepareResult | SegmentResult | SendResult


def perform(job: Job, credentials: Credentials, progress: Progress) -> Result:
    """Do what the job asks and say what came of it."""
    match job:
        case ConnectionJob():
            return ConnectionResult(Archive(job.profile, credentials).test_connection())
        case SearchJob():
            with progress.stage("search"):
                return SearchResult(tuple(Archive(job.profile, credentials).search(job.query)))
        case PrepareJob():
            return Workbench(job.folder, credentials, progress).prepare(job)
        case SegmentJob():
            return Workbench(job.folder, credentials, progress).segment(job)
        case SendJob():
            return Workbench(job.folder, credentials, progress).send(job)


class Workbench:
    """The folder of one study and what is known of the study so far.

    Parameters
    ----------
    folder : Path
        The only place that is written to.
    credentials : Credentials
        For the archive; unused when there is none.
    progress : Progress
    """

    def __init__(self, folder: Path, credentials: Credentials, progress: Progress) -> None:
        self._folder = JobFolder(folder)
        self._credentials = credentials
        self._progress = progress

    @cached_property
    def study(self) -> ScannedStudy:
        """The study's series, read once."""
        return scan_study(self._folder.source(), self._progress)

    def prepare(self, job: PrepareJob) -> PrepareResult:
        """Fetch the study, or take the files given, and recognise its sequences."""
        if job.files is not None:
            self._folder.write_source(job.files)
        else:
            self._fetch(job.profile, job.study_uid)
        return describe(self.study, recognise(self.study, self._progress))

    def segment(self, job: SegmentJob) -> SegmentResult:
        """Segment the series taken as sequences and keep everything that is shown to the user."""
        found = {Sequence(role): self._series(key) for role, key in job.sequences.items()}
        steps = Steps(job.steps.registration, job.steps.bias_correction, job.steps.brain_mask)
        case = load_case(found, job.resample_gaps, self._progress)
        result = segment_case(case, Settings(job.bundle, job.device, steps), self._progress)
        with self._progress.stage("write"):
            page = self._keep(result, job.resample_gaps)
        return SegmentResult(
            reference=case.reference.value,
            labels=self._folder.segmentation,
            volumes={sequence.value: self._folder.volume(sequence) for sequence in case.volumes},
            uncertainty=self._folder.uncertainty,
            volumes_ml={volume.region.key: volume.volume_ml for volume in result.measurements.volumes},
            not_measured=result.segmentation.not_measured,
            quality_page=page,
            algorithm=result.segmentation.algorithm,
            stages=tuple(self._progress.stages),
            warnings=result.findings,
        )

    def send(self, job: SendJob) -> SendResult:
        """Write the objects, check them and, when the job names an archive, store them and read them back."""
        record = self._folder.record()
        series = self._series(record.sequences[record.reference])
        with self._progress.stage("load"):
            reference = dicom.load_volume(series, record.resampled_gaps, self._progress)
        segmentation = read_labelmap(job.labels, record.algorithm, record.not_measured)
        kinds = [ObjectKind[name] for name in job.formats]
        signature = Signature(job.edited, job.reviewer, job.approved)
        exported = export_objects(
            reference, segmentation, self._images(), kinds, signature, self._folder.objects, self._progress
        )
        stored, receipt = self._store(exported, job.profile) if job.profile else ((), None)
        return SendResult(
            objects=tuple(SentObject(o.kind.name, o.path, o.sop_instance_uid) for o in exported.objects),
            pushed=stored,
            receipt=receipt,
            volumes_ml={volume.region.key: volume.volume_ml for volume in exported.measurements.volumes},
        )

    def _store(self, exported: Exported, profile: Profile) -> tuple[tuple[str, ...], Path]:
        archive = Archive(profile, self._credentials)
        transaction, receipt = store_objects(exported, archive, Outbox(self._folder.outbox), self._progress)
        return tuple(stored.sop_instance_uid for stored in receipt.objects), transaction.receipt_path

    def _fetch(self, profile: Profile | None, study_uid: str | None) -> None:
        if profile is None or study_uid is None:
            raise SeriesError("Neither an archive with a study nor a folder of DICOM files was given.", "Give one.")
        with self._progress.stage("fetch"):
            Archive(profile, self._credentials).fetch(study_uid, self._folder.dicom, progress=self._progress)

    def _series(self, key: str) -> Series:
        for series in self.study.series:
            if series.key == key:
                return series
        raise SeriesError(f"The study has no series {key}.", "Recognise the study again and choose from its list.")

    def _images(self) -> dict[Sequence, NDArray[np.float32]]:
        """T1c and FLAIR on the reference's grid, as far as the study has them."""
        shown = {sequence: self._folder.volume(sequence) for sequence in (Sequence.T1C, Sequence.FLAIR)}
        return {sequence: read_image(path) for sequence, path in shown.items() if path.exists()}

    def _keep(self, result: SegmentedCase, resampled_gaps: bool) -> Path:
        """Write label map, images, uncertainty, record and quality page; return the quality page."""
        segmentation, case = result.segmentation, result.case
        write_labelmap(segmentation, self._folder.segmentation)
        if segmentation.uncertainty is not None:
            write_image(segmentation.geometry.image(segmentation.uncertainty), self._folder.uncertainty)
        for sequence, array in resample_to_reference(case, result.prepared).items():
            write_image(segmentation.geometry.image(array), self._folder.volume(sequence))
        self._folder.write_record(
            ResultRecord(
                reference=case.reference.value,
                sequences={sequence.value: volume.series.key for sequence, volume in case.volumes.items()},
                algorithm=segmentation.algorithm,
                not_measured=segmentation.not_measured,
                resampled_gaps=resampled_gaps,
            )
        )
        return write_quality_page(result.prepared, case, self._folder.quality)


def describe(study: ScannedStudy, recognition: Recognition) -> PrepareResult:
    """The recognition as records for people, Slicer and scripts."""
    reasons = {series.key: reason for series, reason in recognition.excluded}
    rows = tuple(SeriesRow(s.key, s.description, s.number, len(s.frames), reasons.get(s.key, "")) for s in study.series)
    choices = {
        sequence.value: SequenceChoice(
            candidate.series.key, candidate.series.series_uid, candidate.confidence, candidate.reasons
        )
        for sequence, candidate in recognition.found.items()
    }
    aside = tuple(item.sentence for item in study.set_aside)
    return PrepareResult(rows, choices, (*recognition.warnings, *aside), dicom.missing_notes(recognition.found))
