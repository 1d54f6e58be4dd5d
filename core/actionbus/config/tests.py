"""The tables [[test]] as values: what an alert is expected to send over a game, a recorded or a generated one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import attrs
from attrs import field, frozen
from attrs.validators import ge, optional

from actionbus.config.keys import is_list, is_table
from actionbus.config.toml import Tree
from actionbus.config.wrong import Wrong, did_you_mean
from actionbus.errors import Problem


@frozen(kw_only=True)
class Expected:
    """What should come of an alert over a whole game; what is left out is not looked at."""

    SCHEMA: ClassVar[Mapping[str, object]] = {"minProperties": 1}

    sent: int | None = field(default=None, validator=optional(ge(0)))
    """How many were told, those that were withdrawn later too."""
    withdrawn: int | None = field(default=None, validator=optional(ge(0)))
    """How many of them do not stand in the end."""
    corrected: int | None = field(default=None, validator=optional(ge(0)))
    """How many of them had something wrong in what was told."""
    messages: tuple[str, ...] | None = None
    """All that they say in the end, word by word, in the order in which they were first told."""
    contains: tuple[str, ...] = field(default=(), metadata={"schema": {"minItems": 1}})
    """Texts each of which one of them contains in the end."""

    def __attrs_post_init__(self) -> None:
        if not self.contains and {self.sent, self.withdrawn, self.corrected, self.messages} == {None}:
            names = ", ".join(each.name for each in attrs.fields(Expected))
            raise Wrong("is empty, so there is nothing to test", f"expect at least one of {names}")


@frozen(kw_only=True)
class AlertTest:
    """``[[test]]``: a game, and what an alert should send over it."""

    SCHEMA: ClassVar[Mapping[str, object]] = {"oneOf": [{"required": ["replay"]}, {"required": ["seed"]}]}

    alert: str
    """The name of a rule: ``[alert.NAME]``."""
    replay: Path | None = None
    """The recording that it is tried on."""
    seed: int | None = None
    """Instead of a recording: the match that the simulator generates from this number."""
    expect: Expected
    """What should come of it; one key is enough, all that are there have to hold."""

    def __attrs_post_init__(self) -> None:
        if self.replay is None and self.seed is None:
            raise Wrong("has no game", 'write seed = 5 for a generated match, or replay = "game.jsonl"')
        if self.replay is not None and self.seed is not None:
            raise Wrong("has two games, replay and seed", "leave one of them out, or write two tests")


def wrong_alerts(tree: Tree) -> Iterator[Problem]:
    """Tell of tests that name no alert of the file."""
    tests = tree.get(("test",))
    alerts = tree.get(("alert",))
    names = list(alerts) if is_table(alerts) else []
    for place, test in enumerate(tests if is_list(tests) else ()):
        name = test.get("alert") if is_table(test) else None
        if isinstance(name, str) and name not in names:
            hint = did_you_mean(name, names) or (f"there is {', '.join(names)}" if names else "write [alert.NAME]")
            yield tree.problem(("test", place, "alert"), f"there is no alert {name!r}", hint)
