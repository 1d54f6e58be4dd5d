"""Timers that remain at the end of a fixture run out, also when the daemon ends before they have."""

from __future__ import annotations

from pathlib import Path

import trio
from tests.core.log.journals import ask, give, running
from tests.core.plugins import listener

from actionbus import Action, Due, PluginContext, Subscription, on
from actionbus.events.base import FeedState
from actionbus.host import Plugin
from actionbus.simulator import generate_match

RECORDING = generate_match(9)


def setting(fired: list[str], stuck: trio.Event | None = None) -> Plugin:
    """Set a timer far in the future at each action; with ``stuck`` the handler hangs, and says so, at the fifth."""

    def listens(context: PluginContext) -> list[Subscription]:
        async def set_one(action: Action) -> None:
            context.at(action.at + 1e6, action.action_id)

        async def note(due: Due) -> None:
            fired.append(due.key)
            if stuck is not None and len(fired) == 5:
                stuck.set()
                await trio.sleep_forever()

        return [on(Action, set_one), on(Due, note)]

    return listener("setting", listens)


async def test_timers_that_had_not_run_out_when_the_daemon_ended_run_out_after_the_next_start(tmp_path: Path) -> None:
    path, fired = tmp_path / "j.db", list[str]()
    stuck = trio.Event()
    async with running(path, setting(fired, stuck), grace=0.01) as run:
        pipeline = await run.open(RECORDING.fixture)
        give(pipeline, RECORDING.packets[:30], 1e9)
        pipeline.tell(FeedState.FINISHED)
        await stuck.wait()
        await run.log.durable()
    ((waiting,),) = ask(path, "SELECT count(*) FROM timer")
    assert waiting > 10
    again: list[str] = []
    async with running(path, setting(again)) as run:
        assert run.log.is_finished(RECORDING.fixture)
        assert await run.host.has_more(RECORDING.fixture)
        await run.open(RECORDING.fixture)
        await run.settled()
    assert len(again) == waiting
    assert set(fired[:4]).isdisjoint(again)
    assert ask(path, "SELECT count(*) FROM timer") == [(0,)]
    async with running(path, setting(again)) as run:
        assert not await run.host.has_more(RECORDING.fixture)
