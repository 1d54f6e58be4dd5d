"""The command line: arguments, exit codes and log output. Commands are imported when they are run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from actionbus.cli.output import prepare
from actionbus.cli.parser import make_parser

OK, FAILED, USAGE = 0, 1, 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0; 1 something failed while running; 2 configuration or usage."""
    stdout = prepare()
    options = make_parser().parse_args(arguments)
    stdout.loud = options.command == "run"  # the others end soon
    code = _run(options.command, options)
    sys.stdout.flush()
    return (code or FAILED) if stdout.failed() else code


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
        code = INTERRUPTED
    return code


def _say(group: BaseExceptionGroup[Exception], before: str = "") -> None:
    from actionbus.bus import leaves

    for error in leaves(group):  # a nursery puts a group around what comes out of it, even around a single error
        print(f"{before}{error}", file=sys.stderr)
