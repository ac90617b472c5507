"""Settings as YAML files: frozen dataclasses there and back, every key checked."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.limits import limits_in

_T = TypeVar("_T")
_EXPONENT = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?[eE][+-]?[0-9]+")
"""A number to everybody, but text to YAML 1.1, which wants a point and a sign."""


def read_settings(kind: type[_T], file: Path) -> _T:
    """Settings from a YAML file; keys that are left out keep their defaults.

    Raises
    ------
    LearningError
        The file cannot be read, a key is unknown, or a value is of the wrong type or beyond its limits.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise LearningError(
            f"The settings file '{file}' cannot be read.", "Check its path and its YAML.", str(error)
        ) from error
    return settings_from(kind, content, file.name)


def settings_from(kind: type[_T], content: object, where: str) -> _T:
    """The dataclass `kind` from nested mappings.

    Parameters
    ----------
    where : str
        Path of keys so far, for messages.

    Raises
    ------
    LearningError
        A key is unknown, or a value is of the wrong type or beyond its limits.
    """
    if not isinstance(content, Mapping):
        raise LearningError(f"'{where}' must be a table of settings, not {content!r}.")
    hints = get_type_hints(kind)
    unknown = sorted(set(content) - set(hints))
    if unknown:
        raise LearningError(
            f"'{where}' has the unknown setting '{unknown[0]}'.", f"Known are: {', '.join(sorted(hints))}."
        )
    values = {key: _value(hints[key], value, f"{where}: {key}") for key, value in content.items()}
    _refuse_beyond_limits(kind, values, where)
    try:
        return kind(**values)
    except TypeError as error:
        lacking = [item.name for item in dataclasses.fields(kind) if item.name not in values]  # type: ignore[arg-type]
        advice = f"Give a value to what has no default among: {', '.join(lacking)}."
        raise LearningError(f"'{where}' lacks a setting.", advice, str(error)) from error


def checked(settings: _T) -> _T:
    """The same settings, of which each value was checked as if it had been read.

    Raises
    ------
    LearningError
        As of :func:`settings_from`.
    """
    return settings_from(type(settings), to_plain(settings), "settings")


def to_plain(settings: Any) -> Any:
    """Settings as YAML and JSON can hold them; the inverse of :func:`settings_from`."""
    if dataclasses.is_dataclass(settings):
        return {item.name: to_plain(getattr(settings, item.name)) for item in dataclasses.fields(settings)}
    if isinstance(settings, Enum):
        return settings.value
    if isinstance(settings, Mapping):
        return {to_plain(key): to_plain(value) for key, value in settings.items()}
    if isinstance(settings, (tuple, list)):
        return [to_plain(value) for value in settings]
    return str(settings) if isinstance(settings, Path) else settings


def settings_differences(first: Any, second: Any) -> list[str]:
    """Keys in which two settings of one kind differ, inner ones written ``outer.inner``."""
    return sorted(_differences(to_plain(first), to_plain(second), ""))


def _differences(first: Any, second: Any, where: str) -> list[str]:
    if not isinstance(first, dict) or not isinstance(second, dict):
        return [] if first == second else [where]
    found = []
    for key in first.keys() | second.keys():
        found += _differences(first.get(key), second.get(key), f"{where}.{key}" if where else str(key))
    return found


def _refuse_beyond_limits(kind: type, values: Mapping[str, Any], where: str) -> None:
    for item in dataclasses.fields(kind):
        limits = limits_in(item.metadata)
        refusal = limits.refusal(values[item.name]) if limits and item.name in values else ""
        if refusal:
            raise LearningError(f"The setting '{where}: {item.name}' {refusal}.")


def _value(hint: Any, value: object, where: str) -> Any:
    """`value` as the type `hint` asks for."""
    if dataclasses.is_dataclass(hint):
        return settings_from(hint, value, where)  # type: ignore[arg-type]
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return _value(next(option for option in inner if option is not type(None)), value, where)
    if origin is tuple and isinstance(value, (list, tuple)):
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else list(inner)
        if len(kinds) == len(value):
            return tuple(_value(kind, item, where) for kind, item in zip(kinds, value, strict=True))
    elif origin is not None and issubclass(origin, Mapping) and isinstance(value, Mapping):
        key_kind, value_kind = inner
        return {_value(key_kind, key, where): _value(value_kind, item, where) for key, item in value.items()}
    elif isinstance(hint, type):
        return _plain_value(hint, value, where)
    raise LearningError(f"The setting '{where}' has the value {value!r}, which does not fit.")


def _plain_value(kind: type, value: object, where: str) -> Any:
    """Numbers, words, paths and enums."""
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if kind is float and isinstance(value, str) and _EXPONENT.fullmatch(value):
        return float(value)
    if kind is Path and isinstance(value, str):
        return Path(value)
    if issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError as error:
            options = ", ".join(str(option.value) for option in kind)
            raise LearningError(f"The setting '{where}' is {value!r}.", f"Choose one of: {options}.") from error
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise LearningError(f"The setting '{where}' must be a {kind.__name__}, not {value!r}.")
