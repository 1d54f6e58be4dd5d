"""The receivers of docs/receiver.md, as processes: right whatever comes twice, late or never, and deaf to forgeries."""

from __future__ import annotations

import json
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import cast

import pytest
from attrs import define, field
from tests.core.cli.requests import OTHER, SECRET, Sent, message, request
from tests.docs.pages import DOCS, Block, blocks
from tests.docs.world import find_node

PATIENCE = 30.0  # seconds
NEEDS_NODE = pytest.mark.skipif(find_node() is None, reason="there is no Node on this machine to run JavaScript")


@define
class Receiver:
    """One receiver, in a folder of its own."""

    block: Block
    folder: Path
    _process: subprocess.Popen[str] | None = field(init=False, default=None)
    _port: int = field(init=False, default=0)

    def start(self) -> None:
        """Start it, on a port that is free."""
        name = self.block.words
        program = [sys.executable] if self.block.language == "python" else [str(find_node())]
        (self.folder / name).write_text(self.block.text.replace("8400", "0").replace("8401", "0"), encoding="utf-8")
        (self.folder / "webhook.secret").write_text(f"{SECRET}\n")
        with (self.folder / "stderr").open("w") as stderr:
            self._process = subprocess.Popen(
                [*program, name], cwd=self.folder, stdout=subprocess.PIPE, stderr=stderr, text=True
            )
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline().rpartition(":")[2])

    def end(self) -> int:
        """Press Ctrl-C; return how it ended."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.communicate(timeout=PATIENCE)
        return self._process.returncode

    def kill(self) -> None:
        """End it, if it has not."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def post(self, sent: Sent) -> int:
        """Send a request; return the status of the answer."""
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)) as connection:
            connection.request("POST", "/hooks", sent.body, sent.headers)
            return connection.getresponse().status

    def post_raw(self, raw: bytes) -> None:
        """Send bytes and then no more; wait until it has hung up, which it may do at any time."""
        with socket.create_connection(("127.0.0.1", self._port), PATIENCE) as stream, suppress(OSError):
            stream.sendall(raw)
            stream.shutdown(socket.SHUT_WR)
            while stream.recv(4096):
                pass

    @property
    def standing(self) -> list[tuple[str, str, int]]:
        """What it shows that stands."""
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)) as connection:
            connection.request("GET", "/")
            lines = connection.getresponse().read().decode().splitlines()
        return [(each["fixture"], each["subject"], each["version"]) for each in map(json.loads, lines)]


RECEIVERS = [
    pytest.param(block, id=block.language, marks=[NEEDS_NODE] * (block.language == "js"))
    for block in blocks(DOCS / "receiver.md")
    if block.language in ("python", "js") and block.words
]


@pytest.fixture(params=RECEIVERS)
def receiver(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Receiver]:
    block: object = request.param
    assert isinstance(block, Block)
    receiver = Receiver(block, tmp_path)
    receiver.start()
    yield receiver
    receiver.kill()


def test_there_is_one_in_python_and_one_in_javascript() -> None:
    assert [param.id for param in RECEIVERS] == ["python", "js"]


@pytest.mark.parametrize("seed", range(3))
def test_the_state_is_right_after_repeats_and_disorder(receiver: Receiver, seed: int) -> None:
    rng = random.Random(seed)
    sent: list[dict[str, object]] = []
    right: dict[tuple[str, str], tuple[int, bool]] = {}
    for fixture in ("7f3a", "2104"):
        for subject in "abcdefgh":
            versions = range(1, rng.randint(2, 7))
            lost = rng.random() < 0.3  # all but the last one never comes
            for version in versions:
                stands = rng.random() < 0.5
                if version == versions[-1] or not lost:
                    sent += [message(subject, version, stands=stands, fixture=fixture)] * rng.randint(1, 3)
                    right[fixture, subject] = version, stands
    rng.shuffle(sent)
    assert {receiver.post(request(body)) for body in sent} == {204}
    assert receiver.standing == sorted((*place, version) for place, (version, stands) in right.items() if stands)
    assert receiver.end() == 0


def test_the_withdrawal_of_what_it_never_had_is_nothing_and_holds_against_what_comes_later(receiver: Receiver) -> None:
    assert receiver.post(request(message("a", 2, stands=False))) == 204
    assert receiver.standing == []
    assert receiver.post(request(message("a", 1))) == 204
    assert receiver.standing == []
    assert receiver.post(request(message("a", 3))) == 204
    assert receiver.standing == [("7f3a", "a", 3)]


def test_a_sample_is_answered_204_and_not_kept(receiver: Receiver) -> None:
    sample = message("a", 1)
    sample["data"] = {**cast("dict[str, object]", sample["data"]), "test": True}
    assert receiver.post(request(sample)) == 204
    assert receiver.standing == []


def forged() -> dict[str, Sent]:
    good = request(message("a", 2, stands=False))

    def changed(**headers: str) -> Sent:
        return Sent(
            headers=good.headers | {name.replace("_", "-"): value for name, value in headers.items()}, body=good.body
        )

    return {
        "another secret": request(message("a", 2, stands=False), OTHER),
        "another body": Sent(headers=good.headers, body=good.body.replace(b'"version":2', b'"version":3')),
        "no body": Sent(headers=good.headers, body=b""),
        "no UTF-8": Sent(headers=good.headers, body=b"\xff"),
        "written anew": Sent(headers=good.headers, body=json.dumps(json.loads(good.body)).encode()),
        "too old": request(message("a", 2, stands=False), age=310.0),
        "too new": request(message("a", 2, stands=False), age=-310.0),
        "another id": changed(webhook_id="a:3"),
        "another time": changed(webhook_timestamp=str(int(good.headers["webhook-timestamp"]) - 1)),
        "no time": changed(webhook_timestamp="soon"),
        "no signature": changed(webhook_signature=""),
        "half a signature": changed(webhook_signature=good.headers["webhook-signature"][:20]),
        "a signature that is none": changed(webhook_signature="v1"),
        "another version": changed(webhook_signature=good.headers["webhook-signature"].replace("v1,", "v0,")),
        "no headers": Sent(headers={}, body=good.body),
    }


def test_a_forged_request_is_answered_401_and_changes_nothing(receiver: Receiver) -> None:
    assert receiver.post(request(message("a", 1))) == 204
    statuses = {name: receiver.post(sent) for name, sent in forged().items()}
    assert statuses == dict.fromkeys(statuses, 401)
    assert receiver.standing == [("7f3a", "a", 1)]


def test_one_of_several_signatures_is_enough_while_a_secret_is_changed(receiver: Receiver) -> None:
    good, other = request(message("a", 1)), request(message("a", 1), OTHER)
    both = f"{other.headers['webhook-signature']} {good.headers['webhook-signature']}"
    assert receiver.post(Sent(headers=good.headers | {"webhook-signature": both}, body=good.body)) == 204
    assert receiver.standing == [("7f3a", "a", 1)]


def test_a_sender_that_leaves_or_goes_on_for_ever_ends_nothing(receiver: Receiver) -> None:
    receiver.post_raw(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{}")
    receiver.post_raw(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 1_500_000)
    receiver.post_raw(b"nonsense\r\n\r\n")
    assert receiver.post(request(message("a", 1))) == 204
    assert receiver.standing == [("7f3a", "a", 1)]


@pytest.mark.parametrize("receiver", RECEIVERS[:1], indirect=True)
def test_in_python_the_state_outlives_a_restart(receiver: Receiver) -> None:
    assert receiver.post(request(message("a", 2, stands=False))) == 204
    assert receiver.post(request(message("b", 1))) == 204
    assert receiver.end() == 0
    receiver.start()
    assert receiver.post(request(message("a", 1))) == 204
    assert receiver.standing == [("7f3a", "b", 1)]
