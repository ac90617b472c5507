"""What the user prefers, kept from session to session in Slicer's settings; holds no secret."""

from __future__ import annotations

from typing import Any, Protocol

from BratsSegmenterLib.widgets.choices import BUNDLE

_REVIEWER = "BratsSegmenter/reviewer"
_FORMATS = "BratsSegmenter/formats"
_BUNDLE = "BratsSegmenter/bundle"
_DEVICE = "BratsSegmenter/device"
_DEFAULT_FORMATS = "RTSTRUCT"
_DEVICES = ("auto", "cuda", "mps", "cpu")


class Settings(Protocol):
    """The part of QSettings that is used."""

    def value(self, key: str, default: Any = None) -> Any:
        """The value kept under `key`."""

    def setValue(self, key: str, value: Any) -> None:
        """Keep a value."""


class Preferences:
    """Typed access to the settings.

    Parameters
    ----------
    settings : Settings
        ``slicer.app.userSettings()``.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def reviewer(self) -> str:
        """Who signed last, as the objects name her."""
        return self._text(_REVIEWER, "")

    @reviewer.setter
    def reviewer(self, name: str) -> None:
        self._settings.setValue(_REVIEWER, name)

    @property
    def formats(self) -> tuple[str, ...]:
        """Kinds of objects that are offered ticked."""
        return tuple(filter(None, self._text(_FORMATS, _DEFAULT_FORMATS).split(" ")))

    @formats.setter
    def formats(self, formats: tuple[str, ...]) -> None:
        self._settings.setValue(_FORMATS, " ".join(formats))

    @property
    def bundle(self) -> str:
        """The model that is offered first."""
        return self._text(_BUNDLE, BUNDLE)

    @bundle.setter
    def bundle(self, name: str) -> None:
        self._settings.setValue(_BUNDLE, name)

    @property
    def device(self) -> str:
        """ "auto", "cuda", "mps" or "cpu"."""
        device = self._text(_DEVICE, _DEVICES[0])
        return device if device in _DEVICES else _DEVICES[0]

    @device.setter
    def device(self, device: str) -> None:
        self._settings.setValue(_DEVICE, device)

    @property
    def values(self) -> dict[str, str]:
        """All of them as they are kept, to be set again later."""
        return {
            _REVIEWER: self.reviewer,
            _FORMATS: " ".join(self.formats),
            _BUNDLE: self.bundle,
            _DEVICE: self.device,
        }

    @values.setter
    def values(self, values: dict[str, str]) -> None:
        for key, value in values.items():
            self._settings.setValue(key, value)

    def _text(self, key: str, default: str) -> str:
        return str(self._settings.value(key, default) or default)
