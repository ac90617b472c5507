"""Weights files: read once, hashed, and only then given to a loader that runs no code."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

from BratsSegmenterLib.errors import BundleError

if TYPE_CHECKING:
    from torch import Tensor


def checked_bytes(file: Path, digest: str, algorithm: str = "sha256") -> bytes:
    """The content of `file` if its hash is `digest`.

    Raises
    ------
    BundleError
        The file is missing, or its hash is another.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BundleError(
            f"The weights '{file.name}' of the model bundle '{file.parents[1].name}' cannot be read.",
            "Get the bundle again from its source.",
            str(error),
        ) from error
    actual = hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()
    if actual != digest.lower():
        raise BundleError(
            f"The weights '{file.name}' of the model bundle '{file.parents[1].name}' are not the ones it was made "
            f"with: their {algorithm.upper()} is {actual}, expected {digest}.",
            "Do not use them; get the bundle again from its source.",
        )
    return content


def state_dict(file: Path, content: bytes) -> dict[str, Tensor]:
    """Tensors by name, in float32, from the content of a safetensors file or a weights-only PyTorch file.

    Raises
    ------
    BundleError
        The content is not what the file's name says, or holds more than tensors.
    """
    import safetensors.torch
    import torch

    try:
        if file.suffix == ".safetensors":
            tensors = safetensors.torch.load(content)
        else:
            tensors = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
            tensors = tensors.get("model", tensors)
        return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    except Exception as error:
        raise BundleError(
            f"The weights '{file.name}' of the model bundle '{file.parents[1].name}' cannot be loaded.",
            "Get the bundle again from its source.",
            repr(error),
        ) from error
