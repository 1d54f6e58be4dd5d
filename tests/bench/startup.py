"""How long the command line takes to say something: `python tests/bench/startup.py [ROUNDS]`.

Medians over interleaved rounds, and each as a multiple of `python -c pass`. Aim: --help within 4.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 30
PYTHON = sys.executable
ACTIONBUS = str(Path(PYTHON).with_name("actionbus"))
COMMANDS = {
    "python -c pass": [PYTHON, "-c", "pass"],
    "actionbus --help": [ACTIONBUS, "--help"],
    "actionbus run --help": [ACTIONBUS, "run", "--help"],
    "actionbus --version": [ACTIONBUS, "--version"],
    "actionbus plugins": [ACTIONBUS, "plugins"],
    "actionbus check": [ACTIONBUS, "check"],
}


def main(rounds: int) -> None:
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            started = time.perf_counter()
            subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, check=True)
            taken[name].append(time.perf_counter() - started)
    unit = statistics.median(taken["python -c pass"])
    print(f"{'':24}{'median':>10}{'ratio':>8}")
    for name, seconds in taken.items():
        median = statistics.median(seconds)
        print(f"{name:24}{median * 1000:>7.1f} ms{median / unit:>8.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
