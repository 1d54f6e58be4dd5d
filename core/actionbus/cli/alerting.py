"""The commands about alerts and the channels they go to, and their options, with the help that people read first."""

from __future__ import annotations

from actionbus.cli.options import OPTIONAL_CONFIG_HELP, add_config, path, text, whole

TYPE_CHECKING = False  # as in typing, which is slow to import
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

MOST_LINES = 1_000_000
MOST_PERIODS = 99
STATES = ("sent", "held", "waiting", "expired", "quiet", "lapsed", "withdrawn", "failed", "passed", "untold")
REASONS = ("max_age", "muted", "cooldown", "past")


def add_explain(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus explain``."""
    explain = add(
        "explain",
        help="say why an alert came, or did not",
        description="Say of a rule what it considered in a game and which step stopped it, what\n"
        "came near first; or of an alert in the journal how it came and what became\n"
        "of it. Nothing leaves the machine.",
        epilog="""\
  actionbus explain heat_check --game game.jsonl --player Clyburn
  actionbus explain heat_check --game 7f3a        a game of the journal
  actionbus explain heat_check-4b0c12             an alert; alerts lists them

Without --game and --seed the games are those in the journal, as far as the
daemon has come; with the simulator and no journal yet, its whole games. The
steps are those of docs/alerts.md, in their order.""",
    )
    explain.add_argument(
        "what", metavar="RULE|ALERT", type=text, help="[alert.NAME], or the beginning of an alert's id"
    )
    explain.add_argument(
        "--game",
        action="append",
        default=[],
        type=text,
        metavar="GAME",
        help="a recording, a folder of them, or a fixture of the journal (or the beginning of its id)",
    )
    explain.add_argument(
        "--seed", action="append", default=[], type=whole(0), metavar="N", help="the generated match N"
    )
    explain.add_argument("--player", type=text, metavar="NAME", help="only of this one: id, name, or a word of it")
    explain.add_argument("--team", type=text, metavar="NAME", help="the same")
    explain.add_argument("--period", type=whole(1, MOST_PERIODS), metavar="N", help="1 to 4, then 5 for overtime")
    explain.add_argument("--all", action="store_true", help="everything, not only the nearest and the first ten")
    explain.add_argument("--json", action="store_true", help="one JSON object, with all there is")
    _journal(explain)
    return explain


def add_alerts(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus alerts``."""
    alerts = add(
        "alerts",
        help="list the alerts: sent, held, withdrawn, failed",
        description="List the alerts that the journal knows, the newest last: how each stands, and\n"
        "what became of it on each channel; and what is muted.",
        epilog="""\
  actionbus alerts --state failed --channel phone
  actionbus alerts --rule heat_check --since 2h

states: sent; withdrawn after it was sent; held by its rule; waiting for a
channel; passed over, with the key that did it; untold, by no channel. And on
a channel: expired, quiet, lapsed, failed, withdrawn. --state knows all these
and the keys max_age, muted, cooldown and past (before the rule was there).""",
    )
    alerts.add_argument("--rule", type=text, metavar="NAME", help="only of this rule")
    alerts.add_argument("--fixture", type=text, metavar="ID", help="only of this one; the beginning of its id will do")
    alerts.add_argument("--channel", type=text, metavar="NAME", help="only what this channel has heard of")
    alerts.add_argument("--state", choices=(*STATES, *REASONS), metavar="STATE", help="only these, see below")
    alerts.add_argument("--since", type=text, metavar="WHEN", help='"10m", "2h" (ago), or a time: 2026-01-31T19:30')
    alerts.add_argument("--lines", type=whole(0, MOST_LINES), metavar="N", help="at most (default: 50; --json: all)")
    alerts.add_argument("--json", action="store_true", help="one JSON object with all that is known")
    _journal(alerts)
    return alerts


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


def _journal(parser: argparse.ArgumentParser) -> None:
    add_config(parser, OPTIONAL_CONFIG_HELP)
    parser.add_argument("--journal", type=path, metavar="FILE", help="the journal (default: as the configuration says)")
