from __future__ import annotations

import math
from pathlib import Path

import attrs
import pytest
from tests.core.cli.held import Game, ask, opened, write
from tests.core.feed.packets import EPOCH, FIXTURE, make_list, make_packet

from actionbus.bus import FixtureClock
from actionbus.errors import ActionbusError, ConfigError
from actionbus.events.actions import Steal
from actionbus.events.base import Change, FeedState, Moment, Score
from actionbus.events.catalogue import Catalogue
from actionbus.log import Published, RowKind
from actionbus.log.inspect import (
    Wanted,
    damage,
    forward,
    head,
    kept_aside,
    lags,
    looking_into,
    moment_names,
    newest,
    overview,
    packets,
    position_at,
    short,
    version,
)
from actionbus.log.schema import MIGRATIONS
from actionbus.pipeline import Pipeline

CATALOGUE = Catalogue()
HOME, AWAY = {"homeTeam": True, "id": "z", "name": "Homers"}, {"homeTeam": False, "id": "a", "name": "Guests"}


@attrs.frozen(kw_only=True, slots=False, eq=False)
class Shouted(Moment):
    """A moment of no plugin that is installed."""

    loud: float = 1.5


async def test_the_newest_list_alone_is_exported_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with opened(path) as log:
        await log.held(FIXTURE)
        pipeline = Pipeline(FIXTURE, log, FixtureClock(lambda: 0.0))
        for packet in make_list(4):
            pipeline.accept(packet, EPOCH)
        pipeline.begin_list()
        for packet in reversed(make_list(3)):
            pipeline.accept(packet, EPOCH)
        pipeline.vanish("a3", EPOCH)
    with looking_into(path) as journal:
        assert [each.decode() for each in packets(journal, 1)] == make_list(3)[::-1]
        (told,) = overview(journal, CATALOGUE)
        assert (told.packets, told.bad) == (3, 0)
        (gone,) = newest(journal, Wanted(), CATALOGUE, 1)
        assert (gone.kind, gone.change, gone.id) == (RowKind.VANISHED, Change.WITHDRAWN, "a3:2")
        assert gone.action is not None
        assert str(gone.action.player) == "Player 3"


async def test_a_moment_is_found_by_time_though_it_was_not_received(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with opened(path) as log:
        await log.held(FIXTURE)
        log.know([Shouted])
        pipeline = Pipeline(FIXTURE, log, FixtureClock(lambda: 0.0))
        for number, packet in enumerate(make_list(3)):
            pipeline.accept(packet, EPOCH + number)
            pipeline.route.publish("me", [Published(moment=Shouted(fixture=FIXTURE, key=str(number)), hops=1)])
    ask(path, "UPDATE row SET received = 9e999 WHERE kind = 3")
    with looking_into(path) as journal:
        assert [position_at(journal, EPOCH + seconds) for seconds in (-9, 0, 0.5, 1, 2, 2.5, math.inf)] == [
            *(1, 1, 2, 2, 4, 6, 6),
        ]
        assert head(journal) == 6
        assert moment_names(journal) == {"shouted"}
        (found,) = newest(journal, Wanted(classes=(), moments=frozenset({"shouted"})), CATALOGUE, 1)
        assert (found.position, found.received) == (6, None)
        assert (found.name, found.says) == ("shouted", {"key": "2", "loud": 1.5})
        assert list(forward(journal, Wanted(classes=(Moment,), first=5), CATALOGUE)) == [found]
        (told,) = overview(journal, CATALOGUE)
        assert told.last_seen == EPOCH + 2


def test_newest_and_forward_find_the_same_however_many_pieces_it_takes(tmp_path: Path) -> None:
    games = [Game(packets=make_list(3000), fixture=name) for name in ("one", "two")]
    with looking_into(write(tmp_path / "journal.db", *games)) as journal:
        for wanted in (Wanted(), Wanted(fixture=1), Wanted(fixture=2, first=4000, last=5500), Wanted(classes=(Steal,))):
            found = newest(journal, wanted, CATALOGUE, 1_000_000)
            assert found
            assert [each.position for each in found] == [each.position for each in forward(journal, wanted, CATALOGUE)]
            assert [each.position for each in newest(journal, wanted, CATALOGUE, 100)] == [
                each.position for each in found[-100:]
            ]


def test_an_overview_says_how_a_game_stands(tmp_path: Path) -> None:
    summary = {"homeTeamScore": 7, "awayTeamScore": 5, "currentPeriod": 2, "finished": False}
    scored = make_packet(2, team=AWAY).replace('"fixtureSummary": {"finished": false}', f'"fixtureSummary": {summary}')
    scored = scored.replace("'", '"').replace("False", "false")
    live = Game(packets=[make_packet(1, team=AWAY), make_packet(0, team=HOME), "{", scored, "["], readers={"slow": 2})
    games = [live, Game(fixture="over", packets=make_list(2, finished=True), state=FeedState.FINISHED)]
    games += [Game(fixture="no", state=FeedState.REFUSED)]
    with looking_into(write(tmp_path / "journal.db", *games)) as journal:
        one, over, refused = overview(journal, CATALOGUE)
    assert (one.fixture, one.teams, one.score, one.period) == (FIXTURE, ("Homers", "Guests"), Score(7, 5), 2)
    assert (one.packets, one.bad, one.gaps, one.finished, one.status) == (5, 2, 1, False, FeedState.LIVE)
    assert (one.status_since, one.last_seen) == (EPOCH, EPOCH + 4)
    assert [(lag.plugin, lag.rows, lag.seconds) for lag in one.lags] == [("slow", 4, 3.0)]
    assert (over.finished, over.teams, over.score, over.lags) == (True, ("Home",), None, ())
    assert (refused.status, refused.reason, refused.packets, refused.teams) == (
        *(FeedState.REFUSED, "it is refused", 0, ()),
    )


def test_lanes_that_are_behind_come_first_and_those_that_are_not_do_not(tmp_path: Path) -> None:
    games = [
        Game(fixture=name, packets=make_list(100), readers={"fast": 10_000, "slow": slow, "slower": 1})
        for name, slow in (("one", 90), ("two", 150))
    ]
    with looking_into(write(tmp_path / "journal.db", *games)) as journal:
        found = [(lag.fixture, lag.plugin, lag.rows, lag.seconds) for lag in lags(journal)]
    assert found == [
        ("two", "slower", 101, 99.0),
        ("one", "slower", 100, 99.0),
        ("two", "slow", 52, 51.0),
        ("one", "slow", 11, 10.0),
    ]


@pytest.mark.parametrize(
    ("names", "length"),
    [((), 8), (("a",), 8), (("a", "b"), 8), (("12345678a", "12345678b"), 9), (("12345678", "12345678901"), 9)],
)
def test_as_much_of_an_id_is_shown_as_tells_it_apart(names: tuple[str, ...], length: int) -> None:
    assert short(names) == length


def test_a_journal_of_another_version_or_of_something_else_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "journal.db", Game())
    assert attrs.astuple(version(path)) == (True, len(MIGRATIONS), len(MIGRATIONS))
    ask(path, "PRAGMA user_version = 77")
    with pytest.raises(ConfigError, match=r"was written by a newer actionbus \(version 77\)"), looking_into(path):
        pass
    ask(tmp_path / "other.db", "CREATE TABLE mine(x)")
    with pytest.raises(ConfigError, match="is a database of something else"), looking_into(tmp_path / "other.db"):
        pass
    assert version(tmp_path / "other.db").ours is False


def test_damage_is_found_and_told_in_one_line_each(tmp_path: Path) -> None:
    path = write(tmp_path / "journal.db", Game(packets=make_list(500)))
    with looking_into(path) as journal:
        assert damage(journal, limit=60) == damage(journal, limit=None) == []
    with path.open("r+b") as file:
        file.seek(200 * 1024)
        file.write(b"\xff" * 8192)
    with looking_into(path) as journal:
        told = damage(journal, limit=60)
        assert told
        assert [line for line in told if "\n" in line] == []
    told_too = pytest.raises(ActionbusError, match="cannot be read: database disk image is malformed")
    with told_too, looking_into(path) as journal:
        list(forward(journal, Wanted(), CATALOGUE))


def test_a_journal_that_is_too_big_for_the_time_is_not_called_damaged(tmp_path: Path) -> None:
    with looking_into(write(tmp_path / "journal.db", Game(packets=make_list(3000)))) as journal:
        assert damage(journal, limit=-1) is None
        assert damage(journal, limit=None) == []


def test_damaged_journals_that_were_kept_are_found_by_name(tmp_path: Path) -> None:
    for name in ("journal.db", "journal.db.corrupt-1", "journal.db.corrupt-1-wal", "other.db.corrupt-2"):
        (tmp_path / name).write_bytes(b"")
    assert kept_aside(tmp_path / "journal.db") == [tmp_path / "journal.db.corrupt-1"]
