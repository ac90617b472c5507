"""Rigid registration of the other sequences onto the reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.preprocessing.head import head_mask
from BratsSegmenterLib.preprocessing.mutual_information import Level, improve, mutual_information
from BratsSegmenterLib.preprocessing.rigid import rms_displacement_mm, rotation_degrees, shift_mm
from BratsSegmenterLib.progress import Progress

_CHECK = Level(spacing_mm=4.0, samples=60_000, step_mm=0.5, iterations=40)
_SEARCH = Level(spacing_mm=6.0, samples=30_000, step_mm=3.0, iterations=60)
_LEVELS = (
    Level(spacing_mm=4.0, samples=40_000, step_mm=2.0, iterations=60),
    Level(spacing_mm=2.0, samples=60_000, step_mm=0.5, iterations=40),
    Level(spacing_mm=1.0, samples=100_000, step_mm=0.2, iterations=30),
)
_GOOD_ENOUGH_MM = 0.5
_IMPLAUSIBLE_MM = 40.0
_IMPLAUSIBLE_DEGREES = 30.0
_CLIPPED_PERCENTILE = 99.5


@dataclass(frozen=True, eq=False)
class Alignment:
    """How one sequence lies on the reference.

    Attributes
    ----------
    transform : SimpleITK.Euler3DTransform
        Maps a point of the reference to the same anatomy in the moving image, LPS millimetres.
    finding : str
        A sentence for the user.
    is_trusted : bool
        False when the registration failed and the headers are believed instead.
    """

    transform: sitk.Euler3DTransform
    finding: str
    is_trusted: bool = True


def unmoved(centre_mm: NDArray[np.float64]) -> sitk.Euler3DTransform:
    """The identity, turning about `centre_mm` once it is improved."""
    transform = sitk.Euler3DTransform()
    transform.SetCenter(centre_mm.tolist())
    return transform


class RigidRegistration:
    """Registers one image after the other onto one reference by mutual information.

    Parameters
    ----------
    reference : SimpleITK.Image
        float32.
    name : str
        Of the reference, for the findings.
    """

    def __init__(self, reference: sitk.Image, name: str) -> None:
        head = head_mask(reference, name)
        self._name = name
        self._fixed = _without_highlights(_cropped(reference, head))
        self._centre_mm = _centre_mm(head)

    def align(self, moving: sitk.Image, name: str, shares_frame_of_reference: bool, progress: Progress) -> Alignment:
        """Find how `moving` lies on the reference.

        The search starts from the headers and, when the frame of reference is not shared, also from the centres of
        both heads; the better one is refined on three resolutions. A sequence that shares the frame of reference and
        lies within half a millimetre of its optimum is left where it is. An optimum that is worse than its start,
        or more than 40 mm or 30 degrees away from it, is not believed.

        Parameters
        ----------
        moving : SimpleITK.Image
            float32.
        name : str
            Of the moving image, for the findings.
        shares_frame_of_reference : bool
            Whether both positions are told in the same frame of reference (DICOM PS3.3 C.7.4.1).
        progress : Progress

        Raises
        ------
        PreprocessingError
            The moving image is empty.
        Cancelled
            The user asked to stop.
        """
        moving = _without_highlights(moving)
        headers = unmoved(self._centre_mm)
        try:
            if shares_frame_of_reference:
                checked = improve(self._fixed, moving, headers, _CHECK, progress)
                away_mm = rms_displacement_mm(checked, self._centre_mm)
                if away_mm <= _GOOD_ENOUGH_MM:
                    return Alignment(headers, self._kept(name, away_mm))
                start = headers
            else:
                start = self._best_start(moving, name, headers, progress)
            found = self._refined(moving, start, progress)
        except RuntimeError:
            return Alignment(headers, self._refused(name, "the images do not overlap"), is_trusted=False)
        reason = self._implausibility(moving, start, found)
        if reason:
            return Alignment(headers, self._refused(name, reason), is_trusted=False)
        return Alignment(found, self._moved(name, found))

    def _best_start(
        self, moving: sitk.Image, name: str, headers: sitk.Euler3DTransform, progress: Progress
    ) -> sitk.Euler3DTransform:
        centred = sitk.Euler3DTransform(headers)
        centred.SetTranslation((_centre_mm(head_mask(moving, name)) - self._centre_mm).tolist())
        found = []
        for n, start in enumerate((headers, centred)):
            progress.update(0.1 * n)
            try:
                candidate = improve(self._fixed, moving, start, _SEARCH, progress)
                found.append((mutual_information(self._fixed, moving, candidate, _SEARCH), candidate))
            except RuntimeError:  # this start has no overlap; the other may have
                continue
        if not found:
            raise RuntimeError("no start overlaps the reference")
        return max(found, key=lambda scored: scored[0])[1]

    def _refined(
        self, moving: sitk.Image, transform: sitk.Euler3DTransform, progress: Progress
    ) -> sitk.Euler3DTransform:
        for n, level in enumerate(_LEVELS):
            progress.update(0.2 + 0.8 * n / len(_LEVELS))
            transform = improve(self._fixed, moving, transform, level, progress)
        return transform

    def _implausibility(
        self, moving: sitk.Image, start: sitk.Euler3DTransform, found: sitk.Euler3DTransform
    ) -> str | None:
        level = _LEVELS[1]
        if mutual_information(self._fixed, moving, found, level) < mutual_information(
            self._fixed, moving, start, level
        ):
            return "the optimum fits worse than the start"
        step = sitk.CompositeTransform([start.GetInverse(), found])
        distance_mm = shift_mm(step, np.array(start.TransformPoint(self._centre_mm.tolist())))
        angle = rotation_degrees(found)
        if distance_mm > _IMPLAUSIBLE_MM or angle > _IMPLAUSIBLE_DEGREES:
            return f"the best fit is {distance_mm:.0f} mm and {angle:.0f}° away, which no head moves"
        return None

    def _kept(self, name: str, away_mm: float) -> str:
        return (
            f"{name} shares the frame of reference of {self._name} and lies within {max(away_mm, 0.1):.1f} mm "
            "of the best fit: it was not moved."
        )

    def _moved(self, name: str, transform: sitk.Euler3DTransform) -> str:
        distance_mm, angle = shift_mm(transform, self._centre_mm), rotation_degrees(transform)
        return f"{name} was moved by {distance_mm:.1f} mm and {angle:.1f}° onto {self._name}."

    def _refused(self, name: str, reason: str) -> str:
        return (
            f"Warning: {name} could not be registered onto {self._name} ({reason}); the positions in the headers are "
            "used. Look at the checkerboard before you trust the result."
        )


def _centre_mm(mask: sitk.Image) -> NDArray[np.float64]:
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.Execute(mask)
    return np.array(statistics.GetCentroid(1))


def _cropped(image: sitk.Image, mask: sitk.Image) -> sitk.Image:
    """The part of `image` around the mask (on a coarser grid of the same space), so that no sample falls on far air."""
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.Execute(mask)
    *first, columns, rows, slices = statistics.GetBoundingBox(1)
    scale = np.array(mask.GetSpacing()) / image.GetSpacing()
    offset = np.array(image.TransformPhysicalPointToContinuousIndex(mask.GetOrigin()))
    low = np.array(first) * scale + offset - scale
    high = np.add(first, (columns, rows, slices)) * scale + offset
    low = np.maximum(np.floor(low), 0).astype(int)
    high = np.minimum(np.ceil(high), image.GetSize()).astype(int)
    return sitk.RegionOfInterest(image, (high - low).tolist(), low.tolist())


def _without_highlights(image: sitk.Image) -> sitk.Image:
    """The image with its brightest half percent cut off: a few vessels would squeeze the tissue into a few bins."""
    values = sitk.GetArrayViewFromImage(image)
    thinned = values[:: max(1, values.shape[0] // 40)]
    return sitk.Clamp(image, sitk.sitkFloat32, float(values.min()), float(np.percentile(thinned, _CLIPPED_PERCENTILE)))
