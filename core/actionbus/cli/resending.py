"""``actionbus deliveries retry``."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from actionbus.cli import FAILED, OK, USAGE
from actionbus.cli.asking import ask_plugin
from actionbus.cli.looking import printable
from actionbus.cli.told import counted


def resend(options: Namespace, since: float | None) -> int:
    """Let the running daemon send one delivery again, or all that were lost. Raises ActionbusError where none runs."""
    asked = {"id": options.id, "since": since, "endpoint": options.endpoint}
    answer = ask_plugin(options.config, "webhook", "retry", asked)
    if not answer["ok"]:
        print("\n".join(answer["problems"]), file=sys.stderr)
        return USAGE
    told: Mapping[str, Any] = answer["answer"]
    if options.json:
        print(json.dumps(told, ensure_ascii=False))
    elif told["retried"]:
        print(f"{counted(len(told['retried']), 'delivery', 'deliveries')} to be sent again: {_by(told['retried'])}")
    elif not told["unserved"]:
        print("nothing to be sent again")
    for name, why in told["disabled"].items():
        print(f"{name} is disabled, so they wait: {printable(why)}; actionbus webhook enable {name}", file=sys.stderr)
    if told["unserved"]:
        hint = "is in plugins.toml and enabled no more"
        print(f"not sent, as their endpoint {hint}: {_by(told['unserved'])}", file=sys.stderr)
    return FAILED if told["unserved"] else OK


def _by(named: Iterable[Mapping[str, str]]) -> str:
    """Say how many are of each endpoint."""
    counts = Counter(each["endpoint"] for each in named)
    return ", ".join(f"{printable(name)} {number:,}" for name, number in sorted(counts.items()))
