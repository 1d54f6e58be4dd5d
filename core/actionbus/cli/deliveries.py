"""``actionbus deliveries``."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from actionbus.cli import OK, logs
from actionbus.cli.asking import ask_plugin
from actionbus.cli.config import read
from actionbus.cli.journal import journal_place
from actionbus.cli.known import find_name, known_deliveries
from actionbus.cli.log import time_meant
from actionbus.cli.looking import configured_journal, has_config, printable
from actionbus.cli.resending import resend
from actionbus.cli.tables import print_table, short_names
from actionbus.cli.told import counted
from actionbus.config.wrong import did_you_mean
from actionbus.control import NobodyThere
from actionbus.errors import ActionbusError, ConfigError
from actionbus.host import installed
from actionbus.listing import KnownDeliveries, KnownDelivery, KnownEndpoint
from actionbus.log.inspect import short

TITLES = ("SINCE", "GAME", "ENDPOINT", "STATE", "TRIES", "STATUS", "TYPE", "SUBJECT", "ID", "WHY")
_NUMBERS = ("TRIES", "STATUS")  # the columns that are set flush right
_TIME, _CLOCK = "%m-%d %H:%M:%S", "%H:%M:%S"
_SHORTEST = 8  # characters of an id, and of a subject behind its kind
_LINES = 50  # unless so many are asked for
_LOST = ("dead", "expired")
_STATES = ("delivered", *_LOST, "replaced", "waiting")  # in the order of the sums


def run(options: Namespace) -> int:
    """List the deliveries, the newest last, and the sums; or let the daemon send some again."""
    logs.set_up(options.log_level)
    _check_words(options)
    since = time_meant("deliveries: --since", options.since)
    if options.what == "retry":
        return resend(options, since)
    found = _known(options)
    _check_endpoint(options.endpoint, found.endpoints)
    fixture = _fixture(options.fixture, found.deliveries)
    states = _LOST if options.what == "dead" else _STATES if options.state is None else (options.state,)
    wanted = sorted(
        (
            each
            for each in found.deliveries
            if each.state in states
            and options.endpoint in (None, each.endpoint)
            and fixture in (None, each.fixture)
            and (since is None or each.since >= since)
        ),
        key=lambda each: each.since,
    )
    endpoints = [each for each in found.endpoints if options.endpoint in (None, each.name)]
    limit = options.lines if options.lines is not None else len(wanted) if options.json else _LINES
    shown = wanted[max(0, len(wanted) - limit) :]
    if options.json:
        print(_as_json(shown, endpoints))
        return OK
    if shown:
        _print(shown, found)
    print(_summary(wanted, limit))
    for endpoint in endpoints:
        print(_sums(endpoint))
    return OK


def _check_words(options: Namespace) -> None:
    """Raise ConfigError for options that do not go together."""
    if options.what == "retry":
        if (options.id is None) == (options.since is None):
            raise ConfigError(
                "actionbus deliveries retry: which? Name one by its id, or all that were lost: --since 2h"
            )
        given = [name for name in ("state", "fixture", "lines", "journal") if getattr(options, name) is not None]
        if given:
            raise ConfigError(f"actionbus deliveries retry: --{given[0]} is for the list; leave it out")
    elif options.id is not None:
        raise ConfigError(f"actionbus deliveries dead takes no id; actionbus deliveries retry {options.id} sends it")
    elif options.what == "dead" and options.state is not None:
        raise ConfigError("actionbus deliveries dead: lists what is dead or expired; leave --state or dead out")


def _check_endpoint(name: str | None, there: Sequence[KnownEndpoint]) -> None:
    """Raise ConfigError for a name that no endpoint has or had."""
    names = [each.name for each in there]
    if name is not None and name not in names:
        hint = did_you_mean(name, names) or (f"there is {', '.join(names)}" if names else "there is none")
        raise ConfigError(f"actionbus deliveries: there is no endpoint {name!r}; {hint}")


def _fixture(asked: str | None, deliveries: Sequence[KnownDelivery]) -> str | None:
    if asked is None:
        return None
    names = dict.fromkeys(each.fixture for each in deliveries)
    return find_name(
        "fixtures", asked, names, f"no delivery is of a fixture {asked!r}; `actionbus fixtures` lists them"
    )


def _known(options: Namespace) -> KnownDeliveries:
    """Return the deliveries of the journal or, where the log is in memory, of the daemon that has it."""
    known, named = installed(), options.journal
    config = read(options.config, known=known, optional=named is not None)
    path = named if named is not None else journal_place(config, os.environ)
    if path is not None:
        return known_deliveries(config, path, known, has_file=has_config(options))
    try:
        answer = ask_plugin(options.config, "webhook", "deliveries", {})
    except NobodyThere:
        configured_journal(config, ", start the daemon, or name a journal with --journal")
        raise
    if not answer["ok"]:
        raise ActionbusError("\n".join(answer["problems"]))
    return _read(answer["answer"])


def _read(told: Mapping[str, Any]) -> KnownDeliveries:
    """Read what a plugin that runs has told."""
    fields = [each.name for each in attrs.fields(KnownDelivery)]
    deliveries = (KnownDelivery(**{name: each[name] for name in fields}) for each in told["deliveries"])
    standing: Mapping[str, Mapping[str, str]] = told["endpoints"]
    endpoints = (
        KnownEndpoint(name=name, sums=sums, disabled=standing.get(name, {}).get("disabled", ""))
        for name, sums in sorted(told["sums"].items())
    )
    return KnownDeliveries(deliveries=tuple(deliveries), endpoints=tuple(endpoints))


def _as_json(deliveries: Sequence[KnownDelivery], endpoints: Sequence[KnownEndpoint]) -> str:
    said = {"deliveries": list(map(attrs.asdict, deliveries)), "endpoints": list(map(attrs.asdict, endpoints))}
    return json.dumps(said, ensure_ascii=False)


def _print(deliveries: Sequence[KnownDelivery], found: KnownDeliveries) -> None:
    length = short(each.fixture for each in deliveries)
    ids = short_names((each.id for each in found.deliveries), _least)  # of all: retry needs no more
    subjects = short_names((each.subject for each in found.deliveries), _least)
    disabled = {each.name for each in found.endpoints if each.disabled}
    rows = [
        (
            datetime.fromtimestamp(each.since).strftime(_TIME),
            printable(each.fixture[:length]),
            printable(each.endpoint),
            each.state,
            str(each.tries),
            str(each.status or "-"),
            printable(each.type),
            printable(subjects[each.subject]),
            printable(ids[each.id]),
            printable(_why(each, is_disabled=each.endpoint in disabled)),
        )
        for each in deliveries
    ]
    print_table(TITLES, rows, _NUMBERS)


def _least(name: str) -> int:
    """Return how many characters are shown at least: the kind of a moment, and something behind it."""
    kind, _, rest = name.partition(":")
    return len(kind) + 1 + _SHORTEST if rest and not rest.isdecimal() else _SHORTEST


def _why(delivery: KnownDelivery, *, is_disabled: bool) -> str:
    """Say why it ended, or why it waits and until when."""
    if delivery.state != "waiting":
        return delivery.said
    said = [delivery.said] if delivery.said else []
    if is_disabled:
        said.append("the endpoint is disabled")
    elif delivery.tries:
        said.append(f"next try at {datetime.fromtimestamp(delivery.due).strftime(_CLOCK)}")
    return "; ".join(said)


def _summary(deliveries: Sequence[KnownDelivery], limit: int) -> str:
    if not deliveries:
        return "no deliveries"
    counts = Counter[str](each.state for each in deliveries)
    said = ", ".join(f"{counts[state]:,} {state}" for state in _STATES if state in counts)
    text = f"{counted(len(deliveries), 'delivery', 'deliveries')}: {said}"
    if len(deliveries) > limit:
        text += f"; the newest {limit} are shown, --lines shows more"
    return text


def _sums(endpoint: KnownEndpoint) -> str:
    """Say what became of all that was ever queued for an endpoint."""
    parts = " + ".join(f"{endpoint.sums.get(state, 0):,} {state}" for state in _STATES)
    text = f"{printable(endpoint.name)}: {endpoint.sums.get('queued', 0):,} queued = {parts}"
    if endpoint.disabled:
        how = f"`actionbus webhook enable {printable(endpoint.name)}` serves it again"
        text += f"; disabled: {printable(endpoint.disabled)}; {how}"
    return text
