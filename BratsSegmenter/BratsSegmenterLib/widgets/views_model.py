"""What the part for the views offers and says, without Qt."""

from __future__ import annotations

from collections.abc import Iterable

from slicer.i18n import tr as _

from BratsSegmenterLib.domain import REGIONS, Sequence
from BratsSegmenterLib.measurement import DoubtfulSlice, DoubtKind
from BratsSegmenterLib.scene.overlay import RegionStyle
from BratsSegmenterLib.slice_names import ImageNumbers, slice_name

STYLES = (
    (RegionStyle.BOTH, _("Outline and fill")),
    (RegionStyle.OUTLINE, _("Outline")),
    (RegionStyle.FILL, _("Fill")),
    (RegionStyle.NONE, _("Hidden")),
)
_ORDINALS = {1: _("1st"), 2: _("2nd"), 3: _("3rd")}


def sequence_names(present: Iterable[str]) -> tuple[str, ...]:
    """The sequences that can be shown, in the order radiologists name them."""
    names = set(present)
    return tuple(sequence.value for sequence in Sequence if sequence.value in names)


class DoubtWalk:
    """A walk over doubtful slices, from the most doubtful on; after the last comes the first.

    Parameters
    ----------
    slices : tuple of DoubtfulSlice
        The most doubtful first.
    numbers : ImageNumbers or None
        By which their images are named.
    """

    def __init__(self, slices: tuple[DoubtfulSlice, ...] = (), numbers: ImageNumbers | None = None) -> None:
        self._slices = slices
        self._numbers = numbers
        self._position: int | None = None

    @property
    def is_possible(self) -> bool:
        """Whether there is any slice to walk to."""
        return bool(self._slices)

    def next(self) -> DoubtfulSlice:
        """Step to the next slice, which is less doubtful."""
        return self._go_to(0 if self._position is None else self._position + 1)

    def previous(self) -> DoubtfulSlice:
        """Step back; before the first step, to the last slice."""
        return self._go_to(-1 if self._position is None else self._position - 1)

    @property
    def sentence(self) -> str:
        """Where the walk stands and what to look at there."""
        if not self._slices:
            return _("The model left no map of its doubt.")
        if self._position is None:
            return _("{count} slices are worth a second look.").format(count=len(self._slices))
        item = self._slices[self._position]
        name = item.plane or slice_name(item.slice_index, self._numbers)
        return _("{slice}: {rank} of {count}, mostly {what}").format(
            slice=f"{name[0].upper()}{name[1:]}",
            rank=ordinal(self._position + 1),
            count=len(self._slices),
            what=_what(item),
        )

    def _go_to(self, position: int) -> DoubtfulSlice:
        self._position = position % len(self._slices)
        return self._slices[self._position]


def ordinal(number: int) -> str:
    """The rank as people say it: 1st, 2nd, 3rd, 4th.

    Examples
    --------
    >>> ordinal(3)
    '3rd'
    """
    return _ORDINALS.get(number, _("{number}th").format(number=number))


def _what(item: DoubtfulSlice) -> str:
    match item.kind:
        case DoubtKind.BORDER:
            return _("the border of {region}").format(region=REGIONS[item.region].name.lower())
        case DoubtKind.INSIDE:
            return _("the inside of {region}").format(region=REGIONS[item.region].name.lower())
        case DoubtKind.ELSEWHERE:
            return _("where nothing was drawn")
