"""Segments a prepared case twice: N4 may have taken the tumour for shading, and leaves it out once it is known."""

from __future__ import annotations

from BratsSegmenterLib.domain import RC
from BratsSegmenterLib.preprocessing import PreparedCase, corrected_outside
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import Bundle, InferenceSettings, RegionProbabilities, segment

_LEAST_PROBABILITY = 0.3
"""Below one half: rather some brain too much is left out than some tumour taken for shading."""
_LARGEST_SHARE = 0.5
"""Of the brain; what is larger leaves too little to see the shading in, and hardly is a tumour."""


def segment_prepared(
    prepared: PreparedCase,
    bundle: Bundle,
    device: str = "auto",
    settings: InferenceSettings | None = None,
    progress: Progress | None = None,
    is_postoperative: bool = False,
) -> tuple[PreparedCase, RegionProbabilities]:
    """What the model finds, and the case as it saw it the second time.

    Where a bias field was divided out and the model finds anything, the field is estimated anew beside whatever is
    lesion with a probability of at least 0.3, and the model is asked again.

    Parameters
    ----------
    prepared : PreparedCase
    bundle : Bundle
    device, settings
        As :func:`BratsSegmenterLib.segmentation.segment` takes them.
    progress : Progress, optional
    is_postoperative : bool
        Only then is a resection cavity looked for.

    Raises
    ------
    InferenceError, BundleError, Cancelled
        As :func:`BratsSegmenterLib.segmentation.segment`.
    """
    progress = progress or Progress()
    with progress.stage("segment"):
        found = _asked(prepared, bundle, device, settings, progress, is_postoperative)
    lesion = found.probabilities.max(axis=0) >= _LEAST_PROBABILITY
    if not prepared.uncorrected or not lesion.any() or lesion.sum() > _LARGEST_SHARE * prepared.mask.sum():
        return prepared, found
    prepared = corrected_outside(prepared, lesion, progress)
    with progress.stage("segment again"):
        return prepared, _asked(prepared, bundle, device, settings, progress, is_postoperative)


def _asked(
    prepared: PreparedCase,
    bundle: Bundle,
    device: str,
    settings: InferenceSettings | None,
    progress: Progress,
    is_postoperative: bool,
) -> RegionProbabilities:
    found = segment(prepared, bundle, device, settings, progress)
    return found if is_postoperative else found.without(RC)
