"""``actionbus run``."""

from __future__ import annotations

import gc
import os
import ssl
import sys
from argparse import Namespace
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import trio

from actionbus.cli import FAILED, OK, logs
from actionbus.cli.config import catalogue, load_and_check, read
from actionbus.config import Config, FeedConfig
from actionbus.daemon import Source
from actionbus.daemon import run as run_daemon
from actionbus.errors import ConfigError
from actionbus.host import installed
from actionbus.recording import read_recording
from actionbus.secrets import Secret, read_secret
from actionbus.session import FeedProfile
from actionbus.simulator import Simulation, generate_match


def run(options: Namespace) -> int:
    """Check everything that can be checked before a socket opens, then run the daemon."""
    logs.set_up(options.log_level)
    known = installed()
    config = read(options.config, known=known)
    for warning in config.warnings:
        print(f"{warning} (a warning)", file=sys.stderr)
    loaded = load_and_check(config, known)
    source = _simulated(config) if config.feed.source == "simulator" else _real(config, os.environ)
    daemon = partial(run_daemon, until_finished=options.until_finished)
    gc.freeze()  # what is loaded by now stays: the collector need not look at it time and again
    fine = trio.run(daemon, config, source, loaded, catalogue(config))
    return OK if fine else FAILED


def _simulated(config: Config) -> Source:
    """Embed the simulator: its recordings, or matches that it generates from its seed."""
    settings = config.simulator
    recordings = [read_recording(Path(path)) for path in settings.recordings]
    recordings = recordings or [generate_match(settings.seed + number) for number in range(settings.games)]
    simulation = Simulation(recordings=recordings, speed=settings.speed, seed=settings.seed)
    return Source(
        profile=FeedProfile(url="ws://127.0.0.1"),  # the port is known once it listens
        fixtures=tuple(simulation.recordings),
        token=lambda: Secret("simulator"),
        simulation=simulation,
    )


def _real(config: Config, environ: Mapping[str, str]) -> Source:
    feed = config.feed
    token_source = feed.token
    assert token_source is not None, "parse_config asks for a token"
    base = Path(config.tree.folder)

    def token() -> Secret:
        return read_secret(token_source, base=base, environ=environ, tree=config.tree)

    token()  # what is wrong with it is said now; it is read anew for each connection, since it may be renewed
    return Source(
        profile=FeedProfile(url=feed.url, sport=feed.sport, speed=feed.speed),
        fixtures=feed.fixtures,
        token=token,
        ssl_context=_trust(config, feed),
    )


def _trust(config: Config, feed: FeedConfig) -> ssl.SSLContext | None:
    """Trust the system's certificate authorities and, where ``ca_file`` names them, those too."""
    if not feed.url.startswith("wss:"):
        return None
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # PROTOCOL 3.1
    if feed.ca_file is not None:
        try:
            context.load_verify_locations(feed.ca_file)
        except OSError as error:  # ssl.SSLError is one
            said = (
                "holds no certificates (PEM)"
                if isinstance(error, ssl.SSLError)
                else f"cannot be read ({error.strerror})"
            )
            raise ConfigError(config.tree.problem(("feed", "ca_file"), said)) from None
    return context
