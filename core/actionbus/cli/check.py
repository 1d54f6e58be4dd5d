"""``actionbus check``."""

from __future__ import annotations

import sys
from argparse import Namespace

from actionbus.cli import OK, USAGE
from actionbus.cli.config import load_and_check, read
from actionbus.host import installed


def run(options: Namespace) -> int:
    """Print all problems, one a line; say so where there are none."""
    known = installed()
    config = read(options.config, known=known)
    loaded = load_and_check(config, known)
    for warning in config.warnings:
        print(f"{warning} (a warning)", file=sys.stderr)
    for broken in loaded.broken:
        print(config.tree.problem(("plugin", broken.name), broken.reason), file=sys.stderr)
    if loaded.broken:
        return USAGE
    rules = config.tables.get("alert")
    alerts = f", {len(rules)} alerts" if isinstance(rules, dict) else ""
    print(f"{config.tree.file}: all is well ({len(loaded.plugins)} plugins{alerts})")
    return OK
