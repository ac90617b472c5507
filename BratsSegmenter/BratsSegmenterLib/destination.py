"""Before a result is stored: the archive still holds the images it was drawn on, and they are the same patient's.

What was fetched is compared with what the archive gives back, not with what it lists: the entries of its database may
differ from its files, and then no further fetch would bring agreement.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from BratsSegmenterLib.archive import (
    Archive,
    InstanceSummary,
    NotFoundError,
    Patient,
    StudyChangedError,
    TemporaryArchiveError,
    count_missing,
)
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.progress import Progress

_SEGMENT_AGAIN = "Nothing was sent. Fetch the study again, then segment it again."


@dataclass(frozen=True, eq=False)
class Destination:
    """The study in the archive that a result is meant for.

    Attributes
    ----------
    archive : Archive
    reference : Volume
        On whose slices the result was drawn.
    fetched_to : Path or None
        Where its images came to from an archive; None when they lie on this computer, of which an archive need not
        know.
    progress : Progress
    """

    archive: Archive
    reference: Volume
    fetched_to: Path | None
    progress: Progress

    @property
    def patient(self) -> Patient:
        """Whose the result is."""
        return Patient.of(self.reference.series.header)

    def check(self) -> tuple[str, ...]:
        """Ask the archive what it holds: its series, the images of one of them, and the head of one image.

        Returns
        -------
        tuple of str
            What could not be compared, or is not there although it need not be, as sentences for the user.

        Raises
        ------
        StudyChangedError
            Images that were fetched are no longer there, or more have come to their series; or the study is another
            patient's.
        ArchiveError
            The archive cannot be asked now.
        """
        series_uids = self._series_uids()
        is_held = self.reference.series.series_uid in series_uids
        if self.fetched_to is not None and not is_held:
            raise self._gone(bool(series_uids))
        if not series_uids:
            return (f"{self._pacs} did not hold this study: the result stands there alone, without its images.",)
        notes: tuple[str, ...] = ()
        if not is_held:
            notes = (f"{self._pacs} holds this study without {self._label}, on which the result was drawn.",)
        instances = self._instances(self.reference.series.series_uid if is_held else min(series_uids))
        if self.fetched_to is not None and instances:
            self._require_the_same_images(instances, self.fetched_to)
        return (*notes, *self._compare_patient(instances))

    @property
    def _pacs(self) -> str:
        return f"The PACS '{self.archive.profile.name}'"

    @property
    def _label(self) -> str:
        return self.reference.series.label

    def _series_uids(self) -> set[str]:
        try:
            listed = self.archive.series(self.reference.series.study_uid, self.progress)
        except NotFoundError:  # how some archives say that they do not know a study
            return set()
        return {series.series_uid for series in listed}

    def _instances(self, series_uid: str) -> list[InstanceSummary]:
        return self.archive.find_instances(self.reference.series.study_uid, series_uid, self.progress)

    def _gone(self, study_is_there: bool) -> StudyChangedError:
        what = f"{self._label}, on which the result was drawn" if study_is_there else "this study"
        return StudyChangedError(
            f"{self._pacs} no longer holds {what}.",
            "Nothing was sent. Search for the study again, fetch and segment it again; or ask the PACS administrator "
            "where the images are.",
        )

    def _require_the_same_images(self, listed: Collection[InstanceSummary], folder: Path) -> None:
        drawn_on = {frame.sop_instance_uid for frame in self.reference.frames}
        if drawn_on - {instance.sop_instance_uid for instance in listed}:
            raise StudyChangedError(
                f"{self._pacs} no longer holds all images of {self._label}, on which the result was drawn.",
                _SEGMENT_AGAIN,
            )
        more = count_missing(folder, self.reference.series.series_uid, listed)
        if more:
            raise StudyChangedError(
                f"{self._pacs} holds {len(listed)} objects of {self._label}, on which the result was drawn; "
                f"when it was fetched there were {len(listed) - more}.",
                _SEGMENT_AGAIN,
            )

    def _compare_patient(self, instances: Collection[InstanceSummary]) -> tuple[str, ...]:
        if not instances:
            return (self._not_compared("it lists no single images"),)
        own = {frame.sop_instance_uid for frame in self.reference.frames}
        one = next((instance for instance in instances if instance.sop_instance_uid in own), next(iter(instances)))
        try:
            patient = self.archive.patient_of(one, self.progress)
        except TemporaryArchiveError:
            raise
        except ArchiveError as error:
            return (self._not_compared(f"it did not give one back ({error.what})"),)
        if not self.patient.is_same_as(patient):
            raise self._of_another_patient()
        return ()

    def _not_compared(self, reason: str) -> str:
        return f"Whether the images in the PACS are still the same patient's was not compared: {reason}."

    def _of_another_patient(self) -> StudyChangedError:
        if self.fetched_to is None:
            return StudyChangedError(
                f"{self._pacs} names another patient in this study than the images on this computer do, or writes the "
                "name or ID otherwise.",
                "Nothing was sent. Open the study from the PACS and segment it there.",
            )
        return StudyChangedError(
            f"{self._pacs} names another patient in this study than when it was fetched, or writes the name or ID "
            "otherwise.",
            "Nothing was sent. Fetch the study again and look whose it is; then send again.",
        )
