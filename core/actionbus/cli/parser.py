"""The commands and their options, with the help that people read first."""

from __future__ import annotations

import argparse
from pathlib import Path

CONFIG_HELP = "the configuration (default: plugins.toml in the current folder)"

DESCRIPTION = """\
Home Assistant for live basketball: a daemon that follows a live actions feed,
turns each packet into a typed action, and lets small plugins and alerts react.
With no token it follows a built-in simulator."""

EPILOG = """\
exit codes: 0 all is well; 1 something failed while running; 2 the
configuration or the command line is wrong.

  actionbus run                       follow what plugins.toml says
  actionbus replay game.jsonl --box   one recorded game, as fast as it goes
  actionbus simulate --port 8765      a feed to connect to"""


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of the whole command line."""
    parser = _Parser(prog="actionbus", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--version", action=_Version, help="print the version and exit")
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="how much to log on stderr (default: info); JSON where stderr is no terminal",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    _add_run(commands.add_parser)
    _add_check(commands.add_parser)
    _add_simulate(commands.add_parser)
    _add_replay(commands.add_parser)
    _add_plugins(commands.add_parser)
    return parser


def _add_run(add: _Add) -> None:
    run = add(
        "run",
        help="run the daemon",
        description="Follow the fixtures of plugins.toml and give their actions to its plugins.",
        epilog="""\
SIGTERM or Ctrl-C: the feeds stop, plugins finish what they have, exit code 0.
A second one means now. When every fixture has finished the daemon goes on
waiting, unless --until-finished is given.""",
    )
    _config(run)
    run.add_argument(
        "--until-finished",
        action="store_true",
        help="exit when every fixture has finished (0) or been refused by its server (1)",
    )


def _add_check(add: _Add) -> None:
    check = add(
        "check",
        help="check plugins.toml",
        description="Check plugins.toml and the plugins that it names; nothing is started and nothing connects.",
        epilog="""\
Prints all problems, one a line, and exits with 2 if there are any:

  plugins.toml:12: alert.steals.on: there is no event class 'steel'; did you mean 'steal'?""",
    )
    _config(check)


def _add_simulate(add: _Add) -> None:
    simulate = add(
        "simulate",
        help="serve recorded or generated matches as the live feed does",
        description="Serve matches over websockets as the Live Actions feed does: token, heartbeats, startPosition.",
        epilog="""\
The first line on stdout is `listening on ws://127.0.0.1:PORT`, the next ones
name the fixtures. A fixture's match starts with the first connection to it.

faults, each may be given once, at random places that the seed decides:
  cut=N           cut the connections to each fixture N times in all
  stall=N         fall silent N times without closing, heartbeats too
  refuse=N        answer the first N handshakes of each fixture with 503
  refuse=STATUS   answer all with this status: 400, 401, 403, 429
  bad=N           N packets that cannot be decoded or belong to another fixture
  repeat=N        serve N stretches of the list twice
  slow=SECONDS    wait before each packet
  change=N        N times, at a cut, change the list upstream""",
    )
    simulate.add_argument("recordings", metavar="RECORDING.jsonl", nargs="*", type=Path, help="matches to serve")
    simulate.add_argument("--seed", type=int, default=1, metavar="N", help="of the generated match (default: 1)")
    simulate.add_argument(
        "--fixtures", type=int, default=None, metavar="N", help="how many matches to generate (default: 1)"
    )
    simulate.add_argument("--port", type=int, default=0, metavar="P", help="default: one that is free")
    simulate.add_argument(
        "--token", default=None, metavar="T", help="the token that clients must send (default: any will do)"
    )
    simulate.add_argument(
        "--speed", default="1", metavar="X", help="times faster than the match was played, or max (default: 1)"
    )
    simulate.add_argument("--fault", action="append", default=[], metavar="KIND=N", help="see below; may be repeated")
    simulate.add_argument("--cert", type=Path, metavar="FILE", help="serve wss:// with this certificate chain (PEM)")
    simulate.add_argument("--key", type=Path, metavar="FILE", help="the certificate's private key, if not in --cert")


def _add_replay(add: _Add) -> None:
    replay = add(
        "replay",
        help="play a recorded game to the plugins",
        description="Play a recording to the plugins through the daemon's own pipeline, as fast as it goes.",
        epilog="""\
A recording has one packet of the feed a line, as on the wire. Nothing leaves
the machine and no file is written. Without a plugins.toml the score is shown.""",
    )
    replay.add_argument("recording", metavar="RECORDING.jsonl", type=Path, help="the game")
    _config(replay, "the configuration (default: plugins.toml in the current folder, if there is one)")
    replay.add_argument("--box", action="store_true", help="print the box score at the end")
    replay.add_argument(
        "--json", action="store_true", help="with --box: one JSON object on stdout; what plugins print goes to stderr"
    )


def _add_plugins(add: _Add) -> None:
    plugins = add(
        "plugins",
        help="list the plugins that are installed, configured, or broken",
        description="List the plugins that are installed, those that plugins.toml names, and what is wrong with them.",
    )
    _config(plugins, "the configuration (default: plugins.toml in the current folder, if there is one)")


def _config(parser: argparse.ArgumentParser, text: str = CONFIG_HELP) -> None:
    parser.add_argument("--config", type=Path, default=None, metavar="FILE", help=text)


class _Parser(argparse.ArgumentParser):
    """Keeps the line breaks of descriptions, and takes no abbreviated options: they break when options are added."""

    def __init__(self, **options: object) -> None:
        settings = {"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False} | options
        super().__init__(**settings)  # type: ignore[arg-type]


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __init__(self, option_strings: list[str], dest: str, **options: object) -> None:
        super().__init__(option_strings, dest, nargs=0, help=str(options.get("help")))

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"actionbus {version('actionbus')}")
        parser.exit()
