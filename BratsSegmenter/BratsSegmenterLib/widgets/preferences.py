"""What the user prefers, kept from session to session in Slicer's settings; holds no secret."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Protocol

from BratsSegmenterLib.segmentation import DEFAULT_BUNDLE, DEVICES

_DEFAULT_FORMATS = "RTSTRUCT"


class Preference(Enum):
    """What can be preferred; the value is the key in the settings."""

    REVIEWER = "BratsSegmenter/reviewer"
    FORMATS = "BratsSegmenter/formats"
    BUNDLE = "BratsSegmenter/bundle"
    DEVICE = "BratsSegmenter/device"


ALL_PREFERENCES = frozenset(Preference)


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
        return tuple(filter(None, self._text(Preference.FORMATS, _DEFAULT_FORMATS).split(" ")))

    @formats.setter
    def formats(self, formats: tuple[str, ...]) -> None:
        self._settings.setValue(Preference.FORMATS.value, " ".join(formats))

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

    @property
    def values(self) -> Mapping[Preference, str]:
        """All of them as they are kept, to be set again later."""
        return {
            Preference.REVIEWER: self.reviewer,
            Preference.FORMATS: " ".join(self.formats),
            Preference.BUNDLE: self.bundle,
            Preference.DEVICE: self.device,
        }

    @values.setter
    def values(self, values: Mapping[Preference, str]) -> None:
        for preference, value in values.items():
            self._settings.setValue(preference.value, value)

    def changed_since(self, values: Mapping[Preference, str]) -> frozenset[Preference]:
        """What is another than it was when :attr:`values` were these."""
        return frozenset(preference for preference, value in self.values.items() if value != values[preference])

    def _text(self, preference: Preference, default: str) -> str:
        return str(self._settings.value(preference.value, default) or default)
