"""Rules on made actions: what they would tell, the same with the engine made anew from what is kept at every step."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence

from attrs import define, field

from actionbus import Action, Event, Moment
from actionbus.config import read_tree, structure_table
from actionbus.testing import FIXTURE
from actionbus.timeline import Timeline
from actionbus_plugins.notifier.engine import Engine, Plan, make_plan
from actionbus_plugins.notifier.notice import Notice
from actionbus_plugins.notifier.settings import Defaults, Rule

END = float("inf")


@define
class Desk:
    """Keeps everything as JSON, as the daemon's store does."""

    kept: dict[str, str] = field(factory=dict[str, str])
    timers: dict[str, float] = field(factory=dict[str, float])
    notices: list[Notice] = field(factory=list[Notice])
    failures: list[tuple[str, str]] = field(factory=list[tuple[str, str]])
    muted: frozenset[str] = frozenset()
    """Rules, players and teams."""

    def held(self, prefix: str) -> list[tuple[str, object]]:
        return [(key, json.loads(value)) for key, value in sorted(self.kept.items()) if key.startswith(prefix)]

    def keep(self, key: str, value: Callable[[], object]) -> None:
        self.kept[key] = json.dumps(value())

    def drop(self, key: str) -> None:
        self.kept.pop(key, None)

    def wake(self, due: float, key: str) -> None:
        self.timers[key] = due

    def let_sleep(self, key: str) -> None:
        self.timers.pop(key, None)

    def say(self, notice: Notice, channels: Sequence[str]) -> None:
        self.notices.append(notice)

    def is_muted(self, rule: str, who: Collection[str], key: str) -> bool:
        return not self.muted.isdisjoint({rule, *who})

    def failed(self, rule: str, what: str) -> None:
        self.failures.append((rule, what))


def plans_of(config: str) -> list[Plan]:
    """Make the rules of a plugins.toml ready, unchecked."""
    tree = read_tree(config, "plugins.toml")
    rules = structure_table(tree, ("alert",), dict[str, Rule])
    defaults = structure_table(tree, ("defaults",), Defaults)
    lists = structure_table(tree, ("lists",), dict[str, tuple[str, ...]])
    return [make_plan(name, rule, defaults, lists) for name, rule in rules.items()]


def play(config: str, *given: Event, until: float = END, muted: Collection[str] = ()) -> Desk:
    """Let the rules hear packets (actions, as the feed would send them) and moments (as they are).

    Timers run out as in the daemon, those that are left at ``until``. Played twice: the second time the engine is made
    anew at every step, of what is kept, and has to do the same.
    """
    plans = plans_of(config)
    straight, restarted = Desk(muted=frozenset(muted)), Desk(muted=frozenset(muted))
    _play(plans, given, until, straight, restart=False)
    _play(plans, given, until, restarted, restart=True)
    assert restarted.notices == straight.notices
    assert restarted.timers == straight.timers
    return straight


def _play(plans: Sequence[Plan], given: Sequence[Event], until: float, desk: Desk, *, restart: bool) -> None:
    timeline = Timeline()
    engine = Engine(plans, FIXTURE, desk)
    now = 0.0
    events: Sequence[Event]
    for position, one in enumerate(given, 1):
        if isinstance(one, Action):
            now = max(now, one.timestamp or 0.0)
            _, events = timeline.apply(one, position, now)
        else:
            now = max(now, one.at)
            events = (one,)
        engine = _run_out(engine, desk, now)
        for event in events:
            engine.hear(event)
            if restart:
                engine = Engine(plans, FIXTURE, desk)
    _run_out(engine, desk, until)


def _run_out(engine: Engine, desk: Desk, until: float) -> Engine:
    while due := min(((due, key) for key, due in desk.timers.items() if due < until), default=None):
        del desk.timers[due[1]]
        engine.due(due[1], due[0])
    return engine


def told(config: str, *given: Event, until: float = END, muted: Collection[str] = ()) -> list[str]:
    """Return ``KIND: TEXT`` of what the rules tell people."""
    notices = play(config, *given, until=until, muted=muted).notices
    return [f"{each.kind}: {each.text}" for each in notices if each.kind != "updated" or each.text != each.before]


def at(moment: Moment, when: float) -> Moment:
    """Give a moment its time."""
    object.__setattr__(moment, "at", when)
    return moment
