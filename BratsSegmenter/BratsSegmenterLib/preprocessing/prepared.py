"""What the network sees, and the way back to the reference's own slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Case, Sequence
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.preprocessing.grid import resample, smoothed_to
from BratsSegmenterLib.preprocessing.rigid import shift_mm


@dataclass(frozen=True, eq=False)
class PreparedCase:
    """The sequences of one study on one 1 mm grid.

    Attributes
    ----------
    images : ndarray of float32, shape (4, k, j, i)
        In the order of :class:`Sequence`; zeros outside the mask and for a missing sequence.
    present : tuple of Sequence
        The sequences that are not missing, in the same order.
    mask : ndarray of bool, shape (k, j, i)
        The brain; the head when the brain mask is switched off.
    geometry : Geometry
        The standard grid (see :mod:`BratsSegmenterLib.preprocessing.grid`) in the reference's patient space.
    reference_geometry : Geometry
        The reference's own grid, where results are drawn.
    transforms : mapping of Sequence to SimpleITK.Transform
        Rigid; each maps a point of the reference to the same anatomy in that sequence, LPS millimetres.
    bias_fields : mapping of Sequence to ndarray of float32, shape (k, j, i)
        The factor that was divided out of each image; empty when the correction is switched off.
    uncorrected : mapping of Sequence to ndarray of float32, shape (k, j, i)
        Each image before that, in the scanner's units; empty when the correction is switched off.
    acquired : mapping of Sequence to ndarray of bool, shape (k, j, i)
        Where the field of view of each sequence reaches; a sequence that is not in it reaches everywhere.
    findings : tuple of str
        Sentences for the user: what was moved, skipped or doubted.
    doubts : tuple of str
        Those of them that make any result doubtful.
    routine : tuple of str
        Those of them that are said of every study, when all is well.
    brain_model : str
        Name and version of the model that found the brain; empty where none did.
    """

    images: NDArray[np.float32] = field(repr=False)
    present: tuple[Sequence, ...]
    mask: NDArray[np.bool_] = field(repr=False)
    geometry: Geometry
    reference_geometry: Geometry
    transforms: Mapping[Sequence, sitk.Transform]
    bias_fields: Mapping[Sequence, NDArray[np.float32]] = field(repr=False)
    uncorrected: Mapping[Sequence, NDArray[np.float32]] = field(default_factory=dict, repr=False)
    acquired: Mapping[Sequence, NDArray[np.bool_]] = field(default_factory=dict, repr=False)
    findings: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    routine: tuple[str, ...] = ()
    brain_model: str = ""

    def brain_shown_by(self, sequence: Sequence) -> NDArray[np.bool_]:
        """The part of the mask, shape (k, j, i), that the field of view of a sequence holds."""
        return self.mask & self.acquired[sequence] if sequence in self.acquired else self.mask

    @property
    def moved_mm(self) -> dict[Sequence, float]:
        """How far each sequence was moved in the middle of the brain, millimetres; the reference not at all."""
        middle = self.geometry.points_mm(np.argwhere(self.mask)[:, ::-1].mean(axis=0, keepdims=True))[0]
        return {sequence: shift_mm(transform, middle) for sequence, transform in self.transforms.items()}

    def to_reference_grid(self, probabilities: NDArray) -> NDArray[np.float32]:
        """Carry maps from the 1 mm grid to the reference's own grid by linear interpolation.

        Parameters
        ----------
        probabilities : ndarray of float16 or float32, shape (c, k, j, i)

        Returns
        -------
        ndarray of float32, shape (c, slices, rows, columns)
            0 outside the 1 mm grid. Memory: the result and one channel.
        """
        carried = np.empty((len(probabilities), *self.reference_geometry.shape), np.float32)
        for channel, values in enumerate(probabilities):
            image = self.geometry.image(np.ascontiguousarray(values, np.float32))
            on_reference = resample(image, self.reference_geometry)
            carried[channel] = sitk.GetArrayViewFromImage(on_reference)  # a view lives only as long as its image
        return carried


def resample_to_reference(case: Case, prepared: PreparedCase) -> dict[Sequence, NDArray[np.float32]]:
    """Each original volume on the reference's own grid, rigidly moved, neither corrected nor masked: for display.

    Returns
    -------
    dict of Sequence to ndarray of float32, shape (slices, rows, columns)
    """
    grid = case.reference_volume.geometry
    moved = {}
    for sequence, volume in case.volumes.items():
        if sequence is case.reference:
            moved[sequence] = volume.array
            continue
        image = smoothed_to(volume.geometry.image(volume.array), min(grid.spacing_mm))
        moved[sequence] = sitk.GetArrayFromImage(resample(image, grid, prepared.transforms[sequence]))
    return moved
