"""What the source says of a class and of its fields: the docstrings that stand below them, for people who hover."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any


def says(cls: type[Any]) -> str:
    """Return the first paragraph of a class's docstring, on one line; empty where it has none."""
    return _plain(_of_class(cls).get("", ""))


def fields_say(cls: type[Any]) -> dict[str, str]:
    """Return the text below each field that has one, on one line; a subclass has those of its bases, too.

    Python keeps no docstrings of attributes, so they are read from the source: where there is none, nothing is known.
    """
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        found |= _of_class(base)
    found.pop("", None)
    return {name: _plain(text) for name, text in found.items()}


def _plain(text: str) -> str:
    first = inspect.cleandoc(text).partition("\n\n")[0]
    return " ".join(first.replace("``", "`").split())


def _of_class(cls: type[Any]) -> Mapping[str, str]:
    return _of_module(cls.__module__).get(cls.__qualname__, {})


@cache
def _of_module(name: str) -> Mapping[str, Mapping[str, str]]:
    """Map the classes of a module, by qualified name, to their fields' texts; at "" is the class's own."""
    module = sys.modules.get(name)
    try:
        tree = ast.parse(inspect.getsource(module)) if module is not None else ast.Module([], [])
    except (OSError, TypeError, SyntaxError):  # there is no source, or it has changed since it was imported
        return {}
    return dict(_classes(tree, ""))


def _classes(node: ast.AST, prefix: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield prefix + child.name, {"": ast.get_docstring(child) or "", **dict(_fields(child))}
            yield from _classes(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _classes(child, f"{prefix}{child.name}.<locals>.")
        elif isinstance(child, ast.stmt):
            yield from _classes(child, prefix)  # below an `if`, for one


def _fields(cls: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(cls.body, cls.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            yield field.target.id, below.value.value
