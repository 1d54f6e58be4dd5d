"""The checks of one rule: its classes, its keys against each other, and against what the classes have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import attrs
from attrs import frozen

from actionbus import Action, Event, Moment
from actionbus_plugins.conditions.checks.asked import Wrong, wrong_where
from actionbus_plugins.conditions.checks.classes import FindPublisher, lacks_publisher, scope_of, wrong_classes
from actionbus_plugins.conditions.checks.scope import Complaint, as_list, did_you_mean, in_words
from actionbus_plugins.conditions.checks.texts import check_condition, check_message
from actionbus_plugins.conditions.classes import Names, heard_classes, listed
from actionbus_plugins.conditions.fields import Sort, names_for
from actionbus_plugins.conditions.where import names_in_where
from actionbus_plugins.notifier.engine.plan import breakers
from actionbus_plugins.notifier.published import Alert
from actionbus_plugins.notifier.settings import (
    Count,
    Rule,
    Streak,
    game_seconds,
    wall_seconds,
)

_KEYS = frozenset(each.name.removesuffix("_") for each in attrs.fields(Rule))
_OF_PER = {"player": "player.id", "team": "team.id", "period": "period"}


@frozen(kw_only=True)
class Around:
    """What a rule may refer to, besides event classes."""

    lists: Mapping[str, tuple[str, ...]]
    channels: Collection[str]
    missing_publisher: FindPublisher


def wrong_rule(rule: Rule, around: Around) -> Iterator[Wrong]:
    """Say everything that is wrong with a rule that could be read as such."""
    known = heard_classes()
    unknown = list(_wrong_classes(rule, around, known))
    yield from unknown
    yield from _about_alerts(rule, known)
    yield from _wrong_together(rule)
    yield from wrong_cooldown(rule.cooldown)
    if rule.notify is not None:
        yield from wrong_channels(rule.notify, around.channels)
    on, streak = listed(rule.on), rule.streak
    # Where some of the classes are wrong, which is told, the others say what is wrong with the rest of the rule.
    right = {
        name: kind for name, kind in known.items() if lacks_publisher(name, known, around.missing_publisher) is None
    }
    of = {name: right[name] for name in (listed(streak.of) if streak is not None else ()) or on if name in right}
    heard = list(dict.fromkeys(name for name in (*on, *breakers(rule)) if name in right))
    asked = scope_of({name: right[name] for name in heard}, names_in_where) if heard else None
    if on and not unknown:
        if streak is not None:
            yield from _wrong_streak(rule, streak, known)
        yield from _lacking(rule, heard, known)
    yield from wrong_where(rule.where, asked, around.lists, _KEYS)
    if of:
        yield from _wrong_texts(rule, of, around)


def _wrong_classes(rule: Rule, around: Around, known: Mapping[str, type[Event]]) -> Iterator[Wrong]:
    if not listed(rule.on):
        yield ("on",), "is empty, so the alert would never be sent", 'name event classes, such as ["steal"]'
    yield from wrong_classes(("on",), rule.on, around.missing_publisher, known)
    if rule.streak is not None:
        yield from wrong_classes(("streak", "of"), rule.streak.of, around.missing_publisher, known)
        yield from wrong_classes(("streak", "broken_by"), rule.streak.broken_by, around.missing_publisher, known)


def _about_alerts(rule: Rule, known: Mapping[str, type[Event]]) -> Iterator[Wrong]:
    streak = rule.streak
    named: dict[tuple[str, ...], Names] = {("on",): rule.on}
    if streak is not None:
        named |= {("streak", "of"): streak.of, ("streak", "broken_by"): streak.broken_by}
    for keys, names in named.items():
        for place, name in enumerate(listed(names)):
            if issubclass(known.get(name, Moment), Alert):
                at: tuple[str | int, ...] = keys if isinstance(names, str) else (*keys, place)
                what = f"{name} is an alert itself: one that is about alerts would go round in circles"
                yield at, what, "name what the alerts are about"


def _wrong_together(rule: Rule) -> Iterator[Wrong]:
    """Say which keys do not go together, whatever the classes are."""
    if rule.streak is not None and rule.count is not None:
        yield ("count",), "does not go with streak: a rule has one or the other", "write two rules"
    if rule.for_ is not None and rule.settle is not None:
        yield ("settle",), "does not go with for, which holds the alert back as well", "leave one of them out"
    for name, value in (("streak", rule.streak), ("count", rule.count), ("once", rule.once or None)):
        if rule.for_ is not None and value is not None:
            yield ("for",), f"does not go with {name}: it looks at one event after the other", "write settle"
            break
    if rule.count is not None:
        yield from _wrong_count(rule.count)


def _wrong_count(count: Count) -> Iterator[Wrong]:
    if count.within is not None and count.within_game is not None:
        yield ("count", "within_game"), "does not go with within: it is one clock or the other", "leave one of them out"
    if count.within is not None and count.within <= 0:
        yield ("count", "within"), "should be above 0", "leave it out for the whole game"


def _wrong_streak(rule: Rule, streak: Streak, known: Mapping[str, type[Event]]) -> Iterator[Wrong]:
    on = tuple(known[name] for name in listed(rule.on))
    for name in listed(streak.of):
        if not issubclass(known[name], on):
            yield ("streak", "of"), f"{name} is not among {in_words(listed(rule.on), 'or')}", "add it to on"
    hits = tuple(known[name] for name in listed(streak.of) or listed(rule.on))
    breaks = breakers(rule)
    for name in breaks:
        if issubclass(known[name], hits):
            yield ("streak", "broken_by"), f"{name} would both make the streak and break it", "name other classes"
    if not breaks:
        hint = 'say what does: broken_by = ["CLASS"], or use count'
        yield ("streak",), "is never broken: nothing is known to be the opposite", hint


def _lacking(rule: Rule, heard: Sequence[str], known: Mapping[str, type[Event]]) -> Iterator[Wrong]:
    """Say which keys ask for what some of the classes do not have."""
    for per in (rule.per,) if isinstance(rule.per, str) else rule.per:
        without = [name for name in heard if per in _OF_PER and _OF_PER[per] not in names_for(known[name])]
        if without:
            yield ("per",), f"{in_words(without)} {'have' if without[1:] else 'has'} no {per}", "leave it out"
    actions = [name for name in listed(rule.on) if issubclass(known[name], Action)]
    without = [name for name in listed(rule.on) if "clock" not in names_for(known[name])]
    on = in_words(listed(rule.on))
    if rule.phase == "pending" and not actions:
        yield ("phase",), f"only actions are ever pending, and {on} is none", "leave it out"
    if rule.max_age and rule.max_age != "none" and not actions:
        yield ("max_age",), f"only actions have a time of their own, and {on} is none", "leave it out"
    if rule.count is not None and rule.count.within_game is not None and without:
        yield ("count", "within_game"), f"{in_words(without)} has no game clock", 'write within = "2m"'
    if rule.cooldown is not None and game_seconds(rule.cooldown.removesuffix(" game")) and without:
        yield ("cooldown",), f"{in_words(without)} has no game clock", 'write a duration such as "10m"'
    if rule.once == "per-period" and (without := [name for name in heard if "period" not in names_for(known[name])]):
        yield ("once",), f"{in_words(without)} has no period", "write once = true"


def _wrong_texts(rule: Rule, of: Mapping[str, type[Event]], around: Around) -> Iterator[Wrong]:
    lists: dict[str, Sort] = {f"lists.{name}": "list" for name in around.lists}
    samples: dict[str, object] = {"lists": {name: list(values) or ["sample"] for name, values in around.lists.items()}}
    elsewhere: dict[str, Complaint] = {}
    if not lists:
        elsewhere["lists"] = ("there are no lists", "write them: [lists] and NAME = [...]")
    if rule.when is not None:
        alone = "when looks at one event alone"
        with_more: dict[str, Complaint] = {
            "streak": (f"{alone} and knows no streak", "say how many in streak = { n = ... }"),
            "count": (f"{alone} and knows no count", "say how many in count = { at_least = ... }"),
        }
        scope = scope_of(of, names_for, lists, elsewhere | with_more)
        for what, hint in check_condition(rule.when, scope, list(of.values()), samples):
            yield ("when",), what, hint
    if rule.message is not None:
        named, elsewhere = dict(lists), dict(elsewhere)
        if rule.streak is not None:
            named |= {"streak.n": "number", "streak.text": "text"}
            samples["streak"] = {"n": rule.streak.n, "text": "sample"}
        else:
            elsewhere["streak"] = ("this rule has no streak", "ask for one: streak = { n = 3 }")
        if rule.count is not None:
            named["count"] = "number"
            samples["count"] = rule.count.at_least
        else:
            elsewhere["count"] = ("this rule has no count", "ask for one: count = { at_least = 3 }")
        for what, hint in check_message(
            rule.message, scope_of(of, names_for, named, elsewhere), list(of.values()), samples
        ):
            yield ("message",), what, hint


def wrong_cooldown(cooldown: str | None) -> Iterator[Wrong]:
    """Say what is wrong with a ``cooldown``, of a rule or in ``[defaults]``."""
    if cooldown in (None, "none") or wall_seconds(cooldown) is not None:
        return
    on_game_clock = game_seconds(cooldown.removesuffix(" game"))
    if not cooldown.endswith(" game") or on_game_clock is None:
        hint = f'write "{cooldown} game"' if on_game_clock is not None else "units are d, h, m and s, the largest first"
        yield ("cooldown",), 'should be a duration such as "10m", "5:00 game" on the game clock, or "none"', hint


def wrong_channels(notify: Names, channels: Collection[str]) -> Iterator[Wrong]:
    """Say what is wrong with ``notify``, of a rule or in ``[defaults]``."""
    if not listed(notify):
        yield ("notify",), "is empty, so the alert would go nowhere", 'name channels, such as ["console"]'
    for place, name in enumerate(listed(notify)):
        if name not in channels:
            at = ("notify",) if isinstance(notify, str) else ("notify", place)
            hint = as_list(name, channels) or did_you_mean(name, channels) or f"there is {', '.join(sorted(channels))}"
            yield at, f"there is no channel '{name}'", hint
