"""Whatever is told, whatever fails, however often it is restarted: at the end a phone shows exactly what stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import trio
from attrs import frozen
from hypothesis import given, settings, strategies
from tests.core.log.journals import as_a_crash_leaves_it, folder
from tests.plugins.notifier.delivery.outboxes import Bench, benching, journal, lives
from tests.plugins.notifier.delivery.places import NTFY, Place, in_chats
from tests.plugins.notifier.delivery.services import Mood, serving
from trio.testing import MockClock

from actionbus_plugins.notifier.notice import Notice


@frozen
class Say:
    """The next notice of an alert."""

    alert: int


@frozen
class Wait:
    """Seconds pass."""

    seconds: float


@frozen
class Turn:
    """The service is in another mood from now on."""

    mood: Mood


@frozen
class Restart:
    """The daemon ends and starts again; or is killed, at once, and starts again."""

    how: Literal["ends", "is killed"]


Deed = Say | Wait | Turn | Restart

ALERTS = 7
MOODS: Sequence[Mood] = ("well", "well", "busy", "mute", "deaf", "stuck", "slow")
UNSURE: Sequence[Mood] = ("mute", "deaf", "stuck", "slow")

deeds: strategies.SearchStrategy[Deed] = strategies.one_of(
    strategies.integers(0, ALERTS - 1).map(Say),
    strategies.integers(0, ALERTS - 1).map(Say),
    strategies.sampled_from((0.0, 0.5, 4.0, 30.0, 200.0)).map(Wait),
    strategies.sampled_from(MOODS).map(Turn),
    strategies.sampled_from(("ends", "is killed")).map(Restart),  # type: ignore[arg-type]
)


@strategies.composite
def a_life(draw: strategies.DrawFn, alert: int) -> list[Notice]:
    """Draw the notices of an alert, whose texts no other has; half of the alerts are of another fixture."""
    steps, stands = [("sent", f"{alert} first")], True
    for number in range(draw(strategies.integers(0, 5))):
        kind = draw(strategies.sampled_from(("updated", "corrected", "withdrawn") if stands else ("restored",)))
        stands = kind != "withdrawn"
        steps.append((kind, f"{alert} {number}" if stands else steps[-1][1]))
    way = draw(strategies.sampled_from(("edit", "retract")))
    return lives(f"a{alert}", *steps, on_correction=way, fixture=f"game {alert % 2}")


stories = strategies.tuples(*(a_life(alert) for alert in range(ALERTS)))


@settings(max_examples=15)
@given(stories, strategies.lists(deeds, min_size=5, max_size=40), strategies.booleans())
def test_at_the_end_a_phone_shows_what_stands(
    story: tuple[list[Notice], ...], happens: list[Deed], delayed: bool
) -> None:
    with folder() as where:
        trio.run(_play, NTFY, story, happens, delayed, where, clock=MockClock(autojump_threshold=0.02))


@in_chats
@settings(max_examples=10)
@given(story=stories, happens=strategies.lists(deeds, min_size=5, max_size=40), delayed=strategies.booleans())
def test_where_no_answer_is_lost_chats_show_what_stands_at_the_end(
    place: Place, story: tuple[list[Notice], ...], happens: list[Deed], delayed: bool
) -> None:
    sure = [deed for deed in happens if deed not in (*map(Turn, UNSURE), Restart("is killed"))]
    with folder() as where:
        trio.run(_play, place, story, sure, delayed, where, clock=MockClock(autojump_threshold=0.02))


async def _nothing_waits(bench: Bench) -> None:
    """Wait for what is left, in small steps: the clock also jumps while a disk takes its time."""
    for _ in range(300):
        if not bench.outbox.books["phone"].agenda:
            return
        await trio.sleep(5)


async def _play(place: Place, story: tuple[list[Notice], ...], happens: list[Deed], delayed: bool, where: Path) -> None:
    service, path = place.make(), where / "journal.db"
    left = [list(notices) for notices in story]
    said: dict[str, Notice] = {}
    deeds = list(happens)
    async with serving(service) as server:
        config = place.config(server, "\n".join(('deadline = "9d"', *(('delay = "20s"',) if delayed else ()))))
        while True:
            async with journal(path) as log, benching(config, log=log) as bench:
                while deeds and not isinstance(deeds[0], Restart):
                    match deeds.pop(0):
                        case Say(alert) if left[alert]:
                            told = left[alert].pop(0)
                            await bench.put(told)
                            await log.durable()  # else the feed would send again what it is about
                            said[told.id] = told
                        case Wait(seconds):
                            await trio.sleep(seconds)
                        case Turn(mood):
                            service.mood = mood
                        case _:
                            pass
                if not deeds:
                    service.mood = "well"
                    await _nothing_waits(bench)
                    break
                mood = service.mood
                if deeds.pop(0) == Restart("is killed"):
                    path = as_a_crash_leaves_it(path, where / f"journal {len(deeds)}.db")
                    service.mood = "deaf"  # what the old one does from now on never happens
            service.mood = mood
    shown = [line for text in service.screen for line in text.splitlines() if not line.endswith(":")]
    standing = [told.text for told in said.values() if told.kind != "withdrawn"]
    assert sorted(line for line in shown if not line.startswith("taken back: ")) == sorted(standing)
    back = [line.removeprefix("taken back: ")[0] for line in shown if line.startswith("taken back: ")]
    gone = [told for told in said.values() if told.kind == "withdrawn" and told.on_correction == "edit"]
    assert len(back) == len(set(back))
    assert set(back) <= {told.id[1] for told in gone}
