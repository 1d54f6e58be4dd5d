"""Sheets: several alerts of a fixture that have waited go as one message, which is edited when one of them changes."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from attrs import asdict, evolve, frozen

from actionbus_plugins.notifier.delivery.book import Book
from actionbus_plugins.notifier.delivery.entry import Entry, Told, read_as
from actionbus_plugins.notifier.delivery.life import dropped, sending
from actionbus_plugins.notifier.delivery.outcome import Arrived, Lost, Outcome, Sender, Sheet
from actionbus_plugins.notifier.delivery.steps import Step, next_step

MOST_SINGLE = 3  # alerts of a fixture that have waited and are still told one by one
_KEPT = "digest:"  # what the keys of sheets begin with; the value is what `_Record` says


@frozen(kw_only=True)
class _Record:
    """A sheet as it is kept: its alerts in order, whether it has arrived, and whether it waited for the service.

    ``ref``: the service's own id of it, where it gives one.
    """

    members: tuple[str, ...] = ()
    arrived: bool = False
    unreached: bool = False
    ref: str = ""


@frozen(kw_only=True)
class SheetJob:
    """A sheet that is to be sent."""

    sheet: Sheet
    is_new: bool
    is_first: bool
    before: Mapping[str, Told | None]
    record: _Record

    @property
    def rule(self) -> str:
        """The rules that it is about."""
        return ", ".join(dict.fromkeys(notice.rule for _, notice in self.sheet.parts))

    async def send(self, sender: Sender) -> Outcome:
        """Send it."""
        return await sender.send_sheet(self.sheet)

    def settle(self, book: Book, outcome: Outcome, wait: float) -> None:
        """Keep what came of it."""
        steps = {notice.id: step for step, notice in self.sheet.parts}
        may_be_twice = self.is_first and not self.is_new and not book.terms.ability.names
        for alert in self.record.members:
            entry = book.read(alert)
            if entry is None:
                continue
            if (step := steps.get(alert)) is not None:
                settled = book.settle(entry, step, self.before[alert], outcome, wait)
                book.write(_as_followed_up(settled) if isinstance(outcome, Arrived) and may_be_twice else settled)
            elif isinstance(outcome, Arrived) and book.terms.ability.names and _is_line(entry.doubt, self.sheet.name):
                book.write(dropped(evolve(entry, doubt=None)))  # it is in the sheet no more
        if isinstance(outcome, Arrived):
            if self.is_first:
                book.count("digests")
            _keep(book, self.sheet.name, evolve(self.record, arrived=True, ref=outcome.ref))
        elif self.is_new and not (isinstance(outcome, Lost) and not outcome.sure):
            book.context.store.delete(_key(book, self.sheet.name))


def plan_sheet(book: Book, fixture: str, alert: str, name: str) -> SheetJob | None:
    """Say what the sheet of an alert is to show now, and keep that it is under way.

    Without a name it is one that has not surely arrived yet, or a new one. None: nothing is to be sent, or what has
    waited is too little for a sheet.
    """
    entries = book.read_all()
    name = name or _unsettled(book)
    record = _record(book, name) if name else _Record()
    is_new = not name
    if not record.arrived:
        late = [alert for _, alert in book.late(fixture) if alert not in record.members]
        more = [alert for alert in late if alert in entries and entries[alert].is_fresh]
        unreached = record.unreached or any(entries[alert].tries for alert in more)
        entries |= {alert: evolve(entries[alert], retry=0.0) for alert in more}  # they go with the others
        record = evolve(record, members=(*record.members, *more), unreached=unreached)
    fitting = {alert: book.fit(entries[alert]) for alert in record.members if alert in entries}
    steps = {alert: step for alert, entry in fitting.items() if (step := _step(book, entry)) is not None}
    shown = {alert: steps[alert].result if alert in steps else entry.told for alert, entry in fitting.items()}
    lines = [_line(told) for told in shown.values() if told is not None and told.form != "gone"]
    if is_new and len(lines) <= MOST_SINGLE:
        return None
    name = name or uuid4().hex
    steps = {alert: evolve(step, result=evolve(step.result, digest=name)) for alert, step in steps.items()}
    now = book.wall()
    for alert, entry in fitting.items():
        if alert in steps:
            book.write(sending(entry, steps[alert], now))
        else:
            book.keep(entries[alert], entry)
    if not steps:
        return None
    _keep(book, name, record)
    return SheetJob(
        sheet=Sheet(
            name=name,
            ref=record.ref,
            fixture=fixture,
            head=_head(book, fixture, len(lines), record),
            lines=tuple(lines),
            parts=tuple((step, fitting[alert].notice) for alert, step in steps.items()),
        ),
        is_new=is_new,
        is_first=not record.arrived,
        before={alert: fitting[alert].doubt for alert in steps},
        record=record,
    )


def is_in(book: Book, name: str, alert: str) -> bool:
    """Whether an alert is a line of a sheet, as far as the store knows."""
    return alert in _record(book, name).members


def _step(book: Book, entry: Entry) -> Step | None:
    step = next_step(entry, book.terms.ability) if book.is_ready(entry) else None
    return step if step is not None and step.verb != "follow" else None


def _line(told: Told) -> str:
    return told.text if told.form == "plain" else f"taken back: {told.text}"


def _head(book: Book, fixture: str, number: int, record: _Record) -> str:
    why = f"while {book.name} could not be reached" if record.unreached else "that had to wait"
    return f"{number} alert{'' if number == 1 else 's'} of {book.game(fixture)} {why}:"


def _as_followed_up(entry: Entry) -> Entry:
    """Let further messages say what is right of a line, because the sheet may be there twice."""
    return evolve(entry, told=evolve(entry.told, digest="")) if entry.told is not None else entry


def _is_line(told: Told | None, name: str) -> bool:
    return told is not None and told.digest == name


# --- the store ---


def _key(book: Book, name: str) -> str:
    return f"{_KEPT}{book.name}:{name}"


def _keep(book: Book, name: str, record: _Record) -> None:
    book.context.store.put(_key(book, name), asdict(record))


def _record(book: Book, name: str) -> _Record:
    return read_as(_Record, book.context.store.get(_key(book, name))) or _Record()


def _unsettled(book: Book) -> str:
    """Return the name of the sheet that has not surely arrived yet; empty: there is none."""
    prefix = _key(book, "")
    names = [key.removeprefix(prefix) for key, _ in book.context.store.range(prefix)]
    return next((name for name in names if ":" not in name and not _record(book, name).arrived), "")
