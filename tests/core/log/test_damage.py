"""A row that is damaged is left out, loudly; the rest of the game, and the daemon, go on."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.core.log.journals import ask, give, opened, read_all, running
from tests.core.plugins import listener

from actionbus import Action, on
from actionbus.events.base import FeedState
from actionbus.simulator import generate_match

RECORDING = generate_match(9)
PACKETS = RECORDING.packets[:60]


async def hear(_: Action) -> None:
    pass


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE row SET body = CAST(x'7b22ff' AS TEXT) WHERE position = (SELECT max(position) FROM row) - 20",
        "UPDATE row SET body = NULL WHERE position = (SELECT max(position) FROM row) - 20",
        "UPDATE row SET kind = 99 WHERE position = (SELECT max(position) FROM row) - 20",
        "UPDATE row SET state = 77 WHERE position = (SELECT max(position) FROM row) - 20",
        "UPDATE row SET body = 'no json' WHERE kind = 4",
        "UPDATE row SET body = x'ff' WHERE kind = 4",
        "UPDATE row SET name = 'no state' WHERE kind = 4",
    ],
)
async def test_of_a_damaged_row_the_others_are_read_and_the_game_goes_on(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "j.db"
    async with running(path, listener("ear", lambda _: [on(Action, hear)])) as run:
        pipeline = await run.open(RECORDING.fixture)
        pipeline.tell(FeedState.LIVE, received=1e9)
        give(pipeline, PACKETS, 1e9)
        await run.settled()
    rows = len(ask(path, "SELECT position FROM row"))
    ask(path, damage)
    with capture_logs() as logs:
        async with opened(path) as log:
            await log.open_lane("ear", RECORDING.fixture, Nobody())
            read = await read_all(log, RECORDING.fixture)
        async with running(path, listener("ear", lambda _: [on(Action, hear)])) as run:
            pipeline = await run.open(RECORDING.fixture)
            assert pipeline.counts.packets == len(PACKETS)
            give(pipeline, RECORDING.packets[60:70], 1e9)
            await run.settled()
    assert len(read) == rows
    assert any(each["log_level"] == "error" for each in logs)
    assert len(ask(path, "SELECT position FROM row WHERE n > 60")) == 10


class Nobody:
    """A reader that needs nothing."""

    needs = None


async def test_an_action_that_two_lists_in_a_row_do_not_have_is_read_without_complaint(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    with capture_logs() as logs:
        for _ in range(3):
            async with running(path, listener("ear", lambda _: [on(Action, hear)])) as run:
                pipeline = await run.open(RECORDING.fixture)
                if not pipeline.counts.packets:
                    give(pipeline, PACKETS[:5], 1e9)
                pipeline.begin_list()
                for revision in tuple(pipeline.timeline):
                    if revision.announced:
                        pipeline.vanish(revision.action.action_id, 1e9)
                await run.settled()
                await read_all(run.log, RECORDING.fixture)
    assert [each for each in logs if each["log_level"] == "error"] == []
    assert len(ask(path, "SELECT position FROM row WHERE kind = 5")) > 10
