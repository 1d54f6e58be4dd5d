"""The command line: arguments, exit codes and log output. Commands are imported when they are run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from actionbus.cli.parser import make_parser

OK, FAILED, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0; 1 something failed while running; 2 configuration or usage."""
    options = make_parser().parse_args(arguments)
    from actionbus.errors import ActionbusError, ConfigError

    command = import_module(f"actionbus.cli.{options.command}")
    try:
        return int(command.run(options))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return USAGE
    except ActionbusError as error:
        print(f"actionbus: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT, as shells have it
    except BrokenPipeError:
        # Whoever read our output has left: say no more, not even when the interpreter flushes at its end.
        sys.stdout = None  # type: ignore[assignment]
        return FAILED
