"""What a packet costs, layer by layer, against orjson.loads: medians of interleaved rounds.

Run it as ``python tests/bench/pipeline.py [ROUNDS]``, with nothing else running: 5 rounds are the default. Every round
takes each match through each row in turn, so that a slow moment of the machine is a slow moment for all; ratios are
the medians of the ratios within one match and round. The real games are measured where they are at hand, else
matches from the simulator.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from time import perf_counter

import orjson
import trio
from attrs import define, field, frozen

from actionbus.config import Config, parse_config
from actionbus.events.catalogue import action_classes
from actionbus.game import Game
from actionbus.host import Loaded, hosting, installed, load
from actionbus.log import MemoryLog
from actionbus.recording import Recording, fixture_of
from actionbus.replay import replay
from actionbus.timeline import Timeline
from actionbus.wire import Decoder

GAMES = Path(__file__).parents[3] / "shared" / "games"
SEEDS = range(10)  # of the generated matches, where there are no real games
ROUNDS = 5

Packets = Sequence[str]


def parse(packets: Packets) -> None:
    """Do what nobody can do without."""
    for packet in packets:
        orjson.loads(packet)


def decode(packets: Packets) -> None:
    """Decode each packet into its typed action."""
    decoder = Decoder()
    for packet in packets:
        decoder.decode(packet)


def fold(packets: Packets) -> None:
    """Decode, follow the revisions and fold them into the game, as the pipeline does for each packet."""
    decoder, timeline, game = Decoder(), Timeline(), Game()
    for position, packet in enumerate(packets):
        action = decoder.decode(packet)
        at = action.timestamp or 0.0
        _, events = timeline.apply(action, position, at)
        for event in events:
            game.apply(event)
        if not events:
            game.observe(action.summary, at, finished=action.finished)


PLUGINS = f"""
[plugin.score_tracker]
[plugin.steals]
path = "{Path(__file__).parents[2] / "examples" / "steals.py"}"
[alert.threes]
on = ["three_pointer_made"]
message = "{{{{ player.name }}}} for three! {{{{ score.home }}}}-{{{{ score.away }}}}"
"""


@cache
def plugins() -> tuple[Config, Loaded]:
    """Load three plugins, as ``actionbus replay`` does before a game: score_tracker, notifier, and one of a file."""
    known = installed()
    config = parse_config(PLUGINS, "plugins.toml", owned_tables=known.owners, class_names=action_classes())
    return config, load(config, known)


def play(packets: Packets) -> None:
    """Replay the match to the plugins, whose output goes nowhere; log, lanes and their setting up included."""
    config, loaded = plugins()

    async def go() -> None:
        async with hosting(loaded.plugins, config.tree, MemoryLog(), replaying=True) as host:
            await replay(recording, host)

    recording = Recording(fixture_of(packets[0]) or "", tuple(packets))
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        trio.run(go)


@frozen
class Row:
    """One line of the table: what is measured, and at most how many times orjson.loads it should cost."""

    name: str
    run: Callable[[Packets], None]
    aim: float | None = None


ROWS = (
    Row("orjson.loads", parse),
    Row("decode", decode, aim=3.5),
    Row("decode + timeline + game", fold, aim=5.5),
    Row("replay with three plugins", play, aim=7.0),
)


@define
class Costs:
    """Microseconds a packet of one row, match by match and round by round."""

    us: list[float] = field(factory=list[float])

    def ratios(self, base: Costs) -> list[float]:
        """Return what each measurement is, in times that of the base right before it."""
        return [mine / theirs for mine, theirs in zip(self.us, base.us, strict=True)]


def matches() -> list[Packets]:
    """Return the packets of the real games, else of generated matches."""
    found = [path.read_text(encoding="utf-8").splitlines() for path in sorted(GAMES.glob("*.jsonl"))]
    if found:
        return [*found]
    from actionbus.simulator import generate_match

    return [generate_match(seed).packets for seed in SEEDS]


def measure(games: Sequence[Packets], rounds: int) -> list[Costs]:
    """Take each match through each row, once to warm up and then once a round."""
    costs = [Costs() for _ in ROWS]
    for number in range(rounds + 1):
        for packets in games:
            for row, cost in zip(ROWS, costs, strict=True):
                start = perf_counter()
                row.run(packets)
                took = perf_counter() - start
                if number:
                    cost.us.append(1e6 * took / len(packets))
    return costs


def main() -> None:
    """Measure and print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    games = matches()
    costs = measure(games, rounds)
    packets = sum(len(each) for each in games)
    size = sum(len(packet) for each in games for packet in each) / packets
    print(f"{len(games)} matches, {packets} packets of {size:.0f} characters on average, {rounds} rounds")
    print(f"{'':32}{'us/packet':>10}{'x loads':>9}{'aim':>7}")
    for row, cost in zip(ROWS, costs, strict=True):
        ratio = statistics.median(cost.ratios(costs[0]))
        aim = "" if row.aim is None else f"{row.aim:.1f}"
        print(f"{row.name:32}{statistics.median(cost.us):>10.2f}{ratio:>9.2f}{aim:>7}")


if __name__ == "__main__":
    main()
