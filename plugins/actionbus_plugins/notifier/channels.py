"""Where alerts go."""

from __future__ import annotations

import sys
from typing import Literal, Protocol

from attrs import frozen

CONSOLE = "console"  # the channel that is always there


@frozen(kw_only=True)
class Channel:
    """``[notify.NAME]``."""

    use: Literal["console"]


class Sender(Protocol):
    """A channel that is open."""

    async def send(self, text: str) -> None:
        """Deliver a text. What raises is a failure of the handler run."""
        ...


@frozen
class ConsoleSender:
    """Prints to standard output, in bold where that is a terminal."""

    async def send(self, text: str) -> None:
        """Print one line at once. Names come from the feed: what would steer a terminal is left out of them."""
        plain = "".join(each if each.isprintable() else " " for each in text)
        print(f"\033[1m{plain}\033[0m" if sys.stdout.isatty() else plain, flush=True)


def open_channel(channel: Channel) -> Sender:
    """Make the sender that a channel's table asks for."""
    match channel.use:
        case "console":
            return ConsoleSender()
