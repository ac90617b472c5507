"""What the user prefers, kept from session to session in Slicer's settings; holds no secret."""

from __future__ import annotations

from enum import Enum
from typing import Any, Protocol

from BratsSegmenterLib.dicom import ObjectKind
from BratsSegmenterLib.segmentation import DEFAULT_BUNDLE, DEVICES

FORMATS_AT_FIRST = ("RTSTRUCT",)


class Preference(Enum):
    """What can be preferred; the value is the key in the settings, of formats the beginning of each one's key."""

    REVIEWER = "BratsSegmenter/reviewer"
    FORMATS = "BratsSegmenter/formats"
    BUNDLE = "BratsSegmenter/bundle"
    DEVICE = "BratsSegmenter/device"


ALL_PREFERENCES = frozenset(Preference)


def format_key(kind: str) -> str:
    """Key of the setting that says whether objects of a kind are offered ticked."""
    return f"{Preference.FORMATS.value}/{kind}"


def preference_of(key: str) -> Preference:
    """Which preference the setting of a key belongs to.

    Raises
    ------
    ValueError
        If the key is none of a preference.
    """
    return Preference.FORMATS if key.startswith(format_key("")) else Preference(key)


class QtSettings(Protocol):
    """The part of QSettings that is used."""

    def value(self, key: str, default: Any = None) -> Any:
        """The value kept under `key`."""

    def setValue(self, key: str, value: Any) -> None:
        """Keep a value."""


class Preferences:
    """Typed access to the settings.

    Parameters
    ----------
    settings : QtSettings
        ``slicer.app.userSettings()``.
    """

    def __init__(self, settings: QtSettings) -> None:
        self._settings = settings

    @property
    def reviewer(self) -> str:
        """Who signed last, as the objects name her."""
        return self._text(Preference.REVIEWER, "")

    @reviewer.setter
    def reviewer(self, name: str) -> None:
        self._settings.setValue(Preference.REVIEWER.value, name)

    @property
    def formats(self) -> tuple[str, ...]:
        """Kinds of objects that are offered ticked."""
        return tuple(kind.name for kind in ObjectKind if self._is_ticked(kind.name))

    @formats.setter
    def formats(self, formats: tuple[str, ...]) -> None:
        for kind in ObjectKind:
            self._settings.setValue(format_key(kind.name), kind.name in formats)

    @property
    def bundle(self) -> str:
        """The model that is offered first."""
        return self._text(Preference.BUNDLE, DEFAULT_BUNDLE)

    @bundle.setter
    def bundle(self, name: str) -> None:
        self._settings.setValue(Preference.BUNDLE.value, name)

    @property
    def device(self) -> str:
        """ "auto", "cuda", "mps" or "cpu"."""
        device = self._text(Preference.DEVICE, DEVICES[0])
        return device if device in DEVICES else DEVICES[0]

    @device.setter
    def device(self, device: str) -> None:
        self._settings.setValue(Preference.DEVICE.value, device)

    def _is_ticked(self, kind: str) -> bool:
        value = self._settings.value(format_key(kind), kind in FORMATS_AT_FIRST)
        return str(value).lower() == "true"  # an INI file keeps text

    def _text(self, preference: Preference, default: str) -> str:
        return str(self._settings.value(preference.value, default) or default)
