"""The kill harness: ``python -m tests.kill --kills N --games N --seed S --json``.

A daemon that follows real games is killed again and again, and what its plugins heard and kept is compared with what
the recordings say. Exit code 1: something was lost, doubled, out of order or kept wrongly.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.kill.plans import LIVE, OVER, PASSES, plan_round, plan_rounds
from tests.kill.processes import HERE
from tests.kill.rounds import Outcome, run_round

GAMES = HERE.parents[2] / "shared" / "games"
MOST_EVIDENCE = 20  # sentences that are shown
MOST_ROUNDS_OVER = 10  # beyond those that the games make: kills that are still missing then will not come


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _end)
    folder = Path(tempfile.mkdtemp(prefix="actionbus-kill-"))
    outcome = Outcome()
    began = time.monotonic()
    try:
        _run_rounds(options, _recordings(folder, options.seed), folder, outcome)
    finally:
        if not outcome.is_wrong:
            shutil.rmtree(folder)
    _report(options, outcome, time.monotonic() - began, folder)
    return 1 if outcome.is_wrong else 0


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)  # through every `with`: no process is left behind


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, metavar="N", help="at least so many (default: 50)")
    parser.add_argument("--games", type=int, default=LIVE, metavar="N", help="at least so many (default: 4)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the games and the kills (default: 1)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and no progress")
    return parser.parse_args(arguments)


def _recordings(folder: Path, seed: int) -> list[Path]:
    """Return the real games, or generated ones where they are not at hand."""
    real = sorted(GAMES.glob("*.jsonl"))
    if len(real) >= LIVE + OVER:
        return real
    made = folder / "games"
    made.mkdir()
    command = [sys.executable, str(HERE / "generate.py"), str(made), str(2 * (LIVE + OVER)), str(seed)]
    subprocess.run(command, check=True)
    return sorted(made.glob("*.jsonl"))


def _run_rounds(options: argparse.Namespace, recordings: list[Path], folder: Path, outcome: Outcome) -> None:
    rounds = plan_rounds(recordings, options.seed)
    games = 0
    planned: list[tuple[int, tuple[Path, ...], tuple[Path, ...]]] = []
    while games < options.games or not planned:
        number, live, over = next(rounds)
        planned.append((number, live, over))
        games += len(live) + len(over)
    most = len(planned) + MOST_ROUNDS_OVER
    while outcome.rounds < most and (planned or outcome.kills < options.kills):
        left = max(0, options.kills - outcome.kills)
        number, live, over = planned.pop(0) if planned else next(rounds)
        plan = plan_round(number, live, over, -(-left // (len(planned) + 1)), options.seed)
        scene = folder / f"round-{number}"
        scene.mkdir()
        began = time.monotonic()
        found = run_round(plan, scene)
        outcome.add(found)
        if not options.json:
            what = f"{found.games} games, {found.kills} kills, {found.actions.raw} deliveries, sync {plan.sync}"
            seconds = time.monotonic() - began
            print(f"round {number}: {what}, {seconds:.0f} s: {'WRONG' if found.is_wrong else 'right'}", flush=True)
        if not found.is_wrong:
            shutil.rmtree(scene)
    if outcome.kills < options.kills:
        outcome.trouble.append(f"only {outcome.kills} of {options.kills} kills fell into the games")


def _report(options: argparse.Namespace, outcome: Outcome, seconds: float, folder: Path) -> None:
    actions, moments = outcome.actions, outcome.moments
    figures: dict[str, object] = {
        "kills": outcome.kills,
        "rounds": outcome.rounds,
        "games": outcome.games,
        "events": actions.events,
        "raw": actions.raw,
        "repeats": actions.repeats,
        "in_flight": actions.in_flight,
        "lost": actions.lost,
        "alien": actions.alien,
        "doubled": actions.doubled,
        "altered": actions.altered,
        "order_wrong": actions.order_wrong,
        "repeats_not_in_flight": actions.unexcused,
        "after_the_end": actions.after_the_end,
        "moments": moments.events,
        "moments_raw": moments.raw,
        "moments_repeats": moments.repeats,
        "moments_in_flight": moments.in_flight,
        "moments_lost": moments.lost,
        "moments_alien": moments.alien,
        "moments_doubled": moments.doubled,
        "moments_altered": moments.altered,
        "moments_order_wrong": moments.order_wrong,
        "moments_repeats_not_in_flight": moments.unexcused,
        "moments_after_the_end": moments.after_the_end,
        "store_wrong": len(outcome.stores),
        "trouble": len(outcome.trouble),
        "crash_points": {name: outcome.points[name] for name in (*PASSES, "any_moment")},
        "seed": options.seed,
        "seconds": round(seconds, 1),
    }
    evidence = outcome.evidence
    if evidence:
        figures["evidence"] = evidence[:MOST_EVIDENCE]
        figures["kept"] = str(folder)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        if name != "evidence":
            print(f"{name:<30} {value}")
    print("\n".join(evidence[:MOST_EVIDENCE]), end="\n" if evidence else "")


if __name__ == "__main__":
    sys.exit(main())
