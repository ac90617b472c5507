"""The study that the panel works on: where it comes from, and what was found of it so far."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.dicom import ResultObject
from BratsSegmenterLib.job_results import PrepareResult, PriorStudy, SegmentResult, SendResult
from BratsSegmenterLib.jobs import BorrowJob, PrepareJob, SegmentJob, SendJob
from BratsSegmenterLib.scene.exported import ExportedLabels
from BratsSegmenterLib.sequence_offers import SequenceOffer
from BratsSegmenterLib.study import JobFolder, KeptStudy, StudyState, forget_accepted, study_folder
from BratsSegmenterLib.versions import EarlierResult, next_version
from BratsSegmenterLib.widgets.choices import Connection, RunOptions, SendRequest
from BratsSegmenterLib.widgets.outcomes import refusal_of
from BratsSegmenterLib.widgets.sequences_model import SequencesModel
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.translation import tr as _

_RESULT_UNNOTED = _("This computer could not note the result: it may not be there when you open the study again.")
_SENDING_UNNOTED = _("It is in the archive, but this computer could not note that.")


class StudyAtHand:
    """What is known of the chosen study, and the jobs that go by it.

    Parameters
    ----------
    jobs_folder : Path
        Every study gets a folder of its own in it, named by a hash, so that a fetch can be resumed.

    Attributes
    ----------
    study : StudySummary or None
    sequences : SequencesModel or None
        What was recognised, and what the user made of it.
    earlier_results : tuple of EarlierResult
        The versions that the study carried when it was fetched, oldest first.
    foreign_regions : tuple of ResultObject
        The structure sets and SEGs of others that it carried then, oldest first.
    prior_studies : tuple of PriorStudy
        Earlier studies of the patient, oldest first.
    priors_obstacle : str
        Why nobody knows whether there are any, as a sentence; empty otherwise.
    priors : tuple of PriorVolumes
        What earlier studies of the patient measured, oldest first.
    offers : mapping of str to SequenceOffer
        By sequence, what other studies of the patient could lend to it.
    priors_changed, offers_changed : Signal
        Emitted without arguments.
    came_from : str
        Name of the archive that the study was found in; empty when its images are on this computer.
    result : SegmentResult or None
        What is reviewed.
    has_unnoted_sending : bool
        Whether it was last sent and the disk refused to note that: the study is not opened with what was sent.
    """

    def __init__(self, jobs_folder: Path) -> None:
        self._jobs_folder = jobs_folder
        self.priors_changed = Signal()
        self.offers_changed = Signal()
        self._choose(None)

    @property
    def folder(self) -> Path:
        """The chosen study's own folder."""
        assert self.study is not None
        return study_folder(self._jobs_folder, self.study.study_uid)

    @property
    def connection(self) -> Connection | None:
        """The archive of the chosen study; None when its images are on this computer."""
        return self._connection

    @property
    def can_run(self) -> bool:
        """Whether there is something to do: a study to fetch, or sequences to segment."""
        if self.sequences is not None:
            return self.sequences.can_segment()
        return self._connection is not None or bool(self._files)

    @property
    def is_cut_off(self) -> bool:
        """Whether the archive that the study came from is no longer among the user's."""
        return bool(self.came_from) and self._connection is None

    @property
    def asks_about_surgery(self) -> bool:
        """Whether the result was made without a cavity though an operation is proposed, and nobody answered yet."""
        is_proposed = self.sequences is not None and self.sequences.proposes_surgery
        return self.result is not None and is_proposed and bool(self._kept.progress.question)

    @property
    def can_resume(self) -> bool:
        """Whether the study carries regions that can be taken up, ours or others'."""
        return bool(self.foreign_regions) or any(result.regions is not None for result in self.earlier_results)

    @property
    def next_version(self) -> int:
        """The version that the next sending will be, as far as is known here."""
        return max(next_version(self.earlier_results), self._sent_version + 1)

    def take_priors(self, studies: tuple[PriorStudy, ...], obstacle: str = "") -> None:
        """Keep what was found of earlier studies of the chosen study's patient, oldest first, or why nothing was."""
        self.prior_studies, self.priors_obstacle = studies, obstacle
        self.priors = tuple(study.volumes for study in studies if study.volumes is not None)
        self.priors_changed.emit()

    def take_offers(self, offers: tuple[SequenceOffer, ...]) -> None:
        """Keep what other studies of the patient could lend."""
        self.offers = {offer.sequence: offer for offer in offers}
        self.offers_changed.emit()

    def _is_at_hand(self, folder: Path) -> bool:
        """Whether `folder` is the chosen study's own."""
        return self.study is not None and folder == self.folder

    @property
    def _kept(self) -> KeptStudy:
        return KeptStudy(self.folder)

    def _choose(
        self,
        study: StudySummary | None,
        connection: Connection | None = None,
        files: tuple[Path, ...] = (),
        came_from: str = "",
    ) -> None:
        """Another study, or none; what was known of the one before is forgotten."""
        self.study, self._connection, self._files = study, connection, files
        self.came_from = came_from if connection is None else connection.profile.name
        if study is not None:
            self._kept.mark_opened()
        self.sequences: SequencesModel | None = None
        self.result: SegmentResult | None = None
        self.has_unnoted_sending = False
        self._sent_version = self._version_sent_before()
        self.earlier_results: tuple[EarlierResult, ...] = ()
        self.foreign_regions: tuple[ResultObject, ...] = ()
        self.take_priors(())
        self.take_offers(())

    def _version_sent_before(self) -> int:
        sent = self._kept.sent if self.study is not None else None
        return sent.version if sent is not None else 0

    def _take_prepared(self, prepared: PrepareResult) -> SequencesModel:
        self.sequences = SequencesModel(prepared, self._kept.choices)
        self.earlier_results, self.foreign_regions = prepared.results, prepared.others
        return self.sequences

    def _take_kept(self, result: SegmentResult | None) -> None:
        """What the folder keeps of what was recognised, with the choices that `result` was made with."""
        prepared = self._kept.prepared
        if prepared is not None:
            sequences = self._take_prepared(prepared)
            if result is not None:
                sequences.follow(result)

    def _kept_result(self, result: SegmentResult, is_drawn_now: bool) -> SegmentResult:
        """With what a result of the model's leaves to be answered; regions that were taken up have their answer.

        Where the disk refuses, the result says so and can be reviewed all the same.
        """
        question = self.sequences.open_question if is_drawn_now and self.sequences is not None else ""

        def keep() -> None:
            forget_accepted(JobFolder(self.folder))
            self._kept.write_result(result)
            self._kept.write_state(StudyState.SEGMENTED, question)

        refusal = refusal_of(keep, self.folder)
        if refusal is None:
            return result
        return replace(result, warnings=(*result.warnings, f"{_RESULT_UNNOTED} {refusal.sentence}"))

    def _noted_sending(self, result: SendResult, labels: Path) -> SendResult:
        """A sending that was noted; where the disk refuses, it says so: what was sent is in the archive."""
        refusal = refusal_of(lambda: self._kept.write_sent(result.version, labels), self.folder)
        self.has_unnoted_sending = refusal is not None
        if refusal is None:
            return result
        return replace(result, notes=(*result.notes, f"{_SENDING_UNNOTED} {refusal.sentence}"))

    def _prepare_job(self) -> PrepareJob:
        if self._files:
            return PrepareJob(self.folder, listed=self._files)
        assert self._connection is not None
        assert self.study is not None
        return PrepareJob(self.folder, self._connection.profile, self.study.study_uid)

    def _borrow_job(self, offer: SequenceOffer) -> BorrowJob:
        return BorrowJob(self.folder, offer, None if self._connection is None else self._connection.profile)

    def _segment_job(self, sequences: SequencesModel, options: RunOptions, resample_gaps: bool) -> SegmentJob:
        return SegmentJob(
            self.folder,
            sequences.chosen_keys(),
            options.bundle,
            options.device,
            options.steps,
            resample_gaps,
            sequences.is_postoperative,
        )

    def _send_job(self, request: SendRequest, labels: ExportedLabels, ledger: Path, minutes_spent: float) -> SendJob:
        return SendJob(
            folder=self.folder,
            labels=labels.path,
            edited=labels.edited,
            formats=request.formats,
            profile=None if request.connection is None else request.connection.profile,
            reviewer=request.reviewer,
            approved=request.approved,
            ledger=None if request.connection is None else ledger,
            minutes_spent=minutes_spent,
            contouring=request.contouring,
        )
