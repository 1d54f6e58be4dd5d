"""``actionbus fixtures``."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Collection, Sequence

from attrs import frozen

from actionbus.cli import OK, logs
from actionbus.cli.config import catalogue
from actionbus.cli.looking import age, config_and_journal, daemon_since, followed, has_config, printable
from actionbus.cli.tables import print_table
from actionbus.events.base import FeedState, period_text
from actionbus.host import installed
from actionbus.host.loading import wanted
from actionbus.log.inspect import LaneLag, Overview, finished_fixtures, looking_into, overview, short

TITLES = ("FIXTURE", "STATE", "SCORE", "PERIOD", "PACKETS", "BAD", "GAPS", "LAG", "SEEN", "TEAMS")
_NUMBERS = frozenset(("PACKETS", "BAD", "GAPS"))  # the columns that are set flush right
STOPPED, NOT_SEEN = "stopped", "not seen yet"


def run(options: Namespace) -> int:
    """List the fixtures: those that plugins.toml names, in its order, then what else is held."""
    logs.set_up(options.log_level)
    known = installed()
    config, path = config_and_journal(options, known)
    with looking_into(path) as journal:
        held = {each.fixture: each for each in overview(journal, catalogue(config))}
        finished = finished_fixtures(journal)
    has_file = has_config(options)
    since, plugins = daemon_since(path), wanted(config, known) if has_file else None
    named = followed(config) if has_file else ()

    def state(name: str) -> str:
        if name in finished:
            return FeedState.FINISHED.value
        let_go = has_file and name not in named  # since plugins.toml was read again
        return _state(held.get(name), None if let_go else since)

    lines = [
        Line(fixture=name, held=held.get(name), state=state(name), plugins=plugins)
        for name in dict.fromkeys((*named, *held))
    ]
    if options.json:
        print(json.dumps([line.as_object() for line in lines], ensure_ascii=False))
    elif lines:
        _print(lines)
    else:
        print(f"the journal {path} holds no fixture yet, and plugins.toml names none")
    return OK


def _state(held: Overview | None, since: float | None) -> str:
    """Say how a fixture that is not finished stands; ``since`` is when the daemon has started, None: none runs."""
    if held is None:
        return NOT_SEEN
    if since is None or held.status is None or held.status_since < since:
        return STOPPED
    return (FeedState.LIVE if held.status is FeedState.RECOVERED else held.status).value


@frozen(kw_only=True)
class Line:
    """A fixture as it is listed; ``held`` None: the journal has nothing of it. ``plugins`` None: all count."""

    fixture: str
    held: Overview | None
    state: str
    plugins: Collection[str] | None

    @property
    def lag(self) -> LaneLag | None:
        """The plugin that is furthest behind."""
        lags = self.held.lags if self.held is not None else ()
        return next((lag for lag in lags if self.plugins is None or lag.plugin in self.plugins), None)

    def as_object(self) -> dict[str, object]:
        """Return all there is to say, for JSON; of one that is not held id and state alone are known."""
        held, lag = self.held, self.lag
        said: dict[str, object] = {"fixture": self.fixture, "state": self.state}
        known = {
            "teams": held.teams,
            "score": str(held.score) if held.score is not None else None,
            "period": held.period,
            "packets": held.packets,
            "bad": held.bad,
            "gaps": held.gaps,
            "lag": {"plugin": lag.plugin, "rows": lag.rows, "seconds": lag.seconds} if lag is not None else None,
            "last_seen": held.last_seen,
            "reason": held.reason or None,
        } if held is not None else {}  # fmt: skip
        return said | known

    def columns(self, length: int) -> list[str]:
        """Return what stands in each column."""
        held, lag = self.held, self.lag
        begin = [printable(self.fixture[:length]), self.state]
        if held is None:
            return begin + [""] * (len(TITLES) - len(begin))
        return [
            *begin,
            str(held.score) if held.score is not None else "",
            period_text(held.period) if held.period else "",
            str(held.packets),
            str(held.bad),
            str(held.gaps),
            f"{lag.rows} {printable(lag.plugin)}" if lag is not None else "0",
            age(time.time() - held.last_seen) if held.last_seen is not None else "",
            printable(" - ".join(held.teams)),
        ]


def _print(lines: Sequence[Line]) -> None:
    length = short(line.fixture for line in lines)
    print_table(TITLES, (line.columns(length) for line in lines), _NUMBERS)
