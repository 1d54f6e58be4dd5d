"""The command line: arguments, exit codes and log output. Commands are imported when they are run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from actionbus.cli import signals
from actionbus.cli.output import prepare
from actionbus.cli.parser import make_parser

OK, FAILED, USAGE = 0, 1, 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it; of commands that end by themselves
UNTIL_TOLD = ("run", "simulate")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0; 1 something failed while running; 2 configuration or usage."""
    stdout = prepare()
    options = make_parser().parse_args(arguments)
    until_told = options.command in UNTIL_TOLD
    if until_told:
        signals.obey(reloads=options.command == "run")
    stdout.loud = options.command == "run"  # the others end soon
    try:
        code = _run(options.command, options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = OK if until_told else INTERRUPTED  # whoever asked for the end of a daemon got it
    code = (code or FAILED) if stdout.failed() else code
    if until_told:
        signals.end_with(code)
    return code


def _run(command: str, options: object) -> int:
    from actionbus.errors import ActionbusError, ConfigError

    code = OK
    try:
        code = int(import_module(f"actionbus.cli.{command}").run(options))
    except* ConfigError as group:
        code = USAGE
        _say(group)
    except* ActionbusError as group:
        code = FAILED
        _say(group, "actionbus: ")
    except* KeyboardInterrupt:
        raise KeyboardInterrupt from None  # alone, without a nursery's group
    return code


def _say(group: BaseExceptionGroup[Exception], before: str = "") -> None:
    from actionbus.bus import leaves

    for error in leaves(group):  # a nursery puts a group around what comes out of it, even around a single error
        print(f"{before}{error}", file=sys.stderr)
