"""What rules would have sent over some games, as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from attrs import frozen

from actionbus.cli.looking import printable
from actionbus.events.base import period_text
from actionbus.rehearsal import Sent

EXAMPLES = 3  # of each rule

_TIME = "%Y-%m-%d %H:%M:%S"


@frozen
class Told:
    """An alert, and the game over which it was told, as people call it."""

    game: str
    sent: Sent


def counted(number: int, what: str, several: str = "") -> str:
    """Write a number of things; ``several`` is the word for several, if that is not ``what`` and an s."""
    return f"{number:,} {what if number == 1 else several or f'{what}s'}"


def summary(rules: Iterable[str], told: Sequence[Told]) -> Iterator[str]:
    """Yield the lines of each rule: how often it was sent, corrected and withdrawn, and examples."""
    by_rule: dict[str, list[Told]] = {rule: [] for rule in rules}
    for each in told:
        by_rule.setdefault(each.sent.rule, []).append(each)
    for rule, sent in by_rule.items():
        yield f"{printable(rule)}: {_counts(sent)}"
        for each in _examples(sent):
            yield from (f"  {line}" for line in lines(each))


def lines(told: Told) -> Iterator[str]:
    """Yield the lines of an alert: where and when, what it says, and what has become of that."""
    sent = told.sent
    clock = f"{period_text(sent.period)} {sent.clock}".strip() if sent.period else sent.clock
    when = datetime.fromtimestamp(sent.at).strftime(_TIME) if sent.at else ""
    yield "  ".join(printable(each) for each in (told.game, when, clock, sent.message) if each)
    became = [*_times(sent.corrections, "corrected"), *(["withdrawn"] if sent.state == "withdrawn" else [])]
    if became:
        first = f"; at first: {printable(sent.first)}" if sent.first != sent.message else ""
        yield f"    {' and '.join(became)}{first}"


def _counts(told: Sequence[Told]) -> str:
    if not told:
        return "never"
    corrected = sum(each.sent.corrections > 0 for each in told)
    withdrawn = sum(each.sent.state == "withdrawn" for each in told)
    games = len({each.game for each in told})
    more = [f"{number:,} {what}" for number, what in ((corrected, "corrected"), (withdrawn, "withdrawn")) if number]
    return ", ".join([f"{counted(len(told), 'alert')} over {counted(games, 'game')}", *more])


def _times(number: int, what: str) -> list[str]:
    return [f"{what} {number} times" if number > 1 else what] if number else []


def _examples(told: Sequence[Told]) -> list[Told]:
    """Choose some, in their order; if any was corrected or withdrawn, one such is among them."""
    some = list(told[:EXAMPLES])
    changed = [each for each in told if each.sent.corrections or each.sent.state == "withdrawn"]
    if changed and not any(each in some for each in changed[:1]):
        some[-1] = changed[0]
    return some
