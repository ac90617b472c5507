"""Studies that go the whole way without a person: a cohort once, or whatever arrives in an archive or a folder."""

from BratsSegmenterLib.unattended.made_otherwise import made_otherwise
from BratsSegmenterLib.unattended.outcome import StudyOutcome
from BratsSegmenterLib.unattended.passed_over import PassedOver
from BratsSegmenterLib.unattended.rows import StudyRow
from BratsSegmenterLib.unattended.rules import Rules
from BratsSegmenterLib.unattended.sources import ArchiveSource, FolderSource, Wanted
from BratsSegmenterLib.unattended.studies import Studies
from BratsSegmenterLib.unattended.table import write_tables
from BratsSegmenterLib.unattended.watching import Timing, watch

__all__ = [
    "ArchiveSource",
    "FolderSource",
    "PassedOver",
    "Rules",
    "Studies",
    "StudyOutcome",
    "StudyRow",
    "Timing",
    "Wanted",
    "made_otherwise",
    "watch",
    "write_tables",
]
