"""A sequence that a study lacks, taken from another study of the same patient: offered first, fetched on request.

What was borrowed helps to see; the result is always drawn on a series of the study itself.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import (
    Archive,
    Patient,
    StudyQuery,
    StudySummary,
    contradiction,
    patient_of,
    why_not_proven,
)
from BratsSegmenterLib.days import in_words, parse_day
from BratsSegmenterLib.dicom import Candidate
from BratsSegmenterLib.domain import Sequence, Series
from BratsSegmenterLib.errors import RecognitionError, SeriesError
from BratsSegmenterLib.job_results import (
    BorrowedSequence,
    ElsewhereResult,
    LocalStudy,
    PrepareResult,
    SequenceChoice,
    SeriesRow,
)
from BratsSegmenterLib.jobs import ElsewhereJob
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.sequence_offers import SequenceOffer, apart
from BratsSegmenterLib.study import JobFolder
from BratsSegmenterLib.workbench.thumbnails import write_thumbnails

_MOST_STUDIES = 20


@dataclass(frozen=True)
class _Held:
    """What a study holds of a sequence: its name, and the series that may be it."""

    description: str
    series_uids: tuple[str, ...]


def find_offers(archive: Archive | None, job: ElsewhereJob, progress: Progress) -> ElsewhereResult:
    """The nearest study of the same patient for each missing sequence, within the days that the job allows.

    Studies of an archive are judged by the names of their series, and nothing is fetched; those of this computer by
    their headers. What contradicts the patient's birth date, name or issuer is refused with a sentence.

    Raises
    ------
    ArchiveError
        The archive cannot be reached or refuses.
    """
    offers: dict[str, SequenceOffer] = {}
    refused: list[str] = []
    with progress.stage("other studies"):
        for days_later, other in _nearest_first(archive, job, progress):
            missing = [name for name in job.missing if name not in offers]
            if not missing:
                break
            held = _recognised_in(other, progress) if archive is None else _named_in(archive, other.study, progress)
            found = {name: held[Sequence(name)] for name in missing if Sequence(name) in held}
            against = contradiction(patient_of(other.study), patient_of(job.study))
            if found and against:
                refused.append(_refusal(found, days_later, against))
                continue
            for name, one in found.items():
                offers[name] = SequenceOffer(
                    name, other.study, days_later, one.description, one.series_uids, other.files
                )
    return ElsewhereResult(tuple(offers.values()), tuple(refused))


def _refusal(sequences: Iterable[str], days_later: int, against: str) -> str:
    what = f"{' and '.join(sequences)} of another study under the same patient ID, {apart(days_later)},"
    return f"{what} was not taken: {against}."


def borrow(
    offer: SequenceOffer, archive: Archive | None, folder: JobFolder, own: Series, progress: Progress
) -> BorrowedSequence:
    """Fetch what was offered, and take it when its headers say the same as its name and it is the same patient's.

    What is refused does not stay on the disk.

    Parameters
    ----------
    offer : SequenceOffer
    archive : Archive or None
        None where the other study lies on this computer.
    folder : JobFolder
        Of the study that borrows.
    own : Series
        One of that study, which says whose it is.
    progress : Progress

    Raises
    ------
    RecognitionError
        The series is something else.
    SeriesError
        It is another patient's, or no regular volume.
    ArchiveError
    """
    sequence = Sequence(offer.sequence)
    source = folder.borrowed(sequence)
    if archive is None:
        source.write_source(offer.files)
    else:
        with progress.stage("fetch"):
            archive.fetch(offer.study.study_uid, source.dicom, offer.series_uids, progress=progress)
        source.forget_source()
    try:
        candidate = _proven(offer, source, own, progress)
    except (RecognitionError, SeriesError):
        shutil.rmtree(source.path)
        raise
    series = candidate.series
    thumbnail = write_thumbnails((series,), source.thumbnails, progress).get(series.key)
    day = offer.study.day
    return BorrowedSequence(
        sequence=sequence.value,
        choice=SequenceChoice(series.key, series.series_uid, candidate.confidence, candidate.reasons),
        row=SeriesRow(series.key, series.description, series.number, len(series.frames), thumbnail=thumbnail),
        study_date="" if day is None else day.isoformat(),
        days_later=offer.days_later,
    )


def _proven(offer: SequenceOffer, source: JobFolder, own: Series, progress: Progress) -> Candidate:
    """The one of the offered series that is what it is offered as, by its headers."""
    with progress.stage("read headers"):
        scanned = dicom.scan(source.source(), progress=progress).series
    recognition = dicom.recognise(one for one in scanned if one.study_uid == offer.study.study_uid)
    candidate = recognition.found.get(Sequence(offer.sequence))
    if candidate is None or candidate.series.series_uid not in offer.series_uids:
        raise RecognitionError(
            f"By its headers the series of the other study is no {offer.sequence}; nothing was taken from it.",
            "Go on without it, or choose another study.",
        )
    _require_same_patient(candidate.series, own)
    if candidate.series.fault:
        raise SeriesError(candidate.series.fault, "Nothing was taken from the other study; go on without it.")
    return candidate


def borrow_missing(
    prepared: PrepareResult, archive: Archive, folder: JobFolder, own: Series, within_days: int, progress: Progress
) -> PrepareResult:
    """Borrow whatever a study lacks and another one of its patient has, for a run that nobody attends but asked for it.

    What cannot be taken becomes a warning.

    Raises
    ------
    ArchiveError
    """
    study = StudySummary(
        study_uid=own.study_uid,
        patient_name=_text(own, "PatientName"),
        patient_id=_text(own, "PatientID"),
        accession_number="",
        study_date=_text(own, "StudyDate"),
        description="",
        modalities=("MR",),
        series_count=None,
        instance_count=None,
        birth_date=_text(own, "PatientBirthDate"),
        issuer_of_patient_id=_text(own, "IssuerOfPatientID"),
    )
    job = ElsewhereJob(study, prepared.missing, archive.profile, within_days=within_days)
    elsewhere = find_offers(archive, job, progress)
    borrowed, warnings = [], [*prepared.warnings, *elsewhere.refused]
    for offer in elsewhere.offers:
        try:
            borrowed.append(borrow(offer, archive, folder, own, progress))
        except (RecognitionError, SeriesError) as error:
            warnings.append(error.what)
    return replace(prepared, borrowed=tuple(borrowed), warnings=tuple(warnings))


def borrowed_series(folder: JobFolder, progress: Progress) -> Iterator[Series]:
    """Every series that was borrowed for the study of a job folder."""
    for sequence in Sequence:
        source = folder.borrowed(sequence)
        if source.path.is_dir():
            yield from dicom.scan(source.source(), progress=progress).series


def borrowed_note(sequence: Sequence, series: Series, own: Series) -> str:
    """What the result must say of a sequence that comes from another study."""
    day, own_day = (parse_day(_text(one, "StudyDate")) for one in (series, own))
    when = "of an unknown date" if day is None else f"of {in_words(day)}"
    distance = f", {apart((day - own_day).days)}" if day is not None and own_day is not None else ""
    return (
        f"{sequence.value} was taken from another study of this patient, {when}{distance}: "
        "what changed in between, an operation for example, is not seen on it."
    )


def _nearest_first(archive: Archive | None, job: ElsewhereJob, progress: Progress) -> list[tuple[int, LocalStudy]]:
    """Other studies of the patient with how many days later they are; of two equally near the earlier one first."""
    day = job.study.day
    if day is None or not job.study.patient_id:
        return []
    reach = timedelta(days=job.within_days)
    if archive is None:
        others = list(job.others)
    else:
        query = StudyQuery(
            patient_id=job.study.patient_id,
            date_from=f"{day - reach:%Y%m%d}",
            date_to=f"{day + reach:%Y%m%d}",
            modality="MR",
            limit=_MOST_STUDIES,
        )
        others = [LocalStudy(study, ()) for study in archive.search(query, progress)]
    near = []
    for other in others:
        other_day = other.study.day
        # Wild cards and letter case, which archives match generously, must not join two patients.
        is_other = other.study.study_uid != job.study.study_uid and other.study.patient_id == job.study.patient_id
        if is_other and other_day is not None and abs(other_day - day) <= reach:
            near.append(((other_day - day).days, other))
    return sorted(near, key=lambda one: (abs(one[0]), one[0]))


def _named_in(archive: Archive, study: StudySummary, progress: Progress) -> dict[Sequence, _Held]:
    held: dict[Sequence, _Held] = {}
    for series in archive.series(study.study_uid, progress):
        sequence = dicom.sequence_named(series.description) if series.modality == "MR" else None
        if sequence is not None:
            known = held.get(sequence, _Held(series.description, ()))
            held[sequence] = _Held(known.description, (*known.series_uids, series.series_uid))
    return held


def _recognised_in(other: LocalStudy, progress: Progress) -> dict[Sequence, _Held]:
    found = dicom.recognise(dicom.scan(other.files, progress=progress).series).found
    return {
        sequence: _Held(candidate.series.description, (candidate.series.series_uid,))
        for sequence, candidate in found.items()
    }


def _require_same_patient(series: Series, own: Series) -> None:
    """By their headers, which also say what an archive does not list."""
    against = why_not_proven(Patient.of(series.header), Patient.of(own.header))
    if not against and {_text(series, "PatientSex"), _text(own, "PatientSex")} == {"M", "F"}:
        against = "the sexes differ"
    if against:
        what = f"The other study is not proven to be of the same patient: {against}."
        raise SeriesError(what, "Nothing was taken from it.")


def _text(series: Series, keyword: str) -> str:
    return str(series.header.get(keyword) or "").strip()
