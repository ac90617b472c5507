"""Settings as QSettings keeps them, without Qt."""

from typing import Any


class DictSettings(dict):
    """What QSettings does, in memory; values come back as an INI file gives them, as text."""

    def value(self, key: str, default: Any = None) -> Any:
        """The value kept under `key`."""
        kept = self.get(key, default)
        return str(kept).lower() if isinstance(kept, bool) else kept

    def setValue(self, key: str, value: Any) -> None:  # noqa: N802 - QSettings names it so
        """Keep a value."""
        self[key] = value
