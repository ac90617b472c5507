"""How far a fetch is: what its workers have brought, told by the caller's thread."""

from __future__ import annotations

import threading

from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.progress import Progress

MAXIMUM_STUDY_BYTES = 20_000_000_000


class Tally:
    """Instances and bytes so far, counted by the workers, reported by the caller's thread."""

    def __init__(self, expected_instances: int) -> None:
        self._lock = threading.Lock()
        self._expected_instances = expected_instances
        self._instances = 0
        self.received_bytes = 0

    def add_bytes(self, count: int) -> None:
        """Count what arrived.

        Raises
        ------
        ArchiveError
            It is more than any study should be.
        """
        with self._lock:
            self.received_bytes += count
        if self.received_bytes > MAXIMUM_STUDY_BYTES:
            raise ArchiveError(
                f"The study is larger than {MAXIMUM_STUDY_BYTES / 1e9:.0f} GB and was not fetched to the end.",
                "Choose single series.",
            )

    def add_instances(self, count: int) -> None:
        """Count instances that are safe on disk."""
        with self._lock:
            self._instances += count

    def report(self, progress: Progress) -> None:
        """Tell how far the fetch is; raises Cancelled when the user wants it to end."""
        expected = max(self._expected_instances, self._instances, 1)
        message = f"{self._instances} of {expected} images, {self.received_bytes / 1e6:.0f} MB"
        progress.update(self._instances / expected, message)
