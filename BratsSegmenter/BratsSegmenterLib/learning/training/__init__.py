"""Training: networks learn from synthetic heads or from a site's own labelled cases.

Public names are imported when they are first used: torch stays out of what Slicer loads at start-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from BratsSegmenterLib.lazy import lazy_names

if TYPE_CHECKING:
    from BratsSegmenterLib.learning.training.averaging import average_bundles
    from BratsSegmenterLib.learning.training.cases import Cases, SyntheticCases, TrainingCase
    from BratsSegmenterLib.learning.training.distributed import is_leader
    from BratsSegmenterLib.learning.training.export import export_bundle, refuse_to_export
    from BratsSegmenterLib.learning.training.folders import FolderCases, prepare_cases
    from BratsSegmenterLib.learning.training.log import LOSSES
    from BratsSegmenterLib.learning.training.origin import Origin, exported_by, note_export, open_source, origin_of
    from BratsSegmenterLib.learning.training.run_folder import settings_of
    from BratsSegmenterLib.learning.training.settings import (
        CaseSettings,
        NetworkSettings,
        OptimisationSettings,
        TrainingSettings,
    )
    from BratsSegmenterLib.learning.training.sources import CaseSource, FolderSource
    from BratsSegmenterLib.learning.training.teaching import Untaught, what_is_left_out
    from BratsSegmenterLib.learning.training.trainer import TrainedModel, train
    from BratsSegmenterLib.learning.training.validation import Validation, validate

_MODULE_OF = {
    "LOSSES": "log",
    "CaseSettings": "settings",
    "CaseSource": "sources",
    "Cases": "cases",
    "FolderCases": "folders",
    "FolderSource": "sources",
    "NetworkSettings": "settings",
    "OptimisationSettings": "settings",
    "Origin": "origin",
    "SyntheticCases": "cases",
    "TrainedModel": "trainer",
    "TrainingCase": "cases",
    "TrainingSettings": "settings",
    "Untaught": "teaching",
    "Validation": "validation",
    "average_bundles": "averaging",
    "export_bundle": "export",
    "exported_by": "origin",
    "is_leader": "distributed",
    "note_export": "origin",
    "open_source": "origin",
    "origin_of": "origin",
    "prepare_cases": "folders",
    "refuse_to_export": "export",
    "settings_of": "run_folder",
    "train": "trainer",
    "validate": "validation",
    "what_is_left_out": "teaching",
}

__all__ = [
    "LOSSES",
    "CaseSettings",
    "CaseSource",
    "Cases",
    "FolderCases",
    "FolderSource",
    "NetworkSettings",
    "OptimisationSettings",
    "Origin",
    "SyntheticCases",
    "TrainedModel",
    "TrainingCase",
    "TrainingSettings",
    "Untaught",
    "Validation",
    "average_bundles",
    "export_bundle",
    "exported_by",
    "is_leader",
    "note_export",
    "open_source",
    "origin_of",
    "prepare_cases",
    "refuse_to_export",
    "settings_of",
    "train",
    "validate",
    "what_is_left_out",
]

__getattr__ = lazy_names(__name__, _MODULE_OF)
