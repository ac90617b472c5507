"""A study as an archive holds it at this moment: its series, their images, and whose they are.

What the archive gives back counts, not what it lists: the entries of its database may differ from its files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from BratsSegmenterLib.archive import (
    Archive,
    InstanceSummary,
    NotFoundError,
    Patient,
    SeriesSummary,
    TemporaryArchiveError,
)
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.progress import Progress


@dataclass(frozen=True, eq=False)
class HeldStudy:
    """Asks the archive anew each time.

    Every method raises an :class:`ArchiveError` when the archive cannot be asked now.
    """

    archive: Archive
    study_uid: str
    progress: Progress

    def series(self) -> list[SeriesSummary]:
        """Its series; none where the archive does not hold the study."""
        try:
            return self.archive.series(self.study_uid, self.progress)
        except NotFoundError:  # how some archives say that they do not know a study
            return []

    def instances(self, series_uid: str) -> list[InstanceSummary]:
        """The instances of one of its series."""
        return self.archive.find_instances(self.study_uid, series_uid, self.progress)

    def patient(self, series: Sequence[SeriesSummary]) -> tuple[Patient | None, str]:
        """Whose the study is, by one object of the series that it holds: by an image, where it holds any.

        What other programs add to a study may write name and ID otherwise.

        Returns
        -------
        Patient or None
            None where it is not known, or the study is not held.
        str
            Why it is not known, as a clause.
        """
        if not series:
            return None, ""
        asked = min(series, key=lambda one: (one.modality != "MR", one.series_uid))
        return self.patient_of(self.instances(asked.series_uid))

    def patient_of(self, instances: Sequence[InstanceSummary], preferred_uid: str = "") -> tuple[Patient | None, str]:
        """As :meth:`patient`, by one of some instances: the one with the SOP Instance UID `preferred_uid`, else any."""
        if not instances:
            return None, "it lists no single images"
        asked = next((one for one in instances if one.sop_instance_uid == preferred_uid), instances[0])
        try:
            return self.archive.patient_of(asked, self.progress), ""
        except TemporaryArchiveError:
            raise
        except ArchiveError as error:
            return None, f"it did not give one back ({error.what})"
