"""One study's work, job by job, in its own folder: what the worker process and the command line both do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import cached_property, wraps
from itertools import islice
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import Archive, Credentials, Profile
from BratsSegmenterLib.delivery import Sending, Signature, Statement
from BratsSegmenterLib.dicom import Authorship, ObjectKind, ScannedStudy
from BratsSegmenterLib.domain import Case, Sequence, Series
from BratsSegmenterLib.errors import LearningError, PreprocessingError, SeriesError
from BratsSegmenterLib.image_files import read_image
from BratsSegmenterLib.job_results import BorrowedSequence, PrepareResult, SegmentResult, SendResult
from BratsSegmenterLib.jobs import BorrowJob, PrepareJob, ResumeJob, SegmentJob, SendJob
from BratsSegmenterLib.labelmap import read_labelmap
from BratsSegmenterLib.ledger import Correction, Ledger
from BratsSegmenterLib.local_studies import files_of_study
from BratsSegmenterLib.pipeline import Settings, load_case, recognise, scan_study, segment_case
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import (
    JobFolder,
    ResultRecord,
    compared_with_model,
    keep_result,
    require_images,
    result_notes,
)
from BratsSegmenterLib.versions import EarlierResult, earlier_results
from BratsSegmenterLib.workbench.borrowing import borrow, borrow_missing, borrowed_note, borrowed_series
from BratsSegmenterLib.workbench.prepared_study import describe
from BratsSegmenterLib.workbench.resuming import choose_regions, resume_case
from BratsSegmenterLib.workbench.thumbnails import write_thumbnails

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")
_Work = Callable[Concatenate["Workbench", _Given], _Result]


def _alone(work: _Work[_Given, _Result]) -> _Work[_Given, _Result]:
    """The work, done while no other program works in the study's folder."""

    @wraps(work)
    def holding(bench: Workbench, *given: _Given.args, **named: _Given.kwargs) -> _Result:
        with bench._folder.held():
            return work(bench, *given, **named)

    return holding


class Workbench:
    """The folder of one study and what is known of the study so far.

    One program works in it at a time; another one gets a FolderInUseError.

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

    @_alone
    def prepare(self, job: PrepareJob) -> PrepareResult:
        """Fetch the study, or take the files given, and recognise its sequences.

        Raises
        ------
        SeriesError
            The files hold no study, several, or not the one that was asked for; or the folder is another study's.
        """
        on_this_computer = job.listed or (job.files and files_of_study(job.files, job.study_uid, self._progress))
        if not on_this_computer:
            self._fetch(job.profile, job.study_uid)
        study = scan_study(on_this_computer or self._folder.dicom, self._progress)
        if on_this_computer:
            self._require_no_result_of_another(study.require_one_study())
            self._folder.write_source(on_this_computer)
        self.study = study
        recognition = recognise(self.study, self._progress)
        left_out = {series.key for series, _reason in recognition.excluded} - recognition.overrulable
        offered = (series for series in self.study.series if series.key not in left_out)
        thumbnails = write_thumbnails(offered, self._folder.thumbnails, self._progress)
        return describe(self.study, recognition, thumbnails)

    @_alone
    def segment(self, job: SegmentJob) -> SegmentResult:
        """Segment the series taken as sequences and keep everything that is shown to the user."""
        found = self._found(job.sequences)
        notes = self._borrowed_notes(found)
        if notes and not job.steps.registration:
            raise PreprocessingError(
                f"{next(iter(notes)).value} comes from another study, so it must be registered.",
                "Switch the registration on.",
            )
        case = load_case(found, job.resample_gaps, self._progress, notes)
        settings = Settings(job.bundle, job.device, job.steps, job.is_postoperative)
        result = segment_case(case, settings, self._progress)
        return keep_result(
            result,
            self._folder,
            self._progress,
            job.resample_gaps,
            is_postoperative=job.is_postoperative,
            steps=job.steps,
        )

    @_alone
    def borrow(self, job: BorrowJob) -> BorrowedSequence:
        """Fetch a missing sequence from another study of the patient."""
        archive = Archive(job.profile, self._credentials) if job.profile else None
        return borrow(job.offer, archive, self._folder, self.study.series[0], self._progress)

    @_alone
    def borrow_missing(self, prepared: PrepareResult, profile: Profile, within_days: int) -> PrepareResult:
        """Borrow every sequence that a prepared study lacks and another one in the archive has."""
        archive = Archive(profile, self._credentials)
        return borrow_missing(prepared, archive, self._folder, self.study.series[0], within_days, self._progress)

    @_alone
    def resume(self, job: ResumeJob) -> SegmentResult:
        """Read regions that the study carries, and keep them as if they had been segmented here."""
        regions = choose_regions(self.study, job.uid)
        recognition = recognise(self.study, self._progress)
        resumed = resume_case(self.study, recognition, regions, job.steps, job.resample_gaps, self._progress)
        return keep_result(
            resumed.result, self._folder, self._progress, job.resample_gaps, resumed.authorship, resumed.tolerated
        )

    @_alone
    def send(self, job: SendJob) -> SendResult:
        """Write the objects, check them and, when the job names an archive, store them and read them back.

        Where the study in the archive carries exactly this result already, nothing is written or stored.

        Raises
        ------
        StudyChangedError
            The result was drawn with other images than those that are here, or in the archive.
        ExportError
            Nothing is drawn, and nobody says so by name, or not in a report; or an object would not say what is drawn.
        """
        record = self._folder.record()
        drawn_with = self._drawn_with(record)
        reference_series = drawn_with[Sequence(record.reference)]
        with self._progress.stage("load"):
            reference = dicom.load_volume(reference_series, record.resampled_gaps, self._progress, keep_blank=True)
        drawn = compared_with_model(self._folder, read_labelmap(job.labels))
        statement = Statement(
            reference=reference,
            segmentation=drawn.segmentation,
            images=self._images(),
            kinds=frozenset(ObjectKind[name] for name in job.formats),
            signature=Signature(job.edited or record.authorship is Authorship.EDITED, job.reviewer, job.approved),
            contouring=job.contouring,
            intervals_ml=drawn.intervals_ml,
            notes=(
                *self._borrowed_notes(drawn_with).values(),
                *result_notes(record, drawn, reference, drawn_with, is_reviewed=bool(job.reviewer)),
            ),
            others=tuple(series for series in self._own(drawn_with) if series is not reference_series),
        )
        statement.require_sayable()
        sending = Sending(self._folder, statement, self._progress, job.only_first)
        if job.profile is None:
            result = sending.write(self._known_results())
        else:
            result = sending.store(Archive(job.profile, self._credentials))
        is_in_ledger, notes = self._keep_correction(job, record, statement)
        return replace(result, notes=(*result.notes, *notes), is_in_ledger=is_in_ledger)

    def kept_case(self) -> Case:
        """The volumes that the kept result was drawn on, read anew.

        Raises
        ------
        ExportError
            Nothing has been segmented in this folder.
        StudyChangedError
            They are gone, or others are in their place.
        SeriesError
            The study's files are gone.
        """
        record = self._folder.record()
        drawn_with = self._drawn_with(record)
        borrowed = self._borrowed_notes(drawn_with)
        case = load_case(drawn_with, record.resampled_gaps, self._progress, borrowed, keep_blank=True)
        return replace(case, reference=Sequence(record.reference))

    def _fetch(self, profile: Profile | None, study_uid: str | None) -> None:
        if profile is None or study_uid is None:
            raise SeriesError("Neither an archive with a study nor a folder of DICOM files was given.", "Give one.")
        with self._progress.stage("fetch"):
            self._require_room_for(study_uid)
            Archive(profile, self._credentials).fetch(study_uid, self._folder.dicom, progress=self._progress)
        self._folder.forget_source()

    def _require_room_for(self, study_uid: str) -> None:
        """Of two studies in one folder neither could be used, nor what was made of the first."""
        self._require_no_result_of_another(study_uid)
        one_file = islice(self._folder.dicom.rglob("*.dcm"), 1)
        held, _passed_over = dicom.studies_in(one_file, self._progress)
        if any(study.study_uid != study_uid for study in held):
            raise SeriesError(
                f"The folder {self._folder.path} holds another study than the one asked for, {study_uid}.",
                "Choose another folder.",
            )

    def _require_no_result_of_another(self, study_uid: str) -> None:
        """What lies here of one patient must not pass for another's, not even until there is a new result."""
        held = self._folder.record().study_uid if self._folder.is_segmented else ""
        if held not in ("", study_uid):
            raise SeriesError(
                f"The folder {self._folder.path} holds the result of another study, {held}.", "Choose another folder."
            )

    def _found(self, keys: Mapping[str, str]) -> dict[Sequence, Series]:
        """The series taken as sequences, of the study and of those that lent it one."""
        by_key = {series.key: series for series in self._at_hand(keys.values())}
        for key in keys.values():
            if key not in by_key:
                advice = "Recognise the study again and choose from its list."
                raise SeriesError(f"The study has no series {key}.", advice)
        return {Sequence(role): by_key[key] for role, key in keys.items()}

    def _drawn_with(self, record: ResultRecord) -> dict[Sequence, Series]:
        """The series that the kept result was drawn with, which hold the same images still."""
        return require_images(record, self._at_hand(record.sequences.values()), self._folder.is_fetched)

    def _known_results(self) -> tuple[EarlierResult, ...]:
        """What the study carries, as far as is known without asking an archive.

        Of a study whose images lie elsewhere, what came from an archive or went there lies in the job's folder.
        """
        files = [*self.study.beside_the_images]
        if not self._folder.is_fetched:
            exchanged, _passed_over = dicom.studies_in(self._folder.dicom.rglob("*.dcm"), self._progress)
            own_uid = self.study.require_one_study()
            files += (file for study in exchanged if study.study_uid == own_uid for file in study.files)
        return earlier_results(dicom.result_objects(files))

    def _at_hand(self, keys: Collection[str]) -> tuple[Series, ...]:
        """The series of the study and, where it lacks some of the keys, of those that lent it one."""
        is_complete = {series.key for series in self.study.series} >= set(keys)
        lent = () if is_complete else borrowed_series(self._folder, self._progress)
        return (*lent, *self.study.series)

    def _own(self, found: Mapping[Sequence, Series]) -> tuple[Series, ...]:
        own = self.study.series[0].study_uid
        return tuple(series for series in found.values() if series.study_uid == own)

    def _borrowed_notes(self, found: Mapping[Sequence, Series]) -> dict[Sequence, str]:
        own = self.study.series[0]
        lent = {sequence: series for sequence, series in found.items() if series.study_uid != own.study_uid}
        return {sequence: borrowed_note(sequence, series, own) for sequence, series in lent.items()}

    def _images(self) -> dict[Sequence, NDArray[np.float32]]:
        """T1c and FLAIR on the reference's grid, as far as the study has them."""
        shown = {sequence: self._folder.volume(sequence) for sequence in (Sequence.T1C, Sequence.FLAIR)}
        return {sequence: read_image(path) for sequence, path in shown.items() if path.exists()}

    def _keep_correction(
        self, job: SendJob, record: ResultRecord, statement: Statement
    ) -> tuple[bool | None, tuple[str, ...]]:
        """Enter what a person changed, or signed unchanged, into the ledger, which knows what it holds already.

        Whether it is there, None where there was nothing to enter, and what is to be said.

        A ledger that refuses must not undo what was sent; it is asked again when the same is sent again.
        """
        is_signed_as_drawn = bool(job.reviewer) and record.authorship is Authorship.AI
        if job.ledger is None or not (job.edited or is_signed_as_drawn):
            return None, ()
        correction = Correction(
            study_uid=statement.reference.series.study_uid,
            reviewer=job.reviewer,
            minutes_spent=job.minutes_spent,
            before=read_labelmap(self._folder.segmentation, record.algorithm),
            after=statement.segmentation,
            starts_from_ai=record.authorship is Authorship.AI,
        )
        try:
            entry = Ledger(job.ledger).enter(correction)
        except LearningError as error:
            again = "Then send once more: it is entered, and nothing is stored twice."
            return False, (f"The correction was not entered into the ledger. {error} {again}",)
        return None if entry is None and correction.changes_nothing else True, ()
