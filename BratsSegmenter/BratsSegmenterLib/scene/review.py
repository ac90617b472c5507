"""The result of a study in the scene: shown, corrected, measured, handed back for sending."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
import slicer
from numpy.typing import NDArray

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.domain import REGIONS, Measurements, Segmentation
from BratsSegmenterLib.errors import ExportError, SeriesError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.image_files import read_mask, read_whole_image, write_image
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.measurement import changed_regions, measure, still_not_measured
from BratsSegmenterLib.reading_plane import reading_axis
from BratsSegmenterLib.scene.exported import ExportedLabels
from BratsSegmenterLib.scene.hierarchy import place_under_study, remove_from_scene
from BratsSegmenterLib.scene.layout import LAYOUT, LAYOUT_WITH_PLOT, register_layouts
from BratsSegmenterLib.scene.left_result import LeftResult
from BratsSegmenterLib.scene.overlay import loading_doubt
from BratsSegmenterLib.scene.parameters import SceneParameters
from BratsSegmenterLib.scene.plot import hide_plot
from BratsSegmenterLib.scene.redrawing import redraw
from BratsSegmenterLib.scene.segments import create_segmentation, label_map, require_regions_as_seen
from BratsSegmenterLib.scene.shown_images import ShownImages
from BratsSegmenterLib.scene.surfaces import has_surfaces, making_surfaces, showing_surfaces
from BratsSegmenterLib.scene.terminology import load_terminology
from BratsSegmenterLib.scene.views import (
    jump_to,
    jump_to_largest_slice,
    middle_of_largest_slice,
    showing_review_layout,
)
from BratsSegmenterLib.scene.volume_table import VolumeTable, new_table
from BratsSegmenterLib.scene.volumes import geometry_of, loading_volume
from BratsSegmenterLib.steps import StepRunner, Steps, at_once, run_through, taking
from BratsSegmenterLib.study import JobFolder, SentLabels, UnsentCorrections, read_accepted, read_sent, read_unsent


def _nobody(volumes_ml: Mapping[str, float]) -> None:
    """Nobody follows the volumes."""


def _nothing() -> None:
    """Nobody cares how patients are named."""


class Review:
    """One reviewed study in the scene.

    Parameters
    ----------
    parameter_node : callable
        Gives the module's parameter node; asked anew each time, because a closed scene takes it away.
    run_steps : StepRunner
        Takes the steps in which surfaces are made anew.

    Attributes
    ----------
    on_volumes : callable
        Called with the volumes in millilitres by key of the measured regions, at the start and after every edit.
    on_placed : callable
        Called after nodes were placed under their patient in the subject hierarchy.
    began_with : UnsentCorrections, SentLabels or None
        What the shown result began with, where that was not the model's: corrections that were not sent before, or
        the result as it was sent.
    """

    def __init__(self, parameter_node: Callable[[], Any], run_steps: StepRunner = at_once) -> None:
        self._parameter_node = parameter_node
        self._run_steps = run_steps
        self._table: VolumeTable | None = None
        self._model_labels: NDArray[np.uint8] | None = None
        self._exported: NDArray[np.uint8] | None = None
        self._sent: NDArray[np.uint8] | None = None
        self._left: list[LeftResult] = []
        self._images = ShownImages()
        self.began_with: UnsentCorrections | SentLabels | None = None
        self.on_placed: Callable[[], None] = _nothing
        self.on_volumes: Callable[[Mapping[str, float]], None] = _nobody

    @property
    def parameters(self) -> SceneParameters:
        """What the scene keeps."""
        return SceneParameters(self._parameter_node())

    @property
    def labels(self) -> NDArray[np.uint8] | None:
        """The segments as one label map, as last measured; None while nothing is shown. Not to be written to."""
        return self._table.labels if self._table is not None else None

    @property
    def model_labels(self) -> NDArray[np.uint8] | None:
        """What the model drew, as :attr:`labels`."""
        return self._model_labels if self._table is not None else None

    @property
    def is_edited(self) -> bool:
        """Whether any voxel of the segments differs from what the model drew."""
        return bool(self.edited_regions)

    @property
    def is_blank(self) -> bool:
        """Whether a result is shown in which nothing is drawn."""
        return self.labels is not None and not self.labels.any()

    @property
    def was_sent(self) -> bool:
        """Whether the result was sent before, as it is drawn now or otherwise."""
        return self._sent is not None

    @property
    def settled_labels(self) -> NDArray[np.uint8] | None:
        """What was last sent; where nothing was, what the model drew. As :attr:`labels`."""
        return self._sent if self._sent is not None else self.model_labels

    @property
    def has_unsent(self) -> bool:
        """Whether any voxel differs from :attr:`settled_labels`."""
        labels, settled = self.labels, self.settled_labels
        return labels is not None and settled is not None and bool((labels != settled).any())

    @property
    def edited_regions(self) -> frozenset[str]:
        """Keys of the regions, nested ones included, that differ from what the model drew."""
        if self.labels is None or self.model_labels is None:
            return frozenset()
        return changed_regions(self.model_labels, self.labels)

    @property
    def not_measured(self) -> dict[str, str]:
        """Region key to the reason, of what neither the model could measure nor a person drew."""
        reasons = self.parameters.result.not_measured
        return still_not_measured(reasons, self.edited_regions) if reasons else {}

    @property
    def geometry(self) -> Geometry:
        """The grid of :attr:`labels`."""
        return geometry_of(self.parameters.reference)

    def unsent_elsewhere(self) -> UnsentCorrections | None:
        """Corrections that were kept and differ from what is drawn: a scene was saved before they were made."""
        kept = read_unsent(JobFolder(self.parameters.folder), self.geometry)
        return kept if kept is not None and bool((kept.labels != self.labels).any()) else None

    def read_brain(self) -> NDArray[np.bool_] | None:
        """The brain, as :attr:`labels`; None where the result has no mask of it, or the mask is no longer there.

        Raises
        ------
        SeriesError
            The mask cannot be read.
        """
        path = self.parameters.result.brain
        return read_mask(path) if path is not None and path.exists() else None

    @property
    def drawn(self) -> Segmentation:
        """The segments as last measured."""
        assert self._table is not None, "a result is shown"
        return Segmentation(self._table.labels, self.geometry, self.parameters.result.algorithm, self.not_measured)

    def measure(self) -> Measurements:
        """Volumes, lesions and diameters of the segments as last measured, with the model's intervals where they hold.

        Takes longer than the volumes that :attr:`on_volumes` tells; meant for moments when the user does not paint.
        """
        result = self.parameters.result
        edited = self.edited_regions
        intervals_ml = {key: interval for key, interval in result.intervals_ml.items() if key not in edited}
        return measure(self.drawn, intervals_ml)

    def show(self, study: StudySummary, folder: Path, result: SegmentResult) -> None:
        """All of :meth:`showing` at once, then :meth:`follow`."""
        run_through(self.showing(study, folder, result))
        self.follow()

    def showing(self, study: StudySummary, folder: Path, result: SegmentResult) -> Steps[None]:
        """Load volumes and segments, place them under the study and show them linked, step by step.

        Corrections that were not sent when the result was last shown are taken up again; a result that was sent begins
        as it was sent. Regions that were accepted as they are drawn then are accepted again. A result that was there
        before is hidden until :meth:`clear_away`. When the steps end early, what they loaded is taken out of the scene
        again.
        """
        loaded: list[Any] = []
        try:
            yield from self._showing(study, folder, result, loaded)
        except BaseException:
            self._images.take_out(loaded)
            remove_from_scene(loaded)
            raise

    def _showing(self, study: StudySummary, folder: Path, result: SegmentResult, loaded: list[Any]) -> Steps[None]:
        load_terminology()
        for name, path in result.volumes.items():
            loaded.append((yield from loading_volume(path, name)))
        volumes = dict(zip(result.volumes, loaded, strict=True))
        reference = volumes[result.reference]
        doubt = None
        if result.uncertainty is not None:
            doubt = yield from loading_doubt(result.uncertainty)
            loaded.append(doubt)
        sent = read_sent(JobFolder(folder), geometry_of(reference))
        began_with = read_unsent(JobFolder(folder), geometry_of(reference)) or sent
        corrected = None if began_with is None else began_with.labels
        segmentation = create_segmentation(result.labels, reference, "Glioma", corrected, result.is_postoperative)
        table = new_table()
        loaded += [segmentation, table]
        yield
        place_under_study(loaded, study)
        self.on_placed()
        yield from showing_review_layout(volumes, reference)
        self._images.hold()
        labels = label_map(segmentation, reference)
        jump_to_largest_slice(labels, reference)
        yield from showing_surfaces(segmentation)
        self._put_aside()
        self.began_with, self._sent = began_with, None if sent is None else sent.labels
        self.parameters.store(study, folder, result)
        self.parameters.store_accepted(read_accepted(JobFolder(folder), labels))
        self.parameters.store_nodes(segmentation, reference, table, volumes, doubt)

    def leave(self) -> None:
        """Take the result out of the views, so that its patient is not taken for the next, and measure it no more."""
        self._put_aside()
        self.release()
        self.give_views_back()

    def give_views_back(self) -> None:
        """There is no result any more: the views are Slicer's again, for what it loads next."""
        self._images.take_out(self.parameters.nodes)

    def clear_away(self) -> None:
        """Take what was left, or replaced by another result, out of the scene, as far as it is kept on the disk.

        Neither do its images fill the memory then, nor does a scene that is saved name its patient. To be called when
        nothing works on its nodes any more: an editor that loses its segmentation would take up another one.
        """
        left, self._left = self._left, []
        for result in left:
            if result.remove() and not self.parameters.has_result:
                self.parameters.forget()

    def go_back_to(self, before: SceneParameters) -> None:
        """Keep what the scene kept before another one was loaded into it; what that one brought stays, hidden."""
        if not self.parameters.has_same_segmentation(before):
            self._hide_earlier_result()
        self.parameters.put_back(before)

    def restore_views(self) -> None:
        """Take up the views of a scene that was loaded, with the images in them; it begins with what it holds."""
        sent = read_sent(JobFolder(self.parameters.folder), self.geometry)
        self.began_with, self._sent = None, None if sent is None else sent.labels
        register_layouts()
        if slicer.app.layoutManager().layout == LAYOUT_WITH_PLOT:
            hide_plot(LAYOUT)  # no scene keeps what was plotted
        self._images.hold()

    def fill_views(self) -> None:
        """Show the images of the result in the views, in place of what is shown there."""
        parameters = self.parameters
        volumes = parameters.volumes or {parameters.result.reference: parameters.reference}
        run_through(showing_review_layout(volumes, parameters.reference))
        self._images.hold()

    def remember_views(self) -> None:
        """Another module is shown: remember which images the views show."""
        self._images.remember()

    def bring_back_views(self) -> None:
        """The panel is shown again: what other modules put into the views makes way for what was there."""
        self._images.bring_back()

    def draw(self, labels: NDArray[np.uint8]) -> None:
        """Draw a whole label map, as :attr:`labels`, in place of what is drawn; the surfaces follow."""
        assert self._table is not None, "a result is shown"
        segmentation = self.parameters.segmentation
        is_shown_in_3d = has_surfaces(segmentation)
        with self._table.one_update():
            redraw(segmentation, self.parameters.reference, labels, changed_regions(self._table.labels, labels))
        if is_shown_in_3d:
            self._run_steps(taking(making_surfaces(segmentation)))

    def jump_to_region(self, key: str) -> None:
        """Move the views and the crosshair to the middle of a region on its largest slice; an empty one is nowhere."""
        if self._table is None:
            return
        mask = np.isin(self._table.labels, REGIONS[key].labels)
        place = middle_of_largest_slice(mask, reading_axis(self.geometry))
        if place is not None:
            jump_to(place, self.parameters.reference)

    def follow(self) -> None:
        """Measure the segments of the scene from now on, after :meth:`show` or after a scene was loaded.

        The table of the volumes is made anew where the user had deleted it.
        """
        self.release()
        self._exported = None
        parameters = self.parameters
        self._model_labels = _read_labels(parameters.result.labels)
        if parameters.table is None:
            parameters.store_table(new_table())
            place_under_study([parameters.table], parameters.study)
            self.on_placed()
        nodes = parameters.segmentation, parameters.reference, parameters.table
        self._table = VolumeTable(*nodes, self._tell_volumes, lambda: self.not_measured)
        self._table.update()

    def release(self) -> None:
        """Let go of the nodes, for a scene or a module that closes."""
        self._images.forget()
        if self._table is not None:
            self._table.stop()
            self._table = None

    def shut_down(self) -> None:
        """Let go of the views too, for a module or an application that closes."""
        self.release()
        self._images.release()

    def export_labels(self, folder: Path) -> ExportedLabels:
        """Write the segments as a NIfTI label map in the reference's own grid, as the model's label map lies in it.

        Raises
        ------
        ExportError
            The segmentation is no longer in the scene, or holds something beside the regions, or overlaps.
        SeriesError
            The model's label map is gone or damaged.
        """
        parameters = self.parameters
        if not parameters.has_result:
            raise ExportError("The segmentation or its reference image was removed from the scene.", "Segment again.")
        require_regions_as_seen(parameters.segmentation, parameters.reference)
        labels = label_map(parameters.segmentation, parameters.reference)
        image = sitk.GetImageFromArray(labels)
        with _explaining_lost_labels():
            image.CopyInformation(sitk.ReadImage(str(parameters.result.labels)))
        path = JobFolder(folder).corrected
        write_image(image, path)
        self._exported = labels
        return ExportedLabels(path, bool((labels != self._model_labels).any()))

    def mark_sent(self) -> None:
        """What was last exported has been sent."""
        self._sent = self._exported

    def _tell_volumes(self, volumes_ml: Mapping[str, float]) -> None:
        self.on_volumes(volumes_ml)

    def _put_aside(self) -> None:
        self._hide_earlier_result()
        parameters = self.parameters
        left = LeftResult(
            nodes=parameters.nodes,
            segmentation=parameters.segmentation,
            folder=parameters.folder,
            labels=self.labels,
            model_labels=self.model_labels,
            sent=self._sent,
            reference=parameters.reference,
        )
        self._left.append(left)

    def _hide_earlier_result(self) -> None:
        earlier = self.parameters.segmentation
        if earlier is not None and earlier.GetDisplayNode() is not None:
            earlier.SetDisplayVisibility(False)


def _read_labels(path: Path) -> NDArray[np.uint8]:
    """The model's label map, shape (slices, rows, columns)."""
    with _explaining_lost_labels():
        return sitk.GetArrayFromImage(read_whole_image(path, sitk.sitkUInt8))


@contextmanager
def _explaining_lost_labels() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise SeriesError(
            "What the model drew for this study is no longer on this computer, so corrections cannot be told from it.",
            "Segment the study again; the segments of the scene stay as they are.",
            str(error),
        ) from error
