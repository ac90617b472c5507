"""When memory runs out, smaller windows and then the CPU are tried, and the user is told."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
import torch
from torch import Tensor, nn

from BratsSegmenterLib.errors import InferenceError, is_out_of_memory
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation.windows import Attempt, WindowRunner


class Hungry(nn.Module):
    """A network that needs more memory than there is for windows of more than `most` voxels."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.convolution = nn.Conv3d(1, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        if x[0, 0].numel() > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return self.convolution(x)


def _runner(most: int) -> WindowRunner:
    return WindowRunner(Hungry(most).eval(), torch.device("cpu"), (16, 16, 16), 8, 0.5, mixed_precision=False)


def test_smaller_windows_give_the_result_and_a_sentence() -> None:
    runner = _runner(most=8**3)
    image = torch.randn(1, 1, 16, 16, 16)
    probabilities = runner.probabilities(image, Progress())
    with torch.inference_mode():
        expected = torch.sigmoid(runner.network.convolution(image))  # type: ignore[operator]
    assert torch.allclose(probabilities, expected, atol=1e-5)
    assert len(runner.findings) == 1
    assert "8 x 8 x 8 voxels" in runner.findings[0]


def test_what_failed_once_is_not_tried_again_for_the_mirrored_image() -> None:
    runner = _runner(most=8**3)
    for _ in range(2):
        runner.probabilities(torch.randn(1, 1, 16, 16, 16), Progress())
    assert len(runner.findings) == 1


def test_no_memory_for_anything_is_an_error_with_advice() -> None:
    with pytest.raises(InferenceError, match=r"not enough memory.*Close other programs") as caught:
        _runner(most=1).probabilities(torch.randn(1, 1, 16, 16, 16), Progress())
    assert "CUDA out of memory" in caught.value.cause


class _Unsupported(nn.Identity):
    """A network that cannot go onto a GPU that this PyTorch was not built for."""

    def to(self, device: torch.device) -> _Unsupported:  # type: ignore[override]
        if device.type != "cpu":
            raise RuntimeError("CUDA error: no kernel image is available for execution on the device")
        return self


def test_a_gpu_that_pytorch_does_not_support_is_left_for_the_cpu_and_said() -> None:
    runner = WindowRunner(_Unsupported(), torch.device("cuda"), (16, 16, 16), 8, 0.5, mixed_precision=False)
    image = torch.randn(1, 1, 16, 16, 16)
    assert torch.allclose(runner.probabilities(image, Progress()), torch.sigmoid(image), atol=1e-5)
    assert runner.device_used.type == "cpu"
    (finding,) = runner.findings
    assert "cannot compute on this computer's 'cuda' device" in finding


@pytest.mark.parametrize(
    "text",
    [
        "CUDA out of memory. Tried to allocate 2.00 GiB",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "DefaultCPUAllocator: not enough memory: you tried to allocate 31850496000 bytes.",
        "unable to mmap 1048576 bytes from file <model.safetensors>: Cannot allocate memory (12)",
    ],
)
def test_lack_of_memory_is_understood_in_every_library_s_words(text: str) -> None:
    assert is_out_of_memory(RuntimeError(text))


def test_other_errors_of_a_network_are_not_mistaken_for_lack_of_memory() -> None:
    with pytest.raises(RuntimeError, match="expected input"):
        _runner(most=16**3).probabilities(torch.randn(1, 2, 16, 16, 16), Progress())


def test_a_gpu_is_tried_in_three_sizes_before_the_cpu() -> None:
    runner = WindowRunner(nn.Identity(), torch.device("cuda"), (64, 96, 32), 16, 0.5, mixed_precision=True)
    sizes = [(64, 96, 32), (32, 48, 16), (16, 16, 16)]
    assert runner._attempts == [Attempt(torch.device(kind), size) for kind in ("cuda", "cpu") for size in sizes]


def test_a_computer_that_really_has_no_memory_left_falls_back() -> None:
    """A process of its own may use 1 GB more than it has, MONAI included; the whole image at once needs twice that."""
    code = """
        import resource, torch
        from torch import nn
        from BratsSegmenterLib.progress import Progress
        from BratsSegmenterLib.segmentation.windows import WindowRunner
        torch.set_num_threads(1)
        network = nn.Sequential(nn.Conv3d(1, 600, 1), nn.Conv3d(600, 1, 1)).eval()
        runner = WindowRunner(network, torch.device("cpu"), (96, 96, 96), 16, 0.25, False)
        image = torch.zeros(1, 1, 96, 96, 96)
        with torch.inference_mode():
            network(image[..., :16, :16, :16])
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 1_000_000_000, used + 1_000_000_000))
        print(tuple(runner.probabilities(image, Progress()).shape), *runner.findings)
    """
    if not sys.platform.startswith("linux"):
        pytest.skip("the limit on memory is Linux's")
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert "(1, 1, 96, 96, 96)" in result.stdout, result.stderr
    assert "memory of the device 'cpu' was not enough" in result.stdout
