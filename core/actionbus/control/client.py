"""Ask a running daemon something, without trio: what commands do."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import orjson

from actionbus.errors import ActionbusError

PATIENCE = 60.0  # seconds for an answer; a plugin that does not leave at a reload takes 10
CHUNK = 65_536  # bytes


class NobodyThere(ActionbusError):
    """No daemon listens there."""


def ask(place: Path, request: Mapping[str, object], *, patience: float = PATIENCE) -> dict[str, Any]:
    """Send a request and return the answer, JSON objects. Raises NobodyThere, and ActionbusError for no answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(patience)
        try:
            connection.connect(str(place))
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            raise NobodyThere(f"no daemon listens at {place}") from None
        except OSError as error:
            raise ActionbusError(f"the daemon cannot be asked at {place} ({error.strerror})") from None
        try:
            connection.sendall(orjson.dumps(request) + b"\n")
            connection.shutdown(socket.SHUT_WR)
            answer = _read(connection)
        except TimeoutError:
            raise ActionbusError(f"the daemon has not answered for {patience:g} s; its log may say why") from None
        except OSError as error:
            raise ActionbusError(f"the daemon has hung up ({error.strerror})") from None
    try:
        return cast("dict[str, Any]", orjson.loads(answer))
    except ValueError:
        raise ActionbusError("the daemon ended before it answered") from None


def _read(connection: socket.socket) -> bytes:
    parts: list[bytes] = []
    while part := connection.recv(CHUNK):
        parts.append(part)
    return b"".join(parts)
