"""``actionbus simulate``."""

from __future__ import annotations

import math
import signal
import ssl
from argparse import Namespace

import trio

from actionbus.cli import OK, logs
from actionbus.errors import ActionbusError, ConfigError
from actionbus.recording import Recording, read_recording
from actionbus.simulator import Simulation, generate_match, parse_faults, serve


def run(options: Namespace) -> int:
    """Serve the matches until SIGTERM or Ctrl-C."""
    logs.set_up(options.log_level)
    simulation = Simulation(
        recordings=_recordings(options),
        token=options.token,
        speed=_speed(options.speed),
        faults=parse_faults(options.fault),
        seed=options.seed,
    )
    trio.run(_serve, simulation, options.port, _tls(options))
    return OK


def _recordings(options: Namespace) -> list[Recording]:
    if options.recordings and options.fixtures is not None:
        raise ConfigError("actionbus simulate: give recordings or --fixtures, not both")
    if options.recordings:
        return [read_recording(path) for path in options.recordings]
    count = options.fixtures if options.fixtures is not None else 1
    if count < 1:
        raise ConfigError(f"actionbus simulate: --fixtures {count} should be at least 1")
    return [generate_match(options.seed + number) for number in range(count)]


def _speed(text: str) -> float:
    try:
        speed = math.inf if text == "max" else float(text)
    except ValueError:
        speed = math.nan
    if not speed > 0:
        raise ConfigError(f"actionbus simulate: --speed {text} should be a number above 0, or max")
    return speed


def _tls(options: Namespace) -> ssl.SSLContext | None:
    if options.cert is None:
        if options.key is not None:
            raise ConfigError("actionbus simulate: --key goes with --cert")
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.cert, options.key)
    except OSError as error:
        raise ConfigError(f"actionbus simulate: --cert {options.cert}: {error.strerror or error}") from None
    return context


async def _serve(simulation: Simulation, port: int, tls: ssl.SSLContext | None) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            try:
                url: str = await nursery.start(lambda task_status: _serve_on(simulation, port, tls, task_status))
            except* OSError as group:
                reason = "; ".join(str(error.strerror or error) for error in group.exceptions if isinstance(error, OSError))
                raise ActionbusError(f"cannot listen on 127.0.0.1:{port}: {reason}") from None
            print(f"listening on {url}", flush=True)
            for fixture in simulation.recordings:
                print(f"fixture {fixture}", flush=True)
            async for _ in signals:
                nursery.cancel_scope.cancel()
                break


async def _serve_on(
    simulation: Simulation, port: int, tls: ssl.SSLContext | None, task_status: trio.TaskStatus[str]
) -> None:
    await serve(simulation, port=port, ssl_context=tls, task_status=task_status)
