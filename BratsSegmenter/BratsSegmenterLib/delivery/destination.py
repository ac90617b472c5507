"""Before a result is stored: the archive still holds the images it was drawn on, and they are the same patient's.

What was fetched is compared with what the archive gives back, not with what it lists: the entries of its database may
differ from its files, and then no further fetch would bring agreement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from BratsSegmenterLib.archive import (
    Archive,
    InstanceSummary,
    Patient,
    SeriesSummary,
    StudyChangedError,
    count_missing,
)
from BratsSegmenterLib.delivery.held_study import HeldStudy
from BratsSegmenterLib.domain import Series, Volume
from BratsSegmenterLib.progress import Progress

_SEGMENT_AGAIN = (
    "Nothing was sent. Fetch the study again, then segment it again; corrections stay in the study's folder."
)


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
    others : tuple of Series
        The study's further series that the result was drawn with.
    """

    archive: Archive
    reference: Volume
    fetched_to: Path | None
    progress: Progress
    others: tuple[Series, ...] = ()

    @property
    def patient(self) -> Patient:
        """Whose the result is."""
        return Patient.of(self.reference.series.header)

    def check(self) -> tuple[str, ...]:
        """Ask the archive what it holds: its series, the images of those that drew the result, the head of one of each.

        More images in another series than the reference are no obstacle: what was drawn stays where it is.

        Returns
        -------
        tuple of str
            What could not be compared, or is not there although it need not be, as sentences for the user.

        Raises
        ------
        StudyChangedError
            Series or images that were fetched are no longer there, or more have come to the reference; or the study is
            another patient's.
        ArchiveError
            The archive cannot be asked now.
        """
        listed = self._study.series()
        held_uids = {series.series_uid for series in listed}
        drawn_with = (self.reference.series, *self.others)
        held = [series for series in drawn_with if series.series_uid in held_uids]
        lacking = [series for series in drawn_with if series.series_uid not in held_uids]
        if self.fetched_to is not None and lacking:
            raise self._gone(lacking[0] if listed else None)
        if not listed:
            return (f"{self._pacs} did not hold this study: the result stands there alone, without its images.",)
        notes = [f"{self._pacs} holds this study without {self._named(series)}." for series in lacking]
        notes += self._compare(held) if held else self._compare_any(listed)
        return tuple(dict.fromkeys(notes))

    @cached_property
    def _study(self) -> HeldStudy:
        return HeldStudy(self.archive, self.reference.series.study_uid, self.progress)

    @property
    def _pacs(self) -> str:
        return f"The PACS '{self.archive.profile.name}'"

    def _named(self, series: Series) -> str:
        how = "on" if series is self.reference.series else "with"
        return f"{series.label}, {how} which the result was drawn"

    def _gone(self, series: Series | None) -> StudyChangedError:
        """The series is, or the whole study."""
        return StudyChangedError(
            f"{self._pacs} no longer holds {self._named(series) if series else 'this study'}.",
            "Nothing was sent. Search for the study again, fetch and segment it again; or ask the PACS administrator "
            "where the images are.",
        )

    def _compare(self, held: Collection[Series]) -> Iterator[str]:
        """Each with what was fetched of it: a patient's name may be written in each in its own way."""
        for series in held:
            instances = self._study.instances(series.series_uid)
            if self.fetched_to is not None and instances:
                self._require_the_same_images(series, instances, self.fetched_to)
            patient, unknown = self._study.patient_of(instances, series.frames[0].sop_instance_uid)
            yield from self._compare_patient(patient, unknown, Patient.of(series.header))

    def _compare_any(self, listed: Collection[SeriesSummary]) -> Iterator[str]:
        patient, unknown = self._study.patient([*listed])
        yield from self._compare_patient(patient, unknown, self.patient)

    def _require_the_same_images(self, series: Series, listed: Collection[InstanceSummary], folder: Path) -> None:
        drawn_with = {frame.sop_instance_uid for frame in series.frames}
        if drawn_with - {instance.sop_instance_uid for instance in listed}:
            raise StudyChangedError(
                f"{self._pacs} no longer holds all images of {self._named(series)}.", _SEGMENT_AGAIN
            )
        if series is not self.reference.series:
            return
        more = count_missing(folder, series.series_uid, listed)
        if more:
            raise StudyChangedError(
                f"{self._pacs} holds {len(listed)} objects of {self._named(series)}; "
                f"when it was fetched there were {len(listed) - more}.",
                _SEGMENT_AGAIN,
            )

    def _compare_patient(self, patient: Patient | None, unknown: str, own: Patient) -> Iterator[str]:
        if patient is None:
            yield f"Whether the images in the PACS are still the same patient's was not compared: {unknown}."
        elif not own.is_same_as(patient):
            raise self._of_another_patient()

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
