"""Small models and prepared cases for tests: random weights or a threshold, noise in an ellipsoid of brain."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from monai.networks.nets import SegResNet
from numpy.typing import NDArray

from BratsSegmenterLib.domain import ET, TC, WT, Sequence
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.segmentation import (
    BRATS_MRI_SEGMENTATION,
    Bundle,
    ModelSpecification,
    Need,
    NetworkDefinition,
    Postprocessing,
    ResidualUNet,
    write_bundle,
)

CHANNELS = [4, 6, 8]
TINY = ModelSpecification(
    version="1.0",
    description="Random weights for tests",
    network=NetworkDefinition(
        "BratsSegmenterLib.segmentation.network.ResidualUNet",
        {"in_channels": 4, "out_channels": 3, "channels": CHANNELS},
    ),
    sequences=(Sequence.T1, Sequence.T1C, Sequence.T2, Sequence.FLAIR),
    outputs=(WT, TC, ET),
    orientation="SPL",
    spacing_mm=2.0,
    multiple_of=4,
    field_of_view=(16, 20, 12),
    clip=(-5.0, 8.0),
    tolerates_missing=True,
    needs=(Need("WT", (Sequence.FLAIR, Sequence.T2)), Need("TC", (Sequence.T1C,)), Need("ET", (Sequence.T1C,))),
)


WITH_BRAIN = replace(
    TINY,
    network=replace(TINY.network, arguments={**TINY.network.arguments, "out_channels": 4}),
    outputs_brain=True,
    postprocessing=Postprocessing(least_enhancing_mm3=100),
)


@dataclass(frozen=True)
class PreparedArrays:
    """What a segmentation needs of a prepared case."""

    images: NDArray[np.float32]
    present: tuple[Sequence, ...]
    mask: NDArray[np.bool_]
    geometry: Geometry


def prepared_arrays(shape: tuple[int, int, int] = (30, 40, 26), seed: int = 0) -> PreparedArrays:
    """Noise in an ellipsoid that nearly fills the grid."""
    axes = [np.linspace(-1.1, 1.1, size) for size in shape]
    mask = np.sum([axis**2 for axis in np.meshgrid(*axes, indexing="ij")], axis=0) < 1
    images = np.random.default_rng(seed).normal(size=(4, *shape)).astype(np.float32) * mask
    return PreparedArrays(images, tuple(Sequence), mask, Geometry(shape, np.eye(4)))


def without(prepared: PreparedArrays, *missing: Sequence) -> PreparedArrays:
    """The same case with sequences that were not acquired."""
    images = prepared.images.copy()
    for sequence in missing:
        images[sequence.channel] = 0
    return replace(prepared, images=images, present=tuple(s for s in Sequence if s not in missing))


def tiny_bundle(folder: Path, specification: ModelSpecification = TINY, seed: int = 0) -> Bundle:
    """A bundle of our own layout with random weights."""
    torch.manual_seed(seed)
    network = ResidualUNet(out_channels=specification.network.arguments["out_channels"], channels=CHANNELS)
    return write_bundle(folder, network, specification, "# Test", "Apache-2.0")


def threshold_bundle(folder: Path, above: float = 0.0) -> Bundle:
    """A bundle that takes what is bright in FLAIR and T2 for tumour, and what is brighter in T1c than in T1 for core.

    What it draws has few and smooth outlines, where random weights draw noise, which takes a minute to write and check.
    `above` is added to all of its thresholds: with much of it nothing is drawn.
    """
    network = ResidualUNet(channels=CHANNELS)
    fine = CHANNELS[0]
    t1, t1c, t2, flair = (sequence.channel for sequence in (Sequence.T1, Sequence.T1C, Sequence.T2, Sequence.FLAIR))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        stem, last = network.stem, network.decoder[0]
        stem[0].weight[0, [t2, flair]] = 1.0
        stem[0].weight[1, t1c], stem[0].weight[1, t1] = 1.0, -1.0
        for feature in (0, 1):  # the decoder sees the features of the stem behind those of the coarser level
            last[0].weight[feature, fine + feature] = 1.0
            stem[1].weight[feature] = last[1].weight[feature] = 1.0
        for output, (feature, threshold) in enumerate(((0, 2.2), (1, 3.0), (1, 4.0))):
            network.heads[0].weight[output, feature] = 4.0
            network.heads[0].bias[output] = -4.0 * (threshold + above)
    return write_bundle(folder, network, TINY, "# Test", "Apache-2.0")


def model_zoo_bundle(folder: Path) -> SegResNet:
    """Write random weights in the layout of the Model Zoo's brats_mri_segmentation; returns the network."""
    torch.manual_seed(0)
    network = SegResNet(**BRATS_MRI_SEGMENTATION.specification.network.arguments).eval()
    (folder / "configs").mkdir(parents=True)
    (folder / "models").mkdir()
    weights = folder / "models" / "model.pt"
    torch.save(network.state_dict(), weights)
    image = {"spatial_shape": ["8*n"] * 3, "channel_def": {"0": "T1c", "1": "T1", "2": "T2", "3": "FLAIR"}}
    pred = {"channel_def": {"0": "Tumor core", "1": "Whole tumor", "2": "Enhancing tumor"}}
    metadata = {
        "version": "0.5.2",
        "description": "A pre-trained model for volumetric (3D) segmentation of brain tumor subregions",
        "network_data_format": {"inputs": {"image": image}, "outputs": {"pred": pred}},
    }
    inference = {
        "imports": ["$import glob"],
        "device": "$torch.device('cpu')",
        "network_def": {"_target_": "SegResNet", **BRATS_MRI_SEGMENTATION.specification.network.arguments},
        "network": "$@network_def.to(@device)",
        "preprocessing": {
            "_target_": "Compose",
            "transforms": [
                {"_target_": "LoadImaged", "keys": "image"},
                {"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": True, "channel_wise": True},
            ],
        },
        "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [240, 240, 160], "overlap": 0.5},
        "postprocessing": {
            "_target_": "Compose",
            "transforms": [
                {"_target_": "Activationsd", "keys": "pred", "sigmoid": True},
                {"_target_": "Invertd", "keys": "pred", "transform": "@preprocessing", "orig_keys": "image"},
                {"_target_": "AsDiscreted", "keys": "pred", "threshold": 0.5},
                {"_target_": "Lambdad", "keys": "pred", "func": "$lambda x: torch.where(x[[2]] > 0, 4, 0)"},
                {"_target_": "SaveImaged", "keys": "pred", "output_dir": "@output_dir"},
            ],
        },
    }
    (folder / "configs" / "metadata.json").write_text(json.dumps(metadata))
    (folder / "configs" / "inference.json").write_text(json.dumps(inference))
    digest = hashlib.md5(weights.read_bytes(), usedforsecurity=False).hexdigest()
    (folder / "large_files.yml").write_text(
        f'large_files:\n  - path: "models/model.pt"\n    hash_val: "{digest}"\n    hash_type: "md5"\n'
    )
    return network
