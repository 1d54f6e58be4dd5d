"""Requests that somebody has kept in files: a whole one, or its headers and its body."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from attrs import frozen

from actionbus.errors import ConfigError

STDIN = Path("-")

_REQUEST_LINE = re.compile(rb"[A-Z]+ \S+( HTTP/[\d.]+)?")
_HEADER = re.compile(rb"([!-9;-~]+):(.*)")  # a name has no blank and no colon


@frozen(kw_only=True)
class Request:
    """A request as it came; headers may be there several times."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    left_out: int = 0
    """So many bytes, newlines that somebody has added, followed the body."""


def read_request(path: Path) -> Request:
    """Read a request in one file: maybe its first line, then headers, a blank line, and the body.

    Raises ConfigError. What follows the body is left out, if Content-Length says so and it is but newlines.
    """
    data = _read(path)
    ends = re.search(rb"\r?\n\r?\n", data)
    if ends is None:
        what = "has no blank line between the headers and the body"
        raise ConfigError(f"{_name(path)}: {what}; keep all of the request, or give --headers and --body")
    headers = tuple(_headers(data[: ends.start()], path))
    body = data[ends.end() :]
    length = next((value for name, value in headers if name.lower() == "content-length"), "")
    if length.isdecimal() and len(length) < 10 and not body[int(length) :].strip(b"\r\n"):
        body = body[: int(length)]
    return Request(headers=headers, body=body, left_out=len(data) - ends.end() - len(body))


def read_parts(headers: Path, body: Path) -> Request:
    """Read a request in two files; headers are lines, or one JSON object. Raises ConfigError."""
    text = _read(headers)
    found = _object(text, headers) if text.lstrip().startswith(b"{") else _headers(text.strip(), headers)
    return Request(headers=tuple(found), body=_read(body))


def _headers(text: bytes, path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if number == 1 and _REQUEST_LINE.fullmatch(line):
            continue
        found = _HEADER.fullmatch(line)
        if found is None:
            raise ConfigError(f'{_name(path)}:{number}: is no header such as "webhook-id: 5046ea7d:1"')
        yield found[1].decode("latin-1"), found[2].decode("latin-1").strip()


def _object(text: bytes, path: Path) -> Iterator[tuple[str, str]]:
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise ConfigError(f"{_name(path)}: is neither headers, one a line, nor a JSON object of them")
    for name, value in cast("dict[str, object]", parsed).items():
        for each in cast("list[object]", value) if isinstance(value, list) else [value]:
            yield name, str(each).encode(errors="replace").decode()  # JSON may have halves of characters


def _read(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file; name a request that was kept, or - for standard input"
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a path that holds a null character
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"{_name(path)}: cannot be read: {said}") from None


def _name(path: Path) -> str:
    return "standard input" if path == STDIN else str(path)
