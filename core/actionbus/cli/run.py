"""``actionbus run``."""

from __future__ import annotations

import gc
import os
import sys
from argparse import Namespace
from functools import partial

import trio

from actionbus.cli import FAILED, OK, logs, signals
from actionbus.cli.config import catalogue, load_and_check, read
from actionbus.cli.journal import journal_place
from actionbus.cli.source import make_source, read_inputs
from actionbus.daemon import run as run_daemon
from actionbus.host import installed


def run(options: Namespace) -> int:
    """Check everything that can be checked before a socket opens, then run the daemon."""
    logs.set_up(options.log_level)
    known = installed()
    config = read(options.config, known=known)
    for warning in config.warnings:
        print(f"{warning} (a warning)", file=sys.stderr)
    inputs = read_inputs(config, os.environ)
    loaded = load_and_check(config, known, [*inputs.problems, *inputs.environment], live=True)
    source = make_source(config, inputs)
    daemon = partial(run_daemon, journal=journal_place(config, os.environ), until_finished=options.until_finished)
    gc.freeze()  # what is loaded by now stays: the collector need not look at it time and again
    signals.check()
    fine = trio.run(daemon, config, source, loaded, catalogue(config))
    return OK if fine else FAILED
