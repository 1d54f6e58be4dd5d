"""What a courier does about one alert: planned in one transaction, sent outside of it, settled in another."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from actionbus_plugins.notifier.delivery.book import Book
from actionbus_plugins.notifier.delivery.entry import Entry, Told
from actionbus_plugins.notifier.delivery.life import sending
from actionbus_plugins.notifier.delivery.outcome import Outcome, Sender
from actionbus_plugins.notifier.delivery.sheets import MOST_SINGLE, is_in, plan_sheet
from actionbus_plugins.notifier.delivery.steps import Step, next_step
from actionbus_plugins.notifier.notice import Notice


class Job(Protocol):
    """One message."""

    @property
    def rule(self) -> str:
        """The rule, or rules, that it is about."""
        ...

    async def send(self, sender: Sender) -> Outcome:
        """Send it."""
        ...

    def settle(self, book: Book, outcome: Outcome, wait: float) -> None:
        """Keep what came of it."""
        ...


@frozen
class Single:
    """One alert in a message of its own."""

    step: Step
    notice: Notice
    before: Told | None
    """What was in doubt before."""

    @property
    def rule(self) -> str:
        """The rule that it is about."""
        return self.notice.rule

    async def send(self, sender: Sender) -> Outcome:
        """Send it."""
        return await sender.send(self.step, self.notice)

    def settle(self, book: Book, outcome: Outcome, wait: float) -> None:
        """Keep what came of it."""
        if (entry := book.read(self.notice.id)) is not None:
            book.write(book.settle(entry, self.step, self.before, outcome, wait))


def plan(book: Book, fixture: str, alert: str, *, joins: bool) -> Job | None:
    """Say what is to be sent about an alert, and keep that it is under way; None: nothing, or not now."""
    entry = book.read(alert)
    if entry is None:
        book.agenda.correct((fixture, alert), None)
        return None
    if (sheet := _sheet_of(book, entry, joins=joins)) is not None:
        job = plan_sheet(book, fixture, alert, sheet)
        if job is not None or sheet:
            return job
    fitting = book.fit(entry)
    step = next_step(fitting, book.terms.ability) if book.is_ready(fitting) else None
    if step is None:
        book.keep(entry, fitting)
        return None
    book.write(sending(fitting, step, book.wall()))
    return Single(step, fitting.notice, fitting.doubt)


def _sheet_of(book: Book, entry: Entry, *, joins: bool) -> str | None:
    """Return the sheet that an alert is a line of; empty: one that is to be made; None: it is told by itself."""
    seen = entry.doubt if entry.doubt is not None else entry.told
    if seen is not None and seen.digest and joins and is_in(book, seen.digest, entry.notice.id):
        step = next_step(entry, book.terms.ability)
        return seen.digest if step is None or step.verb != "follow" else None
    late = book.late(entry.notice.fixture) if entry.is_fresh else []
    return "" if len(late) > MOST_SINGLE else None
