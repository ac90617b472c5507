"""The way back into the archive: a label map becomes objects of its study, which are checked and stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from BratsSegmenterLib.lazy import lazy_names

if TYPE_CHECKING:
    from BratsSegmenterLib.delivery.held_study import HeldStudy
    from BratsSegmenterLib.delivery.left_over import give_up, is_part_of
    from BratsSegmenterLib.delivery.new_version import require_new_version, reviewers_in
    from BratsSegmenterLib.delivery.sending import Sending
    from BratsSegmenterLib.delivery.statement import Signature, Statement

__all__ = [
    "HeldStudy",
    "Sending",
    "Signature",
    "Statement",
    "give_up",
    "is_part_of",
    "require_new_version",
    "reviewers_in",
]

_LOADED_WHEN_USED = {
    "HeldStudy": "held_study",
    "Sending": "sending",
    "Signature": "statement",
    "Statement": "statement",
    "give_up": "left_over",
    "is_part_of": "left_over",
    "require_new_version": "new_version",
    "reviewers_in": "new_version",
}

__getattr__ = lazy_names(__name__, _LOADED_WHEN_USED)
