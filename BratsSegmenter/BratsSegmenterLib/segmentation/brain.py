"""The brain as a network sees it in images with skull."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation.bundle import BRAIN_MODEL, Bundle, load_bundle_for
from BratsSegmenterLib.segmentation.inference import network_output

_HEAD_HEIGHT_MM = 190
"""From the top of the head to below the cerebellum of any adult; the neck below it was never trained on."""
_AIR = 0.15
"""Share of a sequence's brightest tissue below which a voxel is air, as in training."""
_CLOSING_MM = 4.0
_MARGIN_VOXELS = 1
"""Around the brain that is found, on the 1 mm grid. What the mask leaves out is never segmented, so tumour at the
surface is worth a rim of liquor and dura (models/brain-synthetic/README.md says how much)."""


@dataclass(frozen=True)
class LearntBrain:
    """A model's way to find the brain.

    Attributes
    ----------
    bundle : Bundle
        Its last output is the brain.
    device : str
        "auto", "cuda", "mps" or "cpu".
    """

    bundle: Bundle
    device: str

    @property
    def model(self) -> str:
        """The model's name and version."""
        return f"{self.bundle.name} {self.bundle.specification.version}"

    def __call__(
        self, images: Mapping[Sequence, NDArray[np.float32]], head: NDArray[np.bool_], progress: Progress
    ) -> NDArray[np.bool_]:
        """The brain and 1 mm around it, from images by sequence and the head, all of shape (k, j, i) on a 1 mm grid."""
        return _find(images, head, self.bundle, self.device, progress)


def brain_finder(bundle: Bundle, device: str = "auto", is_postoperative: bool = False) -> LearntBrain:
    """The bundle's own way to find the brain, or that of the brain model where its network has no output for it.

    After an operation it is the brain model that learnt from heads with cavities: to the usual one, a cavity that is
    open to the brain's surface is liquor around the brain.

    Parameters
    ----------
    bundle : Bundle
    device : str
        "auto", "cuda", "mps" or "cpu".
    is_postoperative : bool
        A person confirmed that the patient was operated on before.

    Raises
    ------
    BundleError
        The brain model is damaged.
    """
    own = bundle.specification.outputs_brain
    return LearntBrain(bundle if own else load_bundle_for(BRAIN_MODEL, is_postoperative), device)


@dataclass(frozen=True, eq=False)
class _Head:
    """A head as the network was shown heads with skull."""

    images: NDArray[np.float32] = field(repr=False)
    present: tuple[Sequence, ...]
    mask: NDArray[np.bool_] = field(repr=False)
    geometry: Geometry


def _find(
    images: Mapping[Sequence, NDArray[np.float32]],
    head: NDArray[np.bool_],
    bundle: Bundle,
    device: str,
    progress: Progress,
) -> NDArray[np.bool_]:
    visible = _without_neck(head)
    foreground = visible & _bright(images, visible)
    channels = np.zeros((len(Sequence), *head.shape), np.float32)
    for sequence, image in images.items():
        inside = image[foreground]
        channels[sequence.channel] = np.where(foreground, (image - inside.mean()) / (inside.std() or 1), 0)
    slices, rows, columns = head.shape
    geometry = Geometry.from_axes((slices, rows, columns), (1.0, 1.0, 1.0), np.eye(3), np.zeros(3))
    output = network_output(_Head(channels, tuple(images), visible, geometry), bundle, device, progress=progress)
    return ndimage.binary_dilation(_one_piece(output.values[-1] >= 0.5), iterations=_MARGIN_VOXELS)


def _without_neck(head: NDArray[np.bool_]) -> NDArray[np.bool_]:
    top = int(np.flatnonzero(head.any(axis=(1, 2)))[-1])
    visible = head.copy()
    visible[: max(0, top + 1 - _HEAD_HEIGHT_MM)] = False
    return visible


def _bright(images: Mapping[Sequence, NDArray[np.float32]], head: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is no air on at least one sequence."""
    bright = np.zeros(head.shape, bool)
    for image in images.values():
        bright |= image > _AIR * np.percentile(image[head], 99)
    return bright


def _one_piece(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest connected piece, its narrow bays and holes filled."""
    pieces, count = ndimage.label(mask)
    if count > 1:
        mask = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    margin = int(_CLOSING_MM) + 1
    padded = np.pad(mask, margin, mode="edge")
    grown = _within(_CLOSING_MM, padded)
    closed = ~_within(_CLOSING_MM, ~grown)
    return ndimage.binary_fill_holes(closed | padded)[margin:-margin, margin:-margin, margin:-margin]


def _within(distance: float, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The voxels no further than so many voxels from a mask, itself among them."""
    if mask.all() or not mask.any():  # ITK knows no distance where there is no border
        return mask
    image = sitk.GetImageFromArray(mask.view(np.uint8))
    squared = sitk.SignedMaurerDistanceMap(image, insideIsPositive=False, squaredDistance=True, useImageSpacing=False)
    return sitk.GetArrayFromImage(squared) <= distance**2
