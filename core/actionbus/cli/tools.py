"""The commands that look into the journal, and their options, with the help that people read first."""

from __future__ import annotations

from actionbus.cli.options import OPTIONAL_CONFIG_HELP, add_config, path, text

TYPE_CHECKING = False  # as in typing, which is slow to import
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def add_export(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus export``."""
    export = add(
        "export",
        help="print a game's packets, as replay takes them",
        description="Print the packets of one fixture from the journal, one a line, as they came\n"
        "from the feed: what replay and simulate take.",
        epilog="""\
  actionbus export 7f3a > game.jsonl

The packets are those of the feed's newest list, in its order, the bad ones
too. A line break inside a packet becomes a space.""",
    )
    export.add_argument("fixture", metavar="FIXTURE", type=text, help="its id, or the beginning of it")
    _journal(export)
    return export


def _journal(parser: argparse.ArgumentParser) -> None:
    add_config(parser, OPTIONAL_CONFIG_HELP)
    parser.add_argument("--journal", type=path, metavar="FILE", help="the journal (default: as the configuration says)")
