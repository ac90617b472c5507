"""How PythonQt reaches a member of a C++ class: by what its header declares.

Of the classes of Slicer and CTK it sees properties, slots, signals and what is ``Q_INVOKABLE``, nothing else
(PythonQtClassInfo.cpp, lookForPropertyAndCache and lookForMethodAndCache; ctkWrapPythonQt.py wraps constructors alone).
"""

from __future__ import annotations

import re
from enum import Enum


class Way(Enum):
    """What a member is to Python."""

    PROPERTY = "property"
    METHOD = "method"
    SIGNAL = "signal"


_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_PROPERTY = re.compile(r"Q_PROPERTY\(\s*[\w:<>,\s*&]*?[\s*&](\w+)\s+(?:READ|MEMBER)\b")
_SECTION = re.compile(r"(?:(public|protected|private)\s*)?(slots|Q_SLOTS|signals|Q_SIGNALS)?\s*:(?!:)")
_FUNCTION = re.compile(r"(\w+)\s*\(")


def ways_of_class(class_name: str, header: str) -> dict[str, Way]:
    """Members of a class that Python can reach, by name; one that is a property and a method is the property."""
    body = _body_of(class_name, _COMMENT.sub(" ", header))
    ways = dict.fromkeys(_PROPERTY.findall(body), Way.PROPERTY)
    way: Way | None = None
    for statement in body.split(";"):
        declaration, of_its_own = statement, way
        for section in _SECTION.finditer(statement):
            if section.group(1) or section.group(2):
                way = of_its_own = _way_of_section(section.group(1), section.group(2))
                declaration = statement[section.end() :]
        if "Q_INVOKABLE" in declaration:
            of_its_own, declaration = Way.METHOD, declaration.rpartition("Q_INVOKABLE")[2]
        if of_its_own and (function := _FUNCTION.search(declaration)):
            ways.setdefault(function.group(1), of_its_own)
    return ways


def _way_of_section(access: str | None, kind: str | None) -> Way | None:
    if kind in ("signals", "Q_SIGNALS"):
        return Way.SIGNAL
    return Way.METHOD if kind and access == "public" else None


def _body_of(class_name: str, text: str) -> str:
    """What a class declares, without what its functions do; empty where it is not defined."""
    head = re.search(rf"class [\w\s]*\b{class_name}\b\s*(?:final\s*)?(?::[^;{{]*)?{{", text)
    if head is None:
        return ""
    depth, body = 1, ""
    for part in re.split(r"([{}])", text[head.end() :]):
        if part == "{":
            depth += 1
        elif part == "}":
            depth -= 1
            body += ";"
        elif depth == 1:
            body += part
        if depth == 0:
            break
    return body
