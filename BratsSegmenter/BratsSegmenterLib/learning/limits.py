"""What the numbers of settings may be: said where a setting is declared, checked where settings are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Any

_KEY = "limits"


@dataclass(frozen=True)
class Limits:
    """Of a number, or of every number in a list or table.

    Attributes
    ----------
    least, greatest : float
    is_above : bool
        Whether it must be above `least`, not `least` itself.
    items : int
        Of a list or table, at the least.
    """

    least: float = -inf
    greatest: float = inf
    is_above: bool = False
    items: int = 0

    @property
    def metadata(self) -> dict[str, Any]:
        """For ``dataclasses.field``."""
        return {_KEY: self}

    def refusal(self, value: Any) -> str:
        """Why `value` is refused, going on from its name; empty when it is not."""
        if isinstance(value, (tuple, Mapping)) and len(value) < self.items:
            return f"needs {self.items} values or more"
        wrong = next((number for number in _numbers(value) if not self._holds(number)), None)
        return "" if wrong is None else f"must be {self._in_words()}, not {wrong:g}"

    def _holds(self, number: float) -> bool:
        least_is_held = number > self.least if self.is_above else number >= self.least
        return isfinite(number) and least_is_held and number <= self.greatest

    def _in_words(self) -> str:
        if isfinite(self.greatest):
            return f"between {self.least:g} and {self.greatest:g}"
        return f"above {self.least:g}" if self.is_above else f"{self.least:g} or more"


AT_LEAST_ONE = Limits(1)
NOT_NEGATIVE = Limits(0)
POSITIVE = Limits(0, is_above=True)
PROBABILITY = Limits(0, 1)


def limited(default: Any, limits: Limits) -> Any:
    """A dataclass' field with a default that cannot be changed, and with limits."""
    return field(default=default, metadata=limits.metadata)


def limits_in(metadata: Mapping[str, Any]) -> Limits | None:
    """Those that a dataclass' field was declared with."""
    return metadata.get(_KEY)


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple):
        for item in value:
            yield from _numbers(item)
    elif value is not None:
        yield value
