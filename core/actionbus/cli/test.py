"""``actionbus test``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from actionbus.backtest import Game, Generated, Recorded, play_all
from actionbus.cli import FAILED, OK, logs
from actionbus.cli.config import read
from actionbus.cli.rehearsing import Asked, Loader
from actionbus.cli.source import wrong_replays
from actionbus.cli.told import Told, counted, lines
from actionbus.config.tests import AlertTest, Expected
from actionbus.host import Installed
from actionbus.rehearsal import Sent


def run(options: Namespace) -> int:
    """Play each game once; say of each test whether it holds."""
    logs.set_up(options.log_level)
    loader = Loader(partial(_read, options.config), options.log_level)
    config = loader.config
    if not config.tests:
        print(f"{config.tree.file} has no [[test]]")
        return OK if loader.fine else FAILED
    games = list(dict.fromkeys(map(_game, config.tests)))
    played = dict(zip(games, play_all(games, loader, lambda: None), strict=True))
    failed = 0
    for test in config.tests:
        sent = [each for each in played[_game(test)] if each.rule == test.alert]
        wrong = list(_wrong(test.expect, sent))
        failed += bool(wrong)
        _print(test, wrong, sent)
    print(f"{counted(len(config.tests), 'test')}, {failed or 'none'} failed")
    return OK if loader.fine and not failed else FAILED


def _read(path: Path | None, known: Installed) -> Asked:
    config = read(path, known=known)
    return config, [test.alert for test in config.tests], list(wrong_replays(config))


def _game(test: AlertTest) -> Game:
    return Recorded(test.replay) if test.replay is not None else Generated(test.seed or 0)


def _wrong(expect: Expected, sent: Sequence[Sent]) -> Iterator[str]:
    """Say what is not as expected."""
    got = {
        "sent": len(sent),
        "withdrawn": sum(each.state == "withdrawn" for each in sent),
        "corrected": sum(each.corrections > 0 for each in sent),
    }
    for what, number in got.items():
        expected: int | None = getattr(expect, what)
        if expected not in (None, number):
            yield f"expected {expected} {what}, got {number}"
    messages = [each.message for each in sent]
    if expect.messages is not None and list(expect.messages) != messages:
        yield from _wrong_messages(expect.messages, messages)
    for text in expect.contains:
        if not any(text in message for message in messages):
            yield f"expected one that contains {text!r}, got none"


def _wrong_messages(expected: Sequence[str], messages: Sequence[str]) -> Iterator[str]:
    if len(expected) != len(messages):
        yield f"expected {counted(len(expected), 'message')}, got {len(messages)}"
    for number, (one, other) in enumerate(zip(expected, messages, strict=False), 1):
        if one != other:
            yield f"expected {one!r} as message {number}, got {other!r}"
            return


def _print(test: AlertTest, wrong: Sequence[str], sent: Sequence[Sent]) -> None:
    what = f"alert {test.alert} over {_game(test).name}"
    if not wrong:
        print(f"ok      {what}")
        return
    print(f"FAILED  {what}: {'; '.join(wrong)}{':' if sent else ''}")
    for each in sent:
        for line in lines(Told("", each)):
            print(f"    {line}")
