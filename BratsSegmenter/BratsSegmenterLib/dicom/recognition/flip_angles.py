"""Tells the gradient echoes that were repeated at several flip angles, from which a map of T1 is computed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from BratsSegmenterLib.dicom.recognition.acquisition import Acquisition
from BratsSegmenterLib.dicom.recognition.exclusion import is_gradient_echo

_FLIP_ANGLE = re.compile(r"(?<![a-z])v?fa[ _=-]?(\d+)")


def is_one_of_several_flip_angles(acquisition: Acquisition, study: Iterable[Acquisition]) -> bool:
    """Whether a gradient echo's description differs from another's in the flip angle alone: "T1 vibe FA5", "... FA15".

    A lone one is an image as any other, and a spin echo's angle is that of its refocusing pulses.
    """
    own = _angle_and_rest(acquisition)
    others = (_angle_and_rest(other) for other in study)
    return own is not None and any(other and other[0] != own[0] and other[1] == own[1] for other in others)


def _angle_and_rest(acquisition: Acquisition) -> tuple[int, str] | None:
    """The flip angle of a gradient echo as its description gives it, and the description without it."""
    description = acquisition.description.lower()
    said = _FLIP_ANGLE.search(description)
    if said is None or not is_gradient_echo(acquisition):
        return None
    return int(said[1]), description[: said.start()] + description[said.end() :]
