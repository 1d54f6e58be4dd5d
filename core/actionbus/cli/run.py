"""``actionbus run``."""

from __future__ import annotations

import gc
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import attrs
import trio

from actionbus.cli import FAILED, OK, logs, signals
from actionbus.cli.config import catalogue, chosen, load_and_check, read
from actionbus.cli.journal import journal_place
from actionbus.cli.source import Inputs, make_source, read_inputs
from actionbus.config import Config
from actionbus.control import control_place
from actionbus.daemon import Ears, Setup, not_while_it_runs
from actionbus.daemon import run as run_daemon
from actionbus.errors import ConfigError
from actionbus.host import Loaded, Plugin, installed


def run(options: Namespace) -> int:
    """Check everything that can be checked before a socket opens, then run the daemon."""
    logs.set_up(options.log_level)
    path = chosen(options.config)
    config, inputs, loaded = _read(path)
    for warning in config.warnings:
        print(f"{warning} (a warning)", file=sys.stderr)
    setup = Setup(config=config, source=make_source(config, inputs), loaded=loaded)
    ears = Ears(reread=partial(_reread, path), control=control_place(path, os.environ), watch=options.watch)
    journal = journal_place(config, os.environ)
    daemon = partial(run_daemon, journal=journal, until_finished=options.until_finished)
    gc.freeze()  # what is loaded by now stays: the collector need not look at it time and again
    signals.check()
    return OK if trio.run(daemon, setup, catalogue(config), ears) else FAILED


def _read(path: Path, present: Sequence[Plugin] = ()) -> tuple[Config, Inputs, Loaded]:
    """Read and check all that a daemon needs. Raises ConfigError with all that is wrong with it."""
    known = installed()
    config = read(path, known=known)
    inputs = read_inputs(config, os.environ)
    wrong = [*inputs.problems, *inputs.environment]
    return config, inputs, load_and_check(config, known, wrong, live=True, present=present)


def _reread(path: Path, before: Setup) -> Setup:
    """Read and check it anew while the daemon runs. Raises ConfigError, also for what only a start takes over."""
    config, inputs, loaded = _read(path, before.loaded.plugins)
    wrong = list(not_while_it_runs(before.config, config))
    known = {broken.name for broken in before.loaded.broken}  # they are left out, and were told
    for broken in loaded.broken:
        if broken.name not in known:
            wrong.append(config.tree.problem(("plugin", broken.name), f"cannot be used: {broken.reason}"))
    if wrong:
        raise ConfigError(*wrong)
    source = before.source if before.source.simulation is not None else make_source(config, inputs)
    return attrs.evolve(before, config=config, source=source, loaded=loaded)
