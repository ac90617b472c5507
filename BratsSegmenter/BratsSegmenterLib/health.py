"""Whether this machine has what a segmentation needs: for ``doctor`` on the command line and in the panel."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from BratsSegmenterLib.archive import Check, CredentialStore
from BratsSegmenterLib.errors import BratsSegmenterError

_PACKAGES = ("torch", "monai", "SimpleITK", "pydicom", "highdicom", "dcmqi", "dicomweb-client", "numpy", "scipy")
_ENOUGH_DISK_GB = 5.0


def check_machine(folder: Path) -> tuple[Check, ...]:
    """Packages, device, disk space in `folder`, keyring and model bundles, each with a sentence."""
    return (*_packages(), _device(), _disk(folder), _keyring(), *_bundles())


def _packages() -> tuple[Check, ...]:
    def one(name: str) -> Check:
        try:
            return Check(name, True, f"{name} {version(name)} is installed.")
        except PackageNotFoundError:
            return Check(name, False, f"{name} is not installed; install the packages of Resources/requirements.txt.")

    return tuple(one(name) for name in _PACKAGES)


def _device() -> Check:
    import torch

    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        free, _ = torch.cuda.mem_get_info(0)
        return Check("device", True, f"{properties.name} with {free / 1e9:.1f} GB of free memory.")
    if torch.backends.mps.is_available():
        return Check("device", True, "The GPU of this Mac (MPS).")
    return Check("device", True, f"No GPU; {torch.get_num_threads()} processor threads, which is enough.")


def _disk(folder: Path) -> Check:
    free_gb = shutil.disk_usage(folder).free / 1e9
    sentence = f"{free_gb:.1f} GB are free in {folder}."
    if free_gb >= _ENOUGH_DISK_GB:
        return Check("disk", True, sentence)
    return Check(
        "disk", False, f"{sentence} A study needs up to {_ENOUGH_DISK_GB:.0f} GB; free some or choose another folder."
    )


def _keyring() -> Check:
    if CredentialStore().is_lasting:
        return Check("keyring", True, "Passwords are kept in the keyring of the operating system.")
    return Check("keyring", None, "There is no keyring here: passwords are kept in memory and asked for again.")


def _bundles() -> tuple[Check, ...]:
    from BratsSegmenterLib.segmentation import available_bundles, load_bundle

    def one(name: str) -> Check:
        try:
            bundle = load_bundle(name)
        except BratsSegmenterError as error:
            return Check(name, False, str(error))
        return Check(name, True, f"Model {name} {bundle.algorithm.version}: its weights have the stated hash.")

    names = available_bundles()
    if not names:
        return (Check("models", False, "No model bundle is installed; install the extension again."),)
    return tuple(one(name) for name in names)
