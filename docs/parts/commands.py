"""The commands and their options: command-line.md."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from typing import cast

from docs.parts.text import table

from actionbus.cli.parser import make_parser


def command_line() -> Iterator[str]:
    """All commands and their options."""
    parser = make_parser()
    yield from _options(parser)
    for name, command in _commands(parser):
        yield from _command(f"actionbus {name}", command, "##")


def _command(name: str, command: argparse.ArgumentParser, level: str) -> Iterator[str]:
    yield f"\n{level} {name}\n"
    yield f"{paragraphs(command.description or '')}\n"
    yield from _options(command)
    if command.epilog:
        yield f"\n{paragraphs(command.epilog)}"
    for word, inner in _commands(command):
        yield from _command(f"{name} {word}", inner, f"{level}#")


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action.choices, Mapping):
            yield from cast("Mapping[str, argparse.ArgumentParser]", action.choices).items()


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The arguments and options of one command."""

    def rows() -> Iterator[tuple[str, ...]]:
        for each in parser._actions:
            if each.dest == "help" or isinstance(each.choices, Mapping) or each.help == argparse.SUPPRESS:
                continue
            value = each.metavar or (each.dest.upper() if each.nargs != 0 and each.option_strings else "")
            named = [f"{option} {value}".strip() for option in each.option_strings] or [str(value or each.dest)]
            yield ", ".join(f"`{name}`" for name in named), (each.help or "").replace("%%", "%")

    yield from table("| option | what it does |", rows())


def paragraphs(text: str) -> str:
    """Help text as Markdown: lines that are set in become a list."""
    text = re.sub(r"\n {3,}(?! )", " ", text.strip("\n"))  # of an item, a line that goes on
    text = re.sub(r"(?m)^ {2}(.+?)(?: {3,}([^=].*))?$", lambda item: _item(item[1], item[2]), text)
    return re.sub(r"(?m)^(?!- )(.+)\n(?=- )", r"\1\n\n", text)


def _item(name: str, text: str | None) -> str:
    return f"- `{name}`: {text}" if text else f"- `{name}`"
