"""Splits a series that holds several complete volumes (echoes, magnitude and phase, enhanced stacks) into stacks."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from BratsSegmenterLib.dicom.planes import Plane

# In the order of how plainly they say that two images at one place belong to different volumes. Temporal positions
# are left out on purpose: a time series is refused, not offered as forty candidates.
_TELLING_APART: tuple[Callable[[Plane], Hashable], ...] = (
    lambda plane: plane.stack_id,
    lambda plane: plane.echo_time_ms,
    lambda plane: plane.image_type,
)


def split_stacks(planes: Sequence[Plane]) -> tuple[tuple[Plane, ...], ...]:
    """Separate planes that cannot be one volume by what tells them apart; everything stays together otherwise.

    Planes that repeat a position or an orientation that changes call for a split. An echo time that merely differs
    from slice to slice does not.
    """
    if _looks_like_one_volume(planes):
        return (tuple(planes),)
    for attribute in _TELLING_APART:
        groups: dict[Hashable, list[Plane]] = {}
        for plane in planes:
            groups.setdefault(attribute(plane), []).append(plane)
        if len(groups) > 1:
            return tuple(stack for group in groups.values() for stack in split_stacks(group))
    return (tuple(planes),)


def _looks_like_one_volume(planes: Sequence[Plane]) -> bool:
    positions = {tuple(round(value, 2) for value in plane.frame.position_mm) for plane in planes}
    orientations = {tuple(round(value, 2) for value in plane.orientation) for plane in planes}
    return len(positions) == len(planes) and len(orientations) == 1
