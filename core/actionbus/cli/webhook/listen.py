"""``actionbus webhook listen``: a small receiver for development, on this machine alone."""

from __future__ import annotations

import random
import sys
import threading
import time
from argparse import Namespace
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from actionbus.cli import FAILED, OK, signals
from actionbus.cli.webhook.desk import Desk, Heard, as_json, as_line
from actionbus.cli.webhook.given import given_secrets, given_tolerance
from actionbus.errors import ActionbusError, ConfigError
from actionbus.signing import read_key

HOST = "127.0.0.1"
LONGEST = 1_000_000  # bytes of a body
IDLE = 30.0  # seconds that a connection may be silent
EVERY = 0.05  # seconds in which --once ends


class Receiver(ThreadingHTTPServer):
    """Serves requests side by side, and takes them in one after the other."""

    def __init__(self, port: int, desk: Desk, *, as_object: bool, once: bool) -> None:
        self.desk = desk
        self.once = once
        self._as_object = as_object
        self._lock = threading.Lock()
        super().__init__((HOST, port), _Handler)

    def hear(self, headers: list[tuple[str, str]], body: bytes) -> Heard:
        """Take a request in, and print its line before it is answered."""
        with self._lock:
            heard = self.desk.hear(headers, body, time.time())
            print(as_json(heard) if self._as_object else as_line(heard), flush=True)
            return heard

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a sender that has left in the middle."""
        if not isinstance(error := sys.exception(), OSError):
            print(f"actionbus: a request could not be read: {error}", file=sys.stderr)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept open, as senders like it
    timeout = IDLE

    @property
    def receiver(self) -> Receiver:
        """Whose request it is."""
        return cast("Receiver", self.server)

    def do_POST(self) -> None:
        """Answer a webhook."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > len(str(LONGEST)) or int(length) > LONGEST:
            self.send_error(413 if length.isdecimal() else 411)
            self.close_connection = True
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True  # the sender has left
            return
        heard = self.receiver.hear([(name, str(value)) for name, value in self.headers.items()], body)
        self._answer(heard.status, "\n".join(heard.wrong))
        if self.receiver.once:
            self.receiver.shutdown()

    def _answer(self, status: int, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        if self.receiver.once:
            self.send_header("Connection", "close")
        if status not in (204, 304):
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if status not in (204, 304):
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (so the base class has it)
        """Say nothing: the line of the request says it."""


def run(options: Namespace) -> int:
    """Listen until SIGTERM or Ctrl-C, or with ``--once`` for one request."""
    signals.obey()
    tolerance = given_tolerance(options)
    secrets = given_secrets(options)
    for name, text in secrets.items():
        try:
            read_key(text)
        except ValueError as error:
            raise ConfigError(f"actionbus webhook listen: {name} {error}") from None
    if not secrets:
        hint = "`actionbus webhook secret` makes a secret, --secret-file or --secret-env names it"
        print(f"no secret, so nothing is verified: {hint}", file=sys.stderr)
    rng = random.Random(options.seed)
    desk = Desk(secrets=secrets, tolerance=tolerance, status=options.status, fail=options.fail, rng=rng)
    with suppress(KeyboardInterrupt), _open(options, desk) as receiver:  # whoever asks for its end gets it
        where = sys.stderr if options.json else sys.stdout
        print(f"listening on http://{HOST}:{receiver.server_address[1]}", file=where, flush=True)
        receiver.serve_forever(EVERY)
    if not options.json:
        print(desk.summary())
    return FAILED if options.once and desk.unverified else OK


def _open(options: Namespace, desk: Desk) -> Receiver:
    try:
        return Receiver(options.port, desk, as_object=options.json, once=options.once)
    except OSError as error:
        reason = f"{error.strerror}; choose another --port"
        raise ActionbusError(f"cannot listen on {HOST}:{options.port}: {reason}") from None
