from __future__ import annotations

import json
import ssl
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
import trustme
from tests.core.cli.conftest import Command
from tests.core.cli.held import Game, ask, config, opened, play, write
from tests.core.feed.packets import make_list

from actionbus.cli.doctor.finding import Finding
from actionbus.cli.doctor.journal import look_at_daemon
from actionbus.cli.doctor.network import CHECKS, look_at_address, look_at_network
from actionbus.cli.doctor.place import look_at_disk, look_at_file_system, look_at_place
from actionbus.log.lock import Lock
from actionbus.session import FeedProfile

CANARY = "canary-token-90210"
DDE = '[feed]\nsource = "dde"\nfixtures = ["one"]\ntoken = { env = "DOCTOR_TOKEN" }\n'
JOURNAL = '[journal]\npath = "journal.db"\n'
PLUGIN = "[plugin.score_tracker]\n"
GOOD = DDE + JOURNAL + PLUGIN


def verdicts(command: Command, *options: str, code: int = 0) -> dict[str, tuple[str, str, str | None]]:
    """What the doctor says of each check; of several findings for one the last."""
    said = command("doctor", "--json", *options)
    assert (said.code, said.err) == (code, "")
    whole: dict[str, Any] = json.loads(said.out)
    assert CANARY not in said.out
    return {each["check"]: (each["verdict"], each["said"], each["advice"]) for each in whole["findings"]}


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCTOR_TOKEN", CANARY)


# --- the command ---


def test_everything_is_looked_at_in_order_and_all_is_well(
    command: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    journal = play(tmp_path_factory.mktemp("played"))
    said = command("doctor", "--config", str(journal.with_name("plugins.toml")))
    assert (said.code, said.err) == (0, "")
    *lines, empty, whole = said.out.splitlines()
    assert [line[9:24].strip() for line in lines] == [
        *("configuration", "plugins", "token", "address", *CHECKS, "journal", "disk", "file system"),
        *("version", "integrity", "daemon", "lag", "deliveries", "kept aside"),
    ]
    assert {line.split()[0] for line in lines} == {"ok", "skipped"}
    assert (empty, whole) == ("", "all is well")


def test_a_simulator_in_memory_needs_little(command: Command, tmp_path: Path) -> None:
    config(tmp_path, PLUGIN)
    found = verdicts(command)
    assert {check for check, (verdict, *_) in found.items() if verdict == "ok"} == {"configuration", "plugins"}
    assert {found[check][1] for check in ("host", "tls", "clock")} == {"not needed: the simulator is built in"}
    assert {found[check][1] for check in ("journal", "lag", "deliveries")} == {"not needed: the log is in memory"}


def test_the_network_is_left_out_when_asked_for(command: Command, tmp_path: Path) -> None:
    config(tmp_path, GOOD)
    found = verdicts(command, "--offline")
    assert {found[check] for check in CHECKS} == {("skipped", "left out, as --offline asks", None)}
    assert found["token"] == ("ok", "there is one; only its server can say whether it is valid", None)
    assert found["version"] == ("skipped", "there is no journal yet", None)
    assert found["journal"][:2] == ("ok", "journal.db is not there yet; `actionbus run` makes it")


def test_a_file_that_cannot_be_read_is_told_as_check_tells_it(command: Command, tmp_path: Path) -> None:
    config(tmp_path, "[feed]\nsauce = 1\n")
    said = command("doctor")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("plugins.toml:2: feed.sauce: unknown key")


def test_what_check_would_tell_is_a_problem(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import nowhere\n", encoding="utf-8")
    config(tmp_path, '[plugin.mine]\npath = "mine.py"\n[plugin.gone]\n[simulator]\nrecordings = ["no.jsonl"]\n')
    found = verdicts(command, code=1)
    verdict, told, _ = found["configuration"]
    assert verdict == "problem"
    assert told.startswith("plugins.toml:5: simulator.recordings[0]: no.jsonl: there is no such file;")
    assert found["plugins"][0] == "problem"
    assert "plugin.gone: no plugin of this name is installed" in found["plugins"][1]
    assert found["plugins"][2] == "1 more: `actionbus check` names all"


def test_a_token_that_is_not_there_is_told_and_one_that_is_there_is_not_shown(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config(tmp_path, GOOD.replace('env = "DOCTOR_TOKEN"', 'file = "token"'))
    found = verdicts(command, "--offline", code=1)
    assert found["token"][:2] == ("problem", "plugins.toml:4: feed.token: the file token does not exist")
    (tmp_path / "token").write_text(CANARY, encoding="utf-8")
    assert verdicts(command, "--offline")["token"][0] == "ok"
    monkeypatch.delenv("DOCTOR_TOKEN")
    config(tmp_path, GOOD)
    told = "plugins.toml:4: feed.token: the environment variable DOCTOR_TOKEN is not set"
    expected = ("warning", told, "the environment of `actionbus run` needs it")
    assert verdicts(command, "--offline")["token"] == expected


def test_the_old_host_is_a_warning(command: Command, tmp_path: Path) -> None:
    config(tmp_path, GOOD.replace("[journal]", 'url = "wss://dde-streams.data.imgarena.com"\n[journal]'))
    network: list[Finding] = [look_at_address(FeedProfile(url="wss://dde-streams.data.imgarena.com"))]
    assert [(each.verdict, each.check) for each in network] == [("warning", "address")]
    assert verdicts(command, "--offline")["configuration"][0] == "warning"


# --- the journal ---


def test_a_damaged_journal_is_a_problem(command: Command, tmp_path: Path) -> None:
    config(tmp_path, GOOD)
    journal = write(tmp_path / "journal.db", Game(fixture="one", packets=make_list(500)))
    with journal.open("r+b") as file:
        file.seek(200 * 1024)
        file.write(b"\xff" * 8192)
    for options in ((), ("--deep",)):
        verdict, said, advice = verdicts(command, "--offline", *options, code=1)["integrity"]
        assert verdict == "problem"
        assert said.startswith("journal.db is damaged: ")
        assert advice is not None
        assert "move journal.db away" in advice


def test_what_is_no_journal_of_ours_is_a_problem(command: Command, tmp_path: Path) -> None:
    config(tmp_path, GOOD)
    journal = tmp_path / "journal.db"
    journal.write_text("a text that is long enough to be looked at by SQLite\n" * 40, encoding="utf-8")
    assert verdicts(command, "--offline", code=1)["version"][:2] == (
        *("problem", "journal.db cannot be opened: file is not a database"),
    )
    journal.unlink()
    ask(journal, "CREATE TABLE mine(x)")
    said = "journal.db is no journal but a database of something else"
    assert verdicts(command, "--offline", code=1)["version"][:2] == ("problem", said)
    journal.unlink()
    ask(write(journal), "PRAGMA user_version = 99")
    assert "was written by a newer actionbus (version 99" in verdicts(command, "--offline", code=1)["version"][1]
    journal.write_bytes(b"")
    assert verdicts(command, "--offline")["version"][:2] == ("warning", "journal.db is empty")


def test_a_journal_that_was_kept_aside_is_a_warning(command: Command, tmp_path: Path) -> None:
    config(tmp_path, GOOD)
    write(tmp_path / "journal.db")
    (tmp_path / "journal.db.corrupt-20260101T000000Z").write_bytes(b"")
    verdict, said, _ = verdicts(command, "--offline")["kept aside"]
    assert verdict == "warning"
    assert said.endswith(": journal.db.corrupt-20260101T000000Z")


SENDER = """
import time
from actionbus import KnownDeliveries, KnownDelivery, KnownEndpoint, hookimpl

DAY = 86_400.0


def delivery(name, state, ago):
    then = time.time() - ago
    return KnownDelivery(
        id=f"{name}:1", endpoint="shop", fixture="one", type="action.confirmed", subject=name, version=1, state=state,
        tries=1, status=503, said="", at=5.0, queued=then - 10, due=then, expires=then, ended=then, body="{}",
    )


@hookimpl
def deliveries():
    several = (delivery("a", "dead", 60), delivery("b", "expired", 9), delivery("c", "delivered", 9))
    return lambda kept: KnownDeliveries(
        deliveries=(*several, delivery("d", "dead", DAY + 60)),
        endpoints=(
            KnownEndpoint(name="shop", sums={}), KnownEndpoint(name="lamp", sums={}, disabled="it answered 410")
        ),
    )
"""


def test_deliveries_that_were_given_up_within_a_day_and_webhooks_that_are_disabled_are_warnings(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "sender.py").write_text(SENDER, encoding="utf-8")
    config(tmp_path, GOOD + '[plugin.sender]\npath = "sender.py"\n')
    write(tmp_path / "journal.db", Game(fixture="one", packets=make_list(2)))
    said = command("doctor", "--offline")
    assert said.code == 0
    assert "of webhook shop 2 deliveries of the last 24 hours were given up; `actionbus deliveries dead`" in said.out
    assert "webhook lamp is disabled: it answered 410; `actionbus webhook enable lamp`" in said.out
    assert said.out.endswith("2 warnings\n")


def test_the_file_must_be_one_that_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert look_at_place(tmp_path).said == f"{tmp_path} is a folder"
    assert look_at_place(tmp_path / "file" / "journal.db").said.endswith(f"{tmp_path / 'file'} is no folder")
    below = tmp_path / "a" / "b" / "journal.db"
    assert look_at_place(below).said == f"{below} is not there yet; `actionbus run` makes it"
    assert look_at_place(tmp_path / "file").said == f"{tmp_path / 'file'}, 0 bytes"


@pytest.mark.parametrize(
    ("free", "verdict", "said"),
    [
        (49_000_000, "problem", "only 49.0 MB are free"),
        (51_000_000, "warning", "only 51.0 MB are free"),
        (501_000_000, "ok", "501.0 MB are free"),
        (7_000_000_000, "ok", "7.0 GB are free"),
        (900, "problem", "only 900 bytes are free"),
    ],
)
def test_a_disk_that_is_nearly_full_is_told(free: int, verdict: str, said: str, tmp_path: Path) -> None:
    found = look_at_disk(tmp_path / "not" / "yet" / "journal.db", lambda folder: free if folder == tmp_path else 0)
    assert (found.verdict, found.said) == (verdict, said)


@pytest.mark.parametrize(
    ("mounts", "verdict"),
    [
        ("/dev/sda / ext4 rw 0 0", "ok"),
        ("/dev/sda / ext4 rw 0 0\nserver:/x {folder} nfs4 rw 0 0", "problem"),
        ("/dev/sda / ext4 rw 0 0\n//server/x {parent} cifs rw 0 0\ntmpfs {folder} tmpfs rw 0 0", "ok"),
        ("/dev/sda / ext4 rw 0 0\nserver:/x {folder}x nfs rw 0 0", "ok"),
        ("server:/x / nfs rw 0 0\n", "problem"),
        ("", "skipped"),
    ],
)
def test_a_disk_of_another_machine_is_a_problem(mounts: str, verdict: str, tmp_path: Path) -> None:
    folder = tmp_path / "my games"
    folder.mkdir()
    escaped = {"folder": str(folder).replace(" ", "\\040"), "parent": str(tmp_path)}
    (tmp_path / "mounts").write_text(mounts.format(**escaped), encoding="utf-8")
    assert look_at_file_system(folder / "journal.db", tmp_path / "mounts").verdict == verdict
    assert look_at_file_system(folder / "journal.db", tmp_path / "nowhere").verdict == "skipped"


# --- the daemon and its plugins ---


def test_a_daemon_that_cannot_write_is_a_problem(tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    assert look_at_daemon(journal).said == "none runs on this journal"
    lock = Lock(journal)
    lock.take()
    assert look_at_daemon(journal).said.startswith("runs as process ")
    lock.say("disk I/O error")
    told = look_at_daemon(journal)
    assert told.verdict == "problem"
    assert told.said.endswith(", which cannot write the journal: disk I/O error")
    lock.release()
    assert look_at_daemon(journal).verdict == "ok"


@pytest.mark.parametrize(
    ("packets", "slow", "verdict"),
    [
        (2000, 900, "warning"),
        (200, 2, "warning"),
        (50, 2, "ok"),
        (2000, 1990, "ok"),
    ],
)
def test_while_a_daemon_runs_a_plugin_that_is_far_behind_is_a_warning(
    packets: int, slow: int, verdict: str, command: Command, tmp_path: Path
) -> None:
    config(tmp_path, GOOD)
    readers = {"score_tracker": slow, "not_in_use": 1}
    game = Game(fixture="one", packets=make_list(packets), readers=readers)
    unfollowed = Game(fixture="two", packets=make_list(1500), readers={"score_tracker": 0})

    async def look() -> dict[str, tuple[str, str, str | None]]:
        async with opened(tmp_path / "journal.db") as log:
            await game.give(log)
            await unfollowed.give(log)
            await log.durable()
            return verdicts(command, "--offline")

    found = trio.run(look)
    assert found["lag"][0] == verdict
    if verdict == "warning":
        assert found["lag"][1].startswith("score_tracker is ")
        assert found["lag"][1].endswith(" behind in fixture one")
    assert found["daemon"][1].startswith("runs as process ")
    assert verdicts(command, "--offline")["lag"][0] == "ok"


# --- the network ---


def server_context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    leaf.configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    return context


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)  # pyright: ignore[reportUnknownMemberType]
    return context


Answer = Callable[[trio.abc.Stream], Awaitable[None]]


def answering(seconds: float = 0.0, *, asked: list[bytes] | None = None) -> Answer:
    """A server whose clock is so many seconds ahead."""

    async def answer(stream: trio.abc.Stream) -> None:
        request = await stream.receive_some()
        if asked is not None:
            asked.append(bytes(request))
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        await stream.send_all(f"HTTP/1.1 404 Not Found\r\nServer: x\r\ndate: {date}\r\n\r\n".encode())
        await stream.receive_some()

    return answer


async def serve(nursery: trio.Nursery, answer: Answer, context: ssl.SSLContext | None = None) -> FeedProfile:
    async def one(stream: trio.abc.Stream) -> None:
        try:
            await answer(stream)
        except trio.BrokenResourceError:
            pass  # the client has hung up
        finally:
            await trio.aclose_forcefully(stream)

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    wrapped: list[Any] = (
        [trio.SSLListener(each, context, https_compatible=True) for each in listeners] if context else []
    )
    nursery.start_soon(partial(trio.serve_listeners, one, wrapped or listeners))
    return FeedProfile(url=f"{'wss' if context else 'ws'}://127.0.0.1:{port}")


async def visit(
    profile: FeedProfile, context: ssl.SSLContext | None = None, limit: float = 30.0
) -> dict[str, tuple[str, str]]:
    found: list[Finding] = []
    await look_at_network(profile, context, found.append, limit=limit)
    assert tuple(each.check for each in found) == CHECKS
    return {each.check: (each.verdict.value, str(each)) for each in found}


async def test_a_good_server_is_praised_and_is_not_told_the_token(nursery: trio.Nursery, authority: trustme.CA) -> None:
    asked: list[bytes] = []
    context = server_context(authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) + timedelta(days=100.5)))
    profile = await serve(nursery, answering(asked=asked), context)
    found = await visit(profile, trusting(authority))
    assert {verdict for verdict, _ in found.values()} == {"ok"}
    assert found["host"][1] == "127.0.0.1 has 1 address: 127.0.0.1"
    assert found["tls"][1] == "TLSv1.3; the certificate is good for 100 days"
    (request,) = asked
    assert request.startswith(b"HEAD / HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"authorization" not in request.lower()


async def test_a_certificate_that_is_about_to_expire_is_a_warning(nursery: trio.Nursery, authority: trustme.CA) -> None:
    context = server_context(authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) + timedelta(days=3.5)))
    found = await visit(await serve(nursery, answering(), context), trusting(authority))
    assert found["tls"][0] == "warning"
    assert "good for 3 days only" in found["tls"][1] or "good for 4 days only" in found["tls"][1]


@pytest.mark.parametrize(
    ("name", "days", "trusted", "told"),
    [
        ("127.0.0.1", -1, True, "the certificate of 127.0.0.1 has expired"),
        ("feed.example", 30, True, "the certificate that 127.0.0.1 shows is for another host: check the address"),
        ("127.0.0.1", 30, False, "the certificate of 127.0.0.1 is not trusted ("),
    ],
    ids=["expired", "wrong host", "unknown authority"],
)
async def test_a_certificate_that_will_not_do_is_a_problem(
    name: str, days: int, trusted: bool, told: str, nursery: trio.Nursery, authority: trustme.CA
) -> None:
    leaf = authority.issue_cert(name, not_after=datetime.now(UTC) + timedelta(days=days))
    context = trusting(authority) if trusted else ssl.create_default_context()
    found = await visit(await serve(nursery, answering(), server_context(leaf)), context)
    assert [verdict for verdict, _ in found.values()] == ["ok", "ok", "problem", "skipped"]
    assert found["tls"][1].startswith(told)
    assert found["clock"][1] == "not reached"


@pytest.mark.parametrize("ahead", [30, -30, 0, 1])
async def test_a_clock_that_is_off_is_a_warning(ahead: int, nursery: trio.Nursery) -> None:
    found = await visit(await serve(nursery, answering(ahead)))
    assert found["tls"] == ("skipped", "not needed: ws:// goes without")
    if abs(ahead) < 2:
        assert found["clock"][0] == "ok"
        return
    verdict, said = found["clock"]
    assert verdict == "warning"
    assert f" s {'behind' if ahead > 0 else 'ahead of'} the server's; keep it right with NTP" in said


@pytest.mark.parametrize(
    "head", ["", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200\r\nDate: soon\r\n\r\n", "\xff" * 99, "a" * 99]
)
async def test_a_server_that_does_not_say_what_time_it_has_is_no_problem(head: str, nursery: trio.Nursery) -> None:
    async def answer(stream: trio.abc.Stream) -> None:
        await stream.receive_some()
        await stream.send_all(head.encode("latin-1"))

    found = await visit(await serve(nursery, answer))
    assert found["clock"] == ("skipped", "the server does not say what time it has")


async def test_a_server_that_is_not_there_is_a_problem() -> None:
    async with (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0] as listener:
        port = listener.socket.getsockname()[1]
    found = await visit(FeedProfile(url=f"ws://127.0.0.1:{port}"))
    assert found["connection"] == ("problem", f"cannot connect to 127.0.0.1 port {port}: connection refused")
    assert [verdict for verdict, _ in found.values()] == ["ok", "problem", "skipped", "skipped"]


async def test_a_server_that_says_nothing_is_given_up_after_the_limit(
    nursery: trio.Nursery, authority: trustme.CA
) -> None:
    async def silence(stream: trio.abc.Stream) -> None:
        while await stream.receive_some():
            pass

    plain = await serve(nursery, silence)
    found = await visit(FeedProfile(url=plain.url.replace("ws:", "wss:")), trusting(authority), limit=0.2)
    assert found["tls"][0] == "problem"
    assert found["tls"][1].startswith("127.0.0.1 gives no answer within 0.2 s; check the address, and whether a fire")
    assert (await visit(plain, limit=0.2))["clock"][0] == "skipped"


async def test_a_name_without_an_address_is_a_problem() -> None:
    found = await visit(FeedProfile(url="ws://a..b"))
    assert found["host"][0] == "problem"
    assert found["host"][1].startswith("no address is known for a..b")
    assert {found[check][1] for check in CHECKS[1:]} == {"not reached"}


async def test_certificates_that_could_not_be_read_are_told(nursery: trio.Nursery) -> None:
    profile = await serve(nursery, answering())
    found = await visit(FeedProfile(url=profile.url.replace("ws:", "wss:")), None)
    assert found["tls"] == ("problem", "there are no certificates to trust; see configuration")


def test_the_whole_command_asks_a_real_server(command: Command, tmp_path: Path, authority: trustme.CA) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    begun = time.monotonic()

    async def look() -> dict[str, tuple[str, str, str | None]]:
        async with trio.open_nursery() as nursery:
            profile = await serve(nursery, answering(), server_context(authority.issue_cert("127.0.0.1")))
            config(tmp_path, GOOD.replace("[journal]", f'url = "{profile.url}"\nca_file = "ca.pem"\n[journal]'))
            found = await trio.to_thread.run_sync(partial(verdicts, command))
            nursery.cancel_scope.cancel()
            return found

    found = trio.run(look)
    assert {found[check][0] for check in CHECKS} == {"ok"}
    assert time.monotonic() - begun < 60
