"""Fetching a published model: only after the user has seen what, from where and how large, and agreed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from BratsSegmenterLib.domain import ET, TC, WT, Sequence
from BratsSegmenterLib.errors import BundleError, Cancelled
from BratsSegmenterLib.paths import models_folder
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import metadata as bundle_metadata
from BratsSegmenterLib.segmentation.bundle import Bundle, load_bundle
from BratsSegmenterLib.segmentation.specification import ModelSpecification, NetworkDefinition, Normalisation

if TYPE_CHECKING:
    import requests

_WEIGHTS = "models/model.pt"
_CHUNK = 1 << 16
_TIMEOUT_S = (10, 30)
_PARTIAL_CONTENT = 206
_NOTHING_BEYOND = 416  # Range Not Satisfiable, RFC 9110 15.5.17


@dataclass(frozen=True)
class PublishedModel:
    """A model that its makers publish for download.

    Attributes
    ----------
    name : str
        Of the bundle it becomes.
    url : str
        Of the weights, a weights-only PyTorch file.
    md5 : str
        Of the weights, as published.
    size_bytes : int
        About how large the weights are; a file more than a tenth larger is refused.
    terms : str
        Licence and origin, one sentence.
    specification : ModelSpecification
    """

    name: str
    url: str
    md5: str
    size_bytes: int
    terms: str
    specification: ModelSpecification

    def offer(self) -> str:
        """What the user is asked to agree to."""
        return f"Download '{self.name}', {self.size_bytes / 1e6:.0f} MB, from {self.url}? {self.terms}"


BRATS_MRI_SEGMENTATION = PublishedModel(
    name="brats_mri_segmentation",
    url=(
        "https://developer.download.nvidia.com/assets/Clara/monai/tutorials/model_zoo/model_brats_mri_segmentation.pt"
    ),
    md5="870e677b782a5184cbc48db1456b78e8",
    size_bytes=18_900_000,
    terms="Apache-2.0, MONAI Consortium; an example trained on BraTS 2018, not to be used for diagnosis.",
    specification=ModelSpecification(
        version="0.5.4",
        description="Glioma before surgery, all four sequences needed; MONAI Model Zoo",
        network=NetworkDefinition(
            "SegResNet",
            {
                "blocks_down": [1, 2, 2, 4],
                "blocks_up": [1, 1, 1],
                "init_filters": 16,
                "in_channels": 4,
                "out_channels": 3,
                "dropout_prob": 0.2,
            },
        ),
        sequences=(Sequence.T1C, Sequence.T1, Sequence.T2, Sequence.FLAIR),
        outputs=(TC, WT, ET),
        orientation="LPS",
        spacing_mm=1.0,
        multiple_of=8,
        window=(240, 240, 160),
        normalisation=Normalisation.NONZERO_ZSCORE,
        data_source="BraTS 2018, 200 training cases",
        scores={"val_mean_dice_tc": 0.8559, "val_mean_dice_wt": 0.9026, "val_mean_dice_et": 0.7905},
    ),
)
"""MONAI's Model Zoo, bundle brats_mri_segmentation (Myronenko 2018, arXiv:1810.11654)."""

PUBLISHED = (BRATS_MRI_SEGMENTATION,)
"""The models that can be downloaded."""


def missing_model(name: str) -> PublishedModel | None:
    """The published model of that name when its weights are not on this computer, else None.

    Parameters
    ----------
    name : str
        Of the bundle, or the path of one elsewhere.
    """
    for model in PUBLISHED:
        if model.name == name and not (models_folder() / name / _WEIGHTS).is_file():
            return model
    return None


def download_bundle(
    consent: Callable[[PublishedModel], bool],
    model: PublishedModel = BRATS_MRI_SEGMENTATION,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Bundle:
    """Download a published model as a bundle; an interrupted download is continued.

    Parameters
    ----------
    consent : callable
        Shows the user :meth:`PublishedModel.offer` and answers whether to go on; asked before any connection is made.
    model : PublishedModel
    folder : Path, optional
        Where the bundle's folder is made; the models folder when left out.
    progress : Progress, optional

    Raises
    ------
    BundleError
        The server cannot be reached or refuses, the file is larger than announced or has another hash, or the folder
        cannot be written.
    Cancelled
        The user did not agree, or asked to stop; what was received stays for the next time.
    """
    if not consent(model):
        raise Cancelled
    target = (folder or models_folder()) / model.name
    staging = target.with_name(f".{model.name}.partial")
    weights = staging / _WEIGHTS
    try:
        weights.parent.mkdir(parents=True, exist_ok=True)
        _receive(model, weights, progress or Progress())
        _check_and_describe(model, staging)
        if target.exists():
            shutil.rmtree(target)
        os.replace(staging, target)
    except OSError as error:
        raise BundleError(
            f"The model '{model.name}' cannot be written to the folder '{target.parent.name}'.",
            "Free some space, or choose a folder that you may write to.",
            str(error),
        ) from error
    return load_bundle(target)


def _receive(model: PublishedModel, file: Path, progress: Progress) -> None:
    """Write the weights to `file`, going on where an earlier attempt ended."""
    import requests

    received = file.stat().st_size if file.exists() else 0
    headers = {"Range": f"bytes={received}-"} if received else {}
    try:
        with requests.get(model.url, headers=headers, stream=True, timeout=_TIMEOUT_S) as response:
            if response.status_code == _NOTHING_BEYOND:  # it was stopped after the last byte: the hash decides
                return
            response.raise_for_status()
            continues = response.status_code == _PARTIAL_CONTENT
            with file.open("ab" if continues else "wb") as output:
                for chunk in _chunks(response, model, received if continues else 0, progress):
                    output.write(chunk)
    except requests.RequestException as error:
        raise BundleError(
            f"The model '{model.name}' could not be downloaded.",
            "Check the connection and try again; what was received is kept.",
            str(error),
        ) from error


def _chunks(response: requests.Response, model: PublishedModel, received: int, progress: Progress) -> Iterator[bytes]:
    for chunk in response.iter_content(_CHUNK):
        received += len(chunk)
        if received > model.size_bytes * 1.1:
            raise BundleError(
                f"The server sends more than the {model.size_bytes / 1e6:.0f} MB that '{model.name}' has.",
                "Do not use it; try again later.",
            )
        yield chunk
        progress.update(min(1.0, received / model.size_bytes), f"{received / 1e6:.1f} MB")


def _check_and_describe(model: PublishedModel, staging: Path) -> None:
    """Compare the hash with the published one, then write the files that make it a bundle."""
    weights = staging / _WEIGHTS
    content = weights.read_bytes()
    actual = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if actual != model.md5:
        shutil.rmtree(staging)
        raise BundleError(
            f"The download of '{model.name}' is not what its makers published: MD5 {actual}, expected {model.md5}.",
            "It was deleted; try again, or ask your network's administrator.",
        )
    metadata, inference = bundle_metadata.to_json(model.specification, _WEIGHTS, hashlib.sha256(content).hexdigest())
    for name, text in (("metadata.json", json.dumps(metadata)), ("inference.json", json.dumps(inference))):
        (staging / "configs").mkdir(exist_ok=True)
        (staging / "configs" / name).write_text(text, encoding="utf-8")
    (staging / "README.md").write_text(f"# {model.name}\n\n{model.terms}\n\nFrom {model.url}\n", encoding="utf-8")
