"""How long a whole study takes to segment, beside the Model Zoo's architecture in the same run.

    python Testing/benchmarks/inference.py [--device cpu] [--networks]

Each model runs in a process of its own on the same brain-sized noise; the time is that of ``segment`` with loading the
network, the memory the peak of the whole process. The Model Zoo's architecture (SegResNet of brats_mri_segmentation,
random weights) runs in windows of 128 x 128 x 128 voxels with an overlap of one half. ``--networks`` times single
passes of candidate networks over the grids that a brain needs at 2, 1.5 and 1 mm.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

    from BratsSegmenterLib.segmentation import Bundle

BRAIN_MM = (145, 178, 140)
MODELS = ("glioma-synthetic", "model zoo, 128^3 windows")


def main() -> None:
    """Measure both models, print a table and the ratio of their times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--networks", action="store_true")
    parser.add_argument("--measure", choices=MODELS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.device)))
        return
    print(f"{'model':28} {'seconds':>8} {'CPU seconds':>12} {'peak GB':>8}")
    results = {}
    for model in MODELS:
        results[model] = in_own_process(model, arguments.device)
        print("{:28} {seconds:8.1f} {cpu_seconds:12.1f} {peak_gb:8.2f}".format(model, **results[model]), flush=True)
    ours, theirs = (results[model] for model in MODELS)
    print(f"ratio of seconds {ours['seconds'] / theirs['seconds']:.2f} (goal 0.4)")
    print(f"ratio of CPU seconds {ours['cpu_seconds'] / theirs['cpu_seconds']:.2f}")
    if arguments.networks:
        compare_networks()


def in_own_process(model: str, device: str) -> dict[str, float]:
    """Measure in a fresh process, whose peak memory is this model's alone."""
    command = [sys.executable, __file__, "--measure", model, "--device", device]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def measure(model: str, device: str) -> dict[str, float]:
    """Seconds and peak memory of one whole study."""
    import numpy as np
    import torch

    from BratsSegmenterLib.domain import Sequence
    from BratsSegmenterLib.geometry import Geometry
    from BratsSegmenterLib.segmentation import segment

    torch.set_num_threads(os.cpu_count() or 1)
    slices, rows, columns = (side + 10 for side in BRAIN_MM)
    shape = (slices, rows, columns)
    mask = np.zeros(shape, bool)
    mask[5:-5, 5:-5, 5:-5] = True
    images = np.random.default_rng(0).normal(size=(4, *shape)).astype(np.float32)
    study = SimpleNamespace(images=images, present=tuple(Sequence), mask=mask, geometry=Geometry(shape, np.eye(4)))
    with tempfile.TemporaryDirectory() as folder:
        bundle = bundle_called(model, Path(folder))
        wall, cpu = time.perf_counter(), time.process_time()
        segment(study, bundle, device)
        seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_gb": peak_gb}


def bundle_called(model: str, folder: Path) -> Bundle:
    """Our shipped bundle, or random weights in the Model Zoo's architecture."""
    from monai.networks.nets import SegResNet

    from BratsSegmenterLib.segmentation import BRATS_MRI_SEGMENTATION, load_bundle, write_bundle

    if model == MODELS[0]:
        return load_bundle(model)
    specification = replace(BRATS_MRI_SEGMENTATION.specification, window=(128, 128, 128), overlap=0.5)
    network = SegResNet(**specification.network.arguments)
    return write_bundle(folder / "zoo", network, specification, "", "", half_precision=False)


def compare_networks() -> None:
    """Seconds of one pass of each candidate over a whole brain, fastest of two."""
    import torch
    from monai.networks.nets import DynUNet, SegResNet

    from BratsSegmenterLib.segmentation import ResidualUNet

    def dynunet(*filters: int) -> DynUNet:
        levels = len(filters)
        strides = [1] + [2] * (levels - 1)
        return DynUNet(3, 4, 3, [3] * levels, strides, strides[1:], filters=list(filters))

    candidates = {
        "ResidualUNet 12-24-48-96-128": ResidualUNet(channels=(12, 24, 48, 96, 128)),
        "ResidualUNet 16-32-64-128-160": ResidualUNet(),
        "ResidualUNet 24-48-96-192-256": ResidualUNet(channels=(24, 48, 96, 192, 256)),
        "DynUNet 16-32-64-128-256": dynunet(16, 32, 64, 128, 256),
        "SegResNet 8": SegResNet(3, 8, 4, 3, blocks_down=(1, 2, 2, 4), blocks_up=(1, 1, 1)),
        "SegResNet 16 (Model Zoo)": SegResNet(3, 16, 4, 3, blocks_down=(1, 2, 2, 4), blocks_up=(1, 1, 1)),
    }
    grids = {"2 mm": (80, 96, 80), "1.5 mm": (96, 128, 96), "1 mm": (144, 192, 144)}
    print(f"\n{'network':32} {'parameters':>10} " + " ".join(f"{name + ' s':>9}" for name in grids))
    for name, network in candidates.items():
        parameters = sum(parameter.numel() for parameter in network.parameters())
        seconds = [seconds_of_a_pass(network.eval(), torch.zeros(1, 4, *shape)) for shape in grids.values()]
        print(f"{name:32} {parameters / 1e6:8.2f} M " + " ".join(f"{s:9.2f}" for s in seconds), flush=True)


def seconds_of_a_pass(network: nn.Module, image: Tensor) -> float:
    """The faster of two passes without gradients."""
    import torch

    times = []
    with torch.inference_mode():
        for _ in range(2):
            started = time.perf_counter()
            network(image)
            times.append(time.perf_counter() - started)
    return min(times)


if __name__ == "__main__":
    main()
