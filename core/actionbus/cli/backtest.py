"""``actionbus backtest``."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import attrs

from actionbus.backtest import Game, Generated, Recorded, journalled, play_all
from actionbus.cli import FAILED, OK, logs
from actionbus.cli.config import read
from actionbus.cli.looking import configured_journal
from actionbus.cli.output import as_text, stdout_alone
from actionbus.cli.progress import progress
from actionbus.cli.rehearsing import Asked, Loader, rule_names
from actionbus.cli.told import Told, counted, summary
from actionbus.config import Config
from actionbus.config.wrong import did_you_mean
from actionbus.errors import ConfigError, Problem
from actionbus.host import Installed
from actionbus.rehearsal import Sent


def run(options: Namespace) -> int:
    """Play the games; print what each rule would have sent."""
    stdout = stdout_alone() if options.json else None
    logs.set_up(options.log_level)
    loader = Loader(partial(_read, options.config, tuple(options.rule)), options.log_level)
    games = list(_games(options, loader.config))
    with progress(len(games), quiet=options.json) as done:
        sent = play_all(games, loader, done)
    if stdout is None:
        _print(loader.config, options.rule, games, sent)
        return OK if loader.fine else FAILED
    alerts = [attrs.asdict(each) for told in sent for each in told]
    print(json.dumps({"games": len(games), "alerts": alerts}, ensure_ascii=False), file=as_text(stdout), flush=True)
    return OK if loader.fine and not stdout.failed() else FAILED


def _read(path: Path | None, rules: Sequence[str], known: Installed) -> Asked:
    config = read(path, known=known)
    return config, rules or None, list(_unknown(config, rules))


def _unknown(config: Config, rules: Sequence[str]) -> Iterator[Problem]:
    names = rule_names(config)
    there = f"there is {', '.join(names)}" if names else "it has no [alert.NAME]"
    for rule in rules:
        if rule not in names:
            what = f"there is no such alert in {config.tree.file}"
            yield Problem("", None, f"--rule {rule}", what, did_you_mean(rule, names) or there)


def _games(options: Namespace, config: Config) -> Iterator[Game]:
    """Find the games: those that are named, else those of the simulator. Raises ConfigError."""
    for path in options.recordings:
        yield from _recordings(path)
    if options.journal:
        path = configured_journal(config, "")
        found = list(journalled(path))
        if not found:
            raise ConfigError(f"the journal {path} holds no game yet")
        yield from found
    yield from map(Generated, options.seed)
    if options.recordings or options.journal or options.seed:
        return
    settings = config.simulator
    if settings.recordings:
        yield from map(Recorded, settings.recordings)
    else:
        yield from (Generated(settings.seed + number) for number in range(settings.games))


def _recordings(path: Path) -> Iterator[Recorded]:
    try:
        found = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from None
    if not found:
        raise ConfigError(f"the folder {path} holds no recording (*.jsonl)")
    yield from map(Recorded, found)


def _print(config: Config, rules: Sequence[str], games: Sequence[Game], sent: Sequence[Sequence[Sent]]) -> None:
    names = [name for name in rule_names(config) if not rules or name in rules]
    told = [Told(game.label, each) for game, alerts in zip(games, sent, strict=True) for each in alerts]
    what = counted(len(games), "game") if len(games) != 1 else games[0].label
    print(f"{what}: {counted(len(told), 'alert')}")
    for line in summary(names, told):
        print(line)
    if not names:
        print(f"{config.tree.file} has no [alert.NAME]")
