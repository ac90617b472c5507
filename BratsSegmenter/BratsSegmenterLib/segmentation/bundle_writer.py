"""Writes a model as a bundle that the module and every command can load."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from BratsSegmenterLib.segmentation import metadata as bundle_metadata
from BratsSegmenterLib.segmentation.bundle import Bundle, load_bundle
from BratsSegmenterLib.segmentation.calibration import CALIBRATION_FILE
from BratsSegmenterLib.segmentation.specification import ModelSpecification

if TYPE_CHECKING:
    from torch import nn

_WEIGHTS = "models/model.safetensors"


def write_bundle(
    folder: Path,
    network: nn.Module,
    specification: ModelSpecification,
    card: str,
    licence: str,
    half_precision: bool = True,
    further: Mapping[str, str] = MappingProxyType({}),
) -> Bundle:
    """Write a bundle and load it again.

    Parameters
    ----------
    folder : Path
        Of the bundle; its name is the bundle's. An older bundle there is replaced, its calibration, which does not hold
        for other weights, removed; files of it that are not part of a bundle (pictures, for instance) stay.
    network : torch.nn.Module
        Whose weights are stored; ``specification.network`` must describe it.
    card : str
        The model card, Markdown: what it was trained on, how well it does, where it fails, what it is not for.
    licence : str
        Text of the licence of the weights.
    half_precision : bool
        Store float16 values, half the size; the network computes in float32 all the same.
    further : mapping of str to str
        Text of more files, by their paths in the bundle: how it was trained, for instance.

    Returns
    -------
    Bundle
        As loaded from `folder`.

    Raises
    ------
    BundleError
        What was written cannot be loaded, because specification and network do not fit.
    """
    import safetensors.torch
    import torch

    dtype = torch.float16 if half_precision else torch.float32
    tensors = {
        name: tensor.detach().cpu().to(dtype if tensor.is_floating_point() else tensor.dtype).contiguous()
        for name, tensor in network.state_dict().items()
    }
    content = safetensors.torch.save(tensors)
    metadata, inference = bundle_metadata.to_json(specification, _WEIGHTS, hashlib.sha256(content).hexdigest())
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent)) / folder.name
    try:
        _write(staging / _WEIGHTS, content)
        _write(staging / "configs/metadata.json", _json(metadata))
        _write(staging / "configs/inference.json", _json(inference))
        _write(staging / "README.md", card.encode())
        _write(staging / "LICENSE", licence.encode())
        for path, text in further.items():
            _write(staging / path, text.encode())
        load_bundle(staging).load_network()
        (folder / CALIBRATION_FILE).unlink(missing_ok=True)
        for file in (path for path in staging.rglob("*") if path.is_file()):
            target = folder / file.relative_to(staging)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, target)
    finally:
        shutil.rmtree(staging.parent)
    return load_bundle(folder)


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
