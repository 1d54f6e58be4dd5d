"""A daemon that is stopped and started in the middle of a game announces what one that runs through it does."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.log import journals
from tests.core.plugins import listener, make_plugin

from actionbus import ALL_CHANGES, Moment, Subscription, on
from actionbus.simulator import generate_match
from actionbus_plugins import score_tracker
from actionbus_plugins.score_tracker import ScoreLine

MATCH = generate_match(11)


async def announced(journal: Path, stops: list[int]) -> list[tuple[str, str, str]]:
    """Ids, changes and words of all moments of a match, played in so many runs."""
    heard: list[tuple[str, str, str]] = []

    async def hear(moment: Moment) -> None:
        if not isinstance(moment, ScoreLine):
            heard.append((moment.id, moment.change, str(moment)))

    def listens(_: object) -> list[Subscription]:
        return [on(Moment, hear, changes=ALL_CHANGES)]

    for start, stop in zip([0, *stops], [*stops, None], strict=True):
        plugins = make_plugin("score_tracker", score_tracker.folds), listener("ear", listens)
        async with journals.running(journal, *plugins) as run:
            pipeline = await run.open(MATCH.fixture)
            journals.give(pipeline, MATCH.packets[start:stop])
            await run.settled()
    return heard


@pytest.mark.parametrize("stops", [[400], [150, 151, 300, 500, 700]])
async def test_no_moment_is_lost_or_said_again_over_restarts(stops: list[int], tmp_path: Path) -> None:
    through = await announced(tmp_path / "through.db", [])
    assert len(through) > 100
    assert sorted(await announced(tmp_path / "stopped.db", stops)) == sorted(through)
