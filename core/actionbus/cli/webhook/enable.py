"""``actionbus webhook enable``."""

from __future__ import annotations

import sys
from argparse import Namespace

from actionbus.cli import OK, USAGE, logs
from actionbus.cli.asking import ask_plugin
from actionbus.cli.looking import printable
from actionbus.cli.told import counted


def run(options: Namespace) -> int:
    """Let the running daemon serve an endpoint again. Raises ActionbusError where none runs."""
    logs.set_up(options.log_level)
    answer = ask_plugin(options.config, "webhook", "enable", {"endpoint": options.endpoint})
    if not answer["ok"]:
        print("\n".join(answer["problems"]), file=sys.stderr)
        return USAGE
    told = answer["answer"]
    was, waits = str(told["was"]), counted(told["waiting"], "delivery waits", "deliveries wait")
    said = f"is served again; it was disabled: {printable(was)}" if was else "was not disabled"
    print(f"{options.endpoint} {said}; {waits} for it")
    return OK
