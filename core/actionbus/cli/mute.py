"""``actionbus mute``."""

from __future__ import annotations

import sys
from argparse import Namespace

from actionbus.cli import OK, USAGE
from actionbus.cli.asking import ask_plugin
from actionbus.errors import ConfigError


def run(options: Namespace) -> int:
    """Mute something, or say what is muted."""
    if options.what is not None and options.long is None:
        raise ConfigError(f"actionbus mute: for how long? Such as: actionbus mute {options.what} 2h")
    request = "mutes" if options.what is None else "mute"
    answer = ask_plugin(options.config, "alert", request, {"what": options.what, "long": options.long})
    if not answer["ok"]:
        print("\n".join(answer["problems"]), file=sys.stderr)
        return USAGE
    if options.json:
        import orjson

        print(orjson.dumps(answer["answer"]["mutes"], option=orjson.OPT_INDENT_2).decode())
    else:
        print("\n".join(answer["answer"]["said"]))
    return OK
