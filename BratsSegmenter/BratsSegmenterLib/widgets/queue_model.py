"""The queue as the panel shows it: which study, how far it is, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass

from BratsSegmenterLib.progress import ProgressEvent
from BratsSegmenterLib.study import QueueItem, StudyOrigin, StudyProgress, StudyState
from BratsSegmenterLib.widgets.identities import Identities
from BratsSegmenterLib.widgets.queue_runner import QueueRunner
from BratsSegmenterLib.widgets.stage_names import stage_name
from BratsSegmenterLib.widgets.state_names import state_name
from BratsSegmenterLib.widgets.translation import tr as _

_OPENS = (StudyState.SEGMENTED, StudyState.NEEDS_YOU)
_TRIES_AGAIN = (StudyState.FAILED, StudyState.CANCELLED)  # what needs a person would only ask again
_ENDED = (StudyState.SEGMENTED, StudyState.FAILED, StudyState.CANCELLED, StudyState.NEEDS_YOU)


@dataclass(frozen=True)
class QueueRow:
    """One study of the queue.

    Attributes
    ----------
    progress : str
        Its state in words; while it is worked on, with how much of the stage is done.
    hint : str
        Why it waits or failed; empty otherwise.
    """

    item: QueueItem
    title: str
    progress: str
    hint: str
    can_open: bool
    can_move: bool
    can_retry: bool
    can_cancel: bool


class QueueModel:
    """The rows of the queue.

    Parameters
    ----------
    queue : QueueRunner
    identities : Identities
    """

    def __init__(self, queue: QueueRunner, identities: Identities) -> None:
        self._queue = queue
        self._identities = identities
        self._origins: dict[str, StudyOrigin | None] = {}
        self._results: dict[str, StudyProgress] = {}
        self._event: ProgressEvent | None = None
        queue.progressed.connect(self._remember)
        queue.changed.connect(self._forget)

    def refresh(self) -> None:
        """Read again how far the work on the results is, and what has to be answered about them."""
        done = (item for item in self._queue.items if item.state is StudyState.SEGMENTED)
        self._results = {item.folder: self._queue.kept(item).progress for item in done}

    def rows(self) -> tuple[QueueRow, ...]:
        """All studies, in the order in which they are worked on."""
        return tuple(self._row(place, item) for place, item in enumerate(self._queue.items))

    def origin(self, item: QueueItem) -> StudyOrigin | None:
        """Which study it is; None when its job folder is gone."""
        if item.folder not in self._origins:
            self._origins[item.folder] = self._queue.kept(item).origin
        return self._origins[item.folder]

    def summary(self) -> str:
        """How far the queue is: ``1 of 3 done, 2 wait for you``; empty when there is none."""
        items = self._queue.items
        if not items:
            return ""
        done = sum(item.state is StudyState.SEGMENTED for item in items)
        parts = [_("{done} of {count} done").format(done=done, count=len(items))]
        questions = sum(bool(result.question) for result in self._results.values())
        asking = questions + sum(item.state is StudyState.NEEDS_YOU for item in items)
        waiting = _("1 waits for you") if asking == 1 else _("{count} wait for you").format(count=asking)
        parts += [waiting] if asking else []
        failed = sum(item.state is StudyState.FAILED for item in items)
        parts += [_("{count} failed").format(count=failed)] if failed else []
        return ", ".join(parts)

    def _row(self, place: int, item: QueueItem) -> QueueRow:
        origin = self.origin(item)
        return QueueRow(
            item=item,
            title=self._identities.title(origin.study) if origin else _("unknown study"),
            progress=self._progress(item),
            hint=item.reason,
            can_open=item.state in _OPENS and origin is not None,
            can_move=place > 0 and item.state is StudyState.QUEUED,
            can_retry=item.state in _TRIES_AGAIN,
            can_cancel=item.state not in _ENDED,
        )

    def _progress(self, item: QueueItem) -> str:
        result = self._results.get(item.folder, StudyProgress(item.state))
        name = state_name(result.state)
        if result.question:
            return f"{name}: {result.question}"
        if not item.is_at_work or self._event is None:
            return name
        return f"{name}: {stage_name(self._event.stage)} {self._event.fraction:.0%}"

    def _remember(self, event: ProgressEvent) -> None:
        self._event = event

    def _forget(self) -> None:
        self._event = None
