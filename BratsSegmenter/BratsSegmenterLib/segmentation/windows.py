"""Running a network over a grid in windows, smaller ones when memory runs out, and stopping when asked to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor, nn

from BratsSegmenterLib.errors import InferenceError, is_out_of_memory
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation.devices import free_memory, is_unsupported

_HALVINGS = 2
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Attempt:
    """One way to run the network: where, and in windows of which size."""

    device: torch.device
    window: Shape


@dataclass
class WindowRunner:
    """Runs one network over images, one window after the other.

    The attempt that worked is remembered, so that mirrored copies of an image do not fail anew.

    Attributes
    ----------
    network : torch.nn.Module
        Returns logits.
    device : torch.device
        To begin with.
    window : tuple of int
        To begin with.
    multiple_of : int
        Sides of smaller windows are multiples of it.
    overlap : float
        Of neighbouring windows.
    mixed_precision : bool
        Compute in bfloat16 where that is safe.
    passes : int
        How many images of this size will be run in all, for the progress.
    findings : list of str
        Sentences about what did not go as planned.
    """

    network: nn.Module
    device: torch.device
    window: Shape
    multiple_of: int
    overlap: float
    mixed_precision: bool
    passes: int = 1
    findings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._attempts = list(self._plan())
        self._finished_passes = 0

    @property
    def device_used(self) -> torch.device:
        """Where the next window runs: the device to begin with, or what the findings say."""
        return self._attempts[0].device

    def probabilities(self, image: Tensor, progress: Progress) -> Tensor:
        """Sigmoid of the network's logits, float32 on the CPU, shape (1, regions, ...).

        Parameters
        ----------
        image : Tensor of float32, shape (1, channels, ...)
        progress : Progress
            Told after every window; asked between the network's layers whether to stop.

        Raises
        ------
        InferenceError
            Not even the smallest windows on the CPU fit into memory.
        Cancelled
        """
        while self._attempts:
            attempt = self._attempts[0]
            try:
                result = self._run(image, attempt, progress)
                self._finished_passes += 1
                return result
            except (RuntimeError, MemoryError) as error:
                if is_unsupported(error) and attempt.device.type != "cpu":
                    self._give_up_device(attempt.device)
                    continue
                if not is_out_of_memory(error):
                    raise
                cause = str(error)
            free_memory(attempt.device)
            self._give_up(attempt)
        raise InferenceError(
            "There is not enough memory to run the model, not even in small parts on the CPU.",
            "Close other programs, or choose a smaller model.",
            cause,
        )

    def _plan(self) -> Iterator[Attempt]:
        devices = [self.device] if self.device.type == "cpu" else [self.device, torch.device("cpu")]
        for device in devices:
            window = self.window
            for _ in range(_HALVINGS + 1):
                yield Attempt(device, window)
                smaller = self._half(window)
                if smaller == window:
                    break
                window = smaller

    def _half(self, window: Shape) -> Shape:
        first, second, third = (
            max(self.multiple_of, side // 2 // self.multiple_of * self.multiple_of) for side in window
        )
        return first, second, third

    def _give_up(self, failed: Attempt) -> None:
        self._attempts.pop(0)
        if not self._attempts:
            return
        following = self._attempts[0]
        size = " x ".join(str(side) for side in following.window)
        self.findings.append(
            f"The memory of the device '{failed.device.type}' was not enough for the model; it was run on "
            f"'{following.device.type}' in windows of {size} voxels, which can change the result slightly."
        )

    def _give_up_device(self, unsupported: torch.device) -> None:
        self._attempts = [attempt for attempt in self._attempts if attempt.device != unsupported]
        self.findings.append(
            f"PyTorch as installed here cannot compute on this computer's '{unsupported.type}' device; the model was "
            f"run on '{self.device_used.type}'. Install a PyTorch that supports the device."
        )

    def _run(self, image: Tensor, attempt: Attempt, progress: Progress) -> Tensor:
        network = self.network.to(attempt.device)
        windows_done, windows = 0, _count_windows(image.shape[2:], attempt.window, self.overlap)

        def predict(window: Tensor) -> Tensor:
            nonlocal windows_done
            with torch.autocast(attempt.device.type, torch.bfloat16, enabled=self.mixed_precision):
                logits = network(window)
            windows_done += 1
            fraction = (self._finished_passes + min(1.0, windows_done / windows)) / self.passes
            progress.update(fraction, f"window {windows_done} of {windows}")
            return torch.sigmoid(logits.float())

        with torch.inference_mode(), _stops_between_layers(network, progress):
            if image.shape[2:] == attempt.window:
                return predict(image.to(attempt.device)).cpu()
            from monai.inferers import sliding_window_inference  # takes longer to import than a small network to run

            result = sliding_window_inference(
                image,
                roi_size=attempt.window,
                sw_batch_size=1,
                predictor=predict,
                overlap=self.overlap,
                mode="gaussian",
                sw_device=attempt.device,
                device=torch.device("cpu"),
            )
        return cast(Tensor, result)


def _count_windows(shape: torch.Size, window: Shape, overlap: float) -> int:
    """How many windows MONAI lays over an image of `shape`."""
    count = 1
    for size, side in zip(shape, window, strict=True):
        step = max(1, int(side * (1 - overlap)))
        count *= max(0, -(-(size - side) // step)) + 1
    return count


@contextmanager
def _stops_between_layers(network: nn.Module, progress: Progress) -> Iterator[None]:
    """Let a cancel act within one layer: a window of a large model takes many seconds on a CPU."""

    def stop(*_: object) -> None:
        progress.raise_if_cancelled()

    hooks = [module.register_forward_pre_hook(stop) for module in network.modules() if not list(module.children())]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
