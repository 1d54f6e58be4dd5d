"""What differs between two readings of plugins.toml, in words, and what of it a daemon that runs cannot take over."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from actionbus.config import Config, Tree
from actionbus.config.keys import is_table
from actionbus.errors import Problem

_TAKEN_OVER = ("fixtures", "token")  # of [feed]


def not_while_it_runs(before: Config, now: Config) -> Iterator[Problem]:
    """Yield what has changed that only a start takes over."""
    parts = (
        ("feed", before.feed, now.feed),
        ("simulator", before.simulator, now.simulator),
        ("journal", before.journal, now.journal),
    )
    for name, was, is_ in parts:
        for each in attrs.fields(type(was)):
            if name == "feed" and each.name in _TAKEN_OVER:
                continue
            if getattr(was, each.name) != getattr(is_, each.name):
                what = "takes effect only when the daemon is started again, so nothing was changed"
                yield now.tree.problem((name, each.name), what, "put it back, or start the daemon again")


def differences(before: Tree, now: Tree) -> list[str]:
    """Say which tables are new, changed or gone: ``alert.steals is new``."""
    names = dict.fromkeys((*before.data, *now.data))
    said: list[str] = []
    for name in names:
        was, is_ = before.get((name,)), now.get((name,))
        inner = dict.fromkeys([*(was if is_table(was) else ()), *(is_ if is_table(is_) else ())])
        tables = [each for each in inner if is_table(before.get((name, each))) or is_table(now.get((name, each)))]
        if tables:
            said += [_say(f"{name}.{each}", before.get((name, each)), now.get((name, each))) for each in inner]
        else:
            said.append(_say(name, was, is_))
    return [each for each in said if each]


def _say(name: str, was: object, is_: object) -> str:
    if was == is_:
        return ""
    if was is None:
        return f"{name} is new"
    return f"{name} is gone" if is_ is None else f"{name} has changed"
