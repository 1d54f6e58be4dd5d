"""The files and the token that plugins.toml names, read before a socket opens: above all what packets come from."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from attrs import field, frozen

from actionbus.cli.journal import journal_problems
from actionbus.config import Config
from actionbus.daemon import Source
from actionbus.errors import ConfigError, Problem
from actionbus.recording import Recording, read_recording
from actionbus.secrets import Secret, read_secret
from actionbus.session import FeedProfile
from actionbus.simulator import Simulation, generate_match


@frozen(kw_only=True)
class Inputs:
    """What ``[feed]`` or ``[simulator]`` names, read, and all that is wrong with it and with ``[journal]``."""

    recordings: tuple[Recording, ...] = ()
    token: Callable[[], Secret] = field(repr=False)
    """Reads it anew, since it may be renewed; raises ConfigError."""
    ssl_context: ssl.SSLContext | None = None
    problems: tuple[Problem, ...] = ()
    environment: tuple[Problem, ...] = ()
    """What is wrong with this process's environment; that of the daemon may be another."""


def read_inputs(config: Config, environ: Mapping[str, str]) -> Inputs:
    """Read all that the source of the packets needs, and see whether the log's file can be one.

    Raises nothing: what is wrong is in the result.
    """
    problems = list(journal_problems(config))
    if config.feed.source == "simulator":
        recordings, wrong = _recordings(config)
        problems += wrong
        return Inputs(recordings=tuple(recordings), token=lambda: Secret("simulator"), problems=tuple(problems))
    named = config.feed.token
    if named is None:  # parse_config has told that
        return Inputs(token=lambda: Secret(""), problems=tuple(problems))
    environment: list[Problem] = []

    def token() -> Secret:
        return read_secret(named, base=Path(config.tree.folder), environ=environ, tree=config.tree)

    try:
        token()
    except ConfigError as error:
        for problem in error.problems:
            (environment if problem.environment else problems).append(problem)
    try:
        context = _trust(config)
    except ConfigError as error:
        context = None
        problems += error.problems
    return Inputs(token=token, ssl_context=context, problems=tuple(problems), environment=tuple(environment))


def make_source(config: Config, inputs: Inputs) -> Source:
    """Make the daemon's source of inputs with which nothing is wrong."""
    feed, settings = config.feed, config.simulator
    if feed.source == "dde":
        return Source(
            profile=FeedProfile(url=feed.url, sport=feed.sport, speed=feed.speed),
            fixtures=feed.fixtures,
            token=inputs.token,
            ssl_context=inputs.ssl_context,
        )
    recordings: Iterable[Recording] = inputs.recordings
    if not settings.recordings:
        recordings = [generate_match(settings.seed + number) for number in range(settings.games)]
    simulation = Simulation(recordings=recordings, speed=settings.speed, seed=settings.seed)
    return Source(
        profile=FeedProfile(url="ws://127.0.0.1"),  # the port is known once it listens
        fixtures=tuple(simulation.recordings),
        token=inputs.token,
        simulation=simulation,
    )


def _recordings(config: Config) -> tuple[list[Recording], list[Problem]]:
    recordings: list[Recording] = []
    problems: list[Problem] = []
    places: dict[str, int] = {}  # by fixture
    for place, file in enumerate(config.simulator.recordings):
        keys = ("simulator", "recordings", place)
        try:
            recording = read_recording(file)
        except ConfigError as error:
            problems.append(config.tree.problem(keys, str(error)))
            continue
        first = places.setdefault(recording.fixture, place)
        if first != place:
            what = f"is of fixture {recording.fixture}, as simulator.recordings[{first}] is"
            problems.append(config.tree.problem(keys, what, "remove one of the two: each fixture is played once"))
        recordings.append(recording)
    return recordings, problems


def wrong_replays(config: Config) -> Iterator[Problem]:
    """Tell which recordings of ``[[test]]`` cannot be read."""
    for place, test in enumerate(config.tests):
        if test.replay is None:
            continue
        try:
            read_recording(test.replay)
        except ConfigError as error:
            yield config.tree.problem(("test", place, "replay"), str(error))


def _trust(config: Config) -> ssl.SSLContext | None:
    """Trust the system's certificate authorities and, where ``ca_file`` names them, those too."""
    feed = config.feed
    if not feed.url.startswith("wss:"):
        return None
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # PROTOCOL 3.1
    if feed.ca_file is None:
        return context
    try:
        context.load_verify_locations(feed.ca_file)
    except ssl.SSLError:
        said = "holds no certificates (PEM)"
    except FileNotFoundError:
        said = f"there is no file {feed.ca_file}"
    except OSError as error:
        said = f"cannot be read ({error.strerror})"
    else:
        return context
    raise ConfigError(config.tree.problem(("feed", "ca_file"), said))
