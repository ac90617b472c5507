"""The index of the embedded archive: one SQLite table of instances and the queries of QIDO-RS on it."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from BratsSegmenterLib.archive.matching import matches_any, matches_date, matches_name, matches_text

STUDY_KEYWORDS = (
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDescription",
    "StudyID",
    "ReferringPhysicianName",
)
SERIES_KEYWORDS = (
    "SeriesInstanceUID",
    "Modality",
    "SeriesNumber",
    "SeriesDescription",
    "BodyPartExamined",
    "FrameOfReferenceUID",
)
INSTANCE_KEYWORDS = ("SOPInstanceUID", "SOPClassUID", "InstanceNumber", "Rows", "Columns", "NumberOfFrames")
KEYWORDS = (*STUDY_KEYWORDS, *SERIES_KEYWORDS, *INSTANCE_KEYWORDS)
MODALITIES = "ModalitiesInStudy"
_NUMERIC = ("SeriesNumber", "InstanceNumber")


class Level(Enum):
    """The levels of a query: the attribute that identifies one result, what is returned, what may be asked for."""

    STUDY = ("StudyInstanceUID", STUDY_KEYWORDS, (*STUDY_KEYWORDS, MODALITIES))
    SERIES = (
        "SeriesInstanceUID",
        ("StudyInstanceUID", *SERIES_KEYWORDS),
        (*STUDY_KEYWORDS, MODALITIES, *SERIES_KEYWORDS),
    )
    INSTANCE = (
        "SOPInstanceUID",
        ("StudyInstanceUID", "SeriesInstanceUID", "Modality", *INSTANCE_KEYWORDS),
        (*KEYWORDS, MODALITIES),
    )

    def __init__(self, key: str, returned: tuple[str, ...], matchable: tuple[str, ...]) -> None:
        self.key = key
        self.returned = returned
        self.matchable = matchable


@dataclass(frozen=True)
class Result:
    """One row of a query: attribute values by keyword, and what is counted below it."""

    values: Mapping[str, str]
    modalities: tuple[str, ...]
    series_count: int
    instance_count: int


class Index:
    """Which instances are stored, and where.

    Parameters
    ----------
    path : Path
        The database file; made when missing.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.create_function("matches", 3, _matches, deterministic=True)
        columns = ", ".join(f"{keyword} TEXT NOT NULL" for keyword in KEYWORDS)
        with self._database:
            self._database.execute(
                f"CREATE TABLE IF NOT EXISTS instances ({columns}, sha256 TEXT NOT NULL, file TEXT NOT NULL, "
                "PRIMARY KEY (SOPInstanceUID))"
            )
            self._database.execute(
                "CREATE INDEX IF NOT EXISTS by_series ON instances (StudyInstanceUID, SeriesInstanceUID)"
            )

    def close(self) -> None:
        """Let go of the database file."""
        with self._lock:
            self._database.close()

    def sha256(self, sop_instance_uid: str) -> str | None:
        """The hash of a stored instance; None when it is not stored."""
        with self._lock:
            row = self._database.execute(
                "SELECT sha256 FROM instances WHERE SOPInstanceUID = ?", (sop_instance_uid,)
            ).fetchone()
        return row[0] if row else None

    def add(self, rows: Iterable[tuple[Mapping[str, str], str, str]]) -> None:
        """Add instances, given as (values by keyword, SHA-256, file name), in one transaction."""
        marks = ", ".join("?" * (len(KEYWORDS) + 2))
        with self._lock, self._database:
            self._database.executemany(
                f"INSERT INTO instances VALUES ({marks})",
                [(*(values.get(keyword, "") for keyword in KEYWORDS), digest, name) for values, digest, name in rows],
            )

    def files(self, identifiers: Mapping[str, str]) -> list[str]:
        """Names of the files with these UIDs by keyword, by series and instance number."""
        condition = " AND ".join(f"{keyword} = ?" for keyword in identifiers)
        order = ", ".join(f"CAST({keyword} AS INTEGER)" for keyword in _NUMERIC)
        with self._lock:
            rows = self._database.execute(
                f"SELECT file FROM instances WHERE {condition} ORDER BY SeriesInstanceUID, {order}",
                [*identifiers.values()],
            ).fetchall()
        return [row[0] for row in rows]

    def query(
        self, level: Level, identifiers: Mapping[str, str], filters: Mapping[str, str], limit: int, offset: int
    ) -> list[Result]:
        """Results of QIDO-RS (PS3.18 10.6).

        Parameters
        ----------
        level : Level
        identifiers : mapping
            UIDs by keyword that the URL names.
        filters : mapping
            Patterns by keyword, all of them matchable on the level.
        limit : int
            How many at most.
        offset : int
        """
        conditions, values = _conditions(identifiers, filters)
        statement = (
            f"SELECT {', '.join(level.returned)}, group_concat(DISTINCT Modality), "
            "count(DISTINCT SeriesInstanceUID), count(*) FROM instances"
            f"{' WHERE ' if conditions else ''}{' AND '.join(conditions)} "
            f"GROUP BY {level.key} ORDER BY {level.key} LIMIT ? OFFSET ?"
        )
        with self._lock:
            rows = self._database.execute(statement, [*values, limit, offset]).fetchall()
        return [_result(level, row) for row in rows]


def _conditions(identifiers: Mapping[str, str], filters: Mapping[str, str]) -> tuple[list[str], list[str]]:
    conditions = [f"{keyword} = ?" for keyword in identifiers]
    values = [*identifiers.values()]
    for keyword, pattern in filters.items():
        if keyword == MODALITIES:
            conditions.append(
                "StudyInstanceUID IN (SELECT StudyInstanceUID FROM instances WHERE matches(?, Modality, ?))"
            )
        else:
            conditions.append(f"matches(?, {keyword}, ?)")
        values += [keyword, pattern]
    return conditions, values


def _result(level: Level, row: Sequence) -> Result:
    *values, modalities, series_count, instance_count = row
    return Result(
        dict(zip(level.returned, values, strict=True)),
        tuple(sorted(filter(None, modalities.split(",")))),
        series_count,
        instance_count,
    )


def _matches(keyword: str, value: str, pattern: str) -> bool:
    if keyword == MODALITIES:
        return any(matches_text(value, one) for one in re.split(r"[,\\]", pattern))
    if keyword.endswith("UID"):
        return matches_any(value, pattern)
    if keyword.endswith("Date"):
        return matches_date(value, pattern)
    if keyword.endswith("Name"):
        return matches_name(value, pattern)
    return matches_text(value, pattern)
