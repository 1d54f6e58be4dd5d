"""``actionbus webhook listen``, as a process and over real sockets."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import IO, Any

import pytest
from attrs import evolve, frozen
from tests.core.cli.conftest import Command
from tests.core.cli.requests import OTHER, SECRET, Sent, message, request

from actionbus.cli.webhook.desk import Desk, Heard, as_line

PATIENCE = 30.0  # seconds
ACTIONBUS = Path(sys.executable).with_name("actionbus")


@frozen
class Listening:
    """A receiver that runs; ``lines`` is what it prints after its first line."""

    process: subprocess.Popen[str]
    first: str

    @property
    def port(self) -> int:
        return int(self.first.rpartition(":")[2])

    @property
    def out(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def post(self, sent: Sent) -> tuple[int, str]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request("POST", "/hooks", sent.body, sent.headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def line(self) -> str:
        return self.out.readline().rstrip("\n")

    def object(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.line())
        return found

    def end(self, number: int = signal.SIGINT) -> tuple[int, str, str]:
        """Let it end; return its exit code, and what else it has printed."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


@contextmanager
def listening(*options: str, secret: str | None = SECRET) -> Generator[Listening]:
    """Run ``actionbus webhook listen`` on a port that is free."""
    given = ("--secret-env", "HOOK_SECRET") if secret is not None else ()
    process = subprocess.Popen(
        [ACTIONBUS, "webhook", "listen", "--port", "0", *given, *options],
        env=os.environ | {"HOOK_SECRET": secret or "", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        if secret is None:
            assert process.stderr.readline().startswith("no secret, so nothing is verified: `actionbus webhook secret`")
        first = (process.stderr if "--json" in options else process.stdout).readline()
        assert re.fullmatch(r"listening on http://127\.0\.0\.1:[1-9]\d*\n", first), first + process.stderr.read()
        yield Listening(process, first)
    finally:
        process.kill()
        process.communicate()


def test_each_request_is_a_line_and_the_end_is_a_sum() -> None:
    with listening() as receiver:
        three, forged = request(message("a", 1)), request(message("b", 1), OTHER)
        assert receiver.post(three)[0] == 200
        assert re.fullmatch(r"\d\d:\d\d:\d\d  action\.confirmed +a:1  a of 7f3a  verified, 1 stand", receiver.line())
        assert receiver.post(three)[0] == 200
        assert receiver.line().endswith("  verified, repeat 1, 1 stand")
        status, said = receiver.post(forged)
        assert (status, said.partition(":")[0]) == (401, "no signature fits")
        assert "b of 7f3a  WRONG: no signature fits: the secret is another one" in receiver.line()
        code, out, err = receiver.end()
        assert (code, err) == (0, "")
        assert out == "3 requests, 1 of them repeats, 1 that do not verify; 1 subjects, 1 stand\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_both_signals_end_it_with_0_while_a_sender_is_connected(number: int) -> None:
    with listening() as receiver, socket.create_connection(("127.0.0.1", receiver.port)):
        assert receiver.end(number)[0] == 0


def test_disorder_and_repeats_leave_the_newest_state_of_each_subject() -> None:
    versions = [(subject, version) for subject in "abcd" for version in range(1, 6)]
    order = random.Random(1).sample(versions * 3, len(versions) * 3)
    with listening("--json") as receiver:
        for subject, version in order:
            stands = (ord(subject) + version) % 2 == 0
            assert receiver.post(request(message(subject, version, stands=stands)))[0] == 200
        heard = [receiver.object() for _ in order]
    assert heard[-1]["standing"] == sum((ord(subject) + 5) % 2 == 0 for subject in "abcd")
    assert sum(each["times"] > 1 for each in heard) == len(versions) * 2
    assert all(each["verified"] is True for each in heard)


def test_as_json_every_request_has_every_key() -> None:
    with listening("--json") as receiver:
        receiver.post(request(message("a", 2, stands=False)))
        first = receiver.object()
        assert first.pop("at") > 1.7e9
        assert first == {
            "id": "a:2",
            "type": "action.withdrawn",
            "fixture": "7f3a",
            "subject": "a",
            "version": 2,
            "stands": False,
            "verified": True,
            "wrong": [],
            "times": 1,
            "older": False,
            "status": 200,
            "standing": 0,
        }
        receiver.post(Sent(headers={}, body=b"\xff\xfe"))
        second = receiver.object()
        assert second.keys() == first.keys() | {"at"}
        assert (second["verified"], second["status"]) == (False, 401)
        assert receiver.end() == (0, "", "")


def test_what_was_answered_503_on_purpose_is_not_kept_until_it_comes_again() -> None:
    with listening("--json", "--fail", "0.5", "--seed", "7") as receiver:
        for number in range(40):
            while receiver.post(request(message(f"s{number}", 1)))[0] == 503:
                failed = receiver.object()
                assert (failed["status"], failed["verified"], failed["standing"]) == (503, True, number)
            assert receiver.object()["standing"] == number + 1


def test_the_seed_decides_what_fails() -> None:
    def statuses(seed: int) -> list[int]:
        desk = Desk(secrets={}, tolerance=300.0, fail=0.3, rng=random.Random(seed))
        return [desk.hear((), b"", 0.0).status for _ in range(1000)]

    assert statuses(1) == statuses(1) != statuses(2)
    assert 250 < statuses(1).count(503) < 350
    assert statuses(1).count(200) + statuses(1).count(503) == 1000


@pytest.mark.parametrize("status", ["204", "302", "410", "429"])
def test_the_status_can_be_chosen_and_only_2xx_keeps(status: str) -> None:
    with listening("--json", "--status", status) as receiver:
        assert receiver.post(request(message("a", 1)))[0] == int(status)
        assert receiver.object()["standing"] == (status == "204")


def test_once_ends_with_0_after_a_request_that_verifies_and_else_with_1() -> None:
    for secret, code in ((SECRET, 0), (OTHER, 1)):
        with listening("--once") as receiver:
            receiver.post(request(message("a", 1), secret))
            assert receiver.process.wait(PATIENCE) == code


def test_several_secrets_are_taken_while_one_is_changed(tmp_path: Path) -> None:
    (tmp_path / "old.secret").write_text(OTHER)
    with listening("--json", "--secret-file", str(tmp_path / "old.secret")) as receiver:
        for secret in (SECRET, OTHER):
            assert receiver.post(request(message("a", 1), secret))[0] == 200


def test_without_a_secret_it_says_so_and_shows_what_comes() -> None:
    with listening(secret=None) as receiver:
        assert receiver.post(request(message("a", 1)))[0] == 200
        assert receiver.line().endswith("a of 7f3a  not verified, 1 stand")


RAW: dict[str, tuple[bytes, Callable[[bytes], bool]]] = {
    "no length": (b"POST / HTTP/1.1\r\nHost: a\r\n\r\n", lambda said: b" 411 " in said),
    "a length that is none": (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", lambda said: b" 411 " in said),
    "too long": (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", lambda said: b" 413 " in said),
    "another method": (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", lambda said: b" 501 " in said),
    "nonsense": (b"\x16\x03\x01\x00\xff\r\n\r\n", lambda said: b"400" in said),
    "cut off": (b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n{}", lambda said: said == b""),
}


def test_what_is_no_webhook_is_refused_and_prints_nothing() -> None:
    with listening() as receiver:
        for raw, is_right in RAW.values():
            with socket.create_connection(("127.0.0.1", receiver.port), PATIENCE) as stream:
                stream.sendall(raw)
                stream.shutdown(socket.SHUT_WR)
                said = b"".join(iter(lambda stream=stream: stream.recv(4096), b""))  # type: ignore[misc]
                assert is_right(said), (raw, said)
        code, out, err = receiver.end()
        assert (code, err) == (0, "")
        assert out == "0 requests, 0 of them repeats, 0 that do not verify; 0 subjects, 0 stand\n"


def heard(**changed: Any) -> Heard:
    desk = Desk(secrets={}, tolerance=300.0)
    return evolve(desk.hear((), json.dumps(message("a", 1)).encode(), 0.0), **changed)


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    line = as_line(heard(id="\x1b[31m", subject="\x9b", type="a\nb", wrong=("\x07",)))
    assert line.isprintable()


def test_a_body_of_somebody_else_is_shown_as_that() -> None:
    bodies: list[object] = [None, [], {"data": []}, {"data": {"subject": 1, "version": "x"}, "type": {}}]
    for body in bodies:
        found = Desk(secrets={}, tolerance=300.0).hear((), json.dumps(body).encode(), 0.0)
        assert "no body of actionbus" in as_line(found)
        assert (found.status, found.standing) == (200, 0)


def test_an_older_version_is_marked_as_that() -> None:
    desk = Desk(secrets={}, tolerance=300.0)
    for version in (3, 2):
        line = as_line(desk.hear((), json.dumps(message("a", version)).encode(), 0.0))
    assert line.endswith("not verified, not newer, 1 stand")


WRONG = {
    "--fail 2": "argument --fail: '2' should be a number from 0 to 1",
    "--fail x": "argument --fail: 'x' should be a number from 0 to 1",
    "--status 99": "argument --status: '99' should be a whole number from 200 to 599",
    "--port 65536": "argument --port: '65536' should be a whole number from 0 to 65535",
    "--tolerance soon": "actionbus webhook listen: --tolerance 'soon' should be a duration above 0",
    "--secret-env NOT_SET": "--secret-env: the environment variable NOT_SET is not set",
    "--secret-env SWORDFISH": "actionbus webhook listen: the secret should begin with whsec_",
}


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_with_the_command_line_is_2_in_one_sentence(
    line: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWORDFISH", "swordfish")
    said = command("webhook", "listen", *line.split())
    assert (said.code, said.out) == (2, "")
    assert WRONG[line] in said.err
    assert said.err.count("\n") == 1
    assert "swordfish" not in said.err


def test_a_port_that_is_taken_is_1_in_one_sentence(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = command("webhook", "listen", "--port", port)
    assert said.code == 1
    assert said.err.splitlines()[1] == (
        f"actionbus: cannot listen on 127.0.0.1:{port}: Address already in use; choose another --port"
    )
