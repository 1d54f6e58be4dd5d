"""``actionbus unmute``."""

from __future__ import annotations

import sys
from argparse import Namespace

from actionbus.cli import OK, USAGE
from actionbus.cli.asking import ask_plugin


def run(options: Namespace) -> int:
    """End a mute."""
    answer = ask_plugin(options.config, "alert", "unmute", {"what": options.what})
    if not answer["ok"]:
        print("\n".join(answer["problems"]), file=sys.stderr)
        return USAGE
    print("\n".join(answer["answer"]["said"]))
    return OK
