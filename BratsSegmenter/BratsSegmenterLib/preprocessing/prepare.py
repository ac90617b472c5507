"""The pre-processing as one function that can be read aloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import Case, Sequence
from BratsSegmenterLib.errors import PreprocessingError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.preprocessing.bias_field import bias_field
from BratsSegmenterLib.preprocessing.brain_mask import BrainFinder, FoundBrain, find_brain
from BratsSegmenterLib.preprocessing.coverage import coverage_findings
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
from BratsSegmenterLib.preprocessing.portion import shares
from BratsSegmenterLib.preprocessing.prepared import CHANNELS, PreparedCase
from BratsSegmenterLib.preprocessing.registration import RigidRegistration
from BratsSegmenterLib.preprocessing.steps import Steps
from BratsSegmenterLib.progress import Progress

_HEAD_MARGIN_MM = 3.0
_BRAIN_MARGIN_VOXELS = 5
_LESION_MARGIN_VOXELS = 3
_THICK_MM = 2.0
"""Between slices further apart straight lines lose what a spline keeps (Testing/benchmarks/preprocessing.py)."""

Images = dict[Sequence, NDArray[np.float32]]


def preprocess(
    case: Case,
    steps: Steps | None = None,
    progress: Progress | None = None,
    learnt_brain: BrainFinder | None = None,
) -> PreparedCase:
    """Bring the sequences of a study to what a network can see.

    Registration onto the reference, resampling to 1 mm, brain mask, bias correction (N4) and normalisation. The mask
    comes before the bias correction, so that fat and muscle do not bend the field of the brain.

    Parameters
    ----------
    case : Case
    steps : Steps, optional
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
        A volume is empty or has values that are no numbers.
    Cancelled
        The user asked to stop.
    """
    steps, progress = steps or Steps(), progress or Progress()
    volumes = {sequence: _image(case, sequence) for sequence in CHANNELS if sequence in case.volumes}
    findings: list[str] = []

    with progress.stage("registration"):
        transforms = _register(case, volumes, steps, progress, findings)
    with progress.stage("resampling"):
        images, head, grid = _resample(case, volumes, transforms, progress)
    with progress.stage("brain mask"):
        brain = _brain(images, head, steps, learnt_brain, progress)
        findings.append(brain.finding)
        images, mask, grid = _cropped(images, brain.mask, grid)
        findings.extend(coverage_findings(case, transforms, mask, grid))
    with progress.stage("bias correction"):
        fields = _bias_fields(images, grid, mask, steps, progress, findings)
    with progress.stage("normalisation"):
        channels = _channels(_divided(images, fields), mask, steps.normalisation)
        if not steps.normalisation:
            findings.append("Normalisation is switched off: the values of the scanner are kept.")
    return PreparedCase(
        images=channels,
        present=tuple(images),
        mask=mask,
        geometry=grid,
        reference_geometry=case.reference_volume.geometry,
        transforms=transforms,
        bias_fields=fields,
        uncorrected=images if fields and steps.normalisation else {},
        findings=tuple(findings),
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
        beside = prepared.mask & ~ndimage.binary_dilation(lesion, iterations=_LESION_MARGIN_VOXELS)
        fields = _fields(prepared.uncorrected, prepared.geometry, beside, progress)
    channels = _channels(_divided(prepared.uncorrected, fields), prepared.mask, True)
    return replace(prepared, images=channels, bias_fields=fields)


def _image(case: Case, sequence: Sequence) -> sitk.Image:
    volume = case.volumes[sequence]
    if not np.isfinite(volume.array).all():
        raise PreprocessingError(
            f"The {sequence.value} image has voxels that are no numbers.",
            "Choose another series for this sequence, or fetch it again.",
        )
    return volume.geometry.image(volume.array)


def _register(
    case: Case, volumes: Mapping[Sequence, sitk.Image], steps: Steps, progress: Progress, findings: list[str]
) -> dict[Sequence, sitk.Transform]:
    transforms: dict[Sequence, sitk.Transform] = {sequence: sitk.Euler3DTransform() for sequence in volumes}
    others = [sequence for sequence in volumes if sequence is not case.reference]
    if not others:
        return transforms
    if not steps.registration:
        findings.append("Registration is switched off: the positions in the headers are used.")
        return transforms
    registration = RigidRegistration(volumes[case.reference], case.reference.value)
    for sequence, part in zip(others, shares(progress, len(others)), strict=True):
        part.update(0.0, f"{sequence.value} onto {case.reference.value}")
        alignment = registration.align(
            volumes[sequence], sequence.value, _share_frame_of_reference(case, sequence), part
        )
        transforms[sequence] = alignment.transform
        findings.append(alignment.finding)
    return transforms


def _share_frame_of_reference(case: Case, sequence: Sequence) -> bool:
    own = case.volumes[sequence].series.frame_of_reference_uid
    return bool(own) and own == case.reference_volume.series.frame_of_reference_uid


def _resample(
    case: Case,
    volumes: Mapping[Sequence, sitk.Image],
    transforms: Mapping[Sequence, sitk.Transform],
    progress: Progress,
) -> tuple[Images, NDArray[np.bool_], Geometry]:
    """The images on a standard grid around the head, and the head on it."""
    reference = case.reference_volume.geometry
    small_head = head_mask(volumes[case.reference], case.reference.value)
    box = intersection_mm(bounding_box_mm(small_head, _HEAD_MARGIN_MM), reference)
    grid = standard_grid(*box, anchor_mm=reference.origin_mm)
    images = {}
    for sequence, part in zip(volumes, shares(progress, len(volumes)), strict=True):
        part.update(0.0, sequence.value)
        image = with_thin_slices(smoothed_to(volumes[sequence], SPACING_MM), _THICK_MM)
        image = resample(image, grid, transforms[sequence])
        images[sequence] = sitk.GetArrayFromImage(image)
    head = sitk.GetArrayFromImage(resample(sitk.Cast(small_head, sitk.sitkFloat32), grid)) >= 0.5
    return images, head, grid


def _bias_fields(
    images: Images, grid: Geometry, mask: NDArray[np.bool_], steps: Steps, progress: Progress, findings: list[str]
) -> Images:
    if not steps.bias_correction:
        findings.append("Bias correction is switched off: slow shading of the images stays.")
        return {}
    return _fields(images, grid, mask, progress)


def _fields(
    images: Mapping[Sequence, NDArray[np.float32]], grid: Geometry, tissue: NDArray[np.bool_], progress: Progress
) -> Images:
    fields = {}
    for (sequence, image), part in zip(images.items(), shares(progress, len(images)), strict=True):
        part.update(0.0, sequence.value)
        fields[sequence] = bias_field(image, grid, tissue, part)
    return fields


def _divided(images: Mapping[Sequence, NDArray[np.float32]], fields: Images) -> Images:
    return {sequence: image / fields[sequence] if fields else image for sequence, image in images.items()}


def _brain(
    images: Images, head: NDArray[np.bool_], steps: Steps, learnt_brain: BrainFinder | None, progress: Progress
) -> FoundBrain:
    if not steps.brain_mask:
        return FoundBrain(head, "The brain mask is switched off: skull and scalp are kept.")
    return find_brain(images, head, progress, learnt_brain)


def _channels(images: Images, mask: NDArray[np.bool_], is_normalised: bool) -> NDArray[np.float32]:
    channels = np.zeros((len(CHANNELS), *mask.shape), np.float32)
    for channel, sequence in enumerate(CHANNELS):
        if sequence in images:
            image = images[sequence]
            channels[channel] = z_score(image, mask) if is_normalised else np.where(mask, image, 0.0)
    return channels


def _cropped(images: Images, mask: NDArray[np.bool_], grid: Geometry) -> tuple[Images, NDArray[np.bool_], Geometry]:
    """All of it cropped to the mask with a margin."""
    low, high = np.argwhere(mask).min(axis=0), np.argwhere(mask).max(axis=0) + 1
    low = np.maximum(low - _BRAIN_MARGIN_VOXELS, 0)
    high = np.minimum(high + _BRAIN_MARGIN_VOXELS, grid.shape)
    box = tuple(slice(int(first), int(end)) for first, end in zip(low, high, strict=True))
    slices, rows, columns = (int(size) for size in high - low)
    origin_mm = grid.points_mm(low[None, ::-1])[0]
    geometry = Geometry.from_axes((slices, rows, columns), grid.spacing_mm, grid.direction, origin_mm)
    return {sequence: image[box] for sequence, image in images.items()}, mask[box], geometry
