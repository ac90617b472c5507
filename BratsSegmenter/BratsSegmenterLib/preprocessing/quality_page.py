"""A small page that shows at a glance whether the pre-processing can be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Case, Sequence
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.pages import write_page
from BratsSegmenterLib.pictures import Plane, SliceLayout, Window, checkerboard, draw_mask, montage, slice_image, window
from BratsSegmenterLib.preprocessing.grid import SPACING_MM, resample, smoothed_to
from BratsSegmenterLib.preprocessing.prepared import PreparedCase

if TYPE_CHECKING:
    from PIL import Image

PAGE_FILE = "preprocessing.html"
_OUTLINE_COLOUR = (255, 200, 40)
_MASK_LEVELS = (0.15, 0.35, 0.55, 0.75, 0.9)
_PIXELS_PER_MM = 1.5


class Figure(NamedTuple):
    """A picture on the page with its caption."""

    caption: str
    picture: Image.Image


def write_quality_page(prepared: PreparedCase, case: Case, folder: Path) -> Path:
    """Write one self-contained HTML file: findings, checkerboards, mask outline, images before and after N4.

    Parameters
    ----------
    prepared : PreparedCase
    case : Case
        From which it was made.
    folder : Path
        Made when missing.

    Returns
    -------
    Path
        The page. It shows the patient's images, but neither name nor ID.
    """
    images = {sequence: _on_grid(case, prepared, sequence) for sequence in prepared.present}
    return write_page(
        folder / PAGE_FILE,
        "quality.html",
        reference=case.reference.value,
        findings=prepared.findings,
        mask_volume_ml=prepared.mask.sum() * prepared.geometry.voxel_volume_ml,
        grid=prepared.geometry.shape[::-1],
        registration=[
            Figure(f"{case.reference.value} and {sequence.value}", _checkerboards(images, case, sequence, prepared))
            for sequence in prepared.present
            if sequence is not case.reference
        ],
        mask=Figure(f"Brain mask on {case.reference.value}", _mask_sheet(images[case.reference], prepared)),
        bias=[
            Figure(sequence.value, _bias_sheet(images[sequence], prepared.bias_fields[sequence], prepared))
            for sequence in prepared.bias_fields
        ],
    )


def _on_grid(case: Case, prepared: PreparedCase, sequence: Sequence) -> NDArray[np.float32]:
    """The image as acquired, moved onto the 1 mm grid."""
    volume = case.volumes[sequence]
    image = smoothed_to(volume.geometry.image(volume.array), SPACING_MM)
    return sitk.GetArrayFromImage(resample(image, prepared.geometry, prepared.transforms[sequence]))


def _checkerboards(
    images: dict[Sequence, NDArray[np.float32]], case: Case, sequence: Sequence, prepared: PreparedCase
) -> Image.Image:
    boards = []
    for plane in Plane:
        index = _middle(prepared.mask, prepared.geometry, plane)
        first, second = (
            slice_image(
                images[s], prepared.geometry, plane, index, _brain_window(images[s], prepared.mask), _PIXELS_PER_MM
            )
            for s in (case.reference, sequence)
        )
        boards.append(checkerboard(first, second))
    return montage(boards, columns=3)


def _mask_sheet(image: NDArray[np.float32], prepared: PreparedCase) -> Image.Image:
    grey = window(image)
    axial = [(Plane.AXIAL, round(level * (len(image) - 1))) for level in _MASK_LEVELS]
    others = [(plane, _middle(prepared.mask, prepared.geometry, plane)) for plane in (Plane.CORONAL, Plane.SAGITTAL)]
    return montage([_outlined(image, prepared, plane, index, grey) for plane, index in axial + others], columns=4)


def _outlined(
    image: NDArray[np.float32], prepared: PreparedCase, plane: Plane, index: int, grey: Window
) -> Image.Image:
    picture = slice_image(image, prepared.geometry, plane, index, grey, _PIXELS_PER_MM)
    return draw_mask(picture, prepared.mask, prepared.geometry, plane, index, _OUTLINE_COLOUR, width=1)


def _bias_sheet(image: NDArray[np.float32], field: NDArray[np.float32], prepared: PreparedCase) -> Image.Image:
    """Before, after and the shading itself (grey from 0.5 to 1.5), inside the mask."""
    index = _middle(prepared.mask, prepared.geometry, Plane.AXIAL)
    before, after = np.where(prepared.mask, image, 0), np.where(prepared.mask, image / field, 0)
    grey = _brain_window(image, prepared.mask)
    sheets = ((before, grey), (after, grey), (np.where(prepared.mask, field, 0.5), Window(0.5, 1.5)))
    return montage(
        [
            slice_image(values, prepared.geometry, Plane.AXIAL, index, shades, _PIXELS_PER_MM)
            for values, shades in sheets
        ],
        columns=3,
    )


def _brain_window(image: NDArray[np.float32], mask: NDArray[np.bool_]) -> Window:
    """Brain in bright greys on every sequence, so that they can be compared side by side."""
    return Window(0.0, window(image, mask).high)


def _middle(mask: NDArray[np.bool_], geometry: Geometry, plane: Plane) -> int:
    """The slice through the middle of the mask; for sagittal ones beside the falx, which shows little."""
    axis = SliceLayout(geometry, plane).slice_axis
    where = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
    share = 0.35 if plane is Plane.SAGITTAL else 0.5
    return int(where[round(share * (where.size - 1))])
