"""What is done in each round, drawn from the seed: which games, which kills, at which speed, with which faults."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from random import Random

from attrs import frozen

LIVE = 4  # games of a round that are played side by side
OVER = 2  # games of every third round that are finished before it begins: a third of those in its journal
CYCLE = 1.0  # seconds from one kill to the next, about: it decides how fast the games are played
LONGEST_PAUSE = 20.0  # seconds of match time: the simulator waits no longer between two packets
LONGEST_LIFE = 1.2  # seconds until a daemon is killed that is to be killed at any moment
LONGEST_WAY = 3.0  # seconds until one is killed that has not come by its point, as on a machine that is busy
LONGEST_LINGER = 0.1  # seconds: a writer that has stopped so long leaves much that was handed on and not committed
SHARE_AT_POINTS = 0.6  # of the kills; the others come at any moment

# How often a point is passed for each packet that comes, about; a batch is one commit, of many packets or of few.
PASSES = {"after_receive": 1.0, "before_commit": 0.5, "after_commit": 0.5, "after_handler": 2.5, "before_cursor": 2.5}


@frozen(kw_only=True)
class Kill:
    """One kill: ``seconds`` after the start, or at the ``passes``-th time of coming by ``point`` if that is sooner.

    There one thread has stopped; the others go on for ``linger`` seconds.
    """

    seconds: float
    point: str = ""
    passes: int = 0
    linger: float = 0.0


@frozen(kw_only=True)
class Round:
    """One round: a fresh journal, games side by side, and the kills that may fall into them."""

    number: int
    games: tuple[Path, ...]
    finished: tuple[Path, ...]
    """Games that are played to their end before the first kill, in the same journal."""
    sync: str
    faults: tuple[str, ...]
    speed: float
    """Seconds of a match in a second."""
    seconds: float
    """How long the games take at that speed."""
    kills: tuple[Kill, ...]


def plan_rounds(games: Sequence[Path], seed: int) -> Iterator[tuple[int, tuple[Path, ...], tuple[Path, ...]]]:
    """Yield for each round, without end, its number, the games to be played in it and those that are over by then.

    ``games`` are at least LIVE + OVER; once all have had their turn they come again.
    """
    drawn = _draw(games, Random(f"{seed}/games"))
    number = 0
    while True:
        size = LIVE + (OVER if number % 3 == 1 else 0)
        chosen: dict[Path, None] = {}
        while len(chosen) < size:
            chosen.update(dict.fromkeys(islice(drawn, size - len(chosen))))
        yield number, tuple(chosen)[:LIVE], tuple(chosen)[LIVE:]
        number += 1


def _draw(games: Sequence[Path], rng: Random) -> Iterator[Path]:
    while True:
        yield from rng.sample(list(games), len(games))


def plan_round(number: int, games: tuple[Path, ...], finished: tuple[Path, ...], kills: int, seed: int) -> Round:
    """Work out a round in which so many kills fall into the games."""
    rng = Random(f"{seed}/{number}/kills")
    longest = max(length(path) for path in games)
    speed = longest / (max(kills, 10) * CYCLE)
    packets = sum(len(path.read_bytes().splitlines()) for path in games) / max(kills, 10)  # from one kill to the next
    return Round(
        number=number,
        games=games,
        finished=finished,
        sync="normal" if number % 2 else "full",
        # packets that are no packets take their place in the list; cuts are what a daemon meets without being killed
        faults=("cut=4", "bad=4") if number % 2 else (),
        speed=speed,
        seconds=longest / speed,
        kills=tuple(_plan_kill(rng, packets) for _ in range(kills)),
    )


def _plan_kill(rng: Random, packets: float) -> Kill:
    if rng.random() >= SHARE_AT_POINTS:
        return Kill(seconds=rng.uniform(0, LONGEST_LIFE))
    point = rng.choice(sorted(PASSES))
    most = max(2.0, packets * PASSES[point])
    # few passes as likely as many: the first packets after a start are those that a start can get wrong
    passes = int(math.exp(rng.uniform(0, math.log(most))))
    linger = rng.choice((0.0, rng.uniform(0, LONGEST_LINGER)))
    return Kill(seconds=LONGEST_WAY, point=point, passes=passes, linger=linger)


def length(recording: Path) -> float:
    """Return how long the simulator plays a recording at speed 1, in seconds, by its packets' timestamps."""
    lines = (line for line in recording.read_text(encoding="utf-8").split("\n") if line.strip())
    times = [datetime.fromisoformat(json.loads(line)["fixtureAction"]["timestamp"]).timestamp() for line in lines]
    latest, seconds = times[0], 0.0
    for time in times:
        seconds += min(max(0.0, time - latest), LONGEST_PAUSE)
        latest = max(latest, time)
    return seconds
