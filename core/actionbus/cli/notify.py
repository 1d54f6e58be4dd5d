"""``actionbus notify test``."""

from __future__ import annotations

from argparse import Namespace

from actionbus.cli.trying import try_channel


def run(options: Namespace) -> int:
    """Try one channel. Raises ConfigError where there is none of its name, or its table is wrong."""
    return try_channel(options, options.channel)
