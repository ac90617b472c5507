"""What the settings say about the disk, in words."""

from __future__ import annotations

from BratsSegmenterLib.job_results import StorageResult


def storage_text(storage: StorageResult) -> str:
    """How many studies are kept, what they take, what went and why something stayed; one sentence a line."""
    lines = [f"{_studies(storage.studies)} kept, {_size(storage.size_bytes)}."]
    if storage.deleted:
        lines.append(f"{_studies(storage.deleted)} deleted, {_size(storage.freed_bytes)} are free again.")
    if storage.stayed:
        reasons = sorted({sentence.split(": ", 1)[1] for sentence in storage.stayed})
        lines.append(f"{_studies(len(storage.stayed))} had to stay: {' '.join(reasons)}")
    return "\n".join(lines)


def _studies(count: int) -> str:
    return f"{count} {'study' if count == 1 else 'studies'}"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"
