"""``actionbus webhook verify`` and ``secret``: what they read, what they say, and their exit codes."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.cli.conftest import Command
from tests.core.cli.requests import OTHER, SECRET, Sent, message, request

from actionbus.cli.webhook.secret import LENGTH
from actionbus.signing import read_key, sign

OK = "OK: the secret has signed it\n"


@pytest.fixture(autouse=True)
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hook.secret").write_text(f"{SECRET}\n")
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("OTHER_SECRET", OTHER)


def sent(age: float = 0.0) -> Sent:
    return request(message("5046ea7d", 1), age=age)


def test_a_fresh_secret_is_one_and_another_each_time(command: Command) -> None:
    first, second = command("webhook", "secret"), command("webhook", "secret")
    assert (first.code, first.err) == (0, "")
    assert first.out != second.out
    assert len(read_key(first.out.removesuffix("\n")).secret) == LENGTH


KEPT: dict[str, Callable[[Sent], bytes]] = {
    "as it went over the wire": lambda sent: sent.raw,
    "without its first line": lambda sent: sent.raw.partition(b"\r\n")[2],
    "with newlines alone": lambda sent: sent.raw.replace(b"\r\n", b"\n"),
    "with a newline that Content-Length does not count":
        lambda sent: b"Content-Length: %d\n" % len(sent.body) + sent.raw.partition(b"\r\n")[2] + b"\n",
    "with capitals": lambda sent: sent.raw.replace(b"webhook-", b"Webhook-"),
}  # fmt: skip


@pytest.mark.parametrize("how", KEPT)
def test_a_request_that_was_kept_as_it_came_is_right(how: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "request.txt").write_bytes(KEPT[how](sent()))
    for option in ("--secret-env HOOK_SECRET", "--secret-file hook.secret"):
        said = command("webhook", "verify", *option.split(), "request.txt")
        note = "left out: 1 byte after the body, which Content-Length does not count\n" if "count" in how else ""
        assert (said.code, said.out, said.err) == (0, note + OK, "")


@pytest.mark.parametrize("as_object", [True, False])
def test_headers_and_body_may_be_two_files(as_object: bool, command: Command, tmp_path: Path) -> None:
    it = sent()
    lines = "".join(f"{name}: {value}\n" for name, value in it.headers.items())
    headers = {name: [value] if "id" in name else value for name, value in it.headers.items()}
    (tmp_path / "headers").write_text(json.dumps(headers) if as_object else lines)
    (tmp_path / "body").write_bytes(it.body)
    said = command("webhook", "verify", "--secret-env", "HOOK_SECRET", "--headers", "headers", "--body", "body")
    assert (said.code, said.out, said.err) == (0, OK, "")


def test_a_request_may_come_from_standard_input(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sent().raw)))
    said = command("webhook", "verify", "--secret-env", "HOOK_SECRET", "-")
    assert (said.code, said.out, said.err) == (0, OK, "")


def test_of_several_secrets_it_is_told_which_one_it_was(command: Command, tmp_path: Path) -> None:
    (tmp_path / "request.txt").write_bytes(sent().raw)
    said = command(
        *("webhook", "verify", "--secret-env", "OTHER_SECRET", "--secret-file", "hook.secret", "request.txt")
    )
    assert (said.code, said.out) == (0, "OK: secret 2 has signed it\n")


def test_what_is_wrong_is_told_in_a_line_each_and_the_secret_in_none(command: Command, tmp_path: Path) -> None:
    (tmp_path / "request.txt").write_bytes(sent(age=7500).raw.replace(b',"', b', "'))
    said = command("webhook", "verify", "--secret-env", "HOOK_SECRET", "request.txt")
    assert (said.code, said.err) == (1, "")
    clock, body = said.out.splitlines()
    assert clock.startswith("wrong: webhook-timestamp is too old: 2 h 5 min behind the clock here, and at most 5 min")
    assert body.startswith("wrong: what was signed is not this body, but this body re-serialised compactly; verify the")
    assert SECRET[6:20] not in said.out


def test_an_old_request_with_a_right_signature_is_told_as_that(command: Command, tmp_path: Path) -> None:
    (tmp_path / "request.txt").write_bytes(sent(age=400).raw)
    line = "webhook verify --secret-env HOOK_SECRET request.txt"
    said = command(*line.split())
    assert said.code == 1
    assert said.out.splitlines()[1] == "the signature fits: the secret has signed it"
    for tolerance in ("10m", "forever"):
        assert command(*line.split(), "--tolerance", tolerance).out == OK
    assert command(*line.split(), "--tolerance", "6m").code == 1


def test_a_newline_that_an_editor_has_added_is_told(command: Command, tmp_path: Path) -> None:
    (tmp_path / "request.txt").write_bytes(sent().raw + b"\n")
    said = command("webhook", "verify", "--secret-env", "HOOK_SECRET", "request.txt")
    assert said.code == 1
    assert "this body without the newline at its end" in said.out


def test_another_secret_is_told(command: Command, tmp_path: Path) -> None:
    (tmp_path / "request.txt").write_bytes(sent().raw)
    said = command("webhook", "verify", "--secret-env", "OTHER_SECRET", "request.txt")
    assert (said.code, said.err) == (1, "")
    assert said.out.startswith("wrong: no signature fits: the secret is another one than the sender's")


def test_a_secret_that_is_none_is_told_without_it(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", "swordfish")
    (tmp_path / "request.txt").write_bytes(sent().raw)
    said = command("webhook", "verify", "--secret-env", "HOOK_SECRET", "request.txt")
    assert said.code == 1
    assert "wrong: the secret should begin with whsec_" in said.out
    assert "swordfish" not in said.out


def test_what_a_receiver_has_computed_is_explained(command: Command, tmp_path: Path) -> None:
    it = sent()
    (tmp_path / "request.txt").write_bytes(it.raw)

    def computed(signature: str) -> tuple[int, str]:
        line = ("webhook", "verify", "--secret-env", "HOOK_SECRET", "request.txt", "--computed", signature)
        said = command(*line)
        assert said.out.startswith(OK)
        return said.code, said.out.removeprefix(OK)

    right = it.headers["webhook-signature"]
    for signature in (right, right.removeprefix("v1,")):
        code, told = computed(signature)
        assert (code, told[:19]) == (0, "computed: is right;")
    blanks = json.dumps(json.loads(it.body)).encode()
    by_hand = sign([read_key(SECRET)], it.headers["webhook-id"], int(it.headers["webhook-timestamp"]), blanks)
    code, told = computed(by_hand)
    assert code == 1
    assert "this body re-serialised with blanks behind commas and colons; verify the bytes" in told
    code, told = computed("v1," + "A" * 43 + "=")
    assert (code, told[:43]) == (1, "computed: nothing that is usually done wron")


def test_what_a_terminal_would_obey_is_not_printed(command: Command, tmp_path: Path) -> None:
    (tmp_path / "request.txt").write_bytes(sent().raw.replace(b"5046ea7d:1\r", b"5046.\x1b[31m\x9b\r"))
    said = command("webhook", "verify", "--secret-env", "HOOK_SECRET", "request.txt")
    assert said.code == 1
    assert said.out.replace("\n", "").isprintable()


NO_FILE = "actionbus webhook verify: name a file with the whole request, or both --headers and --body\n"
WRONG = {
    "": NO_FILE,
    "request.txt --body b": NO_FILE,
    "--headers h": NO_FILE,
    "--headers - --body -": NO_FILE,
    "request.txt": "actionbus webhook verify: name the secret with --secret-env or --secret-file",
    "nowhere.txt": "nowhere.txt: there is no such file; name a request that was kept, or - for standard input",
    ".": ".: cannot be read: Is a directory",
    "request.txt --secret-env NOT_SET": "--secret-env: the environment variable NOT_SET is not set",
    "request.txt --secret-file nowhere": "--secret-file: the file nowhere does not exist",
    "request.txt --secret-env ''": "actionbus webhook verify: argument --secret-env: is empty",
    "request.txt --tolerance 5": "actionbus webhook verify: --tolerance '5' should be a duration above 0 such",
    "body.txt": "body.txt: has no blank line between the headers and the body; keep all of the request",
    "prose.txt": 'prose.txt:2: is no header such as "webhook-id: 5046ea7d:1"',
    "--headers list.json --body b": "list.json:1: is no header such as",
    "--headers half.json --body b": "half.json: is neither headers, one a line, nor a JSON object of them",
}


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_with_the_command_line_is_2_in_one_sentence(line: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "request.txt").write_bytes(sent().raw)
    (tmp_path / "body.txt").write_bytes(sent().body)
    (tmp_path / "prose.txt").write_text("webhook-id: a\nthis is no header\n\n{}")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "half.json").write_text('{"webhook-id": ')
    said = command("webhook", "verify", *shlex.split(line))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(WRONG[line])
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("action", ["", "verify", "listen", "secret"])
def test_help_fits_80_columns(action: str, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = command("webhook", *action.split(), "--help")
    assert (said.code, said.err) == (0, "")
    assert [line for line in said.out.splitlines() if len(line) > 80] == []


def test_an_action_that_is_none_is_told(command: Command) -> None:
    assert "argument ACTION: invalid choice: 'walk'" in command("webhook", "walk").err
    assert command("webhook").code == 2
