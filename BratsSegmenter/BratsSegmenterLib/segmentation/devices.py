"""Which device computes, and what happens when its memory runs out."""

from __future__ import annotations

import torch

from BratsSegmenterLib.errors import InferenceError
from BratsSegmenterLib.segmentation.choices import DEVICES


def choose_device(name: str) -> torch.device:
    """The device called `name`; with "auto" a CUDA GPU, else Apple's, else the CPU.

    Raises
    ------
    InferenceError
        The device is not known or not there.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(device for device, is_there in available.items() if is_there))
    if name not in available:
        raise InferenceError(f"There is no device called '{name}'.", f"Choose one of: {', '.join(DEVICES)}.")
    if not available[name]:
        raise InferenceError(
            f"The device '{name}' was asked for, but this computer does not offer it to PyTorch.",
            "Choose 'auto' or 'cpu', or install PyTorch with support for the device.",
        )
    return torch.device(name)


def computes_in_bfloat16(device: torch.device) -> bool:
    """Whether `device` has instructions for bfloat16; PyTorch imitates them elsewhere, far slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        return torch.backends.mkldnn.is_available() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return True


def is_unsupported(error: BaseException) -> bool:
    """Whether `error` says that this PyTorch was built for other GPUs than the one at hand."""
    return isinstance(error, RuntimeError) and "no kernel image is available" in str(error).lower()


def free_memory(device: torch.device) -> None:
    """Give cached memory of a GPU back, so that a smaller attempt can have it."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
