"""Rules that look at one event at a time: each that passes is an alert of its own."""

from __future__ import annotations

from attrs import define

from actionbus import Action, Change, Event, Moment, snake_name
from actionbus_plugins.conditions.fields import by_kind, forms
from actionbus_plugins.notifier.engine.life import Finding, Lives
from actionbus_plugins.notifier.engine.plan import Plan, is_late

GOING = frozenset({Change.WITHDRAWN, Change.DISMISSED})
PENDING = frozenset({Change.TENTATIVE, Change.DISMISSED})


@define(eq=False)
class Single:
    """One such rule on one fixture."""

    plan: Plan
    lives: Lives

    def hear(self, event: Event) -> None:
        """Take in one event of the rule's classes."""
        plan, change = self.plan, event.change
        if change in PENDING and not plan.pending:
            return
        if becomes_another(event, plan):
            return
        key = f"a:{plan.name}\0{identity(event)}"
        finding = self._look(event, key) if change not in GOING and plan.admits(event) else None
        if finding is not None:
            self.lives.stand(plan, key, finding, event, late=is_late(plan, event))
        else:
            self.lives.fall(plan, key)

    def _look(self, event: Event, key: str) -> Finding | None:
        """Return what the alert is to say of an event that ``where`` lets through; None if the rest does not."""
        plan, group = self.plan, self.plan.group(event)
        if group is None:
            return None
        kind, alert = snake_name(type(event)), self.lives.get(key)
        score = alert.score if alert is not None and alert.kind == kind else None
        named = self.lives.values_of(plan, event, score)
        if not self.lives.holds(plan, named):
            return None
        tentative = event.change is Change.TENTATIVE
        confirms = alert is not None and alert.tentative and not tentative and "tentative" in plan.message.names
        return Finding(
            group=group,
            about=group if isinstance(event, Action) else identity(event),
            evidence=evidence(event),
            text=self.lives.say(plan, named),
            tentative=tentative,
            as_pending=self.lives.say(plan, named | {"tentative": True}) if confirms else None,
            period=getattr(event, "period", None),
            clock=getattr(event, "clock", None) or "",
            left=getattr(event, "clock_seconds", None),
            kind=kind,
            score=score or score_of(event),
            who=who(event),
        )


def identity(event: Event) -> str:
    """Name what an event is about, whatever it says of it."""
    match event:
        case Action():
            return event.action_id
        case Moment():
            return f"{snake_name(type(event))}:{event.key}"
        case _:
            return event.id


def evidence(event: Event) -> tuple[str, ...]:
    """Return the ids of the actions that an event is made of."""
    if isinstance(event, Action):
        return (event.action_id,)
    match getattr(event, "action_ids", None):
        case [*ids]:
            return tuple(map(str, ids))
        case _:
            return ()


def who(event: Event) -> tuple[str, ...]:
    """Return the ids and names of the players and teams that an event names."""
    named = [getattr(event, name) for name in _people(type(event))]
    return tuple([text for one in named if one is not None for text in (one.id, one.name) if text])


@by_kind
def _people(kind: type[Event]) -> tuple[str, ...]:
    """Return the fields of a class that are players and teams."""
    return tuple(name for name, form in forms(kind).items() if form in ("player", "team"))


def score_of(event: Event) -> tuple[int, int] | None:
    """Return the feed's score as of an action."""
    score = event.score if isinstance(event, Action) else None
    return (score.home, score.away) if score is not None else None


def becomes_another(event: Event, plan: Plan) -> bool:
    """Whether an action goes only because it changes its type within the rule: the same row brings it again."""
    if event.change not in GOING or not isinstance(event, Action) or event.successor is None:
        return False
    return plan.hears(type(event.successor))
