"""A narrow network's weights in a wider one that answers the same before it learns more.

The known features keep the weights by which they hear each other and hear nothing from the new ones, which start at
random and listen to all. So nothing is lost, and there is something to learn from the first step on. Networks that are
widened by copying features instead (Net2Net: Chen et al. 2016, arXiv:1511.05641) need noise to tell the copies apart.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor

_TRANSPOSED = re.compile(r"upsampling\.\d+\.weight")
"""Weights of a :class:`ResidualUNet` that have the axis of inputs first."""
_HEARS_TWO = re.compile(r"decoder\.\d+\.(0|conv1|shortcut)\.weight")
"""Weights whose inputs are those of the coarser level and then, as many, those of the encoder."""


def widened(name: str, known: Tensor, own: Tensor) -> Tensor:
    """Weights like `own`, with `known` in place of those of the features that a narrower network had.

    Parameters
    ----------
    name : str
        Of the weights in the state of a :class:`ResidualUNet`.
    known : Tensor
        Of the narrower network.
    own : Tensor
        Of the wider one, at random; shape (outputs, inputs, ...), inputs first where convolutions are transposed.

    Raises
    ------
    ValueError
        `own` is no wider version of `known`.
    """
    if known.ndim != own.ndim or known.shape[2:] != own.shape[2:] or any(map(int.__gt__, known.shape, own.shape)):
        raise ValueError(f"{name}: {tuple(known.shape)} does not fit into {tuple(own.shape)}")
    placed = own.clone()
    if known.ndim == 1:
        placed[: len(known)] = known
        return placed
    outputs_first, source = placed, known
    if _TRANSPOSED.fullmatch(name):
        outputs_first, source = placed.transpose(0, 1), known.transpose(0, 1)
    heard = torch.arange(source.shape[1])
    if _HEARS_TWO.fullmatch(name):
        half = source.shape[1] // 2
        heard[half:] += outputs_first.shape[1] // 2 - half
    outputs_first[: len(source)] = 0
    outputs_first[: len(source), heard] = source
    return placed
