"""The training loop: one step after another, through interruptions, to the end of the schedule."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.configuration import checked
from BratsSegmenterLib.learning.training.cases import TrainingCase, replayed
from BratsSegmenterLib.learning.training.checkpoint import load_checkpoint, save_checkpoint
from BratsSegmenterLib.learning.training.distributed import Group, group
from BratsSegmenterLib.learning.training.log import LossLog
from BratsSegmenterLib.learning.training.optimisation import MovingAverage, learning_rate
from BratsSegmenterLib.learning.training.recipes import TrainingRecipe, build_recipe
from BratsSegmenterLib.learning.training.run_folder import claim
from BratsSegmenterLib.learning.training.settings import TrainingSettings
from BratsSegmenterLib.learning.training.sources import CaseSource
from BratsSegmenterLib.learning.training.transfer import start_from
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import computes_in_bfloat16


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """Where a run stands.

    Attributes
    ----------
    settings : TrainingSettings
    network : torch.nn.Module
        With the averaged weights, in evaluation mode.
    steps_done : int
    loss : float
        Mean over the last steps; not a number when none was made.
    """

    settings: TrainingSettings = field(repr=False)
    network: nn.Module = field(repr=False)
    steps_done: int
    loss: float

    @property
    def is_finished(self) -> bool:
        """Whether the schedule came to its end."""
        return self.steps_done >= self.settings.optimisation.steps


def train(
    settings: TrainingSettings,
    source: CaseSource,
    folder: Path,
    device: str = "auto",
    minutes: float | None = None,
    tensorboard: bool = False,
    progress: Progress | None = None,
) -> TrainedModel:
    """Train until the schedule ends, the time is up or the user stops; the next call goes on from there.

    Parameters
    ----------
    settings : TrainingSettings
    source : CaseSource
    folder : Path
        Of the run: settings, losses and checkpoints. A run that lies there is continued.
    device : str
        "auto", "cpu" or "cuda".
    minutes : float or None
        After which to stop.
    tensorboard : bool
        Write events for TensorBoard.

    Raises
    ------
    LearningError
        A setting makes no sense, the folder holds a run with other settings, its checkpoint is damaged, or the loss is
        no longer a number.
    Cancelled
        The user stopped; a checkpoint was written.
    """
    progress = progress or Progress()
    claim(folder, checked(settings))
    with group(device) as processes:
        return _Run(settings, folder, processes, tensorboard).go(source, minutes, progress)


class _DivergedError(LearningError):
    """The network is of no use any more; raised before its state becomes the only checkpoint."""


class _Run:
    """Network, optimiser and average of one process."""

    def __init__(self, settings: TrainingSettings, folder: Path, processes: Group, tensorboard: bool) -> None:
        self._settings = settings
        self._checkpoints = folder / "checkpoints"
        self._processes = processes
        self._recipe: TrainingRecipe = build_recipe(settings)
        torch.manual_seed(settings.seed)
        self._network = self._recipe.network().to(processes.device)
        start_from(settings, self._network)
        optimisation = settings.optimisation
        self._optimiser = torch.optim.AdamW(
            [parameter for parameter in self._network.parameters() if parameter.requires_grad],
            lr=optimisation.learning_rate,
            betas=(0.9, 0.99),
            weight_decay=optimisation.weight_decay,
        )
        self._average = MovingAverage(self._network, optimisation.ema_decay)
        self._step = load_checkpoint(self._checkpoints, self._network, self._average.network, self._optimiser)
        self._log = LossLog(folder, self._step, tensorboard) if processes.leads else None
        self._mixed_precision = optimisation.mixed_precision and computes_in_bfloat16(processes.device)

    def go(self, source: CaseSource, minutes: float | None, progress: Progress) -> TrainedModel:
        settings, processes = self._settings, self._processes
        cases = source.training(processes.rank, processes.size, processes.device)
        wrapped = processes.wrap(self._network).train()
        deadline = math.inf if minutes is None else time.monotonic() + 60 * minutes
        saved, recent = time.monotonic(), math.nan
        stream = replayed(cases, settings.cases, settings.seed, self._step)
        try:
            while self._step < settings.optimisation.steps and not processes.any(time.monotonic() >= deadline):
                loss = self._advance(wrapped, next(stream))
                recent = loss if math.isnan(recent) else 0.98 * recent + 0.02 * loss
                if time.monotonic() - saved > 60 * settings.checkpoint_minutes:
                    self._save()
                    saved = time.monotonic()
                progress.update(self._step / settings.optimisation.steps, f"step {self._step}, loss {recent:.3f}")
        except _DivergedError:
            raise  # what is in memory leads nowhere; the last checkpoint may
        except BaseException:
            self._save()
            raise
        else:
            self._save()
        finally:
            if self._log is not None:
                self._log.close()
        return TrainedModel(settings, self._average.network, self._step, recent)

    def _advance(self, network: nn.Module, case: TrainingCase) -> float:
        """One step; returns its loss."""
        optimisation, device = self._settings.optimisation, self._processes.device
        rate = learning_rate(self._step, optimisation)
        for parameters in self._optimiser.param_groups:
            parameters["lr"] = rate
        random = np.random.default_rng((self._settings.seed, self._processes.rank, self._step))
        case = TrainingCase(case.images.to(device), case.labels.to(device), case.brain.to(device), case.present)
        with torch.autocast(device.type, torch.bfloat16, enabled=self._mixed_precision):
            loss = self._recipe.loss(network, case, random)
        value = float(loss.detach())
        self._refuse_to_diverge(value)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        gradient = nn.utils.clip_grad_norm_(self._network.parameters(), optimisation.clip_norm)
        self._refuse_to_diverge(float(gradient))
        self._optimiser.step()
        self._average.update(self._network, self._step)
        self._step += 1
        if self._log is not None:
            self._log.add(self._step, value, rate)
        return value

    def _refuse_to_diverge(self, value: float) -> None:
        """Stop all processes before weights are changed, when `value` is no number in one of them."""
        if self._processes.any(not math.isfinite(value)):
            raise _DivergedError(
                f"The loss is no longer a number after {self._step} steps.",
                "Take damaged images out of the training cases and call again, or start in another folder with a lower "
                "learning rate.",
            )

    def _save(self) -> None:
        if self._processes.leads and self._step:
            save_checkpoint(self._checkpoints, self._step, self._network, self._average.network, self._optimiser)
