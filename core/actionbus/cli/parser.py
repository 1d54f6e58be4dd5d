"""The commands and their options, with the help that people read first."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from actionbus.cli.alerting import add_alerts, add_explain, add_notify
from actionbus.cli.commanding import add_mute, add_reload, add_unmute
from actionbus.cli.options import OPTIONAL_CONFIG_HELP, add_config, add_log_level, path, speed, text, whole
from actionbus.cli.receiving import add_webhook
from actionbus.cli.tools import add_deliveries, add_doctor, add_export, add_fixtures, add_log
from actionbus.cli.trials import add_backtest, add_test

TYPE_CHECKING = False  # as in typing, which takes a tenth of the time that --help has
if TYPE_CHECKING:
    from typing import Any, NoReturn

MOST_FIXTURES = 500  # as in [simulator] games

DESCRIPTION = """\
Home Assistant for live basketball: a daemon that follows a live actions feed,
turns each packet into a typed action, and lets small plugins and alerts react.
With no token it follows a built-in simulator."""

EPILOG = """\
  actionbus run                       follow what plugins.toml says
  actionbus check                     is plugins.toml right?
  actionbus replay game.jsonl --box   one recorded game, as fast as it goes
  actionbus backtest game.jsonl       what would the alerts have sent?
  actionbus test                      do they still send what you expect?
  actionbus notify test phone         does this channel work?
  actionbus webhook listen            what does a webhook bring?
  actionbus simulate --port 8765      a feed to connect to
  actionbus reload                    take a changed plugins.toml over
  actionbus mute all 2h               no alerts for a while
  actionbus explain heat_check        why did it come, why not?
  actionbus alerts                    what was sent, what waits?
  actionbus deliveries                what became of webhooks?
  actionbus fixtures                  the games, and how they stand
  actionbus log --follow              what comes, as it comes
  actionbus doctor                    what is wrong?

exit codes: 0 all is well; 1 something failed while running; 2 the
configuration or the command line is wrong; 130 Ctrl-C ended a command that
would have ended by itself (run, simulate, webhook listen, log --follow: 0)."""


_TRIALS = (add_backtest, add_test, add_explain, add_notify, add_webhook)
_COMMANDING = (add_reload, add_mute, add_unmute)
_TOOLS = (add_fixtures, add_alerts, add_deliveries, add_log, add_export, add_doctor)


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of the whole command line."""
    parser = _Parser(prog="actionbus", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--version", action=_Version, help="print the version and exit")
    add_log_level(parser, default="info")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", required=True)
    for add in (
        _add_run,
        _add_check,
        _add_replay,
        *_TRIALS,
        _add_simulate,
        _add_plugins,
        _add_schema,
        *_TOOLS,
        *_COMMANDING,
    ):
        add_log_level(add(commands.add_parser), default=argparse.SUPPRESS)
    return parser


def _add_run(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    run = add(
        "run",
        help="run the daemon",
        description="Follow the fixtures of plugins.toml and give their actions to its plugins.",
        epilog="""\
SIGTERM or Ctrl-C: the feeds stop, plugins finish what they have, exit code 0;
while plugins are still being imported it ends at once, with 0 too. A second
one means now. A changed plugins.toml is checked and taken over as soon as it
is written, and at SIGHUP; one with mistakes changes nothing and is told. When
every fixture has finished the daemon goes on waiting, unless --until-finished
is given.""",
    )
    add_config(run)
    run.add_argument(
        "--until-finished",
        action="store_true",
        help="exit when every fixture has finished (0) or been refused by its server (1)",
    )
    run.add_argument(
        "--no-watch",
        dest="watch",
        action="store_false",
        help="take a changed plugins.toml over only when told to: actionbus reload, SIGHUP",
    )
    return run


def _add_check(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    check = add(
        "check",
        help="check plugins.toml",
        description="Check plugins.toml and the plugins that it names; nothing is started and\nnothing connects.",
        epilog="""\
Prints all problems, one a line, and exits with 2 if there are any; warnings,
such as of a token's variable that is not set here, leave it at 0:

  plugins.toml:12: alert.steals.on: there is no event class 'steel';
    did you mean 'steal'?""",
    )
    add_config(check)
    return check


def _add_schema(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    schema = add(
        "schema",
        help="print a JSON Schema of plugins.toml, or of what is sent",
        description="Print a JSON Schema of plugins.toml, with the tables of all plugins that are\n"
        "installed and of those that plugins.toml names by path. Editors complete keys\n"
        "and event classes by it, say what they are for, and underline what is wrong.",
        epilog="""\
  actionbus schema -o plugins.schema.json

and as the first line of plugins.toml:

  #:schema ./plugins.schema.json

`actionbus check` sees more. `actionbus schema webhook` prints the schema of what
webhooks send, with the moments of all these plugins. Exit code 1: a plugin
cannot be loaded; the schema takes any keys in its table, and lacks its moments.""",
    )
    schema.add_argument("what", metavar="NAME", nargs="?", help="webhook: of what is sent (default: of plugins.toml)")
    add_config(schema, OPTIONAL_CONFIG_HELP)
    schema.add_argument("-o", "--output", metavar="FILE", type=path, help="write it to this file")
    return schema


def _add_simulate(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    simulate = add(
        "simulate",
        help="serve matches as the live feed does",
        description="Serve matches over websockets as the Live Actions feed does: token,\n"
        "heartbeats, startPosition. Recorded ones, or generated ones.",
        epilog="""\
The first line on stdout is `listening on ws://127.0.0.1:PORT`, the next ones
name the fixtures. A fixture's match starts with the first connection to it.

faults, each given once, at random places that the seed decides:
  cut=N           cut the connections to each fixture N times in all
  stall=N         fall silent N times without closing, heartbeats too
  refuse=N        answer the first N handshakes of each fixture with 503
  refuse=STATUS   answer all with this status: 400, 401, 403, 429
  bad=N           N packets that cannot be decoded or belong to another fixture
  repeat=N        serve N stretches of the list twice
  slow=SECONDS    wait before each packet
  change=N        N times, at a cut, change the list upstream""",
    )
    simulate.add_argument("recordings", metavar="RECORDING.jsonl", nargs="*", type=path, help="matches to serve")
    simulate.add_argument(
        "--seed", type=whole(0), default=1, metavar="N", help="of the generated match and the faults (default: 1)"
    )
    simulate.add_argument(
        "--fixtures", type=whole(1, MOST_FIXTURES), metavar="N", help="how many matches to generate (default: 1)"
    )
    simulate.add_argument("--port", type=whole(0, 65535), default=0, metavar="P", help="default: one that is free")
    simulate.add_argument(
        "--token", type=text, metavar="T", help="the token that clients must send (default: any will do)"
    )
    simulate.add_argument(
        "--speed",
        type=speed,
        default=1.0,
        metavar="X",
        help="times faster than the match was played, or max (default: 1)",
    )
    simulate.add_argument("--fault", action="append", default=[], metavar="KIND=N", help="see below; one KIND each")
    simulate.add_argument("--cert", type=path, metavar="FILE", help="serve wss:// with this certificate chain (PEM)")
    simulate.add_argument("--key", type=path, metavar="FILE", help="the certificate's private key, if not in --cert")
    return simulate


def _add_replay(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    replay = add(
        "replay",
        help="play a recorded game to the plugins",
        description="Play a recording to the plugins through the daemon's own pipeline, as fast\nas it goes.",
        epilog="""\
A recording has one packet of the feed a line, as on the wire. Nothing leaves
the machine and no file is written. Without a plugins.toml the score is shown.
Exit code 1: a plugin failed; 130: Ctrl-C.""",
    )
    replay.add_argument("recording", metavar="RECORDING.jsonl", type=path, help="the game")
    add_config(replay, OPTIONAL_CONFIG_HELP)
    replay.add_argument("--box", action="store_true", help="print the box score at the end")
    replay.add_argument(
        "--json", action="store_true", help="with --box: one JSON object on stdout; what plugins print goes to stderr"
    )
    return replay


def _add_plugins(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    plugins = add(
        "plugins",
        help="list the plugins",
        description="List the plugins that are installed and those that plugins.toml names: which\n"
        "are configured, disabled or broken, and why. Exit code 1: one is broken.",
    )
    add_config(plugins, OPTIONAL_CONFIG_HELP)
    return plugins


class _Help(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of descriptions; asks for the terminal's width without shutil, which is slow to import."""

    def __init__(self, prog: str) -> None:
        try:
            width = int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size(1).columns
        except (ValueError, OSError):
            width = 80
        super().__init__(prog, max_help_position=26, width=max(40, min(width, 100) - 2))


class _Parser(argparse.ArgumentParser):
    """Takes no abbreviated options, which break when options are added, and says what is wrong in one line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_Help, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where to read on. Exits with 2."""
        self.exit(2, f"{self.prog}: {message}; `{self.prog} --help` says how\n")


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __init__(self, option_strings: list[str], dest: str, **options: object) -> None:
        super().__init__(option_strings, dest, nargs=0, help=str(options.get("help")))

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it."""
        from importlib.metadata import version

        print(f"actionbus {version('actionbus')}")
        parser.exit()
