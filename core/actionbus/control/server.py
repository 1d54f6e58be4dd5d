"""Listen for the requests of commands, beside the daemon: a fault here never ends it."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import orjson
import structlog
import trio

from actionbus.control.place import make_folder
from actionbus.errors import ActionbusError, ConfigError

MOST = 1 << 20  # bytes of a request
PATIENCE = 10.0  # seconds for a request to come
BACKLOG = 128

Answer = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, object]]]

logger = structlog.get_logger()


async def listen(place: Path, answer: Answer, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """Answer requests at ``place`` until cancelled; where that cannot be, say so and return.

    ``answer`` gets each as a JSON object and returns one. What it raises as ActionbusError is told to whoever asked,
    under "problems".
    """
    try:
        listener = _bind(place)
    except (OSError, ActionbusError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        logger.warning("commands such as reload cannot reach this daemon", place=str(place), reason=reason)
        task_status.started()
        return
    task_status.started()
    with listener:
        listener.listen(BACKLOG)
        own = os.stat(place)
        try:
            async with trio.open_nursery() as nursery:
                while True:
                    connection, _ = await listener.accept()
                    nursery.start_soon(_serve, trio.SocketStream(connection), answer)
        finally:
            with suppress(OSError):
                if os.path.samestat(own, os.stat(place)):
                    place.unlink()  # noqa: ASYNC240


def _bind(place: Path) -> trio.socket.SocketType:
    make_folder(place)
    with suppress(FileNotFoundError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        try:
            other.connect(str(place))
        except ConnectionRefusedError:
            place.unlink()  # of a daemon that was killed
        else:
            raise ActionbusError("another daemon that runs with the same plugins.toml has it")
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(str(place))
        place.chmod(0o600)
    except OSError:
        bound.close()
        raise
    return trio.socket.from_stdlib_socket(bound)


async def _serve(stream: trio.SocketStream, answer: Answer) -> None:
    """Take one request and answer it."""
    async with stream:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            request = await _receive(stream)
            if request is not None:
                await stream.send_all(orjson.dumps(await _answer(request, answer), default=str))


async def _receive(stream: trio.SocketStream) -> Mapping[str, Any] | None:
    data = b""
    with trio.move_on_after(PATIENCE):
        while len(data) <= MOST and b"\n" not in data:
            part = await stream.receive_some()
            if not part:
                break
            data += part
    try:
        request = orjson.loads(data)
    except ValueError:
        return None
    return cast("Mapping[str, Any]", request) if isinstance(request, dict) else None


async def _answer(request: Mapping[str, Any], answer: Answer) -> Mapping[str, object]:
    try:
        return await answer(request)
    except ConfigError as error:
        return {"ok": False, "problems": str(error).splitlines()}
    except ActionbusError as error:
        return {"ok": False, "problems": [str(error)]}
    except Exception as error:
        # The boundary around a command's request: what goes wrong in it must not end the daemon.
        logger.exception("a command could not be answered")
        return {"ok": False, "problems": [f"{type(error).__name__}: {error}"]}
