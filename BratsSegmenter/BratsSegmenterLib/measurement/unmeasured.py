"""Which regions stay not measured once a person drew on a result."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from BratsSegmenterLib.domain import ED, ET, NCR, RC, TC, WT

_DRAWN_FOR_THEMSELVES = (ET, RC)
_NESTING = ((TC, ET, NCR), (WT, TC, ED))  # a nested region, the one inside it, and the leaf that is the rest of it


def still_not_measured(not_measured: Mapping[str, str], changed: Collection[str]) -> dict[str, str]:
    """What of the regions that the model could not measure is not known after a person's drawing either.

    A leaf region is known once somebody drew it. Where the model measured the whole tumour but nothing inside it, the
    voxels of oedema hold all of it, and to correct them is not to draw oedema: it is known as the rest once the tumour
    core is, and so is necrosis beside the enhancing tumour in a core. A nested region is known when its parts are.

    Parameters
    ----------
    not_measured : mapping of str to str
        Region key to the reason, of the model's result.
    changed : collection of str
        Keys of the regions that differ from what the model drew, as :func:`changed_regions` tells them.

    Returns
    -------
    dict of str to str
        Those of `not_measured` that are left.
    """
    left = dict(not_measured)
    for leaf in _DRAWN_FOR_THEMSELVES:
        if leaf.key in changed:
            left.pop(leaf.key, None)
    for nested, inner, rest in _NESTING:
        is_outline_known = nested.key not in not_measured
        if rest.key in changed and (inner.key not in left or not is_outline_known):
            left.pop(rest.key, None)
        if nested.key in changed and inner.key not in left and rest.key not in left:
            left.pop(nested.key, None)
    return left
