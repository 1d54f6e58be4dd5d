"""What a plugin gives and gets: hooks.md."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from docs.parts.text import documented, markdown

import actionbus


def signatures(source: Any) -> Iterator[tuple[str, str]]:
    """The public functions of a class or module, or the function itself: signature and docstring as Markdown."""
    (made,) = ast.parse(textwrap.dedent(inspect.getsource(source))).body
    for each in made.body if isinstance(made, ast.ClassDef) else [made]:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and not each.name.startswith("_"):
            yield f"### {each.name}\n\n`{_signature(each)}`", markdown(ast.get_docstring(each) or "")


def _signature(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    returns = ast.unparse(function.returns) if function.returns else "None"
    decorators = {ast.unparse(each) for each in function.decorator_list}
    if decorators & {"property", "cached_property"}:
        return f"{function.name}: {returns}"
    prefix = "async " if isinstance(function, ast.AsyncFunctionDef) else ""
    if "asynccontextmanager" in decorators:
        prefix, returns = "async with ", returns.removeprefix("AsyncGenerator[").removesuffix("]")
    return f"{prefix}{function.name}({', '.join(_arguments(function.args))}) -> {returns}"


def _arguments(arguments: ast.arguments) -> Iterator[str]:
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [*([None] * (len(plain) - len(arguments.defaults))), *arguments.defaults]
    for each, default in zip(plain, defaults, strict=True):
        if each.arg != "self":
            yield _argument(each, default)
    if arguments.vararg is not None:
        yield f"*{_argument(arguments.vararg, None)}"
    elif arguments.kwonlyargs:
        yield "*"
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _argument(each, default)
    if arguments.kwarg is not None:
        yield f"**{_argument(arguments.kwarg, None)}"


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    kind = f": {ast.unparse(argument.annotation)}" if argument.annotation is not None else ""
    return f"{argument.arg}{kind}{f' = {ast.unparse(default)}' if default is not None else ''}"


def members(*sources: Any) -> Callable[[], Iterator[str]]:
    """A part with the public functions of these."""

    def part() -> Iterator[str]:
        for source in sources:
            for signature, text in signatures(source):
                yield f"{signature}\n\n{text}\n"

    return part


def declaration() -> Iterator[str]:
    """What a plugin says of itself."""
    yield documented(actionbus.Declaration)
