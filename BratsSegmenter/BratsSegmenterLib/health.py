"""Whether this machine has what a segmentation needs: for ``doctor`` on the command line and in the panel."""

from __future__ import annotations

import shutil
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from BratsSegmenterLib.archive import Archive, Check, Credentials, CredentialStore, Profile
from BratsSegmenterLib.errors import BratsSegmenterError, folder_refused
from BratsSegmenterLib.progress import Progress

_PACKAGES = ("torch", "monai", "SimpleITK", "pydicom", "highdicom", "dcmqi", "dicomweb-client", "numpy", "scipy")
_ENOUGH_DISK_GB = 5.0
_ENOUGH_GPU_GB = 2.0
_ENOUGH_MEMORY_GB = 6.0  # for voxels of half a millimetre
_SHOWN_DIGITS = 12
_FAIR_SHARE = 0.5  # a phantom shows that all parts work together, not how well the model segments


def examine(
    folder: Path, profile: Profile | None, credentials: Credentials, with_phantom: bool, progress: Progress
) -> tuple[Check, ...]:
    """The machine, the archive when there is one, and a synthetic patient from end to end when it is wanted.

    Parameters
    ----------
    folder : Path
        Where studies are kept.
    profile : Profile or None
    credentials : Credentials
        For that archive.
    with_phantom : bool
    progress : Progress

    Raises
    ------
    Cancelled
    """
    with progress.stage("examine the machine"):
        checks = check_machine(folder)
    if profile is not None:
        with progress.stage("examine the archive"):
            checks += Archive(profile, credentials).test_connection(progress)
    if with_phantom:
        checks += (check_phantom(progress),)
    return checks


def check_phantom(progress: Progress) -> Check:
    """Send a synthetic patient the whole way, in a folder and an archive of its own that vanish afterwards."""
    started_s = time.monotonic()
    try:
        from BratsSegmenterLib.demo.story import travel

        with tempfile.TemporaryDirectory() as folder:
            journey = travel(Path(folder), progress, spacing_mm=2.0)
    except BratsSegmenterError as error:
        return Check("phantom", False, f"The synthetic patient did not arrive: {error}")
    except ModuleNotFoundError as error:
        return Check("phantom", False, f"The synthetic patient needs the package {error.name}, which is not installed.")
    head = journey.head
    drawn_ml = np.count_nonzero(head.labels) * head.geometry.voxel_volume_ml
    found_ml = journey.segmented.volumes_ml["WT"]
    return Check(
        "phantom",
        True if abs(found_ml / drawn_ml - 1) < _FAIR_SHARE else None,
        f"A synthetic patient went from an archive to segments and back in {time.monotonic() - started_s:.0f} s:"
        f" {found_ml:.0f} mL of tumour were found where {drawn_ml:.0f} mL were made,"
        f" {len(journey.sent.pushed)} objects were stored and came back equal.",
    )


def check_machine(folder: Path) -> tuple[Check, ...]:
    """Packages, device, memory, disk space in `folder`, keyring and model bundles, each with a sentence."""
    return (*_packages(), _device(), _memory(), _disk(folder), _keyring(), *_bundles())


def _packages() -> tuple[Check, ...]:
    def one(name: str) -> Check:
        try:
            return Check(name, True, f"{name} {version(name)} is installed.")
        except PackageNotFoundError:
            return Check(name, False, f"{name} is not installed; install the packages of Resources/requirements.txt.")

    return tuple(one(name) for name in _PACKAGES)


def _device() -> Check:
    try:
        import torch
    except ImportError:
        return Check("device", None, "The device is known once torch is installed.")
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        free, total = torch.cuda.mem_get_info(0)
        sentence = f"{properties.name}: {free / 1e9:.1f} GB of its {total / 1e9:.1f} GB of memory are free."
        return Check("device", True if free / 1e9 >= _ENOUGH_GPU_GB else None, sentence)
    if torch.backends.mps.is_available():
        return Check("device", True, "The GPU of this Mac (MPS).")
    return Check("device", True, f"No GPU; processor threads: {torch.get_num_threads()}, which is enough.")


def _memory() -> Check:
    try:
        from BratsSegmenterLib.machine import free_memory_gb
    except ImportError:
        return Check("memory", None, "The free memory is known once psutil is installed.")
    free_gb = free_memory_gb()
    sentence = f"{free_gb:.1f} GB of memory are free."
    if free_gb >= _ENOUGH_MEMORY_GB:
        return Check("memory", True, sentence)
    advice = f"A study of very fine voxels needs up to {_ENOUGH_MEMORY_GB:.0f} GB: close other programs for one."
    return Check("memory", None, f"{sentence} {advice}")


def _disk(folder: Path) -> Check:
    place = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    if not place.is_dir():
        return Check("disk", False, f"{place} is a file where a folder is needed; choose another folder.")
    try:
        with tempfile.TemporaryFile(dir=place):
            free_gb = shutil.disk_usage(place).free / 1e9
    except OSError as error:
        return Check("disk", False, str(folder_refused(folder, error)))
    sentence = f"{free_gb:.1f} GB are free in {folder}."
    if free_gb >= _ENOUGH_DISK_GB:
        return Check("disk", True, sentence)
    return Check(
        "disk", False, f"{sentence} A study needs up to {_ENOUGH_DISK_GB:.0f} GB; free some or choose another folder."
    )


def _keyring() -> Check:
    if CredentialStore().is_lasting:
        return Check("keyring", True, "The panel keeps passwords in the keyring of the operating system.")
    return Check(
        "keyring",
        None,
        "There is no keyring here: the panel keeps passwords until Slicer is closed, and asks again. The command line "
        "takes them from the environment.",
    )


def _bundles() -> tuple[Check, ...]:
    from BratsSegmenterLib.segmentation import installed_bundles, load_bundle

    def one(name: str) -> Check:
        try:
            bundle = load_bundle(name)
        except BratsSegmenterError as error:
            return Check(name, False, str(error))
        except ImportError:
            return Check(name, None, f"Model {name} can be opened once torch and monai are installed.")
        sha256 = bundle.algorithm.weights_sha256[:_SHOWN_DIGITS]
        return Check(
            name,
            True,
            f"Model {name} {bundle.algorithm.version}: its weights have the stated hash (SHA-256 {sha256}...).",
        )

    names = installed_bundles()
    if not names:
        return (Check("models", False, "No model bundle is installed; install the extension again."),)
    return tuple(one(name) for name in names)
