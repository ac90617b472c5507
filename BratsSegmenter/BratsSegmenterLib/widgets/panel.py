"""The panel: its parts from top to bottom, and what passes between them."""

from __future__ import annotations

from collections.abc import Mapping

import qt
from slicer.i18n import tr as _

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.errors import ArchiveError, SeriesError
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.scene.parameters import SceneParameters
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.widgets.archive_part import ArchivePart
from BratsSegmenterLib.widgets.corrections_keeper import CorrectionsKeeper
from BratsSegmenterLib.widgets.doctor_part import DoctorPart
from BratsSegmenterLib.widgets.found_corrections import Found, FoundCorrections
from BratsSegmenterLib.widgets.masking import Masking
from BratsSegmenterLib.widgets.message_bar import MessageBar, Offer
from BratsSegmenterLib.widgets.part import Part
from BratsSegmenterLib.widgets.profiles_model import ProfilesModel
from BratsSegmenterLib.widgets.progress_strip import ProgressStrip
from BratsSegmenterLib.widgets.queue_part import QueuePart
from BratsSegmenterLib.widgets.review_part import ReviewPart
from BratsSegmenterLib.widgets.run_part import RunPart
from BratsSegmenterLib.widgets.send_part import SendPart
from BratsSegmenterLib.widgets.sequences_part import SequencesPart
from BratsSegmenterLib.widgets.settings_dialog import SettingsDialog
from BratsSegmenterLib.widgets.settings_page import SettingsPage
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.studies_part import StudiesPart
from BratsSegmenterLib.widgets.surgery_bar import SurgeryBar
from BratsSegmenterLib.widgets.unsent_question import UnsentQuestion
from BratsSegmenterLib.widgets.upkeep import Upkeep
from BratsSegmenterLib.widgets.views_part import ViewsPart
from BratsSegmenterLib.widgets.volumes_part import VolumesPart
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.widgets.worklist import Worklist
from BratsSegmenterLib.worker_messages import Failure

_NOT_TAKEN_UP = _(
    "The loaded scene holds a result of its own. It was not taken up, because another study is worked on or a job runs."
    " To review it, close this scene (File, Close Scene), then load it again."
)
_BEFORE_A_STUDY_IS_KNOWN = (PanelState.NO_STUDY, PanelState.STUDY_CHOSEN)


class Panel:
    """All parts in the order of the work.

    Parameters
    ----------
    layout : QVBoxLayout
        Where the parts are put.
    workflow : Workflow
    review : Review
        The scene's side of the workflow.
    profiles : ProfilesModel
    upkeep : Upkeep
    worklist : Worklist
    """

    def __init__(
        self,
        layout: qt.QVBoxLayout,
        workflow: Workflow,
        review: Review,
        profiles: ProfilesModel,
        upkeep: Upkeep,
        worklist: Worklist,
    ) -> None:
        troubles: list[ArchiveError] = []
        profiles.troubled.connect(troubles.append)
        self.workflow = workflow
        self._worklist = worklist
        self._review = review
        self._announced: SegmentResult | None = None
        self._phase: tuple[bool, bool, bool] | None = None
        self._before_import: SceneParameters | None = None
        self._is_beside_another = False
        self._keeper = CorrectionsKeeper(workflow, review)
        question = UnsentQuestion(workflow, self._keeper)
        self.message_bar = MessageBar()
        self.progress = ProgressStrip(workflow, upkeep.stage_times)
        self.archive = ArchivePart(workflow, profiles, worklist.sources)
        self.studies = StudiesPart(workflow, worklist, self.archive.search_page, question.may_leave)
        self.queue = QueuePart(workflow, worklist, self.studies.open)
        self.sequences = SequencesPart(workflow)
        self.run = RunPart(workflow, upkeep.preferences, question.may_replace)
        self.views = ViewsPart(workflow, review)
        self.review = ReviewPart(workflow, review)
        self.volumes = VolumesPart(workflow, review)
        self._found = FoundCorrections(review, self.review.editor, self._say_no_more_than_warnings)
        self.send = SendPart(workflow, profiles, review, upkeep.preferences)
        self.settings = SettingsPage(upkeep.preferences, upkeep.storage, workflow, upkeep.studies_folder)
        self.settings_dialog = SettingsDialog(self.settings)
        self.doctor = DoctorPart(upkeep.doctor, profiles, upkeep.studies_folder, upkeep.ensure_sample)
        searched_with = self.archive.ui.patientEdit, self.archive.ui.accessionEdit, self.studies.ui.filterEdit
        self._masking = Masking(worklist.identities, review, *searched_with)
        self.surgery = SurgeryBar(workflow, lambda: self.run.options, question.may_replace)
        layout.addWidget(self.progress.widget)
        layout.addWidget(self.message_bar.widget)
        layout.addWidget(self.surgery.widget)
        for part in self._parts:
            layout.addWidget(part.widget)
        self.sequences.order_tabs()
        layout.addWidget(self.settings_dialog.button)
        layout.addStretch(1)
        workflow.state_changed.connect(self._on_state_changed)
        workflow.priors_changed.connect(lambda: self.volumes.show_priors(workflow.priors))
        workflow.failed.connect(self._on_failed)
        workflow.noted.connect(self.message_bar.show_notice)
        workflow.sent.connect(lambda _result: self._say_no_more_than_warnings())
        self.sequences.changed.connect(self.run.update)
        self.archive.source_changed.connect(self.send.withdraw_consent)
        self.archive.editor.changed.connect(self.send.withdraw_consent)
        self.review.accepted_changed.connect(self.send.update)
        self.settings.changed.connect(self.run.take_preferences)
        self.settings.changed.connect(self.send.take_preferences)
        review.on_volumes = self._on_volumes
        self._on_state_changed()
        profiles.troubled.connect(lambda error: self._on_failed(Failure.of(error)))
        for error in troubles:
            self._on_failed(Failure.of(error))
        self.studies.spared.connect(self._say_who_was_spared)
        worklist.identities.changed.connect(self.message_bar.clear_names)
        worklist.queue.options = lambda: self.run.options
        worklist.queue.is_in_hands = workflow.is_busy_with
        worklist.queue.go_on()

    @property
    def _parts(self) -> tuple[Part, ...]:
        worklist = (self.archive, self.studies, self.queue)
        work = (self.sequences, self.run, self.views, self.review, self.volumes, self.send)
        return *worklist, *work, self.doctor

    def close_scene(self) -> None:
        """Let go of the scene's nodes before they are removed, and begin anew."""
        told = self._begin_anew()
        if told:
            self.workflow.noted.emit(told)

    def _begin_anew(self) -> str:
        """What became of a sending and of corrections thereby, as sentences: to be said once the panel is empty."""
        self._before_import, self._is_beside_another = None, False
        about_corrections = self._keeper.release()
        cut_off = self.workflow.forget_study()  # first: nodes of ours go with it, which is not what has to be told
        self._release_nodes()
        return f"{cut_off} {about_corrections}".strip()

    def enter(self) -> None:
        """The module is shown."""
        self.review.editor.enter()
        self._review.bring_back_views()

    def leave(self) -> None:
        """Another module is shown."""
        self.review.editor.leave()
        self._review.remember_views()

    @property
    def is_importing(self) -> bool:
        """Whether a scene is loaded into this one and was not looked at yet, by :meth:`restore`."""
        return self._before_import is not None

    def follow_style(self) -> None:
        """Slicer's style became a dark or a light one, for which words have colours of their own."""
        self.views.follow_style()
        self._update_parts()

    def begin_import(self) -> None:
        """A scene is about to be loaded into this one; the parameters in it, if any, replace those that are here."""
        self.volumes.wait()
        if not self.is_importing:  # else these are those of the scene before, which came at once with this one
            self._before_import = self._review.parameters.copied()

    def restore(self) -> None:
        """Take up the result that a loaded scene brought; a study that is worked on is never left for it."""
        self._masking.update()
        before, self._before_import = self._before_import, None
        self._look_what_was_loaded(before)
        self.review.update()  # the editor lost its segmentation when another scene came in
        self.volumes.go_on()

    def _look_what_was_loaded(self, before: SceneParameters | None) -> None:
        parameters = self._review.parameters
        if before is not None and parameters.has_same_segmentation(before):
            return
        if parameters.has_result and self._may_take_up(parameters.study):
            self._take_up(parameters)
            return
        if parameters.has_result:
            self._is_beside_another = True
            self._say_what_lasts(None)
        if before is not None:
            self._go_back_to(before)

    def _may_take_up(self, study: StudySummary) -> bool:
        at_hand = self.workflow.study
        return not self.workflow.state.is_busy and (at_hand is None or at_hand.study_uid == study.study_uid)

    def _go_back_to(self, before: SceneParameters) -> None:
        self._review.go_back_to(before)
        if self.workflow.result is not None:
            self._review.fill_views()  # the loaded scene may have put the images of its own patient there

    def _take_up(self, parameters: SceneParameters) -> None:
        self._review.restore_views()
        saved = self.views.look_of_scene()
        self.workflow.restore(parameters.study, parameters.result)
        self.views.show_as(saved)
        try:
            self._review.follow()
        except SeriesError as error:
            self._review.give_views_back()
            self.workflow.forget_study()
            self.workflow.failed.emit(Failure.of(error))
        else:
            self._say_what_lasts(self._found.beside_loaded_scene())

    def look_whether_the_result_is_there(self) -> None:
        """Without its segmentation or reference image there is nothing to review: say so, and begin anew."""
        if self.is_importing:
            return  # the parameters may be those of the scene that comes
        if self.workflow.result is not None and not self._review.parameters.has_result:
            told = self._begin_anew()
            self._review.give_views_back()
            what = _("The segmentation or its reference image was removed from the scene.")
            self.workflow.failed.emit(Failure(f"{told} {what}".strip(), _("Open or segment the study again.")))

    def shut_down(self) -> None:
        """End the workers and let go of the scene, for a module or an application that closes."""
        self._worklist.queue.shut_down()
        self._worklist.priors.shut_down()
        self.workflow.shut_down()
        self.settings.shut_down()
        self.settings_dialog.release()
        self.doctor.shut_down()
        self._masking.release()
        self._keeper.release()
        self._release_nodes()
        self.review.shut_down()
        self._review.shut_down()

    def _release_nodes(self) -> None:
        self.review.release()
        self.volumes.release()
        self._review.release()

    def _on_state_changed(self) -> None:
        if self.workflow.state.is_busy or self.workflow.state in _BEFORE_A_STUDY_IS_KNOWN:
            self.message_bar.clear()
        if self.workflow.result is not self._announced:
            self._say_what_lasts(None)
        self._fold()
        self.progress.update()
        self._keeper.update()
        self._update_parts()
        self._say_what_the_user_should_know()

    def _update_parts(self) -> None:
        for part in self._parts:
            part.update()

    def _say_what_the_user_should_know(self) -> None:
        """Before the segmentation what has to be decided; of a result, once, what the worker warned of."""
        workflow = self.workflow
        if workflow.state is PanelState.PREPARED and workflow.sequences is not None:
            self._say(_("Before you go on:"), (*workflow.sequences.questions(), *self._offered_results()))
        elif workflow.result is not None and workflow.result is not self._announced:
            self._say_what_lasts(self._found.in_opened_result())
        self._announced = workflow.result

    def _say_what_lasts(self, found: Found | None) -> None:
        """What stays to be known of the scene and of the result under review, whatever jobs run."""
        begun_with = () if found is None else (found.sentence,)
        left_alone = (_NOT_TAKEN_UP,) if self._is_beside_another else ()
        sentences = (*begun_with, *left_alone, *self._about_the_result())
        if sentences:
            offer = None if found is None else found.offer
            self.message_bar.show_lasting_notice(_listed(_("Please note:"), sentences), offer)
        else:
            self.message_bar.clear_lasting_notice()

    def _about_the_result(self) -> tuple[str, ...]:
        result = self.workflow.result
        return () if result is None else (*self._lost_archive(), *result.warnings_to_heed, *result.tolerated)

    def _lost_archive(self) -> tuple[str, ...]:
        if not self.workflow.is_cut_off:
            return ()
        text = _("There is no archive called '{archive}' any more, from which this study came: add it to send there.")
        return (text.format(archive=self.workflow.came_from),)

    def _say_no_more_than_warnings(self) -> None:
        """What was found drawn was taken back, taken up or sent."""
        if self.message_bar.has_lasting_notice:
            self._say_what_lasts(None)

    def _offered_results(self) -> tuple[str, ...]:
        if not self.workflow.can_resume:
            return ()
        if not self.workflow.earlier_results:
            return (_("Others have drawn in this study. Continue from what they drew, or segment."),)
        return (_("The study carries results already. Continue from one of them, or segment."),)

    def _on_failed(self, failure: Failure) -> None:
        is_to_resample = failure.is_gap and self.workflow.can_fill_gaps
        self.message_bar.show_failure(failure, self._resampling() if is_to_resample else None)

    def _resampling(self) -> Offer:
        hint = _("You agree that the missing slices are interpolated from their neighbours")
        return Offer(_("Resample and go on"), hint, self.workflow.fill_gaps)

    def _say(self, heading: str, sentences: tuple[str, ...]) -> None:
        if sentences:
            self.message_bar.show_notice(_listed(heading, sentences))

    def _say_who_was_spared(self, sentences: tuple[str, ...]) -> None:
        self.message_bar.show_notice(_listed(_("Not queued:"), sentences), names_patients=True)

    def _fold(self) -> None:
        """Open what the next phase of the work needs; within a phase the user folds as she likes."""
        workflow = self.workflow
        phase = workflow.study is not None, workflow.sequences is not None, workflow.result is not None
        if phase == self._phase:
            return
        self._phase = has_study, has_sequences, has_result = phase
        folded: dict[Part, bool] = {
            self.archive: has_sequences or has_result,
            self.studies: has_sequences or has_result,
            self.queue: has_sequences or has_result,
            self.sequences: has_result or not has_study,
            self.run: has_result,
            self.views: not has_result,
            self.review: not has_result,
            self.volumes: not has_result,
            self.send: not has_result,
        }
        for part, is_folded in folded.items():
            part.fold(is_folded)

    def _on_volumes(self, volumes_ml: Mapping[str, float]) -> None:
        self.workflow.mark_edited()
        self.review.follow_edit()
        self.volumes.show_volumes(volumes_ml)
        self.send.follow_edit()
        self._keeper.follow_edit()


def _listed(heading: str, sentences: tuple[str, ...]) -> str:
    return "\n".join([heading, *(f"• {sentence}" for sentence in sentences)])
