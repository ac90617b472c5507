"""What the user reads goes through Slicer's translation.

Sentences that are made below ``widgets`` (errors, warnings, checks) stay English: the command line and the support say
them too.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

MODULE = Path(__file__).resolve().parents[4] / "BratsSegmenter"
WIDGETS = sorted((MODULE / "BratsSegmenterLib" / "widgets").glob("*.py"))
SLICER_SIDE = [MODULE / "BratsSegmenter.py", *WIDGETS]
SHOWS_ITS_FIRST_ARGUMENT = {"setText", "setToolTip", "setPlaceholderText", "setWindowTitle", "setTitle", "infoDisplay"}
TRANSLATES = {"_", "tr", "translate"}
SAID_TO_DEVELOPERS = {"warning", "info", "debug", "exception", "RuntimeError", "getattr"}
FOR_SUPPORT = {"for_support"}
PUT_IN = "\0"
UNITS = {"mL", "mm", "GB", "MB", "px"}
MARKUP = re.compile(r"<[^>]*>|&\w+;|[\w-]+: [^;]+;")
ERROR, WHAT_AND_ADVICE = re.compile(r"(Error|^Failure)$"), 2
TWO_WORDS = re.compile(r"[A-Za-z]{2,}[,;:.']? [A-Za-z]{2,}")
A_WORD = re.compile(r"[A-Za-z]{2,}")


def _bare_strings(file: Path) -> list[str]:
    """Words that are shown as they stand in the code, with their line."""
    calls = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    shown = [call.args[0] for call in calls if getattr(call.func, "attr", "") in SHOWS_ITS_FIRST_ARGUMENT and call.args]
    words = [argument for argument in shown if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
    return [f"{word.lineno}: {word.value}" for word in words if any(letter.isalpha() for letter in word.value)]


def _bare_sentences(file: Path) -> list[str]:
    """Sentences, and pieces of sentences with something put in, that are made without a translation."""
    return [f"{line}: {text}" for line, text in _untranslated(ast.parse(file.read_text(encoding="utf-8")))]


def _untranslated(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Call) and _name(node.func) in TRANSLATES:
        assert isinstance(node.args[-1], ast.Constant), f"line {node.lineno}: a text that is made cannot be translated"
        return
    if isinstance(node, ast.Call) and _name(node.func) in SAID_TO_DEVELOPERS:
        return
    if isinstance(node, ast.FunctionDef) and node.name in FOR_SUPPORT:
        return
    if isinstance(node, ast.Assert):
        return
    if isinstance(node, ast.Call) and ERROR.search(_name(node.func)):
        for said in node.args[:WHAT_AND_ADVICE]:  # the third is the technical cause
            yield from _untranslated(said)
        return
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from _untranslated(value)
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.Constant | ast.JoinedStr) and _is_said(node):
        yield node.lineno, ast.unparse(node)
        return
    children = ast.iter_child_nodes(node)
    if isinstance(node, ast.JoinedStr):
        children = (child for child in children if isinstance(child, ast.FormattedValue))
    for child in children:
        yield from _untranslated(child)


def _is_said(node: ast.Constant | ast.JoinedStr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(TWO_WORDS.search(MARKUP.sub(" ", node.value)))
    text = "".join(str(piece.value) if isinstance(piece, ast.Constant) else PUT_IN for piece in node.values)
    pieces = [piece for piece in MARKUP.sub(PUT_IN, text).split(PUT_IN) if " " in piece]
    return any(word not in UNITS for piece in pieces for word in A_WORD.findall(piece))


def _name(function: ast.expr) -> str:
    return getattr(function, "id", getattr(function, "attr", ""))


@pytest.mark.parametrize("file", SLICER_SIDE, ids=lambda file: file.name)
def test_no_words_reach_the_user_untranslated(file: Path) -> None:
    assert _bare_strings(file) == []


@pytest.mark.parametrize("file", WIDGETS, ids=lambda file: file.name)
def test_no_sentence_is_made_in_the_panel_without_a_translation(file: Path) -> None:
    assert _bare_sentences(file) == []


def test_a_sentence_with_something_put_in_is_found() -> None:
    found = _untranslated(ast.parse("def say(name):\n    return f'Reviewed by {name}, {1:.2f} mL', f'{name}Box'"))
    assert list(found) == [(2, "f'Reviewed by {name}, {1:.2f} mL'")]


def test_every_stage_of_the_panel_s_jobs_has_a_name_that_can_be_translated():
    library = MODULE / "BratsSegmenterLib"
    jobs = (
        file for file in library.rglob("*.py") if file.relative_to(library).parts[0] not in ("learning", "commands")
    )
    stages = {
        call.args[0].value
        for file in jobs
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and _name(call.func) == "stage" and isinstance(call.args[0], ast.Constant)
    }
    names = ast.walk(ast.parse((library / "widgets" / "stage_names.py").read_text(encoding="utf-8")))
    named = {key.value for table in names if isinstance(table, ast.Dict) for key in table.keys}
    assert len(stages) > 20
    assert named == stages
