"""How a study of the folder stands: in whose hands it is, and whether it is still as it was looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from BratsSegmenterLib.archive import Outbox
from BratsSegmenterLib.delivery import is_part_of
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.study import JobFolder, KeptStudy, QueueItem, StudyChoices, StudyOrigin, StudyState
from BratsSegmenterLib.versions import EarlierResult


def is_for_rules(item: QueueItem) -> bool:
    """Whether rules may go on with a study of the queue; what a person queued or cancelled in the panel is hers.

    What an older version left does not say who queued it: most often a router that was updated since.
    """
    return item.is_by_rules is not False and item.state is not StudyState.CANCELLED


def is_taken_over(folder: Path) -> bool:
    """Whether somebody segmented, corrected or sent the study in the panel: nothing of it may be made anew."""
    kept = KeptStudy(folder)
    progress = kept.progress
    was_edited = progress.state is StudyState.CORRECTED or JobFolder(folder).unsent.exists()
    was_segmented = progress.state is StudyState.SEGMENTED and not progress.is_by_rules and kept.result is not None
    return was_edited or was_segmented or progress.state in (StudyState.SENT, StudyState.LEFT_ALONE)


def is_without_result(folder: Path, sends: bool) -> bool:
    """Whether rules were done with the study, and nobody has a result of it here.

    What they segmented is gone or damaged; or the study carried a result already when they were to send one, which
    keeps no program from measuring it that sends nothing.
    """
    kept = KeptStudy(folder)
    progress = kept.progress
    was_segmented = progress.state is StudyState.SEGMENTED and progress.is_by_rules
    may_be_measured = was_left_alone(kept) and not sends
    return (was_segmented or may_be_measured) and kept.result is None and not JobFolder(folder).unsent.exists()


def was_left_alone(kept: KeptStudy) -> bool:
    """Whether nothing was stored in the study because it carried a result; an older version called that SENT."""
    return kept.state is StudyState.LEFT_ALONE or (kept.state is StudyState.SENT and kept.sent is None)


def is_decided(folder: Path) -> bool:
    """Whether somebody chose series, confirmed an operation or borrowed a sequence in the panel, and no more yet."""
    kept = KeptStudy(folder)
    prepared = kept.prepared
    return kept.choices != StudyChoices() or (prepared is not None and bool(prepared.borrowed))


def has_grown(folder: Path, origin: StudyOrigin) -> bool:
    """Whether a study has other instances than when it was last looked at, or lies elsewhere; True for a new one."""
    known = KeptStudy(folder).origin
    if known is None or known.study.instance_count != origin.study.instance_count or known.files != origin.files:
        return True
    return known.url != origin.url if known.url else known.profile != origin.profile


def holds_undelivered(folder: Path) -> bool:
    """Whether objects of an earlier sending did not arrive yet, or nobody can say because the outbox is damaged."""
    outbox = JobFolder(folder).outbox
    try:
        return outbox.is_dir() and bool(Outbox(outbox).undelivered())
    except ArchiveError:
        return True


def is_half_sent(folder: Path, results: Sequence[EarlierResult]) -> bool:
    """Whether the newest result of a study is what arrived of one that lies undelivered, or nobody can say.

    Parameters
    ----------
    folder : Path
        The job folder.
    results : sequence of EarlierResult
        What the study carries, oldest first.
    """
    outbox = JobFolder(folder).outbox
    try:
        lies_there = outbox.is_dir() and Outbox(outbox).undelivered()
        return bool(lies_there and results) and is_part_of(Outbox(outbox), results[-1])
    except ArchiveError:
        return True
