"""The console: one line for each message, on standard output."""

from __future__ import annotations

import sys

from actionbus_plugins.notifier.delivery.steps import Ability, Step

ABILITY = Ability(edits=False)  # what is printed stays


def show(step: Step, rule: str, channel: str = "") -> None:
    """Print a message; with the channel's name where it stands for another, as in a replay."""
    where = f" -> {channel}" if channel else ""
    write(f"ALERT {rule}{where}: {step.text}")


def write(text: str) -> None:
    """Print one line at once, in bold on a terminal.

    Names come from the feed: what would steer a terminal is left out of them.
    """
    plain = "".join(each if each.isprintable() else " " for each in text)
    print(f"\033[1m{plain}\033[0m" if sys.stdout.isatty() else plain, flush=True)
