"""What the journal of a real daemon knows of webhooks, and what the daemon sends again when it is asked to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from tests.e2e.processes import COMMAND, PATIENCE, Done, actionbus

from actionbus.simulator import generate_match

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiBkZWxpdmVyaWVz"
ENV = {"HOOK_SECRET": SECRET, "TZ": "UTC"}
ENDPOINT = """
[webhook.{name}]
url = "{url}/{name}"
secret = {{ env = "HOOK_SECRET" }}
on = "three_pointer_made"
allow_http = true
allow_networks = ["127.0.0.0/8"]
{more}
"""


@define(eq=False)
class Receiver:
    """Answers what each endpoint is set to, 204 if to nothing; keeps the ids that came."""

    statuses: dict[str, int] = field(factory=dict[str, int])
    came: list[tuple[str, str]] = field(factory=list[tuple[str, str]])


@contextmanager
def receiving(receiver: Receiver) -> Generator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            name = self.path.removeprefix("/")
            receiver.came.append((name, self.headers["webhook-id"]))
            self.send_response(receiver.statuses.get(name, 204))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def running(folder: Path) -> Generator[subprocess.Popen[str]]:
    """Run a daemon with the plugins.toml of a folder; it ends well."""
    with subprocess.Popen(
        [*COMMAND, "run"],
        cwd=folder,
        env=os.environ | ENV,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as daemon:
        assert daemon.stderr is not None
        for line in daemon.stderr:
            if "is live" in line or "following" in line:
                break
        reading = threading.Thread(target=daemon.stderr.read)
        reading.start()
        try:
            yield daemon
        finally:
            daemon.send_signal(signal.SIGTERM)
            reading.join(PATIENCE)
    assert daemon.returncode == 0


def asked(folder: Path, *arguments: str) -> Done:
    return actionbus(*arguments, cwd=folder, env=ENV)


def listed(folder: Path, *options: str) -> dict[str, Any]:
    done = asked(folder, "deliveries", "--json", *options)
    assert (done.code, done.err) == (0, "")
    found: dict[str, Any] = json.loads(done.out)
    return found


def until(daemon: subprocess.Popen[str], folder: Path, holds: Callable[[dict[str, dict[str, int]]], bool]) -> None:
    """Ask for the sums until something holds of them."""
    while not holds(sums(listed(folder))):
        assert daemon.poll() is None


def sums(found: dict[str, Any]) -> dict[str, dict[str, int]]:
    return {each["name"]: each["sums"] for each in found["endpoints"]}


def write(folder: Path, journal: str, *endpoints: str) -> None:
    """Write plugins.toml, with the recording that it plays."""
    (folder / "match.jsonl").write_text("\n".join(generate_match(5).packets), encoding="utf-8")
    simulator = '[simulator]\nspeed = "max"\nrecordings = ["match.jsonl"]\n'
    (folder / "plugins.toml").write_text(simulator + journal + "".join(endpoints), encoding="utf-8")


def test_what_became_of_webhooks_is_listed_and_sent_again(tmp_path: Path) -> None:
    receiver = Receiver(statuses={"gone": 410, "lost": 500})
    with receiving(receiver) as url:
        write(
            tmp_path,
            '[journal]\npath = "journal.db"\n',
            ENDPOINT.format(name="shop", url=url, more=""),
            ENDPOINT.format(name="gone", url=url, more='max_age = "1h"'),
            ENDPOINT.format(name="lost", url=url, more='max_age = "100ms"\nretry = ["1s"]'),
        )
        with running(tmp_path) as daemon:
            until(daemon, tmp_path, lambda it: it["shop"]["delivered"] > 20 and not it["shop"]["waiting"])
            until(daemon, tmp_path, lambda it: it["lost"]["dead"] + it["lost"]["expired"] > 20)
            until(daemon, tmp_path, lambda it: not it["lost"]["waiting"])
            found = listed(tmp_path)
            for each in sums(found).values():
                assert each.pop("queued") == sum(each.values())

            refused = asked(tmp_path, "deliveries", "--lines", "0", "--endpoint", "gone").out
            assert "; disabled: it answered 410, which says that it is gone for good; `actionbus webhook" in refused
            receiver.statuses.clear()
            enabled = asked(tmp_path, "webhook", "enable", "gone")
            assert enabled.out.startswith("gone is served again; it was disabled: it answered 410")
            until(daemon, tmp_path, lambda it: it["gone"]["delivered"] > 20 and not it["gone"]["waiting"])

            one = listed(tmp_path, "--endpoint", "shop", "--state", "delivered")["deliveries"][0]["id"]
            again = asked(tmp_path, "deliveries", "retry", one, "--endpoint", "shop")
            assert (again.code, again.out) == (0, "1 delivery to be sent again: shop 1\n")
            several = asked(tmp_path, "deliveries", "retry", one)
            assert (several.code, several.out) == (2, "")
            assert "say which endpoint's" in several.err

            lost = listed(tmp_path, "dead")["deliveries"]
            assert {each["endpoint"] for each in lost} == {"lost"}
            assert {each["state"] for each in lost} <= {"dead", "expired"}
            all_lost = asked(tmp_path, "deliveries", "retry", "--since", "1h")
            assert all_lost.out == f"{len(lost)} deliveries to be sent again: lost {len(lost)}\n"
            until(daemon, tmp_path, lambda it: not it["lost"]["waiting"] and not it["shop"]["waiting"])
            unknown = asked(tmp_path, "webhook", "enable", "nope")
            assert unknown.code == 2
            assert (
                unknown.err == "plugin webhook: there is no webhook 'nope' that is enabled: there is shop, gone, lost\n"
            )
    assert receiver.came.count(("shop", one)) == 2
    assert SECRET.removeprefix("whsec_") not in json.dumps(listed(tmp_path))
    assert len(asked(tmp_path, "deliveries", "--endpoint", "lost").out.splitlines()) > 20


def test_where_the_log_is_in_memory_the_daemon_tells(tmp_path: Path) -> None:
    receiver = Receiver()
    with receiving(receiver) as url:
        write(tmp_path, "", ENDPOINT.format(name="shop", url=url, more=""))
        with running(tmp_path) as daemon:
            until(daemon, tmp_path, lambda it: it["shop"]["delivered"] > 20 and not it["shop"]["waiting"])
            found = listed(tmp_path, "--lines", "1")
            assert found["deliveries"][0]["state"] == "delivered"
            assert json.loads(found["deliveries"][0]["body"])["type"].startswith("action.")
            table = asked(tmp_path, "deliveries").out.splitlines()
            assert table[0].startswith("SINCE")
            assert table[-1].startswith("shop: ")
        done = asked(tmp_path, "deliveries")
        assert (done.code, done.out) == (2, "")
        assert "start the daemon" in done.err


@pytest.mark.parametrize(("status", "code"), [(204, 0), (401, 1)])
def test_an_endpoint_is_tried_without_a_daemon(status: int, code: int, tmp_path: Path) -> None:
    receiver = Receiver(statuses={"shop": status})
    with receiving(receiver) as url:
        write(tmp_path, "", ENDPOINT.format(name="shop", url=url, more=""))
        done = asked(tmp_path, "webhook", "test", "shop")
    assert (done.code, done.err) == (code, "")
    assert [line.split()[1] for line in done.out.splitlines()] == ["sends", "answered"]
    assert len(receiver.came) == 1
