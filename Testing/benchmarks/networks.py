"""What candidate networks cost for a whole brain, beside the Model Zoo's SegResNet with sliding windows.

All are timed alternately in one run, so that ratios hold on a busy machine too. Accuracy has to be learnt; on BraTS
good convolutional networks lie within one Dice point of each other, so that cost decides.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable

import torch
from monai.inferers import SlidingWindowInferer
from monai.networks.nets import DynUNet, SegResNet, UNet
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from BratsSegmenterLib.segmentation import ResidualUNet, computes_in_bfloat16

_AT_2_MM = (80, 96, 80)
_AT_1_MM = (160, 192, 144)


def _dynunet() -> nn.Module:
    strides = [1, 2, 2, 2, 2]
    return DynUNet(3, 4, 3, [3] * 5, strides, strides[1:], filters=[16, 32, 64, 128, 256], norm_name="INSTANCE")


_CANDIDATES: dict[str, Callable[[], nn.Module]] = {
    "ResidualUNet 16 (shipped)": ResidualUNet,
    "ResidualUNet 12": lambda: ResidualUNet(channels=(12, 24, 48, 96, 128)),
    "ResidualUNet 24": lambda: ResidualUNet(channels=(24, 48, 96, 192, 256)),
    "SegResNet 8": lambda: SegResNet(3, 8, 4, 3, blocks_down=(1, 2, 2, 4), blocks_up=(1, 1, 1)),
    "SegResNet 16": lambda: SegResNet(3, 16, 4, 3, blocks_down=(1, 2, 2, 4), blocks_up=(1, 1, 1)),
    "UNet 16, 2 residual units": lambda: UNet(3, 4, 3, (16, 32, 64, 128, 256), (2, 2, 2, 2), num_res_units=2),
    "DynUNet 16": _dynunet,
}


@torch.inference_mode()
def main() -> None:
    """Print parameters, seconds and the ratio to the reference for each candidate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--without-reference", action="store_true", help="skip the Model Zoo's network at 1 mm")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    device = torch.device(arguments.device)
    table = Table("network", "M parameters", "s at 2 mm, float32", "s at 2 mm, bfloat16", "ratio to the Model Zoo")
    brain = torch.randn(1, 4, *_AT_2_MM, device=device)
    networks = {name: build().to(device).eval() for name, build in _CANDIDATES.items()}
    plain: dict[str, list[float]] = {name: [] for name in networks}
    mixed: dict[str, list[float]] = {name: [] for name in networks}
    model_zoo: list[float] = []
    in_bfloat16 = computes_in_bfloat16(device)
    for _ in range(arguments.rounds):
        for name, network in networks.items():
            plain[name].append(_seconds(network, brain, False))
            mixed[name].append(_seconds(network, brain, True) if in_bfloat16 else math.inf)
        if not arguments.without_reference:
            model_zoo.append(_model_zoo_seconds(networks["SegResNet 16"], device))
    for name, network in networks.items():
        million = sum(parameter.numel() for parameter in network.parameters()) / 1e6
        fastest = min(*plain[name], *mixed[name])
        ratio = f"{fastest / min(model_zoo):.3f}" if model_zoo else ""
        table.add_row(
            name, f"{million:.2f}", f"{min(plain[name]):.2f}", f"{min(mixed[name]):.2f}" if in_bfloat16 else "-", ratio
        )
    if model_zoo:
        table.add_row("Model Zoo: SegResNet 16, 1 mm, 128^3, overlap .5", "4.70", f"{min(model_zoo):.2f}", "", "1")
    Console().print(table)


def _model_zoo_seconds(network: nn.Module, device: torch.device) -> float:
    """One pass of brats_mri_segmentation's architecture over a whole brain."""
    inferer = SlidingWindowInferer((128, 128, 128), overlap=0.5)
    return _seconds(lambda x: inferer(x, network), torch.randn(1, 4, *_AT_1_MM, device=device), False)


def _seconds(network: Callable[[Tensor], object], x: Tensor, mixed: bool) -> float:
    started = time.perf_counter()
    with torch.autocast(x.device.type, torch.bfloat16, enabled=mixed):
        network(x)
    if x.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
