"""``actionbus replay``."""

from __future__ import annotations

import gc
import json
import sys
from argparse import Namespace

import trio

from actionbus.bus import HandlerFailure
from actionbus.cli import FAILED, OK, logs
from actionbus.cli.box import print_box
from actionbus.cli.config import catalogue, load_and_check, read
from actionbus.cli.output import as_text, stdout_alone
from actionbus.config import Config
from actionbus.errors import ConfigError
from actionbus.game import Game, box_score
from actionbus.host import Loaded, hosting, installed
from actionbus.host.running import log_failure
from actionbus.log import MemoryLog
from actionbus.recording import Recording, read_recording
from actionbus.replay import replay


def run(options: Namespace) -> int:
    """Play the recording; print the box score if asked for."""
    if options.json and not options.box:
        raise ConfigError("actionbus replay: --json goes with --box")
    stdout = stdout_alone() if options.json else None
    logs.set_up(options.log_level)
    recording = read_recording(options.recording)
    known = installed()
    config = read(options.config, known=known, optional=True)
    loaded = load_and_check(config, known)
    for broken in loaded.broken:
        print(config.tree.problem(("plugin", broken.name), broken.reason), file=sys.stderr)
    gc.freeze()  # what is loaded by now stays: the collector need not look at it time and again
    game, fine = trio.run(_replay, recording, config, loaded)
    if stdout is not None:
        text = json.dumps(box_score(game), ensure_ascii=False)
        print(text, file=as_text(stdout), flush=True)
        fine = fine and not stdout.failed()
    elif options.box:
        print_box(game)
    return OK if fine else FAILED


async def _replay(recording: Recording, config: Config, loaded: Loaded) -> tuple[Game, bool]:
    """Return the game as the recording leaves it, and whether no plugin failed."""
    failures: list[HandlerFailure] = []

    def report(failure: HandlerFailure) -> None:
        failures.append(failure)
        log_failure(failure)

    async with hosting(loaded.plugins, config.tree, MemoryLog(), report, replaying=True) as host:
        pipeline = await replay(recording, host, catalogue(config))
    return pipeline.game, not (failures or loaded.broken or host.broken)
