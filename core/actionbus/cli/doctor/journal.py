"""Checks of what is in the journal, of the daemon that writes it, and of the plugins that read it."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from actionbus.cli.doctor.finding import Finding, Verdict, ok, problem, skipped, warning
from actionbus.cli.known import known_deliveries
from actionbus.cli.looking import age
from actionbus.cli.told import counted
from actionbus.config import Config
from actionbus.errors import ActionbusError
from actionbus.host import Installed
from actionbus.log.inspect import damage, kept_aside, lags, looking_into, version
from actionbus.log.lock import running

VERSION, INTEGRITY, DAEMON, LAG, DELIVERIES, ASIDE = "version", "integrity", "daemon", "lag", "deliveries", "kept aside"
LOST = ("dead", "expired")  # the states of deliveries that were given up
A_DAY = 86_400.0  # seconds
MOST_ROWS = 1000  # that a plugin may be behind
MOST_SECONDS = 60.0
A_PIECE = 64  # rows: fewer may be such as do not concern the plugin, of which it takes note in pieces


def look_inside(path: Path, *, limit: float | None) -> Iterator[Finding]:
    """See whether the file is a journal that we can use, and whole; ``limit`` None: read all of it."""
    if not path.is_file():
        yield skipped(VERSION, "there is no journal yet")
        yield skipped(INTEGRITY, "there is no journal yet")
        return
    told = _look_at_version(path)
    yield told
    try:
        with looking_into(path) as journal:
            wrong = damage(journal, limit=limit)
    except ActionbusError as error:
        if told.verdict is Verdict.OK:
            yield problem(INTEGRITY, str(error).partition(";")[0], _aside(path))
        else:
            yield skipped(INTEGRITY, "not looked at")
        return
    if wrong is None:
        yield skipped(INTEGRITY, f"more than can be read in {limit:g} s; --deep reads all of it")
    elif wrong:
        yield problem(INTEGRITY, f"{path} is damaged: {'; '.join(wrong)}", _aside(path))
    else:
        yield ok(INTEGRITY, "all of it is whole" if limit is None else "it is whole; --deep looks closer")


def _look_at_version(path: Path) -> Finding:
    try:
        found = version(path)
    except sqlite3.Error as error:
        return problem(VERSION, f"{path} cannot be opened: {error}", "name another with path in [journal]")
    if path.stat().st_size == 0:
        return warning(VERSION, f"{path} is empty", "`actionbus run` begins a journal in it")
    if not found.ours:
        return problem(VERSION, f"{path} is no journal but a database of something else", "name another in [journal]")
    if found.found > found.newest:
        said = f"{path} was written by a newer actionbus (version {found.found}, this one knows {found.newest})"
        return problem(VERSION, said, "update, or name another with path in [journal]")
    if found.found < found.newest:
        return warning(VERSION, f"{path} was written by an older actionbus", "`actionbus run` brings it up to date")
    return ok(VERSION, f"{found.found}, which this actionbus writes")


def _aside(path: Path) -> str:
    return f"stop the daemon and move {path} away: `actionbus run` begins a new one, and fetches running games anew"


def look_at_daemon(path: Path) -> Finding:
    """See whether a daemon runs, and whether it says that it cannot write."""
    said = running(path)
    if said is None:
        return ok(DAEMON, "none runs on this journal")
    since = said.get("since")
    for_long = f" for {age(time.time() - since)}" if isinstance(since, int | float) else ""
    who = f"process {said.get('pid', 'unknown')}{for_long}"
    if said.get("trouble"):
        return problem(
            DAEMON, f"{who}, which cannot write the journal: {said['trouble']}", "make room, or mend the disk"
        )
    return ok(DAEMON, f"runs as {who}")


def look_at_lags(path: Path, *, daemon: bool, plugins: Collection[str], fixtures: Collection[str]) -> Iterator[Finding]:
    """See whether a plugin that is in use is behind in a fixture that is followed."""
    try:
        with looking_into(path) as journal:
            behind = [lag for lag in lags(journal) if lag.plugin in plugins and lag.fixture in fixtures]
    except ActionbusError:
        yield skipped(LAG, "there is no journal to look into")
        return
    late = [lag for lag in behind if lag.rows > MOST_ROWS or (lag.rows >= A_PIECE and lag.seconds > MOST_SECONDS)]
    if not daemon:
        rows = sum(lag.rows for lag in behind)
        yield ok(LAG, f"{rows} rows wait for plugins until the daemon runs" if rows else "no plugin is behind")
    elif not late:
        yield ok(LAG, "no plugin is behind")
    for lag in late if daemon else ():
        said = f"{lag.plugin} is {lag.rows} rows ({age(lag.seconds)}) behind in fixture {lag.fixture}"
        yield warning(LAG, said, "it is slow, stuck or paused: the daemon's own output says which")


def look_at_deliveries(path: Path, config: Config, known: Installed, *, has_file: bool) -> Iterator[Finding]:
    """See whether an endpoint of a webhook is disabled, and whether anything was given up within a day."""
    if not path.is_file():
        yield skipped(DELIVERIES, "there is no journal yet")
        return
    try:
        found = known_deliveries(config, path, known, has_file=has_file)
    except ActionbusError as error:
        yield warning(DELIVERIES, str(error))
        return
    since = time.time() - A_DAY
    lost = Counter(each.endpoint for each in found.deliveries if each.state in LOST and each.since >= since)
    for name, number in lost.items():
        advice = "`actionbus deliveries dead` says why, and `actionbus deliveries retry` sends them again"
        yield warning(
            DELIVERIES,
            f"of webhook {name} {counted(number, 'delivery', 'deliveries')} of the last 24 hours "
            f"{'was' if number == 1 else 'were'} given up",
            advice,
        )
    disabled = [each for each in found.endpoints if each.disabled]
    for endpoint in disabled:
        advice = f"`actionbus webhook enable {endpoint.name}`, once it can be reached"
        yield warning(DELIVERIES, f"webhook {endpoint.name} is disabled: {endpoint.disabled}", advice)
    if not lost and not disabled:
        yield ok(DELIVERIES, "none was given up within a day" if found.endpoints else "nothing was sent to webhooks")


def look_aside(path: Path) -> Finding:
    """See whether a damaged journal was kept."""
    try:
        kept = kept_aside(path)
    except OSError:
        kept = []
    if not kept:
        return ok(ASIDE, "no damaged journal was kept")
    names = ", ".join(each.name for each in kept)
    said = f"a damaged journal was replaced, and kept in {path.parent}: {names}"
    return warning(ASIDE, said, "look at the disk, and delete what you do not need")
