"""The mean of several bundles' weights, often better on images of another kind than each of them alone.

Wortsman et al. 2022, "Model soups" (arXiv:2203.05482).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.segmentation import Bundle, ModelSpecification, write_bundle


def average_bundles(bundles: Sequence[Bundle], folder: Path, version: str) -> Bundle:
    """Write the mean of the weights of networks that were trained on from the same weights.

    Weights that never had anything in common have no meaningful mean; nothing here can tell.

    Parameters
    ----------
    bundles : sequence of Bundle
        At least two, alike in everything that their specifications say of network and images.
    folder : Path
        Of the new bundle. Its expected Dice and intervals must be calibrated anew.
    version : str

    Raises
    ------
    LearningError
        There are fewer than two, one is named twice, or they are not alike.
    """
    if len(bundles) < 2:
        raise LearningError("A mean needs at least two bundles.", "Name another bundle.")
    first, *others = bundles
    if len({bundle.folder for bundle in bundles}) < len(bundles):
        raise LearningError("A bundle is named twice.", "Name each once.")
    for other in others:
        if _comparable(other.specification) != _comparable(first.specification):
            raise LearningError(
                f"The bundles '{first.name}' and '{other.name}' are not alike, so their weights have no mean.",
                "Average bundles that were trained on from the same weights with the same settings.",
            )
    networks = [bundle.load_network() for bundle in bundles]
    states = [network.state_dict() for network in networks]
    mean = {name: torch.stack([state[name].float() for state in states]).mean(0) for name in states[0]}
    networks[0].load_state_dict(mean)
    parents = ", ".join(bundle.said for bundle in bundles)
    data_sources = " ".join(dict.fromkeys(bundle.specification.data_source for bundle in bundles)).strip()
    specification = replace(first.specification, version=version, data_source=data_sources, scores={})
    card = (
        f"# {folder.name}\n\nVersion {version}: the mean of the weights of {parents}.\n\n"
        f"Trained on: {data_sources}\n\nResearch only.\n"
    )
    return write_bundle(folder, networks[0], specification, card, _licence(first))


def _licence(bundle: Bundle) -> str:
    """Empty where the bundle has none, as some of other makers."""
    file = bundle.folder / "LICENSE"
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _comparable(specification: ModelSpecification) -> ModelSpecification:
    return replace(specification, version="", description="", data_source="", scores={})
