"""``actionbus replay``."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from typing import TextIO

import trio

from actionbus.cli import FAILED, OK, logs
from actionbus.cli.box import print_box
from actionbus.cli.config import catalogue, load_and_check, read
from actionbus.config import Config
from actionbus.errors import ConfigError
from actionbus.game import box_score
from actionbus.host import Loaded, hosting, installed
from actionbus.log import MemoryLog
from actionbus.pipeline import Pipeline
from actionbus.recording import Recording, read_recording
from actionbus.replay import replay


def run(options: Namespace) -> int:
    """Play the recording; print the box score if asked for."""
    if options.json and not options.box:
        raise ConfigError("actionbus replay: --json goes with --box")
    logs.set_up(options.log_level)
    with _stdout_to_stderr() if options.json else nullcontext(sys.stdout) as stdout:
        recording = read_recording(options.recording)
        known = installed()
        config = read(options.config, known=known, optional=True)
        loaded = load_and_check(config, known)
        pipeline, broken = trio.run(_replay, recording, config, loaded)
        if options.json:
            print(json.dumps(box_score(pipeline.game), ensure_ascii=False), file=stdout, flush=True)
        elif options.box:
            print_box(pipeline.game)
    return FAILED if broken else OK


async def _replay(recording: Recording, config: Config, loaded: Loaded) -> tuple[Pipeline, bool]:
    async with hosting(loaded.plugins, config.tree, MemoryLog(), replaying=True) as host:
        pipeline = await replay(recording, host, catalogue(config))
    return pipeline, bool(loaded.broken or host.broken)


@contextmanager
def _stdout_to_stderr() -> Generator[TextIO]:
    """Send all that is written to stdout to stderr, by subprocesses and at import too; yield the real stdout."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as real:
        os.dup2(2, 1)
        try:
            yield real
        finally:
            sys.stdout.flush()
            real.flush()
            os.dup2(real.fileno(), 1)
