"""One study on this computer: its job folder, what a job and a person leave there, and the queue of studies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from BratsSegmenterLib.lazy import lazy_names

if TYPE_CHECKING:
    from BratsSegmenterLib.study.acceptance import forget_accepted, keep_accepted, read_accepted
    from BratsSegmenterLib.study.drawn_result import DrawnResult, compared_with_model
    from BratsSegmenterLib.study.job_folder import JobFolder, ResultRecord
    from BratsSegmenterLib.study.keeping import keep_result
    from BratsSegmenterLib.study.kept_study import (
        KeptStudy,
        StudyChoices,
        StudyOrigin,
        StudyProgress,
        StudyState,
        study_folder,
        study_folders,
    )
    from BratsSegmenterLib.study.notes import about_images, carried_on, result_notes
    from BratsSegmenterLib.study.objects_before import about_deleted, object_files
    from BratsSegmenterLib.study.own_unsent import OwnUnsent
    from BratsSegmenterLib.study.queue import QueueInUseError, QueueItem, StudyQueue
    from BratsSegmenterLib.study.result_images import require_images
    from BratsSegmenterLib.study.sent import SentLabels, read_sent
    from BratsSegmenterLib.study.storage import clean, look_after
    from BratsSegmenterLib.study.unsent import UnsentCorrections, holds_unsent, read_unsent

__all__ = [
    "DrawnResult",
    "JobFolder",
    "KeptStudy",
    "OwnUnsent",
    "QueueInUseError",
    "QueueItem",
    "ResultRecord",
    "SentLabels",
    "StudyChoices",
    "StudyOrigin",
    "StudyProgress",
    "StudyQueue",
    "StudyState",
    "UnsentCorrections",
    "about_deleted",
    "about_images",
    "carried_on",
    "clean",
    "compared_with_model",
    "forget_accepted",
    "holds_unsent",
    "keep_accepted",
    "keep_result",
    "look_after",
    "object_files",
    "read_accepted",
    "read_sent",
    "read_unsent",
    "require_images",
    "result_notes",
    "study_folder",
    "study_folders",
]

_LOADED_WHEN_USED = {
    "DrawnResult": "drawn_result",
    "JobFolder": "job_folder",
    "KeptStudy": "kept_study",
    "OwnUnsent": "own_unsent",
    "QueueInUseError": "queue",
    "QueueItem": "queue",
    "ResultRecord": "job_folder",
    "SentLabels": "sent",
    "StudyChoices": "kept_study",
    "StudyOrigin": "kept_study",
    "StudyProgress": "kept_study",
    "StudyQueue": "queue",
    "StudyState": "kept_study",
    "UnsentCorrections": "unsent",
    "about_deleted": "objects_before",
    "about_images": "notes",
    "carried_on": "notes",
    "clean": "storage",
    "compared_with_model": "drawn_result",
    "forget_accepted": "acceptance",
    "holds_unsent": "unsent",
    "keep_accepted": "acceptance",
    "keep_result": "keeping",
    "look_after": "storage",
    "object_files": "objects_before",
    "read_accepted": "acceptance",
    "read_sent": "sent",
    "read_unsent": "unsent",
    "require_images": "result_images",
    "result_notes": "notes",
    "study_folder": "kept_study",
    "study_folders": "kept_study",
}

__getattr__ = lazy_names(__name__, _LOADED_WHEN_USED)
