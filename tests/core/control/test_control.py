"""The ear for commands, over a real socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs

from actionbus.control import NobodyThere, ask, control_place
from actionbus.control.place import LONGEST
from actionbus.control.server import listen
from actionbus.errors import ActionbusError, ConfigError, Problem


async def answer(request: Mapping[str, Any]) -> Mapping[str, object]:
    match request["do"]:
        case "echo":
            return {"ok": True, "said": request["said"]}
        case "config":
            raise ConfigError(Problem("plugins.toml", 3, "alert.a", "is wrong"), "and so is this")
        case "told":
            raise ActionbusError("it cannot be")
        case _:
            raise ZeroDivisionError("oops")


async def asked(place: Path, request: Mapping[str, object]) -> dict[str, Any]:
    return await trio.to_thread.run_sync(partial(ask, place, request, patience=10.0))


async def test_requests_are_answered_side_by_side_and_faults_are_told(tmp_path: Path, nursery: trio.Nursery) -> None:
    place = tmp_path / "it.sock"
    await nursery.start(listen, place, answer)
    assert place.stat().st_mode & 0o777 == 0o600
    with capture_logs() as logs:
        assert await asked(place, {"do": "config"}) == {
            "ok": False,
            "problems": ["and so is this", "plugins.toml:3: alert.a: is wrong"],
        }
        assert await asked(place, {"do": "told"}) == {"ok": False, "problems": ["it cannot be"]}
        assert await asked(place, {"do": "else"}) == {"ok": False, "problems": ["ZeroDivisionError: oops"]}
    assert [each["event"] for each in logs] == ["a command could not be answered"]
    found: list[object] = []

    async def one(number: int) -> None:
        found.append((await asked(place, {"do": "echo", "said": number}))["said"])

    async with trio.open_nursery() as many:
        for number in range(20):
            many.start_soon(one, number)
    assert sorted(map(str, found)) == sorted(map(str, range(20)))


@pytest.mark.parametrize("garbage", [b"", b"\n", b"{", b"[]\n", b"\xff\xfe\n", b'"x"\n', b"9" * 3_000_000])
async def test_garbage_ends_its_own_connection_and_nothing_else(
    tmp_path: Path, nursery: trio.Nursery, garbage: bytes
) -> None:
    place = tmp_path / "it.sock"
    await nursery.start(listen, place, answer)
    stream = await trio.open_unix_socket(place)
    try:
        await stream.send_all(garbage)
        await stream.send_eof()
        assert await stream.receive_some() == b""
    except trio.BrokenResourceError:
        assert len(garbage) > 1_000_000  # it hung up before it had all of it
    await stream.aclose()
    assert await asked(place, {"do": "echo", "said": 1}) == {"ok": True, "said": 1}


async def test_the_socket_of_a_daemon_that_was_killed_is_replaced_and_removed_in_the_end(tmp_path: Path) -> None:
    place = tmp_path / "it.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(place))
    async with trio.open_nursery() as nursery:
        await nursery.start(listen, place, answer)
        assert (await asked(place, {"do": "echo", "said": 1}))["ok"]
        nursery.cancel_scope.cancel()
    assert not place.exists()


async def test_a_second_daemon_with_the_same_file_runs_without_an_ear_and_says_so(
    tmp_path: Path, nursery: trio.Nursery
) -> None:
    place = tmp_path / "it.sock"
    await nursery.start(listen, place, answer)
    with capture_logs() as logs:
        await nursery.start(listen, place, answer)
    assert [each["reason"] for each in logs] == ["another daemon that runs with the same plugins.toml has it"]
    assert (await asked(place, {"do": "echo", "said": 1}))["ok"]


async def test_a_place_that_cannot_be_leaves_the_daemon_without_an_ear(tmp_path: Path, nursery: trio.Nursery) -> None:
    (tmp_path / "file").write_text("")
    with capture_logs() as logs:
        await nursery.start(listen, tmp_path / "file" / "it.sock", answer)
    assert [each["event"] for each in logs] == ["commands such as reload cannot reach this daemon"]


def test_nobody_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NobodyThere, match="no daemon listens at "):
        ask(tmp_path / "none.sock", {})


def test_each_file_has_a_place_of_its_own_that_a_socket_can_have(tmp_path: Path) -> None:
    config, other = tmp_path / "plugins.toml", tmp_path / "other.toml"
    link = tmp_path / "link.toml"
    link.symlink_to(config)
    environ = {"XDG_RUNTIME_DIR": "/run/user/1"}
    place = control_place(config, environ)
    assert place.parent == Path("/run/user/1/actionbus")
    assert place == control_place(link, environ)
    assert place != control_place(other, environ)
    assert control_place(config, environ | {"RUNTIME_DIRECTORY": "/run/a:/run/b"}).parent == Path("/run/a")
    assert control_place(config, {"ACTIONBUS_CONTROL": "/x.sock"}) == Path("/x.sock")
    for long in ({}, {"XDG_RUNTIME_DIR": f"/{'x' * 100}"}):
        assert len(os.fsencode(control_place(config, long))) <= LONGEST
