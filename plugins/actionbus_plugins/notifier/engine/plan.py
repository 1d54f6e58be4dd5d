"""A rule made ready: what it asks of an event, whose it is, and what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from attrs import frozen

from actionbus import Action, Event, FeedStatus, event_classes, snake_name
from actionbus_plugins.conditions.classes import listed
from actionbus_plugins.conditions.language import Condition, Message
from actionbus_plugins.conditions.where import matcher
from actionbus_plugins.notifier.notice import OnCorrection, Priority
from actionbus_plugins.notifier.published import Alert
from actionbus_plugins.notifier.settings import Defaults, Per, Quiet, Rule, game_seconds, wall_seconds

Kinds = tuple[type[Event], ...]


@frozen(kw_only=True, eq=False)
class Plan:
    """One rule with all that ``[defaults]`` and ``[lists]`` say filled in. Times are in seconds."""

    name: str
    digest: str
    """Tells the rule, as it is with ``[defaults]`` and its lists, apart from what it was or will be."""
    kinds: Kinds
    """The classes of ``on``."""
    hits: Kinds
    """Those that make a streak; all of them, where there is none."""
    breaks: Kinds
    """What ends a streak. With ``for`` that is whatever does not match."""
    admits: Callable[[Event], bool]
    """``where``."""
    condition: Condition | None
    message: Message
    kept_names: frozenset[str]
    """What the message names of an event, to be filled in again later."""
    lists: Mapping[str, object]
    per: tuple[Per, ...]
    streak: int
    """How many in a row; 0 for no streak."""
    count: int
    """How many; 0 for no count."""
    within: float | None
    within_game: float | None
    once: bool
    pending: bool
    max_age: float | None
    hold: float
    """``settle`` or ``for``."""
    stretches: bool
    """Whether the hold is ``for``: it has to stay so."""
    quiet: Quiet | None
    zone: ZoneInfo
    cooldown: float
    cooldown_game: float
    priority: Priority
    on_correction: OnCorrection
    channels: tuple[str, ...]

    @property
    def is_pattern(self) -> bool:
        """Whether it looks at several events at once: those that stand are kept."""
        return bool(self.streak or self.count or self.once or self.stretches)

    @property
    def uses_game_clock(self) -> bool:
        """Whether it needs to know how long a period is."""
        return bool(self.within_game or self.cooldown_game)

    @property
    def in_words(self) -> str:
        """What a streak is made of, in words."""
        return " or ".join(snake_name(kind).replace("_", " ") for kind in self.hits)

    def can_tell(self, values: Mapping[str, object]) -> bool:
        """Whether what was kept of an event is what today's message names."""
        return self.kept_names - {"streak", "count", "lists"} <= values.keys()

    def hears(self, kind: type[Event]) -> bool:
        """Whether events of a class matter; alerts never do, or one would follow from the other without end."""
        return not issubclass(kind, Alert) and (issubclass(kind, self.kinds) or issubclass(kind, self.breaks))

    def group(self, event: Event) -> str | None:
        """Say whose an event is, by ``per``; None for nobody's."""
        parts: list[str] = []
        for one in self.per:
            if one == "fixture":
                continue
            owner = getattr(event, one, None)
            if owner is None:
                return None
            parts.append(str(owner) if one == "period" else owner.id)
        return "/".join(parts)

    def hold_of(self, event: Event) -> tuple[float, float]:
        """Return how long to hold an alert back, on the fixture clock and on the wall clock.

        The fixture clock stands while the feed is down, so what is about the feed goes by the wall clock.
        """
        return (0.0, self.hold) if isinstance(event, FeedStatus) else (self.hold, 0.0)


def make_plan(name: str, rule: Rule, defaults: Defaults, lists: Mapping[str, tuple[str, ...]]) -> Plan:
    """Make a rule ready that ``check`` has found nothing wrong with."""
    full = rule.with_defaults(defaults)
    known = event_classes()
    on, streak, count = listed(full.on), full.streak, full.count
    of = (listed(streak.of) or on) if streak is not None else on
    breaks = breakers(rule) if streak is not None else ()
    per = (full.per,) if isinstance(full.per, str) else full.per
    if full.once == "per-period" and "period" not in per:
        per = (*per, "period")
    cooldown = full.cooldown or ""
    message = Message(full.message if full.message is not None else default_message(full))
    said = repr((full, defaults.timezone))
    named = sorted((key, values) for key, values in lists.items() if key in said)
    return Plan(
        name=name,
        digest=hashlib.sha256(repr((said, named)).encode()).hexdigest()[:16],
        kinds=tuple(known[each] for each in on),
        hits=tuple(known[each] for each in of),
        breaks=tuple(known[each] for each in breaks),
        admits=matcher(full.where, lists),
        condition=Condition(full.when) if full.when is not None else None,
        message=message,
        kept_names=message.names | {"type_text"},
        lists={key: list(values) for key, values in lists.items()},
        per=per,
        streak=streak.n if streak is not None else 0,
        count=count.at_least if count is not None else 0,
        within=count.within if count is not None else None,
        within_game=game_seconds(count.within_game) if count is not None and count.within_game else None,
        once=bool(full.once),
        pending=full.phase == "pending",
        max_age=full.max_age,
        hold=full.for_ or full.settle or 0.0,
        stretches=bool(full.for_),
        quiet=full.quiet,
        zone=ZoneInfo(defaults.timezone),
        cooldown=wall_seconds(cooldown) or 0.0,
        cooldown_game=game_seconds(cooldown.removesuffix(" game")) or 0.0,
        priority=full.priority or defaults.priority,
        on_correction=full.on_correction or defaults.on_correction,
        channels=tuple(dict.fromkeys(listed(full.notify if full.notify is not None else defaults.notify))),
    )


def default_message(rule: Rule) -> str:
    """Return what a rule says that has no message."""
    if rule.streak is not None:
        return "{{ type_text }}, {{ streak.n }} in a row"
    return "{{ type_text }}, {{ count }} of them" if rule.count is not None else "{{ type_text }}"


def breakers(rule: Rule) -> tuple[str, ...]:
    """Return the classes that break the streak of a rule: those it names, else the others of ``on``, else opposites."""
    streak = rule.streak
    if streak is None:
        return ()
    on = listed(rule.on)
    of = listed(streak.of) or on
    others = tuple(name for name in on if name not in of)
    return listed(streak.broken_by) or others or tuple(other for name in of if (other := opposite(name)) is not None)


def opposite(name: str) -> str | None:
    """Name the class of what was missed instead of made, or made instead of missed; None where there is none."""
    for end, other in (("_made", "_missed"), ("_missed", "_made")):
        if name.endswith(end) and name.removesuffix(end) + other in event_classes():
            return name.removesuffix(end) + other
    return None


def is_late(plan: Plan, event: Event) -> bool:
    """Whether an event is too old to be told."""
    made = event.timestamp if isinstance(event, Action) else None
    return plan.max_age is not None and made is not None and event.at - made > plan.max_age
