"""What is asked of an archive and what it lists: studies, series, instances (DICOM PS3.18 10.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from BratsSegmenterLib.archive.matching import is_uid, matches_date, matches_name, matches_text
from BratsSegmenterLib.days import parse_day
from BratsSegmenterLib.errors import ArchiveError

_DATE = re.compile(r"(\d{4})-?(0[1-9]|1[0-2])-?([0-3]\d)")
JsonDataset = Mapping[str, Mapping[str, Any]]


class MalformedListingError(ValueError):
    """An answer to a search is no JSON array of data sets (PS3.18 F.2)."""


@dataclass(frozen=True)
class StudyQuery:
    """Which studies are wanted; empty fields match everything.

    Attributes
    ----------
    patient_id, patient_name, accession_number : str
        With the wild cards ``*`` and ``?``, blind to case. Hidden from the repr.
    date_from, date_to : str
        Study Date, both included, as YYYYMMDD or YYYY-MM-DD.
    modality : str
        One that the study must contain, for example ``MR``.
    limit : int
        How many studies to return at most.
    offset : int
        How many matching studies to leave out first.
    """

    patient_id: str = field(default="", repr=False)
    patient_name: str = field(default="", repr=False)
    accession_number: str = field(default="", repr=False)
    date_from: str = ""
    date_to: str = ""
    modality: str = ""
    limit: int = 100
    offset: int = 0

    def __post_init__(self) -> None:
        for name in ("date_from", "date_to"):
            object.__setattr__(self, name, _date(getattr(self, name)))

    @property
    def dates(self) -> str:
        """The range as DICOM writes it, empty when open on both sides."""
        return f"{self.date_from}-{self.date_to}" if self.date_from or self.date_to else ""

    def matches(self, study: StudySummary) -> bool:
        """Whether the study is wanted; archives are known to ignore filters silently.

        One that is listed without its modalities passes: some archives filter by Modalities in Study (0008,0061), but
        leave it out of what they list.
        """
        return (
            matches_text(study.patient_id, self.patient_id)
            and matches_name(study.patient_name, self.patient_name)
            and matches_text(study.accession_number, self.accession_number)
            and matches_date(study.study_date, self.dates)
            and (not self.modality or not study.modalities or self.modality in study.modalities)
        )


@dataclass(frozen=True)
class StudySummary:
    """One study as the archive lists it; what identifies the patient is hidden from the repr.

    Attributes
    ----------
    study_time : str
        Study Time (0008,0030).
    birth_date, issuer_of_patient_id : str
        Of the patient. The issuer is asked for only where a search names a Patient ID.
    """

    study_uid: str
    patient_name: str = field(repr=False)
    patient_id: str = field(repr=False)
    accession_number: str = field(repr=False)
    study_date: str
    description: str = field(repr=False)
    modalities: tuple[str, ...]
    series_count: int | None
    instance_count: int | None
    study_time: str = ""
    birth_date: str = field(default="", repr=False)
    issuer_of_patient_id: str = field(default="", repr=False)

    @property
    def uid(self) -> str:
        """Study Instance UID (0020,000D): what tells it from others."""
        return self.study_uid

    @property
    def day(self) -> date | None:
        """Study Date (0008,0020); None where the archive lists none that is one."""
        return parse_day(self.study_date)

    @classmethod
    def from_dicom_json(cls, dataset: JsonDataset) -> StudySummary:
        """From a QIDO-RS study result (PS3.18 table 10.6.3-3)."""
        return cls(
            study_uid=_uid(dataset, "0020000D"),
            patient_name=_text(dataset, "00100010"),
            patient_id=_text(dataset, "00100020"),
            accession_number=_text(dataset, "00080050"),
            study_date=_text(dataset, "00080020"),
            description=_text(dataset, "00081030"),
            modalities=tuple(sorted(str(value) for value in _values(dataset, "00080061"))),
            series_count=_number(dataset, "00201206"),
            instance_count=_number(dataset, "00201208"),
            study_time=_text(dataset, "00080030"),
            birth_date=_text(dataset, "00100030"),
            issuer_of_patient_id=_text(dataset, "00100021"),
        )


@dataclass(frozen=True)
class SeriesSummary:
    """One series as the archive lists it."""

    study_uid: str
    series_uid: str
    modality: str
    number: int | None
    description: str = field(repr=False)
    instance_count: int | None

    @property
    def uid(self) -> str:
        """Series Instance UID (0020,000E): what tells it from others."""
        return self.series_uid

    @classmethod
    def from_dicom_json(cls, dataset: JsonDataset, study_uid: str) -> SeriesSummary:
        """From a QIDO-RS series result (PS3.18 table 10.6.3-4)."""
        return cls(
            study_uid=study_uid,
            series_uid=_uid(dataset, "0020000E"),
            modality=_text(dataset, "00080060"),
            number=_number(dataset, "00200011"),
            description=_text(dataset, "0008103E"),
            instance_count=_number(dataset, "00201209"),
        )


@dataclass(frozen=True)
class InstanceSummary:
    """One instance as the archive lists it."""

    study_uid: str
    series_uid: str
    sop_instance_uid: str

    @property
    def uid(self) -> str:
        """SOP Instance UID (0008,0018): what tells it from others."""
        return self.sop_instance_uid

    @classmethod
    def from_dicom_json(cls, dataset: JsonDataset, study_uid: str, series_uid: str = "") -> InstanceSummary:
        """From a QIDO-RS instance result (PS3.18 table 10.6.3-5); `series_uid` when the URL already named it."""
        return cls(
            study_uid=study_uid,
            series_uid=series_uid or _uid(dataset, "0020000E"),
            sop_instance_uid=_uid(dataset, "00080018"),
        )


def _values(dataset: JsonDataset, tag: str) -> list[Any]:
    if not isinstance(dataset, Mapping):
        raise ArchiveError("The PACS lists something that is not DICOM JSON.", "Check the address of the PACS.")
    attribute = dataset.get(tag)
    values = attribute.get("Value") if isinstance(attribute, Mapping) else None
    return [value for value in values if value is not None] if isinstance(values, list) else []


def _text(dataset: JsonDataset, tag: str) -> str:
    values = _values(dataset, tag)
    if not values:
        return ""
    if isinstance(values[0], Mapping):  # a person's name by component group
        return "=".join(
            str(values[0][group]) for group in ("Alphabetic", "Ideographic", "Phonetic") if values[0].get(group)
        )
    return str(values[0]).strip()


def _number(dataset: JsonDataset, tag: str) -> int | None:
    text = _text(dataset, tag)
    try:
        return int(float(text)) if text else None
    except (ValueError, OverflowError):
        return None


def _uid(dataset: JsonDataset, tag: str) -> str:
    uid = _text(dataset, tag)
    if not is_uid(uid):
        raise ArchiveError(
            f"The PACS lists an object without a valid UID in ({tag[:4]},{tag[4:]}).",
            "The object cannot be fetched safely; ask the PACS administrator to repair it.",
        )
    return uid


def _date(text: str) -> str:
    if not text:
        return ""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise ArchiveError(f"'{text}' is not a date.", "Write dates as YYYY-MM-DD.")
    return "".join(match.groups())
