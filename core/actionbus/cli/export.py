"""``actionbus export``."""

from __future__ import annotations

import sys
from argparse import Namespace

from actionbus.cli import OK, logs
from actionbus.cli.looking import config_and_journal
from actionbus.errors import ActionbusError
from actionbus.host import installed
from actionbus.log.inspect import find_fixture, looking_into, packets

_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")  # between JSON's words they mean no more than a space


def run(options: Namespace) -> int:
    """Print a fixture's packets, one a line, as they came."""
    logs.set_up(options.log_level)
    _, path = config_and_journal(options, installed())
    printed = empty = 0
    with looking_into(path) as journal:
        fixture, number = find_fixture(journal, options.fixture)
        for packet in packets(journal, number):
            line = packet.translate(_ONE_LINE)
            if line.isspace() or not line:
                empty += 1
                continue
            printed += 1
            sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()
    if empty:
        print(f"{fixture}: left out {empty} that could not be received, or were empty", file=sys.stderr)
    if not printed:
        raise ActionbusError(f"the journal {path} holds no packet of fixture {fixture}: none has come, or they are old")
    return OK
