"""One plugin of five is stuck for ever while 100,000 actions pass: what the others and the memory notice.

Run it as ``python -m tests.bench.stuck [ACTIONS]``, with nothing else running. Packets of 20 fixtures at a time go
through the daemon's pipelines, lanes and a journal, paced at 2,000 a second. It runs twice, in two processes: with no
plugin stuck, and with one; what the second needs in excess is the price.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter

import trio
from tests.bench.hearing import hearing
from tests.bench.pipeline import matches

from actionbus import Action
from actionbus.config import read_tree
from actionbus.events.base import FeedState
from actionbus.events.catalogue import Catalogue
from actionbus.host import hosting
from actionbus.log.journal import open_journal
from actionbus.recording import fixture_of

ACTIONS = 100_000
AT_ONCE = 20  # fixtures
TICK = 20  # packets, then a pause of 10 ms: 2,000 a second
DAY = 86_400.0


def rss() -> float:
    """Return the memory of this process that is resident, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * 4096 / 1e6


def stream(games: Sequence[Sequence[str]], number: int) -> Iterator[str]:
    """Give the packets of a game as those of another fixture."""
    packets = games[number % len(games)]
    fixture = fixture_of(packets[0]) or ""
    for packet in packets:
        yield packet.replace(fixture, f"fixture-{number:08}")


async def run(actions: int, *, stuck: bool) -> dict[str, float]:
    """Play, and return the delays of the plugins that are not stuck (ms) and the growth of the memory (MB)."""
    delays, heard = array("d", bytes(8 * 5 * actions)), count()
    came = array("d", bytes(8 * 3 * actions))  # when each position came; some rows are no packets

    async def hear(action: Action) -> None:
        delays[next(heard)] = 1e3 * (perf_counter() - came[action.position])

    async def hang(action: Action) -> None:
        if stuck:
            await trio.sleep_forever()

    plugins = [hearing(f"good{number}", hear) for number in range(4)] + [hearing("stuck", hang)]
    games, given, number = matches(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "journal.db")
        async with (
            open_journal(path, sync="full", keep=14 * DAY, catalogue=Catalogue()) as log,
            hosting(plugins, read_tree("", "plugins.toml"), log, grace=1.0) as host,
        ):
            before = rss()
            while given < actions:
                pipelines = [await host.open_fixture(f"fixture-{number + each:08}") for each in range(AT_ONCE)]
                streams = [stream(games, number + each) for each in range(AT_ONCE)]
                number += AT_ONCE
                running = list(zip(pipelines, streams, strict=True))
                while running and given < actions:
                    for pipeline, packets in tuple(running):
                        packet = next(packets, None)
                        if packet is None:
                            running.remove((pipeline, packets))
                            continue
                        now = perf_counter()
                        pipeline.accept(packet, now)
                        came[log.next_position() - 1] = now
                        given += 1
                        if log.crowded:
                            await log.room()
                        if given % TICK == 0:
                            await trio.sleep(0.01)
                for pipeline in pipelines:
                    pipeline.tell(FeedState.FINISHED)
                    pipeline.close()
            grown = rss() - before
    ordered = sorted(delays[: next(heard)])
    figures = {"p50": ordered[len(ordered) // 2], "p99": ordered[int(len(ordered) * 0.99)]}
    return {"packets": given, "mb": grown, **figures}


def main() -> None:
    """Run it twice, each in a process of its own, and print what differs."""
    actions = int(sys.argv[1]) if len(sys.argv) > 1 else ACTIONS
    if len(sys.argv) > 2:
        print(json.dumps(trio.run(partial(run, actions, stuck=sys.argv[2] == "stuck"))))
        return
    print(f"{'':24}{'p50 ms':>8}{'p99 ms':>8}{'RSS +MB':>9}")
    for name in ("none stuck", "one of five stuck"):
        what = "stuck" if name != "none stuck" else "free"
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.stuck", str(actions), what], capture_output=True, text=True, check=True
        )
        figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        print(f"{name:24}{figures['p50']:>8.2f}{figures['p99']:>8.2f}{figures['mb']:>9.1f}")


if __name__ == "__main__":
    main()
