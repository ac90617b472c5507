"""How fast synthetic cases are made, beside one training step of the shipped network on such a case.

Below 1.0 one worker process keeps up with training even when every case is used once only.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from BratsSegmenterLib.learning.synthesis import SynthesisSettings, load_anatomies, synthesise
from BratsSegmenterLib.learning.training import TrainingCase, TrainingSettings
from BratsSegmenterLib.learning.training.recipes import build_recipe
from BratsSegmenterLib.segmentation import computes_in_bfloat16


def main() -> None:
    """Print seconds of a case and of a training step, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--anatomy", type=Path, help="folder of label maps; left out: the ICBM atlas")
    parser.add_argument("--cache", type=Path, help="folder of prepared anatomies")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    device = torch.device(arguments.device)

    settings = SynthesisSettings()
    anatomies = load_anatomies(arguments.anatomy, settings.spacing_mm, device, arguments.cache, limit=2)
    recipe = build_recipe(TrainingSettings())
    network = recipe.network().to(device).train()
    made = synthesise(anatomies, settings, 0, device)
    case = TrainingCase(made.images, made.labels, made.brain, made.present)

    def make(seed: int) -> None:
        synthesise(anatomies, settings, seed, device)

    def learn(seed: int) -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=computes_in_bfloat16(device)):
            loss = recipe.loss(network, case, np.random.default_rng(seed))
        loss.backward()

    learn(0)
    pairs = [(_seconds(make, seed, device), _seconds(learn, seed, device)) for seed in range(arguments.rounds)]
    making, learning = np.median(pairs, axis=0)
    table = Table("", "seconds", title=f"Case of {settings.shape} at {settings.spacing_mm:g} mm on {device}")
    table.add_row("making it", f"{making:.3f}")
    table.add_row("learning from it", f"{learning:.3f}")
    table.add_row("ratio", f"{making / learning:.2f}")
    Console().print(table)


def _seconds(work: Callable[[int], None], seed: int, device: torch.device) -> float:
    started = time.perf_counter()
    work(seed)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
