"""Folds say which moments stand; the core announces the difference, so that corrections come right by themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.core.plugins import Bus, deliver, listener, make_plugin, open_fixture

from actionbus import ALL_CHANGES, Action, Assist, Change, Fold, Game, Moment, SendType, Steal, Subscription, fold, on
from actionbus.events.base import Origin
from actionbus.hookspecs import hookimpl
from actionbus.host import Plugin
from actionbus.pipeline.folds import Announced
from actionbus.testing import make

untyped: Any = fold


@frozen(kw_only=True, slots=False, eq=False)
class Thief(Moment):
    """A player who has stolen the ball, and how often."""

    steals: int = 0


class Robber(Thief):
    """The same by another name."""


def thieves(game: Game) -> Iterator[Thief]:
    """Find the players who have stolen the ball."""
    counts = Counter(str(action.player) for action in game.actions() if isinstance(action, Steal))
    for name, steals in counts.items():
        yield Thief(fixture=game.fixture, key=name, steals=steals)


def folding(name: str, *folds: Fold) -> Plugin:
    @hookimpl
    def folds_hook() -> list[Fold]:
        return list(folds)

    folds_hook.__name__ = "folds"
    return make_plugin(name, folds_hook)


def ear(heard: list[Moment | Action], *kinds: type[Moment | Action]) -> Plugin:
    async def hear(event: Moment | Action) -> None:
        heard.append(event)

    def listens(_: object) -> list[Subscription]:
        return [on(kind, hear, changes=ALL_CHANGES) for kind in kinds]

    return listener("ear", listens)


async def announced(*actions: Action) -> list[tuple[str, Change, int]]:
    """Return what the fold of thieves announces: ids, changes and counts."""
    heard: list[Moment | Action] = []
    async with Bus().hosting(folding("thieves", fold(Thief, thieves)), ear(heard, Thief)) as host:
        deliver(await open_fixture(host), *actions)
        await host.caught_up()
    return [(each.id, each.change, each.steals) for each in heard if isinstance(each, Thief)]


async def test_a_new_key_is_added_and_new_contents_amend_it() -> None:
    assert await announced(make(Steal, player="A"), make(Steal, player="B"), make(Steal, player="A")) == [
        ("fixture-1:thief:A:1", Change.ADDED, 1),
        ("fixture-1:thief:B:1", Change.ADDED, 1),
        ("fixture-1:thief:A:2", Change.AMENDED, 2),
    ]


async def test_a_moment_that_no_longer_stands_is_withdrawn_and_may_come_back() -> None:
    steal = make(Steal, player="A")
    gone, back = evolve(steal, send_type=SendType.DELETED), evolve(steal, send_type=SendType.RESTORED)
    assert await announced(steal, gone, back) == [
        ("fixture-1:thief:A:1", Change.ADDED, 1),
        ("fixture-1:thief:A:2", Change.WITHDRAWN, 1),
        ("fixture-1:thief:A:3", Change.ADDED, 1),
    ]


async def test_an_amended_action_moves_a_moment_from_one_key_to_another() -> None:
    steal = make(Steal, player="A")
    other = make(Steal, player="B", action_id=steal.action_id, send_type=SendType.UPDATED)
    assert [each[:2] for each in await announced(steal, other)] == [
        ("fixture-1:thief:A:1", Change.ADDED),
        ("fixture-1:thief:A:2", Change.WITHDRAWN),
        ("fixture-1:thief:B:1", Change.ADDED),
    ]


async def test_what_does_not_change_is_not_announced_again() -> None:
    assert len(await announced(make(Steal, player="A"), make(Assist), make(Assist))) == 1


async def test_moments_come_right_behind_their_cause() -> None:
    heard: list[Moment | Action] = []
    async with Bus().hosting(folding("thieves", fold(Thief, thieves)), ear(heard, Thief, Action)) as host:
        deliver(await open_fixture(host), make(Steal, player="A"), make(Steal, player="A"), make(Assist))
        await host.caught_up()
    assert [type(each) for each in heard] == [Steal, Thief, Steal, Thief, Assist]
    assert [each.position for each in heard] == [1, 2, 3, 4, 5]
    assert heard[1].at == heard[0].at
    assert heard[3].previous is not None
    assert heard[3].previous.change is Change.ADDED


def raising(game: Game) -> Iterable[Thief]:
    """Fail at the second action."""
    if sum(1 for _ in game.actions()) > 1:
        raise LookupError("no thief here")
    return ()


def stops(game: Game) -> Iterable[Thief]:
    """Try to end the daemon."""
    raise SystemExit(1)


def of_another_fixture(game: Game) -> Iterable[Thief]:
    """Find a moment of no game that is known."""
    return [Thief(fixture="another", key="x")]


def of_another_class(game: Game) -> Iterable[Thief]:
    """Find what is no moment."""
    wrong: list[Any] = ["thief"]
    return wrong


def of_nothing(game: Game) -> None:
    """Forget to return anything."""


async def test_moments_of_one_name_are_made_by_one_fold_of_one_plugin() -> None:
    plugins = folding("one", fold(Thief, thieves)), folding("two", fold(Thief, thieves))
    twice = folding("three", untyped(Robber, thieves), untyped(Robber, thieves))
    with capture_logs():
        async with Bus().hosting(*plugins, twice) as host:
            said = {each.name: each.reason for each in host.broken}
    assert said == {
        "two": "moments called Thief are made by another fold or plugin already",
        "three": "moments called Robber are made by another fold or plugin already",
    }


@pytest.mark.parametrize("broken", [raising, stops, of_another_fixture, of_another_class, of_nothing])
async def test_a_fold_that_fails_is_left_out_and_named_and_the_others_go_on(broken: Any) -> None:
    heard: list[Moment | Action] = []
    plugins = folding("broken", fold(Robber, broken)), folding("good", fold(Thief, thieves)), ear(heard, Thief, Action)
    with capture_logs() as logs:
        async with Bus().hosting(*plugins) as host:
            deliver(await open_fixture(host), *(make(Steal, player=name) for name in "ABC"))
            await host.caught_up()
            reasons = [(each.name, each.reason.partition(": ")[0]) for each in host.broken]
            assert reasons == [("broken", "its fold of Robber failed and is left out")]
    assert [type(each) for each in heard] == [Steal, Thief] * 3
    said = [(each["event"], each["plugin"], each["fold"]) for each in logs if each["log_level"] == "error"]
    assert said == [("fold failed and is left out", "broken", "Robber")]


async def test_a_fold_is_asked_only_when_what_it_reads_has_changed() -> None:
    asked: list[str] = []

    def look(game: Game) -> Iterable[Thief]:
        asked.append(str(game.score))
        return ()

    plugin = folding("score", fold(Thief, look, reads=lambda game: game.score))
    async with Bus().hosting(plugin, ear([], Thief)) as host:
        deliver(await open_fixture(host), *(make(Steal, score=score) for score in [(0, 0), (2, 0), (2, 0), (2, 3)]))
        await host.caught_up()
    assert asked == ["0-0", "2-0", "2-3"]


async def test_a_fold_whose_moments_nobody_hears_is_not_asked() -> None:
    asked: list[str] = []

    def look(game: Game) -> Iterable[Thief]:
        asked.append("thief")
        return ()

    async with Bus().hosting(folding("unheard", fold(Thief, look)), ear([], Robber, Action)) as host:
        deliver(await open_fixture(host), make(Steal))
        await host.caught_up()
    assert asked == []


async def test_folds_go_on_while_a_plugin_is_stuck_or_paused() -> None:
    heard: list[Moment | Action] = []

    async def fail(steal: Steal) -> None:
        raise ValueError("never")

    plugins = listener("bad", lambda _: [on(Steal, fail)]), folding("good", fold(Thief, thieves)), ear(heard, Thief)
    async with Bus().hosting(*plugins) as host:
        deliver(await open_fixture(host), *(make(Steal, player="A") for _ in range(20)))
        await host.caught_up()
    assert len(heard) == 20


@pytest.mark.parametrize("kind", [Steal, int, "thief"])
def test_a_fold_makes_moments(kind: object) -> None:
    with pytest.raises(TypeError, match="the first argument is a subclass of Moment"):
        untyped(kind, thieves)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 2))))
def test_adding_up_the_announcements_gives_what_stands(standing: list[dict[str, int]]) -> None:
    known: dict[str, int] = {}
    last: dict[str, Change] = {}
    ids: set[str] = set()
    announced = Announced(count(1).__next__)
    for moments in standing:
        for news in announced.compare(
            [Thief(fixture="f", key=key, steals=n) for key, n in moments.items()], 0.0, Origin.LIVE
        ):
            assert isinstance(news, Thief)
            assert news.id not in ids
            ids.add(news.id)
            stood = last.get(news.key) in (Change.ADDED, Change.AMENDED)
            assert (news.change is Change.ADDED) is not stood
            last[news.key] = news.change
            if news.change is Change.WITHDRAWN:
                del known[news.key]
            else:
                assert known.get(news.key) != news.steals
                known[news.key] = news.steals
        assert known == moments
