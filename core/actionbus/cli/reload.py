"""``actionbus reload``."""

from __future__ import annotations

import sys
from argparse import Namespace

from actionbus.cli import OK, USAGE
from actionbus.cli.asking import ask_daemon


def run(options: Namespace) -> int:
    """Let the daemon take plugins.toml over, and say what has changed, or why nothing has."""
    answer = ask_daemon(options.config, {"do": "reload"})
    if not answer["ok"]:
        print("\n".join(answer["problems"]), file=sys.stderr)
        return USAGE
    print("\n".join(answer["said"]) if answer["said"] else "nothing has changed")
    return OK
