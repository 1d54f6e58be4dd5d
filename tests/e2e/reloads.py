"""Reloads while a game runs at speed: ``python -m tests.e2e.reloads --reloads N --seed S --speed X``.

The real daemon follows a generated game and is told again and again to take over another plugins.toml, a third of them
broken. What it tells is compared with what undisturbed runs with each of the files tell from there on: the rules over
the same rows, as the journal has them. Exit code 1: something differs.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import trio
from attrs import define, field, frozen
from tests.e2e.alerts import Receiver, receiving
from tests.e2e.processes import COMMAND, PATIENCE, TOKEN, follow_config, simulating
from tests.plugins.notifier.playing import Desk, plans_of

from actionbus.control import ask
from actionbus.errors import ActionbusError
from actionbus.events.base import Moment
from actionbus.events.catalogue import Catalogue, event_classes
from actionbus.log import Row
from actionbus.log.journal import open_journal
from actionbus.simulator import generate_match
from actionbus_plugins.notifier.engine import Engine
from actionbus_plugins.notifier.notice import Kind

# In every file: their timers, cooldowns and streaks have to outlive each reload.
CONSTANT = """
[alert.settled]
on = "three_pointer_made"
settle = "8s"
[alert.cooled]
on = "turnover"
cooldown = "4m"
[alert.third_miss]
on = ["shot_made", "shot_missed"]
per = "team"
streak = { of = "shot_missed", n = 3 }
[alert.passed_over]
on = "lead_change"
"""
BROKEN = ('[alert.bad]\non = "stael"\n', "[alert.bad\n", '[alert.bad]\non = "steal"\nwhen = "perod > 1"\n', "x = 1\n")


@frozen
class Taken:
    """A file that the daemon took over, and the last row before it."""

    config: str
    after: int


@define
class Result:
    """What came of a run; ``wrong`` says what should not have been."""

    taken: int = 0
    refused: int = 0
    told: int = 0
    wrong: list[str] = field(factory=list[str])


def rules(rng: random.Random) -> str:
    """Write some rules at random: the same names mean something else from file to file."""
    pool = {
        "threes": f'on = "three_pointer_made"\nmessage = "{rng.choice("abc")} {{{{ player.name }}}}"',
        "hot": f'on = ["shot_made", "shot_missed"]\nstreak = {{ of = "shot_made", n = {rng.randint(2, 4)} }}',
        "steals": f'on = "steal"\nwhen = "period >= {rng.randint(1, 3)}"',
        "boards": f'on = "rebound"\nper = "team"\ncount = {{ at_least = {rng.randint(2, 4)}, within_game = "1:00" }}',
        "first": f'on = "{rng.choice(["block", "steal", "assist"])}"\nonce = true\nper = "team"',
        "runs": 'on = "scoring_run"\ncooldown = "2:00 game"',
        "fouls": f'on = "foul"\ncooldown = "{rng.choice(["1m", "3m"])}"',
    }
    chosen = rng.sample(sorted(pool), rng.randint(2, len(pool)))
    return "".join(f"[alert.{name}]\n{pool[name]}\n" for name in chosen)


def run(folder: Path, *, reloads: int, seed: int, speed: float) -> Result:
    """Let a daemon follow one game over reloads, and compare."""
    rng, result, receiver = random.Random(seed), Result(), Receiver()
    recording = generate_match(seed)
    game = folder / "game.jsonl"
    game.write_text("\n".join(recording.packets) + "\n", encoding="utf-8")
    with (
        receiving(receiver) as address,
        simulating(str(game), "--speed", str(speed), "--token", TOKEN) as url,
    ):
        channel = f'[notify.program]\nuse = "webhook"\nurl = "{address}"\n[defaults]\nnotify = ["program"]\n'
        config = follow_config(folder, url, [recording.fixture], channel + CONSTANT)
        base = config.read_text(encoding="utf-8")
        place, env = folder / "control.sock", {"TEST_TOKEN": TOKEN, "ACTIONBUS_CONTROL": str(folder / "control.sock")}
        command = [*COMMAND, "run", "--until-finished", "--no-watch", "--config", str(config)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env) as daemon:
            try:
                receiver.wait_for(1, PATIENCE)
                taken = [Taken(base, 0)]
                for number in range(reloads):
                    receiver.wait_for(receiver.came + rng.randint(0, 2), 0.2)
                    broken = number % 3 == 2
                    text = base + rules(rng) + (rng.choice(BROKEN) if broken else "")
                    config.write_text(text, encoding="utf-8")
                    try:
                        answer = ask(place, {"do": "reload"})
                    except ActionbusError:  # on a slow machine the game is over before all reloads are done
                        break
                    if answer["ok"] == broken or (broken and not answer["problems"]):
                        result.wrong.append(f"reload {number}: {answer}")
                    elif not broken:
                        after = answer["after"].get("notifier", {})
                        taken.append(Taken(text, after.get(recording.fixture, taken[-1].after)))
                        result.taken += 1
                    else:
                        result.refused += 1
                _, said = daemon.communicate(timeout=PATIENCE)
            finally:
                daemon.kill()
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    if daemon.returncode != 0 or "Traceback" in said:
        result.wrong.append(f"the daemon ended with {daemon.returncode}: {said[-2000:]}")
    result.wrong += [str(line) for line in lines if line["level"] == "error" and "problem" not in line]
    if [line["reconnects"] for line in lines if line["event"] == "feed finished"] != [0]:
        result.wrong.append("the feed was connected again")
    expected = trio.run(reference, folder / "journal.db", recording.fixture, taken)
    compare(receiver.bodies, expected, dropped(folder / "journal.db"), result)
    return result


def dropped(journal: Path) -> set[str]:
    """Return the alerts that were taken back before they were sent: at this speed there are some."""
    with closing(sqlite3.connect(journal)) as connection:
        kept = connection.execute("SELECT value FROM store WHERE key LIKE 'outbox:%'")
        entries = [json.loads(value) for (value,) in kept]
    return {each["notice"]["id"] for each in entries if each["told"] is None and each["closed"] == "withdrawn"}


async def reference(journal: Path, fixture: str, taken: Sequence[Taken]) -> set[str]:
    """Return the ids of the alerts that undisturbed runs with each file tell while it was in force."""
    found: set[str] = set()
    async with open_journal(journal, sync="normal", keep=9e9, catalogue=Catalogue()) as log:
        import_module("actionbus_plugins.score_tracker")  # for its moments, which the journal is read with
        log.know(kind for kind in event_classes().values() if issubclass(kind, Moment))
        await log.held(fixture)
        rows: list[Row] = []
        after = 0
        while more := await log.read(fixture, after, 1000, until=10**9):
            rows += more
            after = more[-1].position
    for each, following in zip(taken, [*taken[1:], None], strict=True):
        last = following.after if following is not None else 10**9
        desk = Desk()
        engine = Engine(plans_of(each.config), fixture, desk)
        for row in rows:
            while due := min(((at, key) for key, at in desk.timers.items() if at < row.at), default=None):
                del desk.timers[due[1]]
                engine.due(due[1], due[0])
            for event in row.events:
                engine.hear(event)
            if each.after < row.position <= last:
                found.update(notice.id for notice in desk.notices if notice.kind is Kind.SENT)
            desk.notices.clear()
    return found


def compare(
    bodies: Sequence[Mapping[str, Any]], expected: Collection[str], unsent: Collection[str], result: Result
) -> None:
    """Say what was told that should not have been, and the other way round."""
    seen = {json.dumps(body, sort_keys=True) for body in bodies}
    if len(bodies) - len(seen) > result.taken:  # of a message that is under way when the channel closes nobody knows
        result.wrong.append(f"{len(bodies) - len(seen)} messages came again, of {result.taken} that may have")
    said = {(each["id"], each["version"], each["state"]) for body in bodies for each in body.get("alerts", [body])}
    sent = Counter(name for name, _, state in said if state == "sent")
    result.told = len(sent)
    result.wrong += [f"told {count} times: {name}" for name, count in sent.items() if count > 1]
    result.wrong += [f"not told: {name}" for name in sorted(set(expected) - set(sent) - set(unsent))]
    result.wrong += [f"told, though no run does: {name}" for name in sorted(set(sent) - set(expected))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reloads", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=120.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = run(Path(folder), reloads=options.reloads, seed=options.seed, speed=options.speed)
    print(f"taken over {result.taken}, refused {result.refused}, alerts {result.told}, wrong {len(result.wrong)}")
    print("\n".join(result.wrong[:20]))
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
