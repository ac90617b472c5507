"""What the parts of the work list share."""

from __future__ import annotations

from dataclasses import dataclass

from BratsSegmenterLib.widgets.identities import Identities
from BratsSegmenterLib.widgets.priors_finder import PriorsFinder
from BratsSegmenterLib.widgets.queue_runner import QueueRunner
from BratsSegmenterLib.widgets.sources import Sources


@dataclass(frozen=True, eq=False)
class Worklist:
    """Where studies are found, what is done in the background, and how patients are named."""

    sources: Sources
    queue: QueueRunner
    priors: PriorsFinder
    identities: Identities
