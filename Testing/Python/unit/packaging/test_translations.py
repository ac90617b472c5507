"""What the user reads goes through Slicer's translation."""

import ast
from pathlib import Path

import pytest

MODULE = Path(__file__).resolve().parents[4] / "BratsSegmenter"
SLICER_SIDE = [MODULE / "BratsSegmenter.py", *sorted((MODULE / "BratsSegmenterLib" / "widgets").glob("*.py"))]
SHOWS_ITS_FIRST_ARGUMENT = {"setText", "setToolTip", "setPlaceholderText", "setWindowTitle", "infoDisplay"}


def _bare_strings(file: Path) -> list[str]:
    """Words that are shown as they stand in the code, with their line."""
    calls = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    shown = [call.args[0] for call in calls if getattr(call.func, "attr", "") in SHOWS_ITS_FIRST_ARGUMENT and call.args]
    words = [argument for argument in shown if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
    return [f"{word.lineno}: {word.value}" for word in words if any(letter.isalpha() for letter in word.value)]


@pytest.mark.parametrize("file", SLICER_SIDE, ids=lambda file: file.name)
def test_no_words_reach_the_user_untranslated(file: Path) -> None:
    assert _bare_strings(file) == []
