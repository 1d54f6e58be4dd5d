"""``actionbus explain``."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from actionbus.backtest import Explainers, Game, Generated, Journalled, Recorded, journalled, make_explainers
from actionbus.cli import FAILED, OK, logs
from actionbus.cli.config import catalogue, load_and_check, read
from actionbus.cli.explained import Shown, alert_lines
from actionbus.cli.journal import journal_place
from actionbus.cli.known import find_alert, known_alerts
from actionbus.cli.looking import configured_journal, has_config
from actionbus.cli.output import as_text, stdout_alone
from actionbus.cli.rehearsing import ALERTS, only, rule_names
from actionbus.config import Config
from actionbus.config.wrong import did_you_mean
from actionbus.errors import ConfigError, Problem
from actionbus.explaining import Considered, Explanation, Question
from actionbus.host import Installed, installed
from actionbus.listing import KnownAlert
from actionbus.log.inspect import find_fixture, looking_into


def run(options: Namespace) -> int:
    """Explain a rule over games, or an alert that is in the journal."""
    stdout = stdout_alone() if options.json else None
    logs.set_up(options.log_level)
    known = installed()
    config = read(options.config, known=known, optional=options.journal is not None)
    explain = _rule if options.what in rule_names(config) else _alert
    said, as_object, fine = explain(options, config, known)
    if stdout is None:
        for line in said:
            print(line)
        return OK if fine else FAILED
    print(json.dumps(as_object, ensure_ascii=False), file=as_text(stdout), flush=True)
    return OK if fine and not stdout.failed() else FAILED


_Said = tuple[Sequence[str], Mapping[str, object], bool]
"""The lines for people, the JSON for programs, and whether no plugin is broken."""


# --- a rule, over games ---


def _rule(options: Namespace, config: Config, known: Installed) -> _Said:
    explainers, fine = _explainers(config, known, options.what)
    found: list[tuple[Game, Explanation]] = []
    for game in _games(options, config):
        found += ((game, each) for each in _over(explainers, game, options))
    for what in ("player", "team"):
        _check_named(what, getattr(options, what), [each for _, each in found])
    lines = [line for game, each in found for line in Shown(game.label, each, options.all).lines()]
    return lines, {"games": [{"game": game.name, **attrs.asdict(each)} for game, each in found]}, fine


def _explainers(config: Config, known: Installed, rule: str) -> tuple[Explainers, bool]:
    narrowed = only(config, [rule])  # what is wrong with others does not matter
    loaded = load_and_check(narrowed, known)
    for broken in loaded.broken:
        print(config.tree.problem(("plugin", broken.name), broken.reason), file=sys.stderr)
    return make_explainers(loaded.plugins, narrowed, catalogue(config)), not loaded.broken


def _over(explainers: Explainers, game: Game, options: Namespace) -> list[Explanation]:
    question = Question(
        rule=options.what,
        fixture=game.name,
        player=options.player or "",
        team=options.team or "",
        period=options.period,
    )
    if isinstance(game, Journalled):
        return explainers.over_journal(game.journal, game.number, question)
    recording = game.load()
    return explainers.over(recording, attrs.evolve(question, fixture=recording.fixture))


def _games(options: Namespace, config: Config) -> Iterator[Game]:
    """Find the games: those that are named, else those that a daemon follows. Raises ConfigError."""
    for named in options.game:
        yield from _named(named, options, config)
    yield from map(Generated, options.seed)
    if options.game or options.seed:
        return
    settings, journal = config.simulator, journal_place(config, os.environ)
    if options.journal is not None or config.feed.source != "simulator":
        path = options.journal if options.journal is not None else configured_journal(config)
        found = list(journalled(path))
        if not found:
            raise ConfigError(f"the journal {path} holds no game yet")
        yield from found
    elif journal is not None and journal.exists() and (kept := list(journalled(journal))):
        yield from kept  # as far as the daemon has come, with what it was told: mutes, other rules
    elif settings.recordings:
        yield from map(Recorded, settings.recordings)
    else:
        yield from (Generated(settings.seed + number) for number in range(settings.games))


def _named(named: str, options: Namespace, config: Config) -> Iterator[Game]:
    """Find the games that ``--game`` names: a recording, a folder of them, or a fixture of the journal."""
    path = Path(named)
    if path.is_dir():
        found = sorted(path.glob("*.jsonl"))
        if not found:
            raise ConfigError(f"the folder {path} holds no recording (*.jsonl)")
        yield from map(Recorded, found)
        return
    journal: Path | None = options.journal if options.journal is not None else journal_place(config, os.environ)
    if path.exists() or path.suffix or journal is None:
        yield Recorded(path)
        return
    with looking_into(journal) as connection:
        name, number = find_fixture(connection, named)
    game = next((each for each in journalled(journal) if each.number == number), None)
    if game is None:
        raise ConfigError(f"the journal {journal} holds no packet of fixture {name} any more")
    yield game


def _check_named(what: str, name: str | None, found: Sequence[Explanation]) -> None:
    """Say so where nobody has the name that was asked for: by the plugins' own reading, nothing was of interest."""
    if not name or any(each.considered or each.others or each.told or each.missed for each in found):
        return
    there = {text for each in found for text in (each.players if what == "player" else each.teams)}
    words = {word.casefold() for text in there for word in (text, *text.split())}
    if name.casefold() in words:
        return
    hint = did_you_mean(name, {*there, *(word for text in there for word in text.split())})
    raise ConfigError(f"actionbus explain: no {what} in these games is called {name!r}" + (f"; {hint}" if hint else ""))


# --- an alert, out of the journal ---


def _alert(options: Namespace, config: Config, known: Installed) -> _Said:
    journal: Path | None = options.journal if options.journal is not None else journal_place(config, os.environ)
    if options.game or options.seed or journal is None:
        raise ConfigError(_unknown(options.what, config, has_journal=journal is not None))
    alerts = known_alerts(config, journal, known, has_file=has_config(options))
    if not any(each.id.startswith(options.what) for each in alerts.alerts) and did_you_mean(
        options.what, rule_names(config)
    ):
        raise ConfigError(_unknown(options.what, config, has_journal=True))
    alert = find_alert(alerts, options.what)
    explanation, fine = _explanation(alert, options, config, known, journal)
    rule = config.tree.get((ALERTS, alert.rule)) if has_config(options) else None
    as_object = {
        "alert": attrs.asdict(alert),
        "rule": rule,
        "explanation": attrs.asdict(explanation) if explanation is not None else None,
    }
    return list(alert_lines(alert, rule, explanation)), as_object, fine


def _explanation(
    alert: KnownAlert, options: Namespace, config: Config, known: Installed, journal: Path
) -> tuple[Considered | None, bool]:
    """Explain an alert by its rule as it is now, over its game as the journal has it."""
    if alert.rule not in rule_names(config):
        return None, True
    explainers, fine = _explainers(config, known, alert.rule)
    with looking_into(journal) as connection:
        _, number = find_fixture(connection, alert.fixture)
    question = Question(rule=alert.rule, fixture=alert.fixture)
    for found in explainers.over_journal(journal, number, question):
        for each in (*found.told, *found.missed):
            if each.alert == alert.id:
                return each, fine
    return None, fine


def _unknown(what: str, config: Config, *, has_journal: bool) -> Problem:
    names = rule_names(config)
    there = f"there is {', '.join(names)}" if names else "it has no [alert.NAME]"
    if not has_journal:
        there += '; to look alerts up by their ids write path = "FILE" below [journal]'
    said = f"there is no such alert in {config.tree.file}"
    return Problem("", None, f"explain {what}", said, did_you_mean(what, names) or there)
