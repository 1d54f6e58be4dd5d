"""One round: games in a fresh journal, a daemon that is killed and restarted until they are over, and the checks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, repeat
from pathlib import Path
from typing import IO

from attrs import Factory, define, evolve, field
from tests.e2e.processes import simulating
from tests.kill.checks import MOST_OF_A_KIND, Cursors, Tally, check_stores, check_stream
from tests.kill.journal import read_cursors, read_stores
from tests.kill.plans import Kill, Round
from tests.kill.processes import HERE, PATIENCE, TOKEN, Daemon, End, Sink, Stuck, sinking, start_daemon, write_config
from tests.kill.truth import Truth, read_truth

# The plugins under test, by their names; the first two are those whose lanes' cursors excuse repeats.
TELLER, LISTENER, COUNTER, PUBLISHER = "kill_teller", "kill_listener", "kill_counter", "kill_publisher"
PLUGINS = {
    TELLER: f'path = {json.dumps(str(HERE / "plugins/teller.py"))}\nstream = "action"',
    LISTENER: f'path = {json.dumps(str(HERE / "plugins/teller.py"))}\nstream = "moment"',
    COUNTER: f"path = {json.dumps(str(HERE / 'plugins/counter.py'))}",
    PUBLISHER: f"path = {json.dumps(str(HERE / 'plugins/publisher.py'))}",
}
FAST = 1e6  # times the speed at which a match was played
MOST_BAD_ENDS = 3  # until a round is given up


@define(kw_only=True)
class Outcome:
    """What came of one round, or of several."""

    rounds: int = 0
    games: int = 0
    kills: int = 0
    points: Counter[str] = Factory(Counter[str])
    """Kills at each crash point, and at any moment."""
    actions: Tally = Factory(Tally)
    moments: Tally = Factory(Tally)
    stores: list[str] = Factory(list[str])
    """What is wrong with the stores."""
    trouble: list[str] = Factory(list[str])
    """What else is wrong: exits, errors in the daemon's log, the journal."""

    def add(self, other: Outcome) -> None:
        """Take in another round."""
        self.rounds += other.rounds
        self.games += other.games
        self.kills += other.kills
        self.points.update(other.points)
        self.actions.add(other.actions)
        self.moments.add(other.moments)
        self.stores += other.stores
        self.trouble += other.trouble

    @property
    def is_wrong(self) -> bool:
        """Whether anything is not as it should be."""
        return bool(self.actions.wrong or self.moments.wrong or self.stores or self.trouble)

    @property
    def evidence(self) -> list[str]:
        """A sentence for each thing that is wrong."""
        stores = self.stores[:MOST_OF_A_KIND]
        return [*self.trouble[:MOST_OF_A_KIND], *self.actions.evidence, *self.moments.evidence, *stores]


@define(eq=False)
class _Lives:
    """The lives of the daemon on one journal."""

    folder: Path
    sink: Sink
    log: IO[bytes]
    outcome: Outcome
    held: dict[int, dict[str, dict[str, int]]] = field(factory=dict[int, "dict[str, dict[str, int]]"])
    """The cursors that were committed at each kill, by life, plugin and fixture."""
    next_life: int = 0

    def run(self, plan: Round) -> None:
        """Start daemons and kill them as planned, until one ends by itself. Raises Stuck where none ever does."""
        upcoming: Iterator[Kill | None] = chain(plan.kills, repeat(None))
        longest = PATIENCE + plan.seconds
        bad_ends = 0
        with ExitStack() as alive:
            daemon = self._start(next(upcoming), alive)
            while True:
                # the next one imports while this one runs: a life is about as long as importing takes
                following = self._start(next(upcoming), alive) if daemon.kill is not None else None
                end = daemon.run(longest)
                daemon.close()
                code = daemon.process.returncode
                if end is not End.BY_ITSELF:
                    self._take_note(daemon, end)
                elif code == 0:
                    return
                else:
                    bad_ends += 1
                    self.outcome.trouble.append(f"round {plan.number}, life {daemon.life}: exit code {code}")
                    if bad_ends >= MOST_BAD_ENDS:
                        raise Stuck(f"the daemon has failed {bad_ends} times")
                daemon = following or self._start(None, alive)

    def _start(self, kill: Kill | None, alive: ExitStack) -> Daemon:
        config = self.folder / "plugins.toml"
        daemon = start_daemon(config, self.next_life, kill, self.sink.port, self.log)
        alive.callback(daemon.close)
        self.next_life += 1
        return daemon

    def _take_note(self, daemon: Daemon, end: End) -> None:
        self.sink.drain()
        held = read_cursors(self.folder / "journal.db")
        self.held[daemon.life] = held.cursors
        self.outcome.trouble += held.wrong
        self.outcome.kills += 1
        self.outcome.points[daemon.kill.point if end is End.POINT and daemon.kill else "any_moment"] += 1

    def kills_of(self, plugin: str) -> dict[int, Cursors]:
        """Return the cursors of one plugin at each kill, by life."""
        return {life: cursors.get(plugin, {}) for life, cursors in self.held.items()}


def run_round(plan: Round, folder: Path) -> Outcome:
    """Run a round in an empty folder, and check what came of it."""
    outcome = Outcome(rounds=1, games=len(plan.games) + len(plan.finished))
    truths = [read_truth(path) for path in (*plan.games, *plan.finished)]
    finished = truths[len(plan.games) :]
    with sinking(folder / "heard.jsonl") as sink, (folder / "daemon.log").open("ab") as log:
        lives = _Lives(folder, sink, log, outcome)
        try:
            if finished:
                _play(evolve(plan, games=plan.finished, finished=(), kills=(), faults=(), speed=FAST), finished, lives)
            begun, before = lives.next_life, read_cursors(folder / "journal.db").newest
            _play(plan, truths, lives)
            after = read_cursors(folder / "journal.db").newest
            more = (truth.fixture for truth in finished if after.get(truth.fixture) != before.get(truth.fixture))
            outcome.trouble += [f"journal: finished fixture {fixture} was followed again" for fixture in more]
        except Stuck as stuck:
            outcome.trouble.append(f"round {plan.number} was given up: {stuck}")
            begun = lives.next_life
        sink.drain()
    _check(outcome, truths, {truth.fixture: begun for truth in finished}, lives)
    return outcome


def _play(plan: Round, truths: list[Truth], lives: _Lives) -> None:
    recordings = [str(path) for path in (*plan.games, *plan.finished)]
    faults = [word for fault in plan.faults for word in ("--fault", fault)]
    options = ["--token", TOKEN, "--speed", f"{plan.speed:g}", "--seed", str(plan.number), *faults]
    with simulating(*recordings, *options) as url:
        fixtures = [truth.fixture for truth in truths]
        journal = f'[journal]\npath = "journal.db"\nsync = "{plan.sync}"'
        write_config(lives.folder / "plugins.toml", url, fixtures, PLUGINS, journal)
        lives.run(plan)


def _check(outcome: Outcome, truths: list[Truth], finished: dict[str, int], lives: _Lives) -> None:
    deliveries = lives.sink.deliveries()
    actions = [each for each in deliveries if each.stream == "action"]
    moments = [each for each in deliveries if each.stream == "moment"]
    due = {truth.fixture: truth.actions for truth in truths}
    outcome.actions = check_stream(due, actions, lives.kills_of(TELLER), finished)
    due = {truth.fixture: truth.moments for truth in truths}
    outcome.moments = check_stream(due, moments, lives.kills_of(LISTENER), finished)
    journal = lives.folder / "journal.db"
    outcome.stores = check_stores({truth.fixture: truth.store for truth in truths}, read_stores(journal, COUNTER))
    outcome.trouble += read_cursors(journal, thoroughly=True).wrong
    outcome.trouble += _errors(lives.folder / "daemon.log")


def _errors(log: Path) -> list[str]:
    """Return what the daemons have logged as an error: nothing, however they are killed."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [f"log: {line[:1000]}" for line in lines if '"level": "error"' in line or '"level":"error"' in line]
