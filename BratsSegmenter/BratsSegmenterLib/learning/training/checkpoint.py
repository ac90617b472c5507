"""A run's whole state on disk, so that it continues at the very next step after any interruption.

A checkpoint is a folder ``step-00001200`` with tensors in safetensors files of less than 16 MiB each, which travel
through every channel, and ``state.json``. It is written under another name and renamed when it is complete.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from BratsSegmenterLib.errors import LearningError, explaining_memory

_SHARD_BYTES = 15 * 2**20
_PATTERN = "step-*"
_UNFINISHED = ".unfinished-"
_STATE = "state.json"


def save_checkpoint(
    folder: Path, step: int, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer
) -> Path:
    """Write the state after `step` steps and remove older ones; one that lies there already is that state, and stays.

    Returns
    -------
    Path
        The checkpoint's folder.
    """
    target = folder / f"step-{step:08d}"
    for left_over in folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left_over)
    if target.exists():
        return target
    tensors = {
        **_prefixed("network", network.state_dict()),
        **_prefixed("average", average.state_dict()),
        **_prefixed("optimiser", _optimiser_tensors(optimiser)),
    }
    unfinished = folder / f"{_UNFINISHED}{os.getpid()}"
    unfinished.mkdir(parents=True)
    shards = _shards(tensors)
    for number, shard in enumerate(shards):
        safetensors.torch.save_file(shard, unfinished / f"tensors-{number:02d}.safetensors")
    state = {"step": step, "shards": len(shards)}
    (unfinished / _STATE).write_text(json.dumps(state), encoding="utf-8")
    older = list(folder.glob(_PATTERN))
    os.replace(unfinished, target)
    for checkpoint in older:
        shutil.rmtree(checkpoint)
    return target


def load_checkpoint(folder: Path, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    """Restore the newest state.

    Returns
    -------
    int
        Steps done; 0 when there is no checkpoint.

    Raises
    ------
    LearningError
        The checkpoint is damaged or of another network.
    BratsSegmenterError
        The memory is not enough.
    """
    checkpoints = sorted(folder.glob(_PATTERN))
    if not checkpoints:
        return 0
    newest = checkpoints[-1]
    try:
        with explaining_memory():
            state = json.loads((newest / _STATE).read_text(encoding="utf-8"))
            tensors: dict[str, Tensor] = {}
            for number in range(state["shards"]):
                tensors |= safetensors.torch.load_file(newest / f"tensors-{number:02d}.safetensors")
            network.load_state_dict(_without_prefix("network", tensors))
            average.load_state_dict(_without_prefix("average", tensors))
            _restore_optimiser(optimiser, _without_prefix("optimiser", tensors))
    except (OSError, ValueError, KeyError, RuntimeError, safetensors.SafetensorError) as error:
        raise LearningError(
            f"The checkpoint '{newest.name}' cannot be used to continue.",
            "Start in another folder, or with the settings that wrote it.",
            str(error),
        ) from error
    return int(state["step"])


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}/{name}": tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _without_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}/"
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}


def _optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The moments of every parameter, by the parameter's number and the moment's name."""
    return {
        f"{number}/{name}": torch.as_tensor(value)
        for number, moments in optimiser.state_dict()["state"].items()
        for name, value in moments.items()
    }


def _restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        number, name = key.split("/")
        state.setdefault(int(number), {})[name] = tensor
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})


def _shards(tensors: Mapping[str, Tensor]) -> list[dict[str, Tensor]]:
    """The tensors in groups of at most 15 MiB."""
    shards: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, tensor in tensors.items():
        if size + tensor.nbytes > _SHARD_BYTES and shards[-1]:
            shards.append({})
            size = 0
        shards[-1][name] = tensor
        size += tensor.nbytes
    return shards
