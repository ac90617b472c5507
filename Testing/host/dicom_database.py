"""Slicer's DICOM database as far as the panel asks it: the methods of ctkDICOMDatabase, over a list of studies."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class DatabaseStudy:
    """One study of a patient; `series` maps each series UID to its modality and files."""

    patient: dict[str, str]
    fields: dict[str, str]
    series: dict[str, tuple[str, list[str]]] = field(default_factory=dict)


class DicomDatabase:
    """Closed while it holds no study, as Slicer's before its first use.

    Attributes
    ----------
    hostListed : list of str
        UIDs of the series whose files were asked for; a real one queries its tables and builds a path for each.
    """

    def __init__(self, studies: dict[str, DatabaseStudy] | None = None) -> None:
        self._studies = studies or {}
        self.hostListed: list[str] = []

    @property
    def isOpen(self) -> bool:
        """A Qt property in Slicer."""
        return bool(self._studies)

    def patients(self) -> list[str]:
        """Keys of the patients; here one for each study."""
        return list(self._studies)

    def studiesForPatient(self, patient: str) -> list[str]:
        """UIDs of a patient's studies."""
        return [patient]

    def seriesForStudy(self, study: str) -> list[str]:
        """UIDs of a study's series."""
        return list(self._studies[study].series)

    def filesForSeries(self, series: str) -> list[str]:
        """Absolute paths."""
        self.hostListed.append(series)
        return self._series(series)[1]

    def fieldForPatient(self, name: str, patient: str) -> str:
        """A column of the table Patients."""
        return self._studies[patient].patient.get(name, "")

    def fieldForStudy(self, name: str, study: str) -> str:
        """A column of the table Studies; dates as YYYY-MM-DD."""
        return self._studies[study].fields.get(name, "")

    def fieldForSeries(self, _name: str, series: str) -> str:
        """The modality, the only column that is asked for."""
        return self._series(series)[0]

    def _series(self, uid: str) -> tuple[str, list[str]]:
        return next(study.series[uid] for study in self._studies.values() if uid in study.series)
