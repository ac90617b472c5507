"""The bench of one study: everything that is done in its job folder, and what that alone is made of."""

from BratsSegmenterLib.workbench.bench import Workbench
from BratsSegmenterLib.workbench.borrowing import find_offers
from BratsSegmenterLib.workbench.prepared_study import describe

__all__ = ["Workbench", "describe", "find_offers"]
