"""Model bundles: folders that describe themselves, in MONAI's layout, found, checked and loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from BratsSegmenterLib.domain import Algorithm
from BratsSegmenterLib.errors import BundleError
from BratsSegmenterLib.paths import models_folder
from BratsSegmenterLib.segmentation import metadata as bundle_metadata
from BratsSegmenterLib.segmentation.choices import DEFAULT_BUNDLE
from BratsSegmenterLib.segmentation.specification import ModelSpecification
from BratsSegmenterLib.segmentation.weights import checked_bytes, state_dict

if TYPE_CHECKING:
    from torch import nn

BRAIN_MODEL = "brain-synthetic"
"""The shipped bundle that finds the brain for models that do not find it themselves."""
POSTOPERATIVE = "-postoperative"
"""Ends the name of a bundle that takes the place of the one beside it once an operation is confirmed."""
SHIPPED = tuple(name + ending for name in (DEFAULT_BUNDLE, BRAIN_MODEL) for ending in ("", POSTOPERATIVE))
"""Names that stand for the bundles of this extension alone."""
_MODEL_ZOO_WEIGHTS = "models/model.pt"
_MODEL_ZOO_HASHES = "large_files.yml"
_GET_IT_AGAIN = "Get the bundle again from its source."


@dataclass(frozen=True)
class Bundle:
    """A model whose weights are what its maker signed for.

    Attributes
    ----------
    folder : Path
    specification : ModelSpecification
        What it expects and returns.
    weights : Path
    weights_sha256 : str
        As found, after it was checked against the bundle's own statement.
    """

    folder: Path
    specification: ModelSpecification = field(repr=False)
    weights: Path = field(repr=False)
    weights_sha256: str

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def algorithm(self) -> Algorithm:
        """For results and provenance."""
        return Algorithm(self.name, self.specification.version, self.weights_sha256)

    @property
    def said(self) -> str:
        """Name, version and the beginning of the weights' hash, for what people read."""
        return f"{self.algorithm.title} ({self.weights_sha256[:16]})"

    def load_network(self) -> nn.Module:
        """Build the network, in evaluation mode on the CPU, and fill in its weights.

        Raises
        ------
        BundleError
            The network is unknown, the weights changed since the bundle was loaded, or they do not fit.
        """
        from BratsSegmenterLib.segmentation.networks import build_network

        network = build_network(self.name, self.specification.network)
        tensors = state_dict(self.weights, checked_bytes(self.weights, self.weights_sha256))
        try:
            network.load_state_dict(tensors)
        except RuntimeError as error:
            raise BundleError(
                f"The weights '{self.weights.name}' do not fit the network of the model bundle '{self.name}'.",
                _GET_IT_AGAIN,
                str(error),
            ) from error
        return network.eval()


def installed_bundles() -> tuple[str, ...]:
    """Names of all bundles in the models folder, sorted."""
    return tuple(sorted(file.parents[1].name for file in models_folder().glob("*/configs/metadata.json")))


def segmenting_bundles() -> tuple[str, ...]:
    """Names of all bundles in the models folder that draw tumours, sorted: those for after an operation too."""
    return tuple(name for name in installed_bundles() if name not in (BRAIN_MODEL, BRAIN_MODEL + POSTOPERATIVE))


def available_bundles() -> tuple[str, ...]:
    """Names of the bundles in the models folder that a user chooses from, sorted.

    Neither the one that finds the brain nor those for studies after an operation, which are taken when they are due.
    """
    installed = installed_bundles()
    stand_ins = {name + POSTOPERATIVE for name in installed}
    return tuple(name for name in installed if name != BRAIN_MODEL and name not in stand_ins)


def load_bundle(name_or_path: str | Path) -> Bundle:
    """Find a bundle, read what it says about itself and check its weights.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a folder in the models folder, or the path of a bundle's folder anywhere. Our own layout and the Model
        Zoo's (metadata.json, inference.json, large_files.yml with the hash, models/model.pt) are understood.

    Raises
    ------
    BundleError
        There is no such bundle, a file is missing or unreadable, the format is another version's, the network is not
        one this program builds, or the weights' hash is not the stated one.
    """
    folder = _folder(name_or_path)
    metadata = _read_json(folder, "configs/metadata.json")
    inference = _read_json(folder, "configs/inference.json")
    specification = bundle_metadata.from_json(folder.name, metadata, inference)
    own = metadata.get(bundle_metadata.BLOCK)
    if own is not None:
        weights, digest, algorithm = _inside(folder, own.get("weights")), _stated_hash(folder, own), "sha256"
    else:
        weights, digest, algorithm = _model_zoo_weights(folder)
    content = checked_bytes(weights, digest, algorithm)
    return Bundle(folder, specification, weights, hashlib.sha256(content).hexdigest())


def load_bundle_for(name_or_path: str | Path, is_postoperative: bool) -> Bundle:
    """The bundle for a study: after an operation the one whose name ends in "-postoperative", where there is one.

    Parameters
    ----------
    name_or_path : str or Path
        As :func:`load_bundle` takes it.
    is_postoperative : bool
        A person confirmed that the patient was operated on before.

    Raises
    ------
    BundleError
        As :func:`load_bundle`.
    """
    folder = _folder(name_or_path)
    stand_in = folder.with_name(folder.name + POSTOPERATIVE)
    return load_bundle(stand_in if is_postoperative and (stand_in / "configs").is_dir() else folder)


def stand_in_finding(name_or_path: str | Path, taken: Bundle) -> tuple[str, ...]:
    """A sentence for the user where another bundle was taken than the one asked for; nothing where it is the same."""
    if taken.folder == _folder(name_or_path):
        return ()
    return (f"After an operation the model {taken.name} takes the place of {_folder(name_or_path).name}.",)


def _folder(name_or_path: str | Path) -> Path:
    for folder in (models_folder() / name_or_path, Path(name_or_path)):
        if (folder / "configs").is_dir():
            return folder.resolve()
    if name_or_path == BRAIN_MODEL:
        advice = "It belongs to the extension, and every study needs it: install the extension again."
    else:
        installed = ", ".join(segmenting_bundles()) or "none"
        advice = f"Installed: {installed}. Choose one of them, or give the path of a folder."
    raise BundleError(f"There is no model bundle '{name_or_path}'.", advice)


def _read_json(folder: Path, relative: str) -> dict[str, Any]:
    try:
        content = json.loads((folder / relative).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(
            f"The file {relative} of the model bundle '{folder.name}' is missing or cannot be read.",
            _GET_IT_AGAIN,
            str(error),
        ) from error
    if not isinstance(content, dict):
        raise BundleError(
            f"The file {relative} of the model bundle '{folder.name}' is not a JSON object.", _GET_IT_AGAIN
        )
    return content


def _inside(folder: Path, relative: object) -> Path:
    """A file of the bundle; never one elsewhere, whatever the bundle says."""
    file = (folder / str(relative)).resolve()
    if not isinstance(relative, str) or not file.is_relative_to(folder):
        raise BundleError(
            f"The model bundle '{folder.name}' does not say which of its own files holds its weights.",
            _GET_IT_AGAIN,
        )
    return file


def _stated_hash(folder: Path, own: Mapping[str, Any]) -> str:
    digest = own.get("sha256")
    if not isinstance(digest, str):
        raise BundleError(
            f"The model bundle '{folder.name}' does not state the SHA-256 of its weights.",
            "Weights whose origin cannot be checked are not loaded; get the bundle again from its source.",
        )
    return digest


def _model_zoo_weights(folder: Path) -> tuple[Path, str, str]:
    """Weights file, hash and hash algorithm of a bundle in the Model Zoo's layout."""
    import yaml

    try:
        listed = yaml.safe_load((folder / _MODEL_ZOO_HASHES).read_text(encoding="utf-8"))["large_files"]
        entry = next(entry for entry in listed if entry["path"] == _MODEL_ZOO_WEIGHTS)
        digest, algorithm = str(entry["hash_val"]), str(entry["hash_type"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, StopIteration) as error:
        raise BundleError(
            f"The model bundle '{folder.name}' does not state the hash of its weights in {_MODEL_ZOO_HASHES}.",
            "Weights whose origin cannot be checked are not loaded; get the bundle again from its source.",
            repr(error),
        ) from error
    if algorithm not in ("md5", "sha1", "sha256", "sha512"):
        raise BundleError(
            f"The model bundle '{folder.name}' states a hash of the unknown kind '{algorithm}'.", _GET_IT_AGAIN
        )
    return folder / _MODEL_ZOO_WEIGHTS, digest, algorithm
