"""The world outside: a process that keeps each line that plugins send it, and answers once it is in the file.

Run as a script with the file's path. The first line on stdout is its port. A line ``drain`` is answered once every
other connection that came before it has ended: then all that a killed daemon had sent is in the file.
"""

from __future__ import annotations

import os
import selectors
import socket
import sys
from pathlib import Path

from attrs import define, field


@define(eq=False)
class Sink:
    """All connections, in one thread."""

    file: int
    listener: socket.socket
    _selector: selectors.BaseSelector = field(init=False, factory=selectors.DefaultSelector)
    _open: dict[socket.socket, bytes] = field(init=False, factory=dict[socket.socket, bytes])
    _asking: list[socket.socket] = field(init=False, factory=list[socket.socket])

    def run(self) -> None:
        """Serve until stdin, which the harness holds, is closed."""
        self._selector.register(self.listener, selectors.EVENT_READ)
        self._selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in self._selector.select()]
            if sys.stdin in ready:
                return
            if self.listener in ready:
                connection, _ = self.listener.accept()
                self._open[connection] = b""
                self._selector.register(connection, selectors.EVENT_READ)
            for connection in set(self._open).intersection(each for each in ready if isinstance(each, socket.socket)):
                self._receive(connection)
            self._answer_who_asks()

    def _receive(self, connection: socket.socket) -> None:
        try:
            received = connection.recv(65536)
        except ConnectionError:
            received = b""
        if not received:
            self._close(connection)
            return
        *lines, self._open[connection] = (self._open[connection] + received).split(b"\n")
        for line in lines:
            if line == b"drain":
                self._asking.append(connection)
                continue
            os.write(self.file, line + b"\n")
            try:
                connection.sendall(b"ok\n")
            except ConnectionError:
                self._close(connection)
                return

    def _answer_who_asks(self) -> None:
        if self._asking and len(self._open) == len(self._asking):
            for connection in self._asking:
                connection.sendall(b"ok\n")
                self._close(connection)
            self._asking.clear()

    def _close(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        connection.close()
        del self._open[connection]


def main() -> None:
    file = os.open(Path(sys.argv[1]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        print(listener.getsockname()[1], flush=True)
        Sink(file, listener).run()
    os.close(file)


if __name__ == "__main__":
    main()
