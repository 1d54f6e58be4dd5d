"""``actionbus simulate``."""

from __future__ import annotations

import signal
import ssl
from argparse import Namespace

import trio

from actionbus.cli import OK, logs
from actionbus.errors import ActionbusError, ConfigError
from actionbus.recording import Recording, read_recording
from actionbus.simulator import Faults, Simulation, generate_match, parse_faults, serve


def run(options: Namespace) -> int:
    """Serve the matches until SIGTERM or Ctrl-C."""
    logs.set_up(options.log_level)
    tls = _tls(options)
    simulation = Simulation(
        faults=_faults(options.fault),
        recordings=_recordings(options),
        token=options.token,
        speed=options.speed,
        seed=options.seed,
    )
    trio.run(_serve, simulation, options.port, tls)
    return OK


def _faults(texts: list[str]) -> Faults:
    names = [text.partition("=")[0].strip() for text in texts]
    if len(names) > len(set(names)):
        raise ConfigError(f"actionbus simulate: --fault {' --fault '.join(texts)}: give each fault once")
    return parse_faults(texts)


def _recordings(options: Namespace) -> list[Recording]:
    if options.recordings and options.fixtures is not None:
        raise ConfigError("actionbus simulate: give recordings or --fixtures, not both")
    if options.recordings:
        return [read_recording(path) for path in options.recordings]
    return [generate_match(options.seed + number) for number in range(options.fixtures or 1)]


def _tls(options: Namespace) -> ssl.SSLContext | None:
    if options.cert is None:
        if options.key is not None:
            raise ConfigError("actionbus simulate: --key goes with --cert")
        return None
    for name, path in (("--cert", options.cert), ("--key", options.key)):
        if path is not None and not path.is_file():
            raise ConfigError(f"actionbus simulate: {name} {path}: there is no such file")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.cert, options.key, password="")  # or OpenSSL asks for it on the terminal
    except ssl.SSLError:
        what = "should hold a certificate chain and its private key, without a password (PEM)"
        files = f"{options.cert}" if options.key is None else f"{options.cert} --key {options.key}"
        raise ConfigError(f"actionbus simulate: --cert {files}: {what}") from None
    except OSError as error:
        raise ConfigError(f"actionbus simulate: --cert {options.cert}: {error.strerror or error}") from None
    return context


async def _serve(simulation: Simulation, port: int, tls: ssl.SSLContext | None) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:

            async def listen(*, task_status: trio.TaskStatus[str]) -> None:
                await serve(simulation, port=port, ssl_context=tls, task_status=task_status)

            try:
                url: str = await nursery.start(listen)
            except* OSError as group:
                reason = next(str(error.strerror) for error in group.exceptions if isinstance(error, OSError))
                raise ActionbusError(f"cannot listen on 127.0.0.1:{port}: {reason}; choose another --port") from None
            print(f"listening on {url}", flush=True)
            for fixture in simulation.recordings:
                print(f"fixture {fixture}", flush=True)
            async for _ in signals:
                nursery.cancel_scope.cancel()
                break
