"""What the settings say about the disk, in words."""

from __future__ import annotations

from BratsSegmenterLib.job_results import StorageResult
from BratsSegmenterLib.widgets.translation import tr as _


def storage_text(storage: StorageResult) -> str:
    """How many studies are kept, what they take, what went and why something stayed; one sentence a line."""
    lines = [_("{studies} kept, {size}.").format(studies=_studies(storage.studies), size=_size(storage.size_bytes))]
    if storage.deleted:
        text = _("{studies} deleted, {size} are free again.")
        lines.append(text.format(studies=_studies(storage.deleted), size=_size(storage.freed_bytes)))
    if storage.stayed:
        reasons = sorted({sentence.split(": ", 1)[1] for sentence in storage.stayed})
        text = _("{studies} had to stay: {reasons}")
        lines.append(text.format(studies=_studies(len(storage.stayed)), reasons=" ".join(reasons)))
    return "\n".join(lines)


def _studies(count: int) -> str:
    return _("1 study") if count == 1 else _("{count} studies").format(count=count)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"
