"""A synthetic head: scalp, skull, liquor, folded brain, ventricles, and a tumour that reaches the brain's surface."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import SimpleITK as sitk
from pydicom import Dataset

from BratsSegmenterLib.domain import Case, Sequence, Series, Volume
from BratsSegmenterLib.geometry import Geometry

BRAIN_AXES_MM = np.array([66.0, 82.0, 60.0])
LAYERS_MM = {"liquor": 3.0, "skull": 9.0, "scalp": 14.0}
TUMOUR_CENTRE_MM = np.array([-38.0, -30.0, 30.0])
TUMOUR_RADIUS_MM = 20.0
RIM_MM = 4.0

#            air, scalp, skull, liquor, grey, white, core, rim
VALUES = {
    Sequence.T1: (2, 180, 12, 30, 80, 110, 65, 75),
    Sequence.T1C: (2, 190, 12, 32, 85, 115, 65, 230),
    Sequence.T2: (2, 60, 10, 260, 140, 105, 230, 190),
    Sequence.FLAIR: (2, 130, 10, 25, 120, 95, 190, 170),
}

ISOTROPIC = Geometry.from_axes((84, 104, 88), (2.0, 2.0, 2.0), np.eye(3), np.array([-87.0, -103.0, -83.0]))
THICK = Geometry.from_axes((29, 208, 176), (1.0, 1.0, 6.0), np.eye(3), np.array([-87.5, -103.5, -84.0]))


def tissue_values(points_mm: np.ndarray, sequence: Sequence) -> np.ndarray:
    """Values of the head at (n, 3) LPS points."""
    air, scalp, skull, liquor, grey, white, core, rim = VALUES[sequence]
    outside_mm = _outside_brain_mm(points_mm)
    folds = 0.5 + 0.5 * np.tanh(3 * np.prod(np.sin(points_mm / (5.0, 6.0, 7.0) + (0.3, 1.1, 2.0)), axis=1))
    values = grey + (white - grey) * folds
    ventricles = np.linalg.norm((np.abs(points_mm - (0, 5, 5)) - (12, 0, 0)) / (7.0, 28.0, 10.0), axis=1) < 1
    values[ventricles] = liquor
    from_tumour = np.linalg.norm(points_mm - TUMOUR_CENTRE_MM, axis=1)
    values[from_tumour < TUMOUR_RADIUS_MM] = rim
    values[from_tumour < TUMOUR_RADIUS_MM - RIM_MM] = core
    values[outside_mm > 0] = liquor
    values[outside_mm > LAYERS_MM["liquor"]] = skull
    values[outside_mm > LAYERS_MM["skull"]] = scalp
    values[outside_mm > LAYERS_MM["scalp"]] = air
    return values


def brain_at(points_mm: np.ndarray) -> np.ndarray:
    """Whether (n, 3) LPS points lie in the brain."""
    return _outside_brain_mm(points_mm) <= 0


def points_of(geometry: Geometry) -> np.ndarray:
    """LPS millimetres of all voxels, shape (n, 3), in the order of the flattened array."""
    k, j, i = np.indices(geometry.shape)
    return geometry.points_mm(np.stack([i, j, k], -1).reshape(-1, 3))


def head_volume(
    sequence: Sequence,
    geometry: Geometry = ISOTROPIC,
    move: sitk.Transform | None = None,
    frame_of_reference_uid: str = "1.2.3",
    without_skull: bool = False,
) -> Volume:
    """The head on a grid; `move` maps a point of the unmoved head to where it lies in this image."""
    points = points_of(geometry)
    if move is not None:
        back = sitk.Euler3DTransform(move).GetInverse()
        matrix = np.array(back.GetMatrix()).reshape(3, 3)
        centre = np.array(back.GetCenter())
        points = (points - centre) @ matrix.T + centre + back.GetTranslation()
    values = tissue_values(points, sequence)
    noise = np.random.default_rng(len(sequence.value)).normal(0, 2, values.shape)
    values = np.abs(values + noise)
    if without_skull:
        values[~brain_at(points)] = 0
    series = Series("key", "1.2", "1.2.1", "MR", "", 1, frame_of_reference_uid, (), Dataset())
    return Volume(values.reshape(geometry.shape).astype(np.float32), geometry, (), series)


def head_case(sequences: Iterable[Sequence] = tuple(Sequence), geometry: Geometry = ISOTROPIC, **options) -> Case:
    """All sequences of the unmoved head; the reference is T1c, else the first."""
    volumes = {sequence: head_volume(sequence, geometry, **options) for sequence in sequences}
    return Case(volumes, Sequence.T1C if Sequence.T1C in volumes else next(iter(volumes)))


def known_move(translation_mm=(6.0, -5.0, 4.0), rotation=(0.08, -0.05, 0.10)) -> sitk.Euler3DTransform:
    """A rigid move about the middle of the head; rotations in radians."""
    move = sitk.Euler3DTransform()
    move.SetRotation(*rotation)
    move.SetTranslation(translation_mm)
    return move


def _outside_brain_mm(points_mm: np.ndarray) -> np.ndarray:
    radius = np.linalg.norm(points_mm / BRAIN_AXES_MM, axis=1)
    return np.linalg.norm(points_mm, axis=1) * (1 - 1 / np.maximum(radius, 1e-6))
