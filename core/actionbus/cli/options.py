"""Kinds of arguments, and options that several commands have."""

from __future__ import annotations

import argparse
import math

TYPE_CHECKING = False  # as in typing, which takes a tenth of the time that --help has, and pathlib another
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFIG_HELP = "the configuration (default: plugins.toml in the current folder)"
OPTIONAL_CONFIG_HELP = "the configuration (default: plugins.toml in the current folder, if there is one)"


def add_config(parser: argparse.ArgumentParser, text: str = CONFIG_HELP) -> None:
    """Add the option that names plugins.toml."""
    parser.add_argument("--config", type=path, metavar="FILE", help=text)


def add_log_level(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the option to the whole and to each command: people write it in either place."""
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        metavar="LEVEL",
        default=default,
        help="how much to log on stderr: debug, info (default), warning, error",
    )


def path(argument: str) -> Path:
    """Read a path."""
    from pathlib import Path

    return Path(argument)


def text(argument: str) -> str:
    """Read a text that is not blank."""
    if not argument.strip():
        raise argparse.ArgumentTypeError("is empty")
    return argument


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return what reads a whole number from ``least`` to ``most``."""

    def read(argument: str) -> int:
        number = int(argument) if argument.isdecimal() and len(argument) < 20 else -1
        if number < least or (most is not None and number > most):
            wanted = f"of at least {least}" if most is None else f"from {least} to {most}"
            raise argparse.ArgumentTypeError(f"{argument!r} should be a whole number {wanted}")
        return number

    return read


def speed(argument: str) -> float:
    """Read how many times faster than life."""
    try:
        factor = math.inf if argument == "max" else float(argument)
    except ValueError:
        factor = math.nan
    if not 0 < factor < 1e9 and argument != "max":
        raise argparse.ArgumentTypeError(f"{argument!r} should be a number above 0, or max")
    return factor


def share(argument: str) -> float:
    """Read a share of something."""
    try:
        part = float(argument)
    except ValueError:
        part = math.nan
    if not 0 <= part <= 1:
        raise argparse.ArgumentTypeError(f"{argument!r} should be a number from 0 to 1")
    return part
