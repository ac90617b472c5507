"""Studies that go the whole way without a person: a cohort once, or whatever arrives in an archive or a folder."""

from BratsSegmenterLib.unattended.earlier_table import TABLE_FILE
from BratsSegmenterLib.unattended.made_otherwise import made_otherwise
from BratsSegmenterLib.unattended.outcome import StudyOutcome
from BratsSegmenterLib.unattended.passed_over import PassedOver
from BratsSegmenterLib.unattended.rows import StudyRow
from BratsSegmenterLib.unattended.rules import Rules
from BratsSegmenterLib.unattended.sources import ArchiveSource, FolderSource, StudySource, Wanted
from BratsSegmenterLib.unattended.studies import Studies
from BratsSegmenterLib.unattended.table import PAGE_FILE, write_tables
from BratsSegmenterLib.unattended.watching import Timing, about_deleted, about_unlisted, watch

__all__ = [
    "PAGE_FILE",
    "TABLE_FILE",
    "ArchiveSource",
    "FolderSource",
    "PassedOver",
    "Rules",
    "Studies",
    "StudyOutcome",
    "StudyRow",
    "StudySource",
    "Timing",
    "Wanted",
    "about_deleted",
    "about_unlisted",
    "made_otherwise",
    "watch",
    "write_tables",
]
