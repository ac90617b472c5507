"""What the panel does about Python packages that Slicer does not ship."""

import importlib.machinery
import importlib.util
import sys
from types import ModuleType, SimpleNamespace

import pytest
import slicer

from BratsSegmenterLib.errors import InferenceError
from BratsSegmenterLib.segmentation import BRATS_MRI_SEGMENTATION
from BratsSegmenterLib.widgets import dependencies


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that the user was asked; she declines."""
    questions: list[str] = []
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda text, **_more: bool(questions.append(text)))
    return questions


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the PyTorch extension, which is there, was asked to install."""
    requirements: list[str] = []

    def install(torchVersionRequirement: str) -> ModuleType:  # noqa: N803 - Slicer's name
        requirements.append(torchVersionRequirement)
        return ModuleType("torch")

    extension = SimpleNamespace(PyTorchUtilsLogic=lambda: SimpleNamespace(installTorch=install))
    monkeypatch.setitem(sys.modules, "PyTorchUtils", extension)
    return requirements


def test_nothing_is_asked_when_everything_is_there(asked: list[str]):
    dependencies.ensure_dependencies()
    assert asked == []


def test_a_declined_installation_is_a_sentence_with_advice(asked: list[str], monkeypatch, tmp_path):
    (tmp_path / "requirements.txt").write_text("no-such-package-at-all>=1\n")
    monkeypatch.setattr(dependencies, "resource", lambda name: tmp_path / name)
    with pytest.raises(InferenceError) as caught:
        dependencies.ensure_dependencies()
    assert "without what was not installed" in caught.value.what
    assert caught.value.advice
    assert "no-such-package-at-all>=1, from the Python Package Index; about 10 MB" in asked[0]
    assert "PyTorch" not in asked[0]


def test_the_synthetic_patient_needs_an_atlas_beside_the_rest(asked: list[str], monkeypatch, tmp_path):
    dependencies.ensure_sample()
    assert asked == []
    (tmp_path / "requirements.txt").write_text("no-such-package-at-all>=1\n")
    monkeypatch.setattr(dependencies, "resource", lambda name: tmp_path / name)
    monkeypatch.setattr(slicer.packaging, "pip_check", lambda one: str(one).startswith("torch"))
    with pytest.raises(InferenceError):
        dependencies.ensure_sample()
    assert "no-such-package-at-all>=1, nilearn>=0.11, from the Python Package Index; about 60 MB" in asked[0]


def test_one_question_names_size_and_source_of_torch_before_it_is_installed(
    asked: list[str], without_torch, installed, monkeypatch
):
    with pytest.raises(InferenceError):
        dependencies.ensure_dependencies()
    assert installed == []
    assert "from its own download site" in asked[0]
    assert "0.2 GB for the processor, up to 3 GB for a graphics card" in asked[0]
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda _text, **_more: True)
    dependencies.ensure_dependencies()
    assert installed == [">=2.8"]


@pytest.fixture
def not_loadable(without_torch, asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PyTorch extension whose torch does not load into this process; the user agreed to the installation."""

    def install(torchVersionRequirement: str) -> ModuleType:  # noqa: N803 - Slicer's name
        raise OSError("[WinError 1114] A dynamic link library (DLL) initialization routine failed.")

    extension = SimpleNamespace(PyTorchUtilsLogic=lambda: SimpleNamespace(installTorch=install))
    monkeypatch.setitem(sys.modules, "PyTorchUtils", extension)
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda _text, **_more: True)


def test_a_torch_that_was_installed_but_does_not_load_beside_qt_is_there_for_the_worker(not_loadable, monkeypatch):
    found = iter([None, importlib.machinery.ModuleSpec("torch", None)])  # before, and after the installation
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: next(found))
    dependencies.ensure_dependencies()
    assert next(found, None) is None


def test_a_torch_that_neither_loads_nor_is_there_is_a_sentence(not_loadable):
    with pytest.raises(InferenceError, match="without what was not installed") as caught:
        dependencies.ensure_dependencies()
    assert "WinError 1114" in caught.value.cause


def test_the_same_question_names_size_source_and_terms_of_a_missing_model(asked: list[str], without_torch, installed):
    with pytest.raises(InferenceError, match="without what was not installed"):
        dependencies.ensure_dependencies(BRATS_MRI_SEGMENTATION)
    assert len(asked) == 1
    assert "PyTorch, from its own download site" in asked[0]
    assert f"brats_mri_segmentation, from {BRATS_MRI_SEGMENTATION.url}; 19 MB. Apache-2.0" in asked[0]
    assert installed == []


def test_a_model_that_is_missing_is_asked_for_even_when_nothing_else_is(asked: list[str]):
    with pytest.raises(InferenceError):
        dependencies.ensure_dependencies(BRATS_MRI_SEGMENTATION)
    assert "19 MB" in asked[0]
    assert "PyTorch" not in asked[0]


def test_a_torch_that_is_too_old_is_not_replaced_behind_the_extension(asked: list[str], monkeypatch):
    monkeypatch.setattr(dependencies, "_TORCH", ">=99")
    with pytest.raises(InferenceError, match="too old for the network; it takes torch>=99"):
        dependencies.ensure_dependencies()
    assert asked == []


def test_without_the_pytorch_extension_the_user_is_told_where_to_get_it(asked: list[str], without_torch):
    with pytest.raises(InferenceError, match="Extensions Manager"):
        dependencies.ensure_dependencies()
    assert asked == []
