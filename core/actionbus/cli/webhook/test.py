"""``actionbus webhook test``."""

from __future__ import annotations

from argparse import Namespace

from actionbus.cli.trying import try_endpoint


def run(options: Namespace) -> int:
    """Try one endpoint. Raises ConfigError where there is none of its name, or its table is wrong."""
    return try_endpoint(options, options.endpoint)
