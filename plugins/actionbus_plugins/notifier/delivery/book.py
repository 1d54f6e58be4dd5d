"""What one channel reads and writes in the plugin's store; all of it within a handler or a transaction."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from zoneinfo import ZoneInfo

from attrs import define, evolve, field

from actionbus import PluginContext
from actionbus_plugins.notifier.delivery.agenda import Agenda, Place
from actionbus_plugins.notifier.delivery.channel import Channel
from actionbus_plugins.notifier.delivery.entry import Entry, Told, as_entry, as_json, key_of, split_key
from actionbus_plugins.notifier.delivery.life import Terms, arrived, close, hear, lost, refused, stuck
from actionbus_plugins.notifier.delivery.outcome import Arrived, Lost, Outcome, Refused
from actionbus_plugins.notifier.delivery.quiet import quiet_until
from actionbus_plugins.notifier.delivery.steps import Step, next_step
from actionbus_plugins.notifier.notice import Notice

FIRST_WAIT, LAST_WAIT = 1.0, 120.0  # seconds between two attempts
LATE = 5.0  # seconds: what is told later than that has waited
_GAME = "teams"  # the key of what people call the fixture


@define(eq=False, repr=False)
class Book:
    """The entries of one channel. ``wall`` tells Unix seconds."""

    name: str
    channel: Channel
    terms: Terms
    context: PluginContext
    zone: ZoneInfo
    wall: Callable[[], float]
    rng: random.Random
    agenda: Agenda = field(init=False, factory=Agenda)
    counts: Counter[str] = field(init=False, factory=Counter[str])
    """What came of alerts in this run."""
    at_once: bool = field(init=False, default=False)
    """Whether the end is near: then it is not waited for another attempt."""
    crowded: bool = field(init=False, default=False)
    """Whether the end is near, and the rate would hold back what is due: then that goes together."""
    expired: int = field(init=False, default=0)
    """Alerts that have expired and of which the log does not say so yet."""

    def count(self, what: str) -> None:
        """Count what came of an alert."""
        self.counts[what] += 1
        self.context.shared.add(f"{self.name}:{what}")

    def read(self, alert: str) -> Entry | None:
        """Return the entry of an alert."""
        return as_entry(self.context.store.get(key_of(self.name, alert)))

    def read_all(self) -> dict[str, Entry]:
        """Return the fixture's entries by alert."""
        found = self.context.store.range(key_of(self.name, ""))
        entries = {split_key(key): as_entry(value) for key, value in found}
        return {alert: entry for (name, alert), entry in entries.items() if name == self.name and entry is not None}

    def write(self, entry: Entry) -> Entry:
        """Keep an entry as it stands now."""
        notice = entry.notice
        self.context.store.put(key_of(self.name, notice.id), as_json(entry))
        self.agenda.correct((notice.fixture, notice.id), entry)
        return entry

    def hear(self, notice: Notice) -> None:
        """Take in a notice, in a handler."""
        kept = self.read(notice.id)
        entry = hear(kept, notice, self.wall(), self.terms)
        if entry is None or entry is kept:
            return
        if entry.closed and kept is not None and not kept.closed:
            self.count("dropped")
        game = self.game(notice.fixture)
        if self.context.store.get(_GAME, notice.fixture) != game:
            self.context.store.put(_GAME, game)
        self.context.store.put(key_of(self.name, notice.id), as_json(entry))
        self.agenda.expect((notice.fixture, notice.id), entry)

    def game(self, fixture: str) -> str:
        """Return what people call a fixture; as it was kept, while its game is not there again after a start."""
        game = self.context.game(fixture)
        if game is not None and game.home.name and game.away.name:
            return f"{game.home.name} - {game.away.name}"
        return str(self.context.store.get(_GAME, fixture))

    def late(self, fixture: str) -> list[Place]:
        """Return the alerts of a fixture that have waited, the oldest first; in a crowd, all that are due."""
        return self.agenda.fresh(fixture, self.wall() - (0.0 if self.crowded else LATE))

    def keep(self, before: Entry, entry: Entry) -> None:
        """Keep what ``fit`` has made of an entry, and count it where that has closed it."""
        if entry.closed and not before.closed:
            self.count(entry.closed)
            self.expired += entry.closed == "expired"
        self.write(entry)

    def is_ready(self, entry: Entry) -> bool:
        """Whether something is to be done now."""
        when = entry.due if self.at_once else entry.ready
        return when is not None and when <= self.wall()

    def fit(self, entry: Entry) -> Entry:
        """Close an entry that it is too late for, or too quiet an hour; put off what is to be put right."""
        if not self.is_ready(entry):
            return entry
        now = self.wall()
        is_first = entry.told is None and entry.stands
        until = quiet_until(self.channel.quiet, entry.notice.priority, now, self.zone)
        if is_first and now > entry.expires:
            return close(entry, "expired")
        if is_first and until is not None:
            return close(entry, "quiet")
        if until is not None:
            return evolve(entry, due=until)
        return entry if next_step(entry, self.terms.ability) is not None else evolve(entry, due=None)

    def settle(self, entry: Entry, step: Step, before: Told | None, outcome: Outcome, wait: float) -> Entry:
        """Bring an entry up to date with what came of a step; it is not tried again for ``wait`` seconds at least."""
        match outcome:
            case Arrived():
                self.count(step.counted)
                is_alone = before is None and not step.result.digest  # else it may be there twice: neither is edited
                return arrived(entry, step, self.terms.ability, outcome.ref if is_alone else "")
            case Refused(stuck=True) if entry.told is not None and not self.terms.ability.names:
                return stuck(entry, entry.told, before)
            case Refused():
                self.count("failed")
                return evolve(refused(entry, step, before), why=outcome.words)
            case Lost():
                wait = max(wait, self.back_off(entry.tries + 1))  # it may be this message alone that is too much
                kept = evolve(lost(entry, self.wall() + wait, before, sure=outcome.sure), why=outcome.words)
                if kept.closed and not entry.closed:
                    self.count("dropped")
                return kept

    def back_off(self, failures: int) -> float:
        """Return for how many seconds to wait after so many failures in a row: longer and longer, at random."""
        return self.rng.uniform(FIRST_WAIT, min(LAST_WAIT, FIRST_WAIT * 2.0 ** min(failures, 10)))
