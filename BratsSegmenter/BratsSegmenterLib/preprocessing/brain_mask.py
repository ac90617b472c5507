"""The brain without skull, scalp, eyes and neck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import PreprocessingError
from BratsSegmenterLib.preprocessing.brain_evidence import brain_evidence, relative_brightness, tissue
from BratsSegmenterLib.preprocessing.brain_surface import grow_brain_surface
from BratsSegmenterLib.preprocessing.head_shape import HeadShape, head_shape
from BratsSegmenterLib.preprocessing.portion import Portion
from BratsSegmenterLib.progress import Progress

_WORKING_MM = 2.0
_VOXELS_PER_ML = 1000.0  # of the standard 1 mm grid
_EDGE = 0.5
_PLAUSIBLE_ML = (800.0, 2100.0)
# Without a skull there is nothing around and, but for liquor on a lone T1, nothing dark within.
_EMPTY_AROUND = 0.9
_DARK_SHARE = 0.25
_DARK_WITHIN = 0.04
_OUTLINE_MM = 6.0  # how far the coarse outline of the head may lie off
# What hangs on the brain by less than twice the first is no brain; sulci narrower than twice the second are kept.
_OPENING_MM = 5.0
_CLOSING_MM = 6.0
# Deeper than this below the grown surface all is brain, necrosis and cysts included.
_COVER_MM = 12.0
_LOOK = "Look at its outline on the quality page before you trust the result."


class BrainFinder(Protocol):
    """A model's way to find the brain.

    Attributes
    ----------
    model : str
        Its name and version.
    """

    @property
    def model(self) -> str: ...

    def __call__(
        self, images: Mapping[Sequence, NDArray[np.float32]], head: NDArray[np.bool_], progress: Progress
    ) -> NDArray[np.bool_]:
        """From images by sequence and the head, all of shape (k, j, i) on the standard 1 mm grid, to the brain."""
        ...


@dataclass(frozen=True, eq=False)
class FoundBrain:
    """A brain mask and where it comes from.

    Attributes
    ----------
    mask : ndarray of bool, shape (k, j, i)
    finding : str
        A sentence for the user.
    is_doubtful : bool
        No whole brain is so large or so small, or the model that should find the brain was not believed.
    model : str
        Name and version of the model that found it; empty where none did.
    """

    mask: NDArray[np.bool_] = field(repr=False)
    finding: str
    is_doubtful: bool = False
    model: str = ""


def find_brain(
    images: Mapping[Sequence, NDArray[np.float32]],
    acquired: Mapping[Sequence, NDArray[np.bool_]],
    head: NDArray[np.bool_],
    progress: Progress,
    learnt: BrainFinder | None = None,
) -> FoundBrain:
    """The brain with its sulci and ventricles, tumours at its surface included.

    A model that learnt what a brain is comes first, as far as its answer can be a brain at all. Otherwise, at 2 mm, a
    surface grows to the edge of what looks like brain on all sequences; then the outermost liquor, dura and
    vessels are taken off, and what hangs on the brain by a narrow neck; no training and no template is used. Where
    neither can be a whole brain, the mask whose volume comes closer to one is kept. Images that come without a skull
    are recognised and kept whole.

    Parameters
    ----------
    images : mapping of Sequence to ndarray of float32, shape (k, j, i)
        On the standard 1 mm grid.
    acquired : mapping of Sequence to ndarray of bool, shape (k, j, i)
        Where the field of view of each of them reaches.
    head : ndarray of bool, shape (k, j, i)
    progress : Progress
    learnt : BrainFinder, optional

    Raises
    ------
    PreprocessingError
        There is no brain.
    Cancelled
        The user asked to stop.
    """
    small = {sequence: _halved(image) for sequence, image in images.items()}
    shape = head_shape(_halved(head.astype(np.float32)) >= 0.5, _WORKING_MM)
    if not shape.deep.any():
        raise PreprocessingError(
            "No head was found in the reference image.", "Choose another series, or switch the brain mask off."
        )
    progress.update(0.05)
    signal = _signal(images, acquired)
    if _volume_ml(signal) <= _PLAUSIBLE_ML[1] and _has_no_skull(images, small, head, shape):
        return FoundBrain(signal, "The images come without a skull: what has signal is taken as the brain.")
    if learnt is None:
        mask = _classical(small, head, shape, progress)
        return FoundBrain(mask, _finding(_volume_ml(mask)), is_doubtful=_implausibility_ml(mask) > 0)
    answer = learnt(images, head, progress)
    if _implausibility_ml(answer) > 0:
        return _in_place_of(answer, learnt.model, _classical(small, head, shape, progress))
    finding = f"The brain mask of the model {learnt.model} holds {_volume_ml(answer):.0f} mL."
    return FoundBrain(answer, finding, model=learnt.model)


def _classical(
    small: Mapping[Sequence, NDArray[np.float32]], head: NDArray[np.bool_], shape: HeadShape, progress: Progress
) -> NDArray[np.bool_]:
    shares = {}
    for sequence, image in small.items():
        shares[sequence] = relative_brightness(image, shape, _WORKING_MM)
        progress.update(0.05 + 0.2 * len(shares) / len(small))
    centre = np.argwhere(shape.deep).mean(axis=0)
    inside = grow_brain_surface(brain_evidence(shares, shape), _WORKING_MM, centre, _EDGE, Portion(progress, 0.25, 0.8))
    return _doubled(_without_cover(inside, tissue(shares), shape, progress), head.shape)


def _in_place_of(answer: NDArray[np.bool_], model: str, classical: NDArray[np.bool_]) -> FoundBrain:
    """Of two masks, the first of which is no whole brain, the likelier one, and what is to be said of it."""
    answer_ml, classical_ml = _volume_ml(answer), _volume_ml(classical)
    start = f"Warning: the brain mask of the model {model} holds {answer_ml:.0f} mL, which no whole brain does"
    if _implausibility_ml(answer) <= _implausibility_ml(classical):
        finding = f"{start}, and one found without training, {classical_ml:.0f} mL, still less. {_LOOK}"
        return FoundBrain(answer, finding, is_doubtful=True, model=model)
    finding = f"{start}: one found without training, {classical_ml:.0f} mL, took its place. {_LOOK}"
    return FoundBrain(classical, finding, is_doubtful=True)


def _volume_ml(mask: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(mask)) / _VOXELS_PER_ML


def _implausibility_ml(mask: NDArray[np.bool_]) -> float:
    """By how much a mask is smaller or larger than whole brains are."""
    low, high = _PLAUSIBLE_ML
    volume_ml = _volume_ml(mask)
    return max(low - volume_ml, volume_ml - high, 0.0)


def _finding(volume_ml: float) -> str:
    low, high = _PLAUSIBLE_ML
    if low <= volume_ml <= high:
        return f"The brain mask holds {volume_ml:.0f} mL."
    return f"Warning: the brain mask holds {volume_ml:.0f} mL, which no whole brain does. {_LOOK}"


def _halved(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of 2 x 2 x 2 voxels; an odd last slice, row or column is repeated."""
    padded = np.pad(array, [(0, size % 2) for size in array.shape], mode="edge")
    k, j, i = (size // 2 for size in padded.shape)
    return padded.reshape(k, 2, j, 2, i, 2).mean(axis=(1, 3, 5), dtype=np.float32)


def _doubled(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A mask on every second voxel carried to all, its steps rounded."""
    k, j, i = shape
    full = mask.repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2)[:k, :j, :i]
    return ndimage.uniform_filter(full.astype(np.float32), 3) >= 0.5


def _has_no_skull(
    images: Mapping[Sequence, NDArray[np.float32]],
    small: Mapping[Sequence, NDArray[np.float32]],
    head: NDArray[np.bool_],
    shape: HeadShape,
) -> bool:
    thinned = head[::2, ::2, ::2]
    off = round(_OUTLINE_MM / _WORKING_MM)
    around = ndimage.binary_dilation(thinned, iterations=2 * off) & ~ndimage.binary_dilation(thinned, iterations=off)
    if not around.any():
        return False
    empty = [np.mean(image[::2, ::2, ::2][around] == image.min()) for image in images.values()]
    dark = np.all([image < _DARK_SHARE * np.median(image[shape.deep]) for image in small.values()], axis=0)
    return min(empty) > _EMPTY_AROUND and float(dark[shape.depth_mm > _OUTLINE_MM].mean()) < _DARK_WITHIN


def _signal(
    images: Mapping[Sequence, NDArray[np.float32]], acquired: Mapping[Sequence, NDArray[np.bool_]]
) -> NDArray[np.bool_]:
    """Voxels in which at least half of the sequences that were acquired there have signal, and what they enclose."""
    votes = np.sum([(image > image.min()) & acquired[sequence] for sequence, image in images.items()], axis=0)
    voters = np.sum([acquired[sequence] for sequence in images], axis=0)
    return ndimage.binary_fill_holes((votes > 0) & (2 * votes >= voters))


def _without_cover(
    inside: NDArray[np.bool_], is_tissue: NDArray[np.bool_], shape: HeadShape, progress: Progress
) -> NDArray[np.bool_]:
    """The grown inside without the liquor, dura and vessels at its surface and without what hangs on it."""
    brain = inside & (is_tissue | shape.deep | (_depth_mm(inside) > _COVER_MM))
    progress.update(0.85)
    core = _largest(_depth_mm(brain) > _OPENING_MM)
    progress.update(0.9)
    brain &= _depth_mm(~core) <= _OPENING_MM + _WORKING_MM
    progress.update(0.95)
    return _closed(brain)


def _closed(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask with its narrow bays and its holes filled; at the ends of the image it goes on as it is."""
    margin = round(_CLOSING_MM / _WORKING_MM) + 1
    padded = np.pad(mask, margin, mode="edge")
    closed = _depth_mm(_depth_mm(~padded) <= _CLOSING_MM) > _CLOSING_MM
    return ndimage.binary_fill_holes(closed | padded)[margin:-margin, margin:-margin, margin:-margin]


def _depth_mm(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    return ndimage.distance_transform_edt(mask, sampling=_WORKING_MM)


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest connected component."""
    labels, count = ndimage.label(mask)
    if count == 0:
        raise PreprocessingError(
            "No brain was found in the images.", "Look at the chosen series, or switch the brain mask off."
        )
    return labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
