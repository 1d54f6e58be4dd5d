"""``actionbus alerts``."""

from __future__ import annotations

import json
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import attrs

from actionbus.cli import OK, logs
from actionbus.cli.known import known_alerts
from actionbus.cli.log import time_meant
from actionbus.cli.looking import config_and_journal, has_config, printable
from actionbus.cli.tables import print_table, short_names
from actionbus.cli.told import counted
from actionbus.config.wrong import did_you_mean
from actionbus.errors import ConfigError
from actionbus.events.base import period_text
from actionbus.host import installed
from actionbus.listing import KnownAlert, KnownAlerts
from actionbus.log.inspect import find_fixture, looking_into, short

TITLES = ("TOLD", "GAME", "CLOCK", "ALERT", "STATE", "CHANNELS", "TEXT")
_TIME = "%m-%d %H:%M:%S"
_SHORTEST = 6  # characters of an id behind the rule's name
_LINES = 50  # unless so many are asked for
_STATES = {
    "sent": "sent",
    "withdrawn": "withdrawn",
    "held": "held by its rule",
    "waiting": "waiting for a channel",
    "untold": "told by no channel",
    "passed": "passed over",
}


def run(options: Namespace) -> int:
    """List the alerts that the journal knows, the newest last."""
    logs.set_up(options.log_level)
    known = installed()
    config, path = config_and_journal(options, known)
    since = time_meant("alerts: --since", options.since)
    found = known_alerts(config, path, known, has_file=has_config(options))
    fixture = None
    if options.fixture is not None:
        with looking_into(path) as journal:
            fixture = find_fixture(journal, options.fixture)[0]
    _check("rule", options.rule, {each.rule for each in found.alerts})
    _check("channel", options.channel, {one.channel for each in found.alerts for one in each.channels})
    wanted = [
        each
        for each in found.alerts
        if (options.rule is None or each.rule == options.rule)
        and (fixture is None or each.fixture == fixture)
        and (options.channel is None or any(one.channel == options.channel for one in each.channels))
        and (options.state is None or options.state in _states(each, options.channel))
        and (since is None or each.at >= since)
    ]
    limit = options.lines if options.lines is not None else len(wanted) if options.json else _LINES
    shown = wanted[max(0, len(wanted) - limit) :]
    if options.json:
        print(_as_json(shown, found))
        return OK
    if shown:
        _print(shown, options.channel)
    print(_summary(wanted, limit))
    for text in found.muted:
        print(printable(text))
    return OK


def _check(what: str, name: str | None, there: set[str]) -> None:
    """Raise ConfigError for a name that no alert has."""
    if name is not None and name not in there and (hint := did_you_mean(name, there)):
        raise ConfigError(f"actionbus alerts: the journal has no alert of {what} {name!r}; {hint}")


def _states(alert: KnownAlert, channel: str | None) -> set[str]:
    """Return all states that an alert is in: its own, why it was passed over, and those on its channels."""
    on_channels = {one.state for one in alert.channels if channel is None or one.channel == channel}
    return {alert.state, alert.reason, *on_channels}


def _as_json(alerts: Sequence[KnownAlert], found: KnownAlerts) -> str:
    said = {"alerts": [attrs.asdict(each) for each in alerts], "muted": list(found.muted)}
    return json.dumps(said, ensure_ascii=False)


def _print(alerts: Sequence[KnownAlert], channel: str | None) -> None:
    length = short(each.fixture for each in alerts)
    names = short_names((each.id for each in alerts), _least)  # `actionbus explain` needs no more
    print_table(TITLES, (_columns(each, length, names[each.id], channel) for each in alerts))


def _least(name: str) -> int:
    return len(name.rpartition("-")[0]) + 1 + _SHORTEST


def _columns(alert: KnownAlert, length: int, name: str, channel: str | None) -> tuple[str, ...]:
    clock = f"{period_text(alert.period)} {alert.clock}".strip() if alert.period else alert.clock
    shown = [one for one in alert.channels if channel is None or one.channel == channel]
    return (
        datetime.fromtimestamp(alert.at).strftime(_TIME),
        printable(alert.fixture[:length]),
        printable(clock),
        printable(name),
        f"{alert.state} ({alert.reason})" if alert.reason else alert.state,
        printable(", ".join(f"{one.channel}: {one.said}" for one in shown)) or "-",
        printable(alert.text),
    )


def _summary(alerts: Sequence[KnownAlert], limit: int) -> str:
    """Say how many alerts there are, in which states, and why some were passed over."""
    if not alerts:
        return "no alerts"
    counts = Counter[str](each.state for each in alerts)
    said = [f"{counts[state]:,} {words}" for state, words in _STATES.items() if state in counts]
    reasons = Counter(each.reason for each in alerts if each.state == "passed")
    if reasons:
        said[-1] += f" ({_listed(reasons)})"
    states = (one.state for each in alerts for one in each.channels)
    on_channels = Counter[str](state for state in states if state not in ("told", "withdrawn"))
    text = f"{counted(len(alerts), 'alert')}: {', '.join(said)}"
    if on_channels:
        text += f"; on channels: {_listed(on_channels)}"
    return f"{text}; the newest {limit} are shown, --lines shows more" if len(alerts) > limit else text


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counts.most_common())
