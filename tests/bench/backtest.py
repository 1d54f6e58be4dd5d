"""What a backtest costs: the real games with twenty rules on all processors, against orjson.loads alone on one.

Run it as ``python -m tests.bench.backtest [ROUNDS]``, with nothing else running: 5 rounds are the default. Each round
takes both, one after the other; the ratio is the median of the ratios within one round. Importing actionbus and its
plugins, and reading plugins.toml, is left out; beginning the processes and reading the games is in. Generated matches
are played where the real games are not at hand.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Sequence
from time import perf_counter

import orjson
from tests.bench.pipeline import GAMES, SEEDS, Packets, matches

from actionbus.backtest import Game, Generated, Player, Recorded, make_player, play_all
from actionbus.cli.config import load_and_check
from actionbus.config import parse_config
from actionbus.events.catalogue import Catalogue, action_classes
from actionbus.host import installed

ROUNDS = 5
AIM = 8.0  # times what orjson.loads takes

CONFIG = """
[plugin.score_tracker]

[defaults]
max_age = "2m"

[lists]
guards = ["Larkin", "Clyburn", "Campazzo", "Satoransky"]

[alert.threes]
on      = "three_pointer_made"
where   = { player = "@guards" }
message = "{{ player.name }} for three! {{ score.text }}"

[alert.late_threes]
on      = "three_pointer_made"
when    = "period >= 4 and clock <= 120"
message = "{{ player.name }} from deep, {{ clock_text }} left: {{ score.text }}"

[alert.heat_check]
on      = ["three_pointer_made", "three_pointer_missed"]
per     = "player"
streak  = { of = "three_pointer_made", n = 3 }
message = "{{ player.name }} has hit {{ streak.n }} threes in a row"

[alert.cold]
on      = ["field_goal"]
per     = "team"
streak  = { of = ["two_pointer_missed", "three_pointer_missed"], n = 6 }
message = "{{ team.name }} has missed {{ streak.n }} in a row"

[alert.thieves]
on      = "steal"
per     = "team"
count   = { at_least = 3, within_game = "3:00" }
message = "{{ team.name }}: {{ count }} steals in three minutes"

[alert.sloppy]
on      = "turnover"
per     = "team"
count   = { at_least = 4, within = "5m" }
message = "{{ team.name }}: {{ count }} turnovers"

[alert.glass]
on      = "offensive_rebound"
per     = "player"
count   = { at_least = 4 }
message = "{{ player.name }} has {{ count }} offensive rebounds"

[alert.first_block]
on      = "block"
once    = true
message = "{{ player.name }} with the first block"

[alert.first_foul]
on      = "foul"
per     = "team"
once    = "per-period"
message = "{{ team.name }}: the first foul of {{ period_text }}"

[alert.ejected]
on      = ["ejection", "out_of_game"]
message = "{{ player.name }} has to go"

[alert.waits]
on       = "three_pointer_made"
where    = { period = [1, 2] }
settle   = "20s"
cooldown = "10m"
message  = "{% if team.home %}Home{% else %}Away{% endif %} three by {{ player.name }}"

[alert.maybe]
on      = "two_pointer_made"
phase   = "pending"
where   = { period = 5 }
message = "{{ player.name }} in overtime"

[alert.lead]
on      = "lead_change"
when    = "period >= 4 and clock <= 300"
message = "{{ team.name }} leads {{ score.text }}"

[alert.tied]
on      = "tie"
when    = "period >= 4"
message = "{{ score.text }} with {{ clock_text }} left in {{ period_text }}"

[alert.run]
on      = "scoring_run"
when    = "points >= 10"
message = "{{ team.name }} on a {{ points }}-0 run"

[alert.twenty]
on      = "milestone"
where   = { stat = "points", threshold = 20 }
message = "{{ player.name }} has {{ value }}"

[alert.double]
on      = "milestone"
where   = { stat = ["double_double", "triple_double"] }
message = "{{ player.name }}: {{ stat }}"

[alert.trouble]
on      = "foul_trouble"
when    = "fouls >= 4"
message = "{{ player.name }} has {{ fouls }} fouls"

[alert.clutch]
on      = "clutch_time"
message = "{{ margin }} apart with {{ clock_text }} left"

[alert.final]
on      = "final_score"
message = "{{ home.name }} {{ score.text }} {{ away.name }}"
"""


def player() -> Player:
    """Load the plugins, as ``actionbus backtest`` does before the first game."""
    known = installed()
    config = parse_config(CONFIG, "plugins.toml", owned_tables=known.owners, class_names=action_classes())
    return make_player(load_and_check(config, known).plugins, config, Catalogue())


def games() -> list[Game]:
    """Return the games of ``matches``, as a backtest is given them."""
    return [*map(Recorded, sorted(GAMES.glob("*.jsonl")))] or [*map(Generated, SEEDS)]


def parse(every: Sequence[Packets]) -> None:
    """Do what nobody can do without."""
    for packets in every:
        for packet in packets:
            orjson.loads(packet)


def cpu() -> float:
    """Return the CPU seconds of this process and of those that it has begun and that have ended."""
    return sum(os.times()[:4])


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    loaded, played, every = player(), games(), matches()
    taken: list[tuple[float, float]] = []
    spent: list[tuple[float, float]] = []
    alerts = 0
    for number in range(rounds + 1):
        start, start_cpu = perf_counter(), cpu()
        parse(every)
        middle, middle_cpu = perf_counter(), cpu()
        alerts = sum(map(len, play_all(played, lambda: loaded, lambda: None)))
        if number:  # the first is to warm up
            taken.append((middle - start, perf_counter() - middle))
            spent.append((middle_cpu - start_cpu, cpu() - middle_cpu))
    count = sum(map(len, every))
    print(f"{len(played)} games, {count} packets, {CONFIG.count('[alert.')} rules, {alerts} alerts, {rounds} rounds")
    for name, pairs in (("time", taken), ("CPU of all processes", spent)):
        base, mine = (1e6 * statistics.median(column) / count for column in zip(*pairs, strict=True))
        ratio = statistics.median(mine / base for base, mine in pairs)
        aim = f"   aim {AIM:.1f}" if pairs is taken else ""
        print(f"{name:22}{base:>7.2f} us a packet, backtest {mine:>7.2f}, ratio {ratio:>6.2f}{aim}")


if __name__ == "__main__":
    main()
