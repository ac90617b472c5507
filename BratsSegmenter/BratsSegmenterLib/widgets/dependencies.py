"""Installs what the network needs, Slicer's way, right before its first use, after one question."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import slicer
import slicer.packaging
from slicer.i18n import tr as _

from BratsSegmenterLib.errors import InferenceError
from BratsSegmenterLib.paths import resource

if TYPE_CHECKING:
    from BratsSegmenterLib.segmentation import PublishedModel

_ATLAS = "nilearn>=0.11"  # brings the head that synthetic ones are made of
_PACKAGES_MB, _ATLAS_MB = 10, 50  # nilearn brings pandas and scikit-learn
_TORCH = ">=2.8"  # as monai of requirements.txt wants it: with another, pip would replace the extension's torch


def ensure_dependencies(model: PublishedModel | None = None, also: Sequence[str] = ()) -> None:
    """Install torch through the PyTorch extension and Resources/requirements.txt through pip, with their progress.

    Parameters
    ----------
    model : PublishedModel, optional
        A model that is to be downloaded afterwards; the same question asks for it.
    also : sequence of str
        Further requirements.

    Raises
    ------
    InferenceError
        The user declined, the PyTorch extension is missing, its torch is too old, or the installation failed.
    """
    needs_torch = importlib.util.find_spec("torch") is None
    if not needs_torch and not slicer.packaging.pip_check(f"torch{_TORCH}"):
        raise InferenceError(
            _("The PyTorch of this Slicer is too old for the network; it takes torch{version}.").format(version=_TORCH),
            _("Uninstall it in the module PyTorch Util, restart Slicer and press the button again."),
        )
    installer = _torch_installer() if needs_torch else None
    requirements = slicer.packaging.load_requirements(str(resource("requirements.txt")))
    missing = [one for one in (*requirements, *also) if not slicer.packaging.pip_check(one)]
    if not needs_torch and not missing and model is None:
        return
    question = installation_question(needs_torch, [str(requirement) for requirement in missing], model)
    if not slicer.util.confirmOkCancelDisplay(question, windowTitle=_("Install what the network needs")):
        raise _not_installed("declined")
    try:
        if installer is not None:
            _install_torch(installer)
        slicer.packaging.pip_ensure(missing, requester="BratsSegmenter", prompt_install=False)
    except RuntimeError as error:
        raise _not_installed(str(error)) from error
    except subprocess.CalledProcessError as error:
        raise InferenceError(
            _("Installing the Python packages of the network failed."),
            _("Check the internet connection and the log, then try again."),
            f"pip ended with code {error.returncode}",
        ) from error


def ensure_sample() -> None:
    """Install what making and segmenting the synthetic patient needs.

    Raises
    ------
    InferenceError
        As of :func:`ensure_dependencies`.
    """
    ensure_dependencies(also=(_ATLAS,))


def installation_question(needs_torch: bool, packages: Sequence[str], model: PublishedModel | None = None) -> str:
    """What would be installed, how much it is, and where it comes from.

    Parameters
    ----------
    needs_torch : bool
    packages : sequence of str
        Requirements beside torch that are missing.
    model : PublishedModel, optional
        Its weights are missing.
    """
    lines = [_("This is needed and missing on this computer:")]
    if needs_torch:
        source = _("PyTorch, from its own download site through the PyTorch extension")
        size = _("about 0.2 GB for the processor, up to 3 GB for a graphics card")
        lines.append(f"• {source}; {size}")
    if packages:
        size_mb = _PACKAGES_MB + (_ATLAS_MB if _ATLAS in packages else 0)
        names = _("{packages}, from the Python Package Index; about {size} MB")
        lines.append(f"• {names.format(packages=', '.join(packages), size=size_mb)}")
    if model is not None:
        weights = _("the model {name}, from {url}; {size} MB").format(
            name=model.name, url=model.url, size=round(model.size_bytes / 1e6)
        )
        lines.append(f"• {weights}. {model.terms}")
    lines.append(_("No data of yours leaves this computer. Install it now? It can take some minutes."))
    return "\n".join(lines)


def _torch_installer() -> Any:
    try:
        import PyTorchUtils
    except ImportError as error:
        raise InferenceError(
            _("The extension PyTorch is not installed; it brings the library that runs the network."),
            _("Install PyTorch in the Extensions Manager and restart Slicer."),
        ) from error
    return PyTorchUtils.PyTorchUtilsLogic()


def _install_torch(installer: Any) -> None:
    try:
        torch = installer.installTorch(torchVersionRequirement=_TORCH)
    except (OSError, ImportError) as error:
        # The extension imports what it installed. On Windows torch 2.9 and newer can fail to load (WinError 1114) in
        # a process where Qt was loaded before it, as in Slicer; the worker, which uses torch, has no Qt.
        importlib.invalidate_caches()
        if importlib.util.find_spec("torch") is None:
            raise _not_installed(str(error)) from error
    else:
        if torch is None:
            raise _not_installed("torch")


def _not_installed(cause: str) -> InferenceError:
    return InferenceError(
        _("The network cannot run without what was not installed."),
        _("Press the button again and agree to the installation."),
        cause,
    )
