"""Writes generated matches as recordings, for those who have no real ones: ``generate.py FOLDER COUNT SEED``."""

from __future__ import annotations

import sys
from pathlib import Path

from actionbus.simulator import generate_match


def main() -> None:
    folder, count, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for number in range(count):
        match = generate_match(seed + number)
        path = folder / f"generated_{seed + number}.jsonl"
        path.write_text("".join(f"{packet}\n" for packet in match.packets), encoding="utf-8")


if __name__ == "__main__":
    main()
