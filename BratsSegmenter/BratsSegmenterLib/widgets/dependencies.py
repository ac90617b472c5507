"""Installs what the network needs, Slicer's way, right before its first use and only when the user agrees."""

from __future__ import annotations

import importlib.util
import subprocess

import slicer.packaging

from BratsSegmenterLib.errors import InferenceError
from BratsSegmenterLib.paths import resource
from BratsSegmenterLib.widgets.translation import tr as _

_TORCH = ">=2.6"


def ensure_dependencies() -> None:
    """Install torch through the PyTorch extension, then Resources/requirements.txt through pip.

    Raises
    ------
    InferenceError
        The user declined, the PyTorch extension is missing, or the installation failed.
    """
    if importlib.util.find_spec("torch") is None:
        _install_torch()
    try:
        requirements = slicer.packaging.load_requirements(str(resource("requirements.txt")))
        slicer.packaging.pip_ensure(requirements, requester="BratsSegmenter")
    except RuntimeError as error:
        raise _missing(str(error)) from error
    except subprocess.CalledProcessError as error:
        raise InferenceError(
            _("Installing the Python packages of the network failed."),
            _("Check the internet connection and the log, then try again."),
            f"pip ended with code {error.returncode}",
        ) from error


def _install_torch() -> None:
    try:
        import PyTorchUtils
    except ImportError as error:
        raise InferenceError(
            _("The extension PyTorch is not installed; it brings the library that runs the network."),
            _("Install PyTorch in the Extensions Manager and restart Slicer."),
        ) from error
    if PyTorchUtils.PyTorchUtilsLogic().installTorch(askConfirmation=True, torchVersionRequirement=_TORCH) is None:
        raise _missing("torch")


def _missing(cause: str) -> InferenceError:
    return InferenceError(
        _("The network cannot run without the Python packages that were not installed."),
        _("Press the button again and agree to the installation."),
        cause,
    )
