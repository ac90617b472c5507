"""The loss of every step in a CSV file that survives interruptions, and in TensorBoard if wanted."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

from BratsSegmenterLib.errors import LearningError

LOSSES = "losses.csv"
"""Name of the file in a run's folder."""
_COLUMNS = ("step", "loss", "learning_rate")


class LossLog:
    """Appends one line a step; lines after the last checkpoint are dropped when a run continues.

    Parameters
    ----------
    folder : Path
        Of the run.
    steps_done : int
        At the last checkpoint.
    tensorboard : bool
        Write events for TensorBoard too.

    Raises
    ------
    LearningError
        TensorBoard is wanted and not installed.
    """

    def __init__(self, folder: Path, steps_done: int, tensorboard: bool = False) -> None:
        self._file = folder / LOSSES
        kept = [row for row in read_losses(self._file) if row[0] <= steps_done]
        unfinished = self._file.with_suffix(".tmp")
        with unfinished.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([_COLUMNS, *kept])
        os.replace(unfinished, self._file)
        self._stream = self._file.open("a", newline="", encoding="utf-8", buffering=1)
        self._writer = _tensorboard(folder, steps_done) if tensorboard else None

    def add(self, step: int, loss: float, learning_rate: float) -> None:
        """Note the loss after `step` steps."""
        csv.writer(self._stream).writerow([step, repr(loss), repr(learning_rate)])
        if self._writer is not None:
            self._writer.add_scalar("loss", loss, step)
            self._writer.add_scalar("learning rate", learning_rate, step)

    def close(self) -> None:
        """Write what is still in memory."""
        self._stream.close()
        if self._writer is not None:
            self._writer.close()


def read_losses(file: Path) -> list[tuple[int, float, float]]:
    """Step, loss and learning rate of every line; a line cut short by a crash ends the list."""
    rows: list[tuple[int, float, float]] = []
    if not file.exists():
        return rows
    with file.open(newline="", encoding="utf-8") as stream:
        for row in list(csv.reader(stream))[1:]:
            try:
                step, loss, rate = row
                rows.append((int(step), float(loss), float(rate)))
            except ValueError:
                break
    return rows


def _tensorboard(folder: Path, steps_done: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise LearningError("TensorBoard is not installed.", "Install it (pip install tensorboard).") from error
    return SummaryWriter(folder / "tensorboard", purge_step=steps_done + 1)
