"""What people can write wrong about endpoints is told with its line, before a game; secrets are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.plugins.webhook.receiver import SECRET

from actionbus.cli import main

RIGHT = {
    "url": '"https://example.org/hook"',
    "secret": '{ env = "HOOK_SECRET" }',
    "on": '"three_pointer_made"',
}
CANARY = "canary-4711"
WRONG = [
    ({"url": '"http://example.org/hook"'}, "url: should start with https://"),
    ({"url": '"ftp://example.org/hook"'}, "url: should start with https://"),
    ({"url": '"https://user:canary-4711@example.org/"'}, "url: may hold no user name or password"),
    ({"url": '"https://127.0.0.1/hook"'}, "url: "),
    ({"url": '"https://192.168.1.4/hook"'}, "url: "),
    ({"url": '"https://[::1]/hook"'}, "url: "),
    ({"url": '"https://169.254.169.254/latest"'}, "url: "),
    ({"url": '"https://192.168.1.4/hook"', "allow_networks": '["10.0.0.0/8"]'}, "url: "),
    ({"url": '{ env = "BAD_URL" }'}, "url: what it names"),
    ({"secret": '"whsec_canary-4711"'}, "secret: "),
    ({"secret": '{ env = "SHORT_SECRET" }'}, "secret: what it names should"),
    ({"secret": '[{ env = "HOOK_SECRET" }, { env = "SHORT_SECRET" }]'}, "secret[1]: what it names should"),
    ({"secret": "[]"}, "secret: is an empty list"),
    ({"secret": ""}, "secret: is missing"),
    ({"on": '"three_pointer_mad"'}, "on: there is no event class 'three_pointer_mad'; did you mean"),
    ({"on": '["steal", "no_such_*"]'}, "on[1]: no event class is named like 'no_such_*'"),
    ({"on": "[]"}, "on: is empty"),
    ({"on": '"lead_change"'}, "on: lead_change is announced by the plugin score_tracker, which is not configured"),
    ({"where": '{ plyer = "Clyburn" }'}, "where.plyer: "),
    ({"where": '{ player = "@nobody" }'}, "where.player: there is no list 'nobody'"),
    ({"where": '{ changes = "added" }'}, "where.changes: "),
    ({"when": '"perod >= 4"'}, "when: "),
    ({"when": '"period => 4"'}, "when: "),
    ({"changes": "[]"}, "changes: is empty"),
    ({"changes": '["confirmd"]'}, "changes[0]: "),
    ({"order": '"game"'}, "order: "),
    ({"max_age": '"0s"'}, "max_age: should be a duration above 0"),
    ({"timeout": "15"}, "timeout: "),
    ({"retry": "[]"}, "retry: should be a list of durations above 0"),
    ({"retry": '["0s"]'}, "retry: should be a list of durations above 0"),
    ({"format": '"cloudevent"'}, "format: "),
    ({"allow_networks": '["192.168.1.4/24"]'}, "'192.168.1.4/24' is none; did you mean '192.168.1.0/24'?"),
    ({"allow_networks": '["home"]'}, "allow_networks: should be a list of networks"),
    ({"headers": '{ "webhook-id" = "1" }'}, "headers.webhook-id: is set by actionbus"),
    ({"headers": '{ Host = "x" }'}, "headers.Host: is set by actionbus"),
    ({"headers": '{ "a b" = "x" }'}, "is not the name of a header"),
    ({"headers": '{ Authorization = "Bearer canary-4711" }'}, "a secret may not stand here in clear"),
    ({"in_flight": "0"}, "in_flight: should be a number from 1 to 256"),
    ({"enabled": '"no"'}, "enabled: "),
    ({"ca_file": '"nowhere.pem"'}, "ca_file: there is no file"),
    ({"retries": "3"}, "retries: "),
]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("SHORT_SECRET", "whsec_" + CANARY)
    monkeypatch.setenv("BAD_URL", f"ftp://example.org/{CANARY}")


def write(folder: Path, keys: dict[str, str], name: str = "shop") -> Path:
    path = folder / "plugins.toml"
    lines = [f"{key} = {value}" for key, value in {**RIGHT, **keys}.items() if value]
    path.write_text(f"[webhook.{name}]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("keys", "said"), WRONG)
def test_what_is_wrong_is_told_in_a_line(
    keys: dict[str, str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--config", str(write(tmp_path, keys))]) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1, told
    assert "plugins.toml:" in told
    assert "webhook.shop" in told
    assert said in told
    assert CANARY not in told


@pytest.mark.parametrize("name", ['"a b"', '"a.b"', '"a:b"'])
def test_an_endpoint_has_a_name_that_can_be_a_key(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--config", str(write(tmp_path, {}, name))]) == 2
    assert "is no name of an endpoint" in capsys.readouterr().err


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"on": '"*"'},
        {"on": '["three_pointer_*", "feed_status"]', "where": '{ fixture = "x" }'},
        {"url": '"https://192.168.1.4/hook"', "allow_networks": '["192.168.1.0/24"]'},
        {"url": '"http://example.org/hook"', "allow_http": "true"},
        {"enabled": "false", "secret": '{ env = "SHORT_SECRET" }'},
    ],
)
def test_what_is_right_is_taken(keys: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(write(tmp_path, keys))]) == 0, capsys.readouterr().err
