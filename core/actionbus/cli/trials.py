"""The commands that try alerts on games, and their options, with the help that people read first."""

from __future__ import annotations

from actionbus.cli.options import add_config, path, text, whole

TYPE_CHECKING = False  # as in typing, which is slow to import
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def add_backtest(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus backtest``."""
    backtest = add(
        "backtest",
        help="show what alerts would have sent",
        description="Play games to the alerts of plugins.toml, as fast as it goes: how often each\n"
        "would have been sent, corrected and withdrawn, with examples. Nothing leaves\n"
        "the machine and no file is written.",
        epilog="""\
  actionbus backtest games/ --rule heat_check
  actionbus backtest --journal
  actionbus backtest --seed 1 --seed 2

Without a recording, --journal and --seed the games are those of [simulator].""",
    )
    backtest.add_argument(
        "recordings", metavar="RECORDING.jsonl", nargs="*", type=path, help="a recorded game, or a folder of them"
    )
    backtest.add_argument("--journal", action="store_true", help="the games in the journal; a daemon may run on it")
    backtest.add_argument(
        "--seed", action="append", default=[], type=whole(0), metavar="N", help="the match generated from this number"
    )
    backtest.add_argument("--rule", action="append", default=[], type=text, metavar="NAME", help="only this alert")
    backtest.add_argument("--json", action="store_true", help="one JSON object with all alerts")
    add_config(backtest)
    return backtest


def add_test(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus test``."""
    test = add(
        "test",
        help="run the tests of plugins.toml",
        description="Play games to the alerts of plugins.toml, and see whether they would have\nsent what is expected.",
        epilog="""\
  [[test]]
  alert  = "heat_check"
  seed   = 5
  expect = { sent = 2, corrected = 1, contains = ["Ansel"] }

The game: seed, the match that the simulator generates from this number, or
replay = "game.jsonl", a recording.
expect: sent, withdrawn, corrected (how many alerts), messages (all of them, in
order), contains (texts that occur). Exit code 1: one of them failed.""",
    )
    add_config(test)
    return test
