"""``actionbus webhook``: what is there for whoever sends webhooks, and for whoever receives them."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module


def run(options: Namespace) -> int:
    """Run one of the commands below it, which is imported now."""
    return int(import_module(f"actionbus.cli.webhook.{options.action}").run(options))
