"""Several processes that train one network, started by torchrun; one process alone needs none of this."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from BratsSegmenterLib.learning.devices import learning_device


@dataclass(frozen=True)
class Group:
    """This process among those that train together.

    Attributes
    ----------
    rank, size : int
        Number of this process, from 0, and how many there are.
    device : torch.device
    """

    rank: int
    size: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes files and reports."""
        return self.rank == 0

    def wrap(self, network: nn.Module) -> nn.Module:
        """The network, its gradients averaged over the group."""
        if self.size == 1:
            return network
        return DistributedDataParallel(network, device_ids=[self.device.index] if self.device.type == "cuda" else None)

    def any(self, flag: bool) -> bool:
        """Whether `flag` is set in any process."""
        if self.size == 1:
            return flag
        votes = torch.tensor(float(flag), device=self.device)
        dist.all_reduce(votes)
        return bool(votes)


def is_leader() -> bool:
    """Whether this process is the one that reports, outside of a group too: torchrun tells each its rank."""
    return int(os.environ.get("RANK", "0")) == 0


@contextmanager
def group(device: str) -> Iterator[Group]:
    """Join the group that torchrun started, or be one alone.

    Parameters
    ----------
    device : str
        As :func:`learning_device` takes it; with several processes each takes the device of its own rank.

    Raises
    ------
    InferenceError
        The device is not known or not there.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    kind = learning_device(device)
    if size == 1:
        yield Group(0, 1, torch.device(kind))
        return
    local = int(os.environ["LOCAL_RANK"])
    dist.init_process_group("nccl" if kind == "cuda" else "gloo")
    try:
        yield Group(dist.get_rank(), size, torch.device(kind, local) if kind == "cuda" else torch.device(kind))
    finally:
        dist.destroy_process_group()
