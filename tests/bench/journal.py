"""What the log on disk costs: CPU a packet, and time from a packet to its handler, beside the log in memory.

Run it as ``python -m tests.bench.journal [ROUNDS]``, with nothing else running: 5 rounds are the default. Every round
takes each log in turn; ratios are the medians of the ratios within one round. CPU is that of all threads. The
journals are made in a temporary folder: TMPDIR says on which disk.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, redirect_stdout
from pathlib import Path
from time import perf_counter, process_time

import trio
from attrs import frozen
from tests.bench.hearing import hearing
from tests.bench.pipeline import matches, plugins

from actionbus import Action
from actionbus.config import read_tree
from actionbus.events.catalogue import Catalogue
from actionbus.host import hosting
from actionbus.log import Log, MemoryLog
from actionbus.log.journal import open_journal
from actionbus.recording import Recording, fixture_of
from actionbus.replay import replay

ROUNDS = 5
GAMES = 8  # of the matches, in each measurement of CPU
DAY = 86_400.0


@asynccontextmanager
async def opened(kind: str) -> AsyncGenerator[Log]:
    """Open a log: "memory", or a journal with sync "normal" or "full"."""
    if kind == "memory":
        yield MemoryLog()
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "journal.db")
        async with open_journal(path, sync=kind, keep=14 * DAY, catalogue=Catalogue()) as log:
            yield log


async def cpu(kind: str, games: Sequence[Sequence[str]]) -> list[float]:
    """Return the CPU microseconds a packet of replaying games to three plugins, until all is written."""
    config, loaded = plugins()
    async with opened(kind) as log, hosting(loaded.plugins, config.tree, log, replaying=True) as host:
        start = process_time()
        for packets in games:
            await replay(Recording(fixture_of(packets[0]) or "", tuple(packets)), host)
        await log.durable()
        return [1e6 * (process_time() - start) / sum(len(packets) for packets in games)]


@frozen
class Pace:
    """How packets come: so many at once, and then a pause in seconds."""

    name: str
    burst: int
    pause: float
    packets: int


PACES = (Pace("50/s", 1, 0.02, 150), Pace("400/s", 1, 0.0025, 800), Pace("bursts of 50", 50, 0.1, 1500))


async def latency(kind: str, pace: Pace, packets: Sequence[str]) -> list[float]:
    """Return the microseconds from a packet to its handler, for each that is announced."""
    came: dict[int, float] = {}
    took: list[float] = []

    async def hear(action: Action) -> None:
        took.append(1e6 * (perf_counter() - came[action.position]))

    tree = read_tree("", "plugins.toml")
    async with opened(kind) as log, hosting([hearing("ear", hear)], tree, log) as host:
        pipeline = await host.open_fixture(fixture_of(packets[0]) or "")
        for number, packet in enumerate(packets, 1):
            now = perf_counter()
            pipeline.accept(packet, now)
            came[log.next_position() - 1] = now
            if log.crowded:
                await log.room()
            if number % pace.burst == 0:
                await trio.sleep(pace.pause)
        await host.caught_up()
    return took


KINDS = ("memory", "normal", "full")


def table(name: str, unit: str, rows: dict[str, list[list[float]]], quantile: Callable[[list[float]], float]) -> None:
    """Print a figure of each log, and its ratio to that of the log in memory in the same round."""
    figures = {kind: [quantile(each) for each in rounds] for kind, rounds in rows.items()}
    cells: list[str] = []
    for kind in KINDS:
        ratios = [mine / base for mine, base in zip(figures[kind], figures["memory"], strict=True)]
        cells.append(f"{statistics.median(figures[kind]):>10.1f} x{statistics.median(ratios):<5.2f}")
    print(f"{name:34}{''.join(cells)} {unit}")


def main() -> None:
    """Measure and print the tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    games = matches()
    print(f"{rounds} rounds; limit of each ratio: x1.5")
    print(f"{'':34}{''.join(f'{kind:>10}      ' for kind in KINDS)}")
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        spent: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
        for _ in range(rounds):
            for kind in KINDS:
                with redirect_stdout(nowhere):
                    spent[kind].append(trio.run(cpu, kind, games[:GAMES]))
        table("CPU a packet, replay, three plugins", "us", spent, lambda each: each[0])
        some = [packet for game in games[:2] for packet in game if fixture_of(packet) == fixture_of(games[0][0])]
        for pace in PACES:
            took: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
            for _ in range(rounds):
                for kind in KINDS:
                    took[kind].append(trio.run(latency, kind, pace, some[: pace.packets]))
            table(f"packet to handler, {pace.name}, p50", "us", took, statistics.median)
            table(f"packet to handler, {pace.name}, p99", "us", took, lambda each: sorted(each)[int(len(each) * 0.99)])


if __name__ == "__main__":
    main()
