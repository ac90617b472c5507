"""The pre-processing as one function that can be read aloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import Case, PreprocessingSteps, Sequence
from BratsSegmenterLib.errors import PreprocessingError
from BratsSegmenterLib.geometry import Geometry, bounding_box
from BratsSegmenterLib.preprocessing.bias_field import bias_field
from BratsSegmenterLib.preprocessing.brain_mask import BrainFinder, FoundBrain, find_brain
from BratsSegmenterLib.preprocessing.coverage import note_coverage
from BratsSegmenterLib.preprocessing.grid import (
    SPACING_MM,
    bounding_box_mm,
    intersection_mm,
    resample,
    smoothed_to,
    standard_grid,
    with_thin_slices,
)
from BratsSegmenterLib.preprocessing.head import head_mask
from BratsSegmenterLib.preprocessing.normalisation import z_score
from BratsSegmenterLib.preprocessing.notes import BIAS_CORRECTION_OFF, REGISTRATION_OFF, Notes, interpolated_note
from BratsSegmenterLib.preprocessing.portion import shares
from BratsSegmenterLib.preprocessing.prepared import PreparedCase
from BratsSegmenterLib.preprocessing.registration import RigidRegistration
from BratsSegmenterLib.progress import Progress

_HEAD_MARGIN_MM = 3.0
_BRAIN_MARGIN_VOXELS = 5
_LESION_MARGIN_VOXELS = 3
_THICK_MM = 2.0
"""Between slices further apart straight lines lose what a spline keeps (Testing/benchmarks/preprocessing.py)."""

Images = dict[Sequence, NDArray[np.float32]]
Masks = Mapping[Sequence, NDArray[np.bool_]]


def preprocess(
    case: Case,
    steps: PreprocessingSteps | None = None,
    progress: Progress | None = None,
    learnt_brain: BrainFinder | None = None,
) -> PreparedCase:
    """Bring the sequences of a study to what a network can see.

    Registration onto the reference, resampling to 1 mm, brain mask, bias correction (N4) and normalisation. The mask
    comes before the bias correction, so that fat and muscle do not bend the field of the brain.

    Parameters
    ----------
    case : Case
    steps : PreprocessingSteps, optional
        All steps when left out.
    progress : Progress, optional
        Each step is a stage.
    learnt_brain : BrainFinder, optional
        Used where its answer is plausible.

    Returns
    -------
    PreparedCase

    Raises
    ------
    PreprocessingError
        A volume has one value everywhere, or values that are no numbers.
    Cancelled
        The user asked to stop.
    """
    steps, progress = steps or PreprocessingSteps(), progress or Progress()
    volumes = {sequence: _image(case, sequence) for sequence in Sequence if sequence in case.volumes}
    notes = Notes([interpolated_note(sequence) for sequence in volumes if case.volumes[sequence].is_resampled])

    with progress.stage("registration"):
        transforms = _register(case, volumes, steps, progress, notes)
    with progress.stage("resampling"):
        images, acquired, head, grid = _resample(case, volumes, transforms, progress)
    with progress.stage("brain mask"):
        brain = _brain(images, acquired, head, steps, learnt_brain, progress)
        if steps.brain_mask and not brain.is_doubtful:
            notes.add_routine(brain.finding)
        else:
            notes.add(brain.finding, brain.is_doubtful)
        box, grid = _around(brain.mask, grid)
        mask = brain.mask[box]
        acquired = {sequence: reached[box] for sequence, reached in acquired.items()}
        note_coverage(acquired, mask, notes)
        images = {sequence: image[box] for sequence, image in images.items()}
        images = _with_signal(images, case.reference, mask, notes)
    shown = {sequence: mask & acquired[sequence] for sequence in images}
    with progress.stage("bias correction"):
        fields = _bias_fields(images, grid, shown, steps, progress, notes)
    with progress.stage("normalisation"):
        channels = _channels(_divided(images, fields), shown)
    return PreparedCase(
        images=channels,
        present=tuple(images),
        mask=mask,
        geometry=grid,
        reference_geometry=case.reference_volume.geometry,
        transforms=transforms,
        bias_fields=fields,
        uncorrected=images if fields else {},
        acquired=acquired,
        findings=tuple(notes.findings),
        doubts=tuple(notes.doubts),
        routine=tuple(notes.routine),
        brain_model=brain.model,
    )


def corrected_outside(
    prepared: PreparedCase, lesion: NDArray[np.bool_], progress: Progress | None = None
) -> PreparedCase:
    """The case with its shading estimated anew from the brain 3 mm and more away from a lesion, and removed everywhere.

    A large bright lesion looks like shading to N4, which then takes it away; so once it is known, it is left out.

    Parameters
    ----------
    prepared : PreparedCase
        With its uncorrected images.
    lesion : ndarray of bool, shape (k, j, i)
    progress : Progress, optional
        One stage.

    Raises
    ------
    Cancelled
    """
    progress = progress or Progress()
    with progress.stage("bias correction beside the tumour"):
        shown = {sequence: prepared.brain_shown_by(sequence) for sequence in prepared.uncorrected}
        away = ~ndimage.binary_dilation(lesion, iterations=_LESION_MARGIN_VOXELS)
        beside = {sequence: brain & away for sequence, brain in shown.items()}
        fields = _fields(prepared.uncorrected, prepared.geometry, beside, progress)
    channels = _channels(_divided(prepared.uncorrected, fields), shown)
    return replace(prepared, images=channels, bias_fields=fields)


def _image(case: Case, sequence: Sequence) -> sitk.Image:
    volume = case.volumes[sequence]
    if not np.isfinite(volume.array).all():
        raise PreprocessingError(
            f"The {sequence.value} image has voxels that are no numbers.",
            "Choose another series for this sequence, or fetch it again.",
        )
    if volume.array.min() == volume.array.max():
        raise PreprocessingError(
            f"The {sequence.value} image is empty: all its voxels have one value.",
            "Choose another series for this sequence, or none.",
        )
    return volume.geometry.image(volume.array)


def _register(
    case: Case, volumes: Mapping[Sequence, sitk.Image], steps: PreprocessingSteps, progress: Progress, notes: Notes
) -> dict[Sequence, sitk.Transform]:
    transforms: dict[Sequence, sitk.Transform] = {sequence: sitk.Euler3DTransform() for sequence in volumes}
    others = [sequence for sequence in volumes if sequence is not case.reference]
    if not others:
        return transforms
    if not steps.registration:
        notes.add(REGISTRATION_OFF)
        return transforms
    registration = RigidRegistration(volumes[case.reference], case.reference.value)
    for sequence, part in zip(others, shares(progress, len(others)), strict=True):
        part.update(0.0, f"{sequence.value} onto {case.reference.value}")
        alignment = registration.align(
            volumes[sequence], sequence.value, _share_frame_of_reference(case, sequence), part
        )
        transforms[sequence] = alignment.transform
        if alignment.is_trusted:
            notes.add_routine(alignment.finding)
        else:
            notes.add(alignment.finding, is_doubt=True)
    return transforms


def _share_frame_of_reference(case: Case, sequence: Sequence) -> bool:
    own = case.volumes[sequence].series.frame_of_reference_uid
    return bool(own) and own == case.reference_volume.series.frame_of_reference_uid


def _resample(
    case: Case,
    volumes: Mapping[Sequence, sitk.Image],
    transforms: Mapping[Sequence, sitk.Transform],
    progress: Progress,
) -> tuple[Images, Masks, NDArray[np.bool_], Geometry]:
    """The images on a standard grid around the head, where each was acquired, and the head on it."""
    reference = case.reference_volume.geometry
    small_head = head_mask(volumes[case.reference], case.reference.value)
    box = intersection_mm(bounding_box_mm(small_head, _HEAD_MARGIN_MM), reference)
    grid = standard_grid(*box, anchor_mm=reference.origin_mm)
    images, acquired = {}, {}
    for sequence, part in zip(volumes, shares(progress, len(volumes)), strict=True):
        part.update(0.0, sequence.value)
        image = with_thin_slices(smoothed_to(volumes[sequence], SPACING_MM), _THICK_MM)
        array = sitk.GetArrayFromImage(resample(image, grid, transforms[sequence], outside=np.nan))
        acquired[sequence] = np.isfinite(array)
        images[sequence] = np.where(acquired[sequence], array, np.float32(0))
    head = sitk.GetArrayFromImage(resample(sitk.Cast(small_head, sitk.sitkFloat32), grid)) >= 0.5
    return images, acquired, head, grid


def _with_signal(images: Images, reference: Sequence, mask: NDArray[np.bool_], notes: Notes) -> Images:
    """Without a sequence that shows nothing in the brain: as a missing one it costs what is said of missing ones."""
    empty = [sequence for sequence, image in images.items() if np.ptp(image[mask]) == 0]
    if reference in empty:
        raise PreprocessingError(
            f"The {reference.value} image shows nothing where the other images show the brain.",
            "Choose another series for this sequence, or none.",
        )
    for sequence in empty:
        sentence = f"Warning: {sequence.value} shows nothing in the brain. It counts as missing."
        notes.add(sentence, is_doubt=True)
    return {sequence: image for sequence, image in images.items() if sequence not in empty}


def _bias_fields(
    images: Images, grid: Geometry, shown: Masks, steps: PreprocessingSteps, progress: Progress, notes: Notes
) -> Images:
    if not steps.bias_correction:
        notes.add(BIAS_CORRECTION_OFF)
        return {}
    return _fields(images, grid, shown, progress)


def _fields(
    images: Mapping[Sequence, NDArray[np.float32]], grid: Geometry, tissue: Masks, progress: Progress
) -> Images:
    fields = {}
    for (sequence, image), part in zip(images.items(), shares(progress, len(images)), strict=True):
        part.update(0.0, sequence.value)
        fields[sequence] = bias_field(image, grid, tissue[sequence], part)
    return fields


def _divided(images: Mapping[Sequence, NDArray[np.float32]], fields: Images) -> Images:
    return {sequence: image / fields[sequence] if fields else image for sequence, image in images.items()}


def _brain(
    images: Images,
    acquired: Masks,
    head: NDArray[np.bool_],
    steps: PreprocessingSteps,
    learnt_brain: BrainFinder | None,
    progress: Progress,
) -> FoundBrain:
    if not steps.brain_mask:
        return FoundBrain(head, "The brain mask is switched off: skull and scalp are kept.")
    return find_brain(images, acquired, head, progress, learnt_brain)


def _channels(images: Images, shown: Masks) -> NDArray[np.float32]:
    """The network's input; what a sequence does not show is 0, its mean, and does not count for it."""
    shape = next(iter(images.values())).shape
    channels = np.zeros((len(Sequence), *shape), np.float32)
    for sequence, image in images.items():
        channels[sequence.channel] = z_score(image, shown[sequence])
    return channels


def _around(mask: NDArray[np.bool_], grid: Geometry) -> tuple[tuple[slice, slice, slice], Geometry]:
    """The part of the grid around the mask with a margin."""
    slices, rows, columns = (
        slice(max(part.start - _BRAIN_MARGIN_VOXELS, 0), min(part.stop + _BRAIN_MARGIN_VOXELS, length))
        for part, length in zip(bounding_box(mask), grid.shape, strict=True)
    )
    box = slices, rows, columns
    return box, grid.cropped(box)
