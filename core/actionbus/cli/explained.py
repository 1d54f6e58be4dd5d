"""Explanations as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from attrs import frozen

from actionbus.cli.looking import printable
from actionbus.cli.rehearsing import ALERTS
from actionbus.config.keys import is_list, is_table
from actionbus.events.base import period_text
from actionbus.explaining import Considered, Explanation, StepTaken, Turn
from actionbus.listing import KnownAlert

_SHOWN = 10  # of each kind, where not all are asked for
_PLACES = 3  # of those that were stopped alike
_CLASSES = 4  # that a rule is not about, the most frequent ones
_TIME = "%H:%M:%S"


@frozen
class Shown:
    """A game as people call it, and what there is to say of it. ``everything``: without limits."""

    game: str
    explanation: Explanation
    everything: bool

    def lines(self) -> Iterator[str]:
        """Yield the lines: how much there was, near misses, what was told."""
        told, missed = self.explanation.told, self.explanation.missed
        yield f"{printable(self.explanation.rule)} over {printable(self.game)}: {self._counts()}"
        groups = _alike(missed)
        if groups:
            yield "not told, the nearest first:"
            yield from _limited([list(_missed(each, everything=self.everything)) for each in groups], self.everything)
        if told:
            yield "told:"
            yield from _limited([list(_told(each, everything=self.everything)) for each in told], self.everything)

    def _counts(self) -> str:
        found, told = self.explanation, self.explanation.told
        withdrawn = sum(each.outcome == "withdrawn" for each in told)
        held = sum(each.outcome == "held" for each in found.missed)
        said = [f"{found.considered:,} considered", f"{len(told):,} told" if told else "none told"]
        said += [f"{withdrawn:,} of them taken back"] if withdrawn else []
        said += [f"{held:,} held"] if held else []
        others = [f"{number} {name}" for name, number in list(found.others.items())[:_CLASSES]]
        if not found.considered and others:
            said.append(f"it is not about what there was: {', '.join(others)}")
        return ", ".join(said)


def alert_lines(alert: KnownAlert, rule: object, explanation: Considered | None) -> Iterator[str]:
    """Yield the lines of an alert of the journal: what became of it, its rule, and how that came to it."""
    yield f"{alert.id}: {alert.state}{f' ({alert.reason})' if alert.reason else ''}"
    yield f"  {printable(alert.text)}"
    where = _place(alert.period, alert.clock).strip()
    yield f"  of {' '.join(filter(None, (where, 'in fixture', printable(alert.fixture))))}, {_date(alert.at)}"
    yield "channels:"
    for each in alert.channels:
        yield f"  {printable(each.channel)}: {printable(each.said)}"
    if not alert.channels:
        yield "  none has heard of it"
    yield f"[{ALERTS}.{printable(alert.rule)}]:"
    if rule is None:
        yield "  plugins.toml has no such rule any more"
        return
    yield from _rule_lines(rule)
    if explanation is None:
        yield "the rule as it is now finds no such alert in this game: it was another one then"
        return
    yield "made of:"
    yield from _part_lines(explanation)
    # Only the texts that were sent are quoted: the rule may have had another message then.
    is_told_so = any(turn.text == alert.text for turn in explanation.life)
    yield "its life:" if is_told_so else "its life, by the rule as it is now, which words it otherwise:"
    yield from _life_lines(explanation.life, quote=is_told_so)
    yield "steps:"
    yield from _step_lines(explanation.steps)
    if explanation.note:
        yield printable(explanation.note)


def _rule_lines(rule: object) -> Iterator[str]:
    """Yield the keys of a rule as they stand in plugins.toml."""
    if is_table(rule):
        width = max(map(len, rule), default=0)
        for key, value in rule.items():
            yield f"  {printable(key):{width}} = {printable(_toml(value))}"


def _step_lines(steps: Iterable[StepTaken]) -> Iterator[str]:
    """Yield a line for each step."""
    for step in steps:
        yield f"  {'let through' if step.passed else 'stopped    '}  {step.key}: {printable(step.said)}"


def _life_lines(life: Sequence[Turn], *, quote: bool = True) -> Iterator[str]:
    """Yield what happened to an alert: when, where in the game, by which packet, and what it said then."""
    before = ""
    for turn in life:
        by = f"by {printable(turn.by)}" if turn.by else "its time had come"
        is_new = quote and turn.text != before and turn.what not in ("withdrawn", "dropped")
        text = f'  "{printable(turn.text)}"' if is_new else ""
        before = turn.text
        yield f"  {turn.what:9}  {_when(turn.at)}  {_place(turn.period, turn.clock)}  {by}{text}"


def _part_lines(found: Considered) -> Iterator[str]:
    """Yield what something is made of."""
    for part in found.parts:
        yield f"  {_place(part.period, part.clock)}  {printable(part.what)}  {part.id}"


def _missed(alike: Sequence[Considered], *, everything: bool) -> Iterator[str]:
    first = alike[0]
    stop = first.stopped
    if len(alike) > 1:
        places = [place for each in alike if (place := _place(each.period, each.clock).strip())]
        more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
        where = f": {', '.join(places[:_PLACES])}{more}" if places else ""
        yield f"  {len(alike)} times  {printable(first.what)}{where}"
    else:
        alert = f"  {first.alert}" if first.alert else ""
        yield f"  {_place(first.period, first.clock)}  {printable(first.message or first.what)}{alert}"
    if stop is None:
        yield f"    waits: {printable(first.steps[-1].said)}" if first.steps else "    waits"
    else:
        through = ", ".join(step.key for step in first.steps if step.passed)
        yield f"    stopped by {stop.key}: {printable(stop.said)}" + (f"; let through by {through}" if through else "")
    if len(first.parts) > 1:
        made_of = ", ".join(_place(part.period, part.clock).strip() for part in first.parts)
        yield f"    made of: {printable(made_of)}"
    if first.note:
        yield f"    {printable(first.note)}"
    if everything:
        yield from (f"  {line}" for line in _life_lines(first.life))


def _told(found: Considered, *, everything: bool) -> Iterator[str]:
    yield f"  {_place(found.period, found.clock)}  {printable(found.message)}  {found.alert}"
    yield from (f"  {line}" for line in _life_lines(found.life))
    if found.note:
        yield f"    {printable(found.note)}"
    if everything:
        yield from (f"  {line}" for line in _step_lines(found.steps))


def _alike(missed: Iterable[Considered]) -> list[list[Considered]]:
    """Put together what was stopped alike: one line says it of all."""
    groups: dict[object, list[Considered]] = {}
    for each in missed:
        stop = each.stopped
        alone = bool(each.alert or each.note or len(each.parts) > 1 or stop is None)
        groups.setdefault(id(each) if alone or stop is None else (each.what, stop.key, stop.said), []).append(each)
    return list(groups.values())


def _limited(blocks: Sequence[Sequence[str]], everything: bool) -> Iterator[str]:
    shown = blocks if everything else blocks[:_SHOWN]
    for block in shown:
        yield from block
    if len(shown) < len(blocks):
        yield f"  and {len(blocks) - len(shown)} more: --all"


def _place(period: int | None, clock: str) -> str:
    return f"{period_text(period)} {clock}".strip().ljust(8) if period else clock.ljust(8)


def _date(at: float) -> str:
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M:%S")


def _when(at: float) -> str:
    return datetime.fromtimestamp(at).strftime(_TIME)


def _toml(value: object) -> str:
    if is_table(value):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    if is_list(value):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False, default=str)
