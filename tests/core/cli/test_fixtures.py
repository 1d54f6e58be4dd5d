from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from tests.core.cli.conftest import Command
from tests.core.cli.held import MATCH, Game, ask, config, opened, play, write
from tests.core.feed.packets import make_list, make_packet

from actionbus.events.base import FeedState

DDE = '[feed]\nsource = "dde"\nfixtures = ["second", "first", "unseen"]\ntoken = { env = "NO_TOKEN" }\n'
JOURNAL = '[journal]\npath = "journal.db"\n'
AWAY = {"homeTeam": False, "id": "away", "name": "Türk\x07 Telekom"}
KEYS = {
    *("fixture", "state", "teams", "score", "period", "packets", "bad", "gaps", "lag", "last_seen", "reason"),
}


def listed(command: Command, *arguments: str) -> dict[str, dict[str, Any]]:
    said = command("fixtures", "--json", *arguments)
    assert (said.code, said.err) == (0, "")
    found: list[dict[str, Any]] = json.loads(said.out)
    return {each["fixture"]: each for each in found}


def states(command: Command, *arguments: str) -> dict[str, str]:
    return {name: each["state"] for name, each in listed(command, *arguments).items()}


def test_those_that_are_named_come_first_then_what_else_is_held(command: Command, tmp_path: Path) -> None:
    config(tmp_path, DDE + JOURNAL)
    write(tmp_path / "journal.db", *(Game(fixture=name, packets=make_list(2)) for name in ("first", "other", "second")))
    assert states(command) == {
        "second": "stopped",
        "first": "stopped",
        "unseen": "not seen yet",
        "other": "stopped",
    }
    assert list(states(command)) == ["second", "first", "unseen", "other"]


def test_a_line_says_how_a_game_stands(command: Command, tmp_path: Path) -> None:
    config(tmp_path, DDE + JOURNAL + "[plugin.score_tracker]\n")
    packets = [make_packet(0), make_packet(1, team=AWAY), "{", make_packet(3)]
    readers = {"score_tracker": 3, "gone": 1}
    write(tmp_path / "journal.db", Game(fixture="first", packets=packets, since=time.time() - 3700, readers=readers))
    said = command("fixtures")
    assert (said.code, said.err) == (0, "")
    title, second, first, unseen = said.out.splitlines()
    assert title.split() == ["FIXTURE", "STATE", "SCORE", "PERIOD", "PACKETS", "BAD", "GAPS", "LAG", "SEEN", "TEAMS"]
    assert second.split() == ["second", "not", "seen", "yet"]
    assert unseen.split() == ["unseen", "not", "seen", "yet"]
    assert first.split()[:8] == ["first", "stopped", "4", "1", "1", "2", "score_tracker", "1h"]
    assert first.endswith("  Home - Türk� Telekom")
    assert first.index("Home") == title.index("TEAMS")
    assert first.index("2 score_tracker") == title.index("LAG")


def test_as_json_all_is_said(command: Command, tmp_path: Path) -> None:
    config(tmp_path, DDE + JOURNAL)
    since = time.time() - 60
    write(tmp_path / "journal.db", Game(fixture="first", packets=make_list(3), since=since, state=FeedState.REFUSED))
    said = listed(command)
    assert said["unseen"] == {"fixture": "unseen", "state": "not seen yet"}
    assert said["first"] == {
        "fixture": "first",
        "state": "stopped",
        "teams": ["Home"],
        "score": None,
        "period": None,
        "packets": 3,
        "bad": 0,
        "gaps": 0,
        "lag": None,
        "last_seen": since + 3,
        "reason": "it is refused",
    }
    assert said["first"].keys() == KEYS


@pytest.mark.parametrize(
    "state", [FeedState.LIVE, FeedState.STALE, FeedState.DOWN, FeedState.REFUSED, FeedState.FINISHED]
)
def test_while_a_daemon_runs_the_state_is_that_of_the_feed(state: FeedState, command: Command, tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    write(journal, Game(fixture="before", packets=make_list(2), since=time.time() - 3600))

    async def look() -> dict[str, str]:
        async with opened(journal) as log:
            await Game(packets=make_list(2), state=state, since=time.time()).give(log)
            await log.durable()
            return states(command, "--journal", str(journal))

    assert trio.run(look) == {"before": "stopped", "fixture-1": state.value}
    ended = {"before": "stopped", "fixture-1": "finished" if state is FeedState.FINISHED else "stopped"}
    assert states(command, "--journal", str(journal)) == ended


def test_a_fixture_that_plugins_toml_no_longer_names_is_stopped_while_the_daemon_goes_on(
    command: Command, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.db"

    async def look() -> tuple[dict[str, str], ...]:
        async with opened(journal) as log:
            await Game(packets=make_list(2), state=FeedState.LIVE, since=time.time()).give(log)
            await log.durable()
            config(tmp_path, DDE.replace("second", "fixture-1") + JOURNAL)
            followed = states(command)
            config(tmp_path, DDE + JOURNAL)
            return followed, states(command)

    assert trio.run(look) == (
        {"fixture-1": "live", "first": "not seen yet", "unseen": "not seen yet"},
        {"second": "not seen yet", "first": "not seen yet", "unseen": "not seen yet", "fixture-1": "stopped"},
    )


def test_a_feed_that_has_recovered_is_live(command: Command, tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"

    async def look() -> dict[str, str]:
        async with opened(journal) as log:
            with capture_logs():  # it is said that the feed is up again
                await Game(packets=make_list(2), state=FeedState.RECOVERED, since=time.time()).give(log)
            await log.durable()
            return states(command, "--journal", str(journal))

    assert trio.run(look) == {"fixture-1": "live"}


def test_a_match_that_was_followed_is_finished_with_its_score(
    command: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    journal = play(tmp_path_factory.mktemp("played"))
    (said,) = listed(command, "--config", str(journal.with_name("plugins.toml"))).values()
    last = json.loads(MATCH.packets[-1])["fixtureSummary"]
    assert (said["fixture"], said["state"], said["packets"], said["bad"]) == (
        *(MATCH.fixture, "finished", len(MATCH.packets), 0),
    )
    assert said["score"] == f"{last['homeTeamScore']}-{last['awayTeamScore']}"
    assert len(said["teams"]) == 2
    assert said["lag"] is None


def test_a_finished_game_of_which_the_packets_are_deleted_is_still_finished(command: Command, tmp_path: Path) -> None:
    config(tmp_path, DDE + JOURNAL)
    over = Game(fixture="first", packets=make_list(2, finished=True), state=FeedState.FINISHED)
    ask(write(tmp_path / "journal.db", over), "DELETE FROM row")
    assert listed(command)["first"] == {"fixture": "first", "state": "finished"}


def test_a_plugin_that_is_not_in_use_does_not_count_as_behind(command: Command, tmp_path: Path) -> None:
    config(tmp_path, DDE + JOURNAL + "[plugin.score_tracker]\n")
    readers = {"score_tracker": 90, "gone": 1}
    journal = write(tmp_path / "journal.db", Game(fixture="first", packets=make_list(100), readers=readers))
    assert listed(command)["first"]["lag"] == {"plugin": "score_tracker", "rows": 11, "seconds": 10.0}
    (tmp_path / "plugins.toml").unlink()
    assert listed(command, "--journal", str(journal))["first"]["lag"]["plugin"] == "gone"


def test_a_journal_in_which_there_is_nothing_yet_is_said_to_be_empty(command: Command, tmp_path: Path) -> None:
    journal = write(tmp_path / "journal.db")
    said = command("fixtures", "--journal", str(journal))
    assert (said.code, said.out) == (0, f"the journal {journal} holds no fixture yet, and plugins.toml names none\n")
    assert listed(command, "--journal", str(journal)) == {}
