"""Rules explained over made actions, and over whole games beside what a backtest tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from actionbus import Action, Considered, Event, Explanation, FeedState, FeedStatus, PluginContext, Question, Sent
from actionbus.backtest import Explainers, Player, make_explainers, make_player
from actionbus.cli.config import load_and_check
from actionbus.config import Config, parse_config, read_tree
from actionbus.events.catalogue import Catalogue, action_classes
from actionbus.host import Plugin, installed
from actionbus.log import MemoryLog
from actionbus.recording import Recording
from actionbus.testing import FIXTURE
from actionbus.timeline import Timeline
from actionbus_plugins import notifier


def explained(config: str, *given: Event, over: bool = True, **asked: Any) -> Explanation:
    """Explain the rule ``a`` over packets (actions, as the feed would send them) and other events (as they are).

    ``over``: the game is finished, so timers run out; ``asked`` is of the question.
    """
    tree = read_tree(config, "plugins.toml")
    context = PluginContext("notifier", tree, shared=MemoryLog().shared("notifier"), game=lambda _: None)
    explaining = notifier.explain(context)(Question(rule="a", fixture=FIXTURE, **asked))
    assert explaining is not None
    timeline, now = Timeline(), 0.0
    for position, one in enumerate(given, 1):
        now = max(now, (one.timestamp or 0.0) if isinstance(one, Action) else one.at)
        events: Sequence[Event] = timeline.apply(one, position, now)[1] if isinstance(one, Action) else (one,)
        for event in events:
            if isinstance(event, tuple(explaining.kinds)):
                explaining.hear(event)
    if over:
        explaining.hear(FeedStatus(fixture=FIXTURE, id="end", at=now, state=FeedState.FINISHED))
    return explaining.finish()


def stops(explanation: Explanation) -> list[str]:
    """Return ``KEY: SAID`` of the step that stopped each thing, the nearest first."""
    steps = (each.stopped for each in explanation.missed)
    return [f"{step.key}: {step.said}" if step is not None else "held" for step in steps]


def life(considered: Considered) -> list[str]:
    """Return what happened to an alert, in short."""
    return [f"{turn.what} by {turn.by}" if turn.by else turn.what for turn in considered.life]


def as_sent(considered: Considered) -> dict[str, object]:
    """Return what a backtest says of an alert, too."""
    turns = [turn.what for turn in considered.life]
    return {
        "id": considered.alert,
        "message": considered.message,
        "state": "withdrawn" if considered.outcome == "withdrawn" else "sent",
        "corrections": sum(turn in ("corrected", "restored") for turn in turns),
        "updates": turns.count("updated"),
        "period": considered.period,
        "clock": considered.clock,
    }


def in_short(sent: Sent) -> Mapping[str, object]:
    """Return of an alert what ``as_sent`` returns of an explained one."""
    names = ("id", "message", "state", "corrections", "updates", "period", "clock")
    return {name: getattr(sent, name) for name in names}


@cache
def loaded(config: str) -> tuple[Config, list[Plugin]]:
    """Load what a plugins.toml names."""
    known = installed()
    read = parse_config(config, "plugins.toml", owned_tables=known.owners, class_names=action_classes())
    return read, load_and_check(read, known).plugins


@cache
def explainers(config: str) -> Explainers:
    """Make what explains the rules of a plugins.toml."""
    read, plugins = loaded(config)
    return make_explainers(plugins, read, Catalogue())


@cache
def player(config: str) -> Player:
    """Make what plays games to the rules of a plugins.toml."""
    read, plugins = loaded(config)
    return make_player(plugins, read, Catalogue())


def assert_alike(config: str, recording: Recording, rules: Sequence[str]) -> list[Explanation]:
    """Assert that what is explained to be told of each rule is what a backtest tells; return the explanations."""
    sent = player(config).play(recording)
    found: list[Explanation] = []
    for rule in rules:
        question = Question(rule=rule, fixture=recording.fixture)
        (explanation,) = explainers(config).over(recording, question)
        told = [in_short(each) for each in sent if each.rule == rule]
        assert [as_sent(each) for each in explanation.told] == told, rule
        found.append(explanation)
    return found
