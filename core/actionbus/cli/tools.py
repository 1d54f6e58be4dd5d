"""The commands that look into the journal, and their options, with the help that people read first."""

from __future__ import annotations

from actionbus.cli.options import OPTIONAL_CONFIG_HELP, add_config, path, text, whole

TYPE_CHECKING = False  # as in typing, which is slow to import
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

MOST_LINES = 1_000_000
DELIVERY_STATES = ("waiting", "delivered", "dead", "expired", "replaced")
CHANGES = ("tentative", "added", "amended", "withdrawn", "dismissed")


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


def add_log(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus log``."""
    log = add(
        "log",
        help="show the newest of what is in the journal",
        description="Show what the journal holds, one thing a line, the newest last.",
        epilog="""\
  actionbus log --fixture 7f3a --type three_pointer_made --since 10m
  actionbus log --type bad_packet --json
  actionbus log --follow

Types are the event classes of plugins.toml, subclasses included; feed_status;
moment, or the name of one; bad_packet. A packet that changes nothing has no
change. Ctrl-C ends --follow with 0.""",
    )
    log.add_argument("--fixture", type=text, metavar="ID", help="only of this one; the beginning of its id will do")
    log.add_argument("--type", type=text, metavar="T,...", help="only of these types, see below")
    log.add_argument("--change", type=text, metavar="C,...", help=f"only these: {', '.join(CHANGES)}")
    log.add_argument("--since", type=text, metavar="WHEN", help='"10m", "2h" (ago), or a time such as 2026-01-31T19:30')
    log.add_argument("--until", type=text, metavar="WHEN", help="the same")
    log.add_argument("--lines", type=whole(0, MOST_LINES), default=20, metavar="N", help="at most (default: 20)")
    log.add_argument("--follow", action="store_true", help="go on with what comes, until Ctrl-C")
    log.add_argument("--json", action="store_true", help="one JSON object a line")
    _journal(log)
    return log


def add_fixtures(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus fixtures``."""
    fixtures = add(
        "fixtures",
        help="list the games that are followed or held",
        description="List the fixtures that plugins.toml names or the journal holds, one a line.",
        epilog="""\
states: live; down (connecting, or between two attempts); refused by its
server; finished; stopped (no daemon follows it now); not seen yet.
lag: how many rows the slowest plugin has not handled yet.""",
    )
    fixtures.add_argument("--json", action="store_true", help="one JSON list of objects, with whole ids")
    _journal(fixtures)
    return fixtures


def add_deliveries(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus deliveries``."""
    deliveries = add(
        "deliveries",
        help="list what webhooks sent, and send it again",
        description="List what became of the events for webhooks, the newest last, and the sums of\n"
        "each endpoint; or let the running daemon send again what was given up.",
        epilog="""\
  actionbus deliveries --endpoint shop --since 10m
  actionbus deliveries dead              what was given up: dead and expired
  actionbus deliveries retry --since 2h  send all that again
  actionbus deliveries retry 7f17cc15    send one again, whatever became of it

states: waiting, to be tried or tried again; delivered; replaced by a newer
state of the same subject before it was sent; dead, tried until it was too old;
expired, too old before it could be tried. The sums count all there ever were.
Where the log is in memory, the running daemon is asked.""",
    )
    deliveries.add_argument("what", metavar="dead|retry", nargs="?", choices=("dead", "retry"), help="see below")
    deliveries.add_argument("id", metavar="ID", nargs="?", type=text, help="with retry: an id, or the beginning of it")
    deliveries.add_argument("--endpoint", type=text, metavar="NAME", help="only of this one, [webhook.NAME]")
    deliveries.add_argument("--state", choices=DELIVERY_STATES, metavar="STATE", help="only these, see below")
    deliveries.add_argument(
        "--fixture", type=text, metavar="ID", help="only of this one; the beginning of its id will do"
    )
    deliveries.add_argument(
        "--since", type=text, metavar="WHEN", help='those that ended, or were queued, since: "10m", 2026-01-31T19:30'
    )
    deliveries.add_argument(
        "--lines", type=whole(0, MOST_LINES), metavar="N", help="at most (default: 50; --json: all)"
    )
    deliveries.add_argument("--json", action="store_true", help="one JSON object with all that is known, bodies too")
    _journal(deliveries)
    return deliveries


def add_doctor(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus doctor``."""
    doctor = add(
        "doctor",
        help="find out what is wrong",
        description="Look at all that a daemon needs: configuration, plugins, token, server,\n"
        "clock, disk, the journal and the daemon itself. Changes nothing; the token is\n"
        "neither shown nor sent.",
        epilog="""\
exit codes: 0 all is well, or there are but warnings; 1 something is a problem;
2 plugins.toml cannot be read.""",
    )
    doctor.add_argument("--offline", action="store_true", help="leave the network out")
    doctor.add_argument("--deep", action="store_true", help="read all of the journal, however long that takes")
    doctor.add_argument("--json", action="store_true", help="one JSON object")
    _journal(doctor)
    return doctor


def _journal(parser: argparse.ArgumentParser) -> None:
    add_config(parser, OPTIONAL_CONFIG_HELP)
    parser.add_argument("--journal", type=path, metavar="FILE", help="the journal (default: as the configuration says)")
