"""Frozen dataclasses to JSON and back: what crosses the border between Slicer and its worker process.

Written here because it must work in Slicer before any package has been installed.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """A JSON-ready copy of dataclasses, tuples, lists, mappings, enums, paths, dates and plain values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(to_json(key)): to_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    return value


def from_json(kind: type[T], value: Any) -> T:
    """An instance of the dataclass `kind` from what :func:`to_json` made of it.

    Fields that `kind` does not have are ignored, missing ones take their defaults.

    Raises
    ------
    TypeError
        The value is no JSON object, or lacks a field without default.
    """
    if not isinstance(value, Mapping):
        raise TypeError(f"a {kind.__name__} is a JSON object, not {type(value).__name__}")
    hints = _hints_of_fields(kind)  # type: ignore[arg-type]
    return kind(**{name: _convert(hints[name], item) for name, item in value.items() if name in hints})


@functools.cache
def _hints_of_fields(kind: type) -> dict[str, Any]:
    """Cached, because Python compiles them from their strings each time it is asked."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _convert(hint: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _convert(next(a for a in arguments if a is not type(None)), value)
    if origin is tuple:
        kinds = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else arguments
        return tuple(_convert(kind, item) for kind, item in zip(kinds, value, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {_convert(arguments[0], key): _convert(arguments[1], item) for key, item in value.items()}
    if dataclasses.is_dataclass(hint):
        return from_json(typing.cast(type, hint), value)
    if isinstance(hint, type) and issubclass(hint, Enum | Path):
        return hint(value)
    if isinstance(hint, type) and issubclass(hint, date):
        return hint.fromisoformat(value)
    return value
