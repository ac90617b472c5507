"""What the panel does about Python packages that Slicer does not ship."""

import importlib.util

import pytest

from BratsSegmenterLib.errors import InferenceError
from BratsSegmenterLib.widgets import dependencies


def test_nothing_is_asked_when_everything_is_there():
    dependencies.ensure_dependencies()


def test_a_declined_installation_is_a_sentence_with_advice(monkeypatch, tmp_path):
    (tmp_path / "requirements.txt").write_text("no-such-package-at-all>=1\n")
    monkeypatch.setattr(dependencies, "resource", lambda name: tmp_path / name)
    with pytest.raises(InferenceError) as caught:
        dependencies.ensure_dependencies()
    assert "without the Python packages" in caught.value.what
    assert caught.value.advice


def test_without_the_pytorch_extension_the_user_is_told_where_to_get_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InferenceError, match="Extensions Manager"):
        dependencies.ensure_dependencies()
