"""A rehearsal hears what a plugin would hear of a game that is replayed, and nobody else hears its mistakes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import pytest
from attrs import frozen
from tests.conftest import RealGame
from tests.core.backtest.rehearsing import Telling, player, rehearsing, telling
from tests.core.plugins import Bus, listener, make_plugin

from actionbus import ALL_CHANGES, Action, Event, FeedState, FeedStatus, Fold, Game, Moment, ShotMade, Steal, fold, on
from actionbus.errors import ConfigError, PluginError
from actionbus.hookspecs import Declaration, PluginContext, hookimpl
from actionbus.recording import Recording, read_recording
from actionbus.rehearsal import Rehearsal, Rehearse, Sent
from actionbus.replay import replay
from actionbus.simulator import generate_match

MATCH = generate_match(5)


@frozen(kw_only=True, slots=False, eq=False)
class Margin(Moment):
    """How far the teams are apart."""

    points: int


@frozen(kw_only=True, slots=False, eq=False)
class Odds(Moment):
    """What a model thinks."""


def margins(game: Game) -> Iterator[Margin]:
    """Find it."""
    yield Margin(fixture=game.fixture, key="margin", points=game.score.home - game.score.away)


@hookimpl
def folds() -> list[Fold]:
    return [fold(Margin, margins)]


def noted(events: Sequence[Event]) -> list[object]:
    return [
        (type(event), event.id, event.change, event.at, event.position, repr(event.previous), repr(event))
        for event in events
        if not isinstance(event, FeedStatus)
    ]


async def replayed(recording: Recording) -> list[Event]:
    """Return what a plugin hears of a replay."""
    heard: list[Event] = []

    async def hear(event: Event) -> None:
        heard.append(event)

    ear = listener("ear", lambda _: [on(Event, hear, changes=ALL_CHANGES)])
    async with Bus().hosting(ear, make_plugin("margins", folds)) as host:
        await replay(recording, host)
    return heard


def spoilt(packets: Sequence[str]) -> tuple[str, ...]:
    """Put packets among others that cannot be used, and serve a stretch of them twice."""
    other = packets[9].replace(MATCH.fixture, "another")
    return (*packets[:20], "{", other, *packets[10:30], "null", *packets[30:])


@pytest.mark.parametrize("packets", [MATCH.packets, spoilt(MATCH.packets)], ids=["whole", "spoilt"])
async def test_a_rehearsal_hears_what_a_plugin_hears_of_a_replay(packets: tuple[str, ...]) -> None:
    recording, made = Recording(MATCH.fixture, packets), list[Telling]()
    player(telling("ear", Event, into=made), make_plugin("margins", folds)).play(recording)
    live, heard = await replayed(recording), made[-1].heard
    assert noted(heard) == noted(live)
    assert len(heard) > 400
    assert any(isinstance(event, Margin) for event in heard)


async def test_a_rehearsal_hears_of_a_real_game_what_a_plugin_hears(some_real_game: RealGame) -> None:
    made, recording = list[Telling](), read_recording(some_real_game.recording)
    player(telling("ear", Event, into=made), make_plugin("margins", folds)).play(recording)
    assert noted(made[-1].heard) == noted(await replayed(recording))


def test_the_last_that_a_rehearsal_hears_is_that_the_feed_has_finished() -> None:
    made = list[Telling]()
    player(telling("ear", Event, into=made)).play(MATCH)
    *others, last = made[-1].heard
    assert isinstance(last, FeedStatus)
    assert (last.state, last.fixture, last.at) == (FeedState.FINISHED, MATCH.fixture, others[-1].at)
    assert not any(isinstance(event, FeedStatus) for event in others)
    assert all(one.at <= other.at and one.position <= other.position for one, other in pairwise(made[-1].heard))


def test_a_rehearsal_hears_its_own_classes_alone_and_their_subclasses() -> None:
    made = list[Telling]()
    player(telling("shots", ShotMade, Steal, into=made), make_plugin("margins", folds)).play(MATCH)
    heard = {type(event) for event in made[-1].heard}
    assert all(issubclass(kind, (ShotMade, Steal)) for kind in heard)
    assert Steal in heard
    assert len(heard) == 4


def test_folds_whose_moments_nobody_hears_are_not_asked() -> None:
    asked: list[Game] = []

    @hookimpl
    def folds() -> list[Fold]:
        return [fold(Margin, lambda game: [], reads=asked.append)]

    made = list[Telling]()
    player(telling("ear", Action, into=made), make_plugin("margins", folds)).play(MATCH)
    assert not asked
    player(telling("ear", Moment, into=made), make_plugin("margins", folds)).play(MATCH)
    assert len(asked) == len(MATCH.packets)


def test_each_game_has_a_rehearsal_of_its_own_that_is_made_with_its_fixture() -> None:
    fixtures: list[str] = []

    def rehearse(fixture: str) -> Telling:
        fixtures.append(fixture)
        return Telling("ear", (Steal,))

    plays = player(rehearsing("ear", lambda _: rehearse))
    fixtures.clear()
    other = generate_match(6)
    first, second, again = plays.play(MATCH), plays.play(other), plays.play(MATCH)
    assert fixtures == [MATCH.fixture, other.fixture, MATCH.fixture]
    assert first == again
    assert {each.fixture for each in second} == {other.fixture}


def test_what_several_plugins_tell_comes_in_the_order_of_first_telling() -> None:
    told = player(telling("steals", Steal), telling("shots", ShotMade)).play(MATCH)
    assert {each.rule for each in told} == {"steals", "shots"}
    assert all(one.at <= other.at for one, other in pairwise(told))


def test_a_rehearsal_s_own_order_stays() -> None:
    class Backwards(Telling):
        def finish(self) -> Sequence[Sent]:
            return list(reversed(super().finish()))

    told = player(rehearsing("ear", lambda _: lambda _: Backwards("ear", (Steal,)))).play(MATCH)
    assert told == list(reversed(player(telling("ear", Steal)).play(MATCH)))
    assert len(told) > 3


def test_the_context_knows_the_game_that_is_played_and_that_it_is_a_replay() -> None:
    contexts: list[PluginContext] = []
    scores: list[object] = []

    class Looking(Telling):
        def hear(self, event: Event) -> None:
            game = contexts[0].game(event.fixture)
            assert game is not None
            scores.append((game.fixture, game.score.home + game.score.away > 0))
            assert contexts[0].game("another") is None

    def makes(context: PluginContext) -> Rehearse:
        contexts.append(context)
        return lambda _: Looking("ear", (ShotMade,))

    player(rehearsing("ear", makes)).play(MATCH)
    assert contexts[0].replaying
    assert set(scores) >= {(MATCH.fixture, True)}


class Failing(Telling):
    """A rehearsal that fails when it should finish, or hear something."""

    def hear(self, event: Event) -> None:
        raise LookupError("of the plugin")


class FailingAtTheEnd(Telling):
    def finish(self) -> Sequence[Sent]:
        raise LookupError("of the plugin")


class TellingNoSent(Telling):
    def finish(self) -> Sequence[Sent]:
        return ["not a Sent"]  # type: ignore[list-item]  # pyright: ignore[reportReturnType]


def fails_for(fixture: str) -> Rehearsal:
    if fixture:
        raise LookupError("of the plugin")
    return Telling("ear", (Steal,))


def fails_to_hear(_: str) -> Rehearsal:
    return Failing("ear", (Steal,))


def fails_to_finish(_: str) -> Rehearsal:
    return FailingAtTheEnd("ear", (Steal,))


@pytest.mark.parametrize("rehearse", [fails_to_hear, fails_to_finish, fails_for])
def test_what_a_rehearsal_raises_names_the_plugin_and_its_line(rehearse: Rehearse) -> None:
    plays = player(telling("fine", Steal), rehearsing("broken", lambda _: rehearse))
    with pytest.raises(PluginError) as raised:
        plays.play(MATCH)
    what = rf"plugin broken: its backtest failed: LookupError: of the plugin \({re.escape(__file__)}:\d+\)"
    assert re.fullmatch(what, str(raised.value))


def test_what_is_told_has_to_be_a_sent() -> None:
    with pytest.raises(PluginError, match="plugin ear: its backtest tells 'not a Sent', should be a Sent"):
        player(rehearsing("ear", lambda _: lambda _: TellingNoSent("ear", (Steal,)))).play(MATCH)


def test_ctrl_c_in_a_plugin_s_code_comes_out_as_it_is() -> None:
    class Interrupted(Telling):
        def hear(self, event: Event) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        player(rehearsing("ear", lambda _: lambda _: Interrupted("ear", (Steal,)))).play(MATCH)


def test_a_fold_that_fails_ends_the_game_with_the_name_of_its_plugin() -> None:
    def fails(game: Game) -> list[Margin]:
        raise LookupError("of the fold")

    @hookimpl
    def folds() -> list[Fold]:
        return [fold(Margin, fails)]

    with pytest.raises(PluginError, match=r"plugin margins: its fold of Margin failed: LookupError: of the fold \("):
        player(telling("ear", Margin), make_plugin("margins", folds)).play(MATCH)


def test_a_hook_that_fails_is_told_with_its_plugin() -> None:
    def fails(_: PluginContext) -> Rehearse:
        raise LookupError("of the hook")

    with pytest.raises(PluginError, match=r"plugin ear: its backtest\(\) failed: LookupError: of the hook \("):
        player(rehearsing("ear", fails))


def test_a_hook_that_returns_something_else_is_told() -> None:
    what = r"its hook backtest\(\) should return what makes a Rehearsal of a fixture, not 3"
    with pytest.raises(PluginError, match=what):
        player(rehearsing("ear", lambda _: 3))  # type: ignore[arg-type, return-value]  # pyright: ignore[reportArgumentType]


def test_what_plugins_find_wrong_with_their_tables_is_told_at_once() -> None:
    def refuses(context: PluginContext) -> Rehearse:
        raise ConfigError(context.problem(("alert", context.name), "is wrong"))

    with pytest.raises(ConfigError) as raised:
        player(rehearsing("one", refuses), rehearsing("two", refuses), config="[alert.one]\n[alert.two]\n")
    assert str(raised.value) == "plugins.toml:1: alert.one: is wrong\nplugins.toml:2: alert.two: is wrong"


@hookimpl
def declare() -> Declaration:
    return Declaration(publishes=(Odds,))


ALERTS = """[alert.fine]
on = "steal"
[alert.hears]
on = ["steal", "odds"]
[alert.hears_too]
on = "odds"
"""
REFUSED = (
    "odds is announced by plugin model while the daemon runs, and a backtest runs none;"
    " name the other alerts with --rule"
)


def test_alerts_on_moments_that_a_plugin_publishes_are_refused_with_their_lines() -> None:
    @hookimpl
    def backtest() -> Callable[[str], Telling]:
        return lambda _: Telling("ear", (Event,))

    ear = make_plugin("ear", backtest)
    ear.declaration = Declaration(tables={"alert": dict[str, object]})
    with pytest.raises(ConfigError) as raised:
        player(ear, make_plugin("model", declare), config=ALERTS)
    assert str(raised.value).splitlines() == [
        f"plugins.toml:4: alert.hears.on: {REFUSED}",
        f"plugins.toml:6: alert.hears_too.on: {REFUSED}",
    ]


def test_a_plugin_that_hears_published_moments_without_a_table_is_refused_by_name() -> None:
    with pytest.raises(ConfigError) as raised:
        player(telling("ear", Odds), make_plugin("model", declare), config='[plugin.ear]\npath = "ear.py"\n')
    assert str(raised.value) == f"plugins.toml:1: plugin.ear: {REFUSED}"


def test_a_match_without_any_rehearsal_tells_nothing() -> None:
    assert player(make_plugin("margins", folds)).play(MATCH) == []
