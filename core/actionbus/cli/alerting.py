"""The commands about alerts and the channels they go to, and their options, with the help that people read first."""

from __future__ import annotations

from actionbus.cli.options import add_config, text

TYPE_CHECKING = False  # as in typing, which is slow to import
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def add_notify(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus notify``."""
    notify = add(
        "notify",
        help="try a channel: a sample alert and its correction",
        description="Send a sample alert over a channel of plugins.toml and then its correction,\n"
        "and say what you should see. No daemon is needed, and none is disturbed.",
        epilog="""\
  actionbus notify test phone

Exit code 1: the channel's service could not be reached or did not want it.""",
    )
    notify.add_argument("what", metavar="test", choices=("test",), help="the only thing to do with a channel so far")
    notify.add_argument("channel", metavar="NAME", type=text, help="the channel, as in [notify.NAME]")
    add_config(notify)
    return notify
