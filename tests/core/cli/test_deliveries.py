"""``actionbus deliveries``: which are listed, how, and what is said of options that do not go together."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from tests.core.cli import held
from tests.core.cli.conftest import Command

LISTING = """
from actionbus import KnownDeliveries, KnownDelivery, KnownEndpoint, hookimpl


def delivery(name, endpoint, state, since, **more):
    said = dict(
        id=f"{name}:1", endpoint=endpoint, fixture="game-one", type="action.confirmed", subject=name, version=1,
        tries=1, status=200, said="", at=5.0, queued=since - 10, due=since, expires=since + 60,
        ended=since if state != "waiting" else 0.0, body='{"schema":1}',
    )
    return KnownDelivery(**{**said, **more}, state=state)


FOUND = KnownDeliveries(
    deliveries=(
        delivery("aaaaaaaa-1", "shop", "delivered", 1000.0, status=204),
        delivery("aaaaaaaa-2", "shop", "dead", 2000.0, tries=4, status=503, said="status 503 \\x1b[2J"),
        delivery("lead_change:lllllllllll", "shop", "waiting", 5000.0, said="status 500", status=500, due=5030.0),
        delivery("bbbbbbbb-1", "phone", "expired", 3000.0, tries=0, status=0, said="others were before it"),
        delivery("bbbbbbbb-1", "shop", "replaced", 2500.0, tries=0, status=0, said="by bbbbbbbb-1:2"),
        delivery("cccccccc-1", "phone", "waiting", 4000.0, tries=0, status=0, fixture="game-two"),
    ),
    endpoints=(
        KnownEndpoint(
            name="shop", sums=dict(queued=1234, delivered=1231, dead=1, expired=0, replaced=1, waiting=1)
        ),
        KnownEndpoint(
            name="phone", sums=dict(queued=2, delivered=0, dead=0, expired=1, replaced=0, waiting=1),
            disabled="it answered 410",
        ),
    ),
)


@hookimpl
def deliveries():
    return lambda kept: FOUND
"""
KNOWN = [
    *("id", "endpoint", "fixture", "type", "subject", "version", "state", "tries", "status", "said"),
    *("at", "queued", "due", "expires", "ended", "body"),
]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal, and a plugin that knows of deliveries."""
    (tmp_path / "lister.py").write_text(LISTING, encoding="utf-8")
    held.config(tmp_path, '[journal]\npath = "journal.db"\n[plugin.lister]\npath = "lister.py"\n')
    return held.write(tmp_path / "journal.db", held.Game())


def names(command: Command, *options: str) -> list[str]:
    """List deliveries; return what each is about."""
    said = command("deliveries", "--json", *options)
    assert (said.code, said.err) == (0, "")
    return [each["subject"] for each in json.loads(said.out)["deliveries"]]


@pytest.mark.usefixtures("journal")
def test_the_json_has_all_that_is_known_bodies_too_and_the_sums(command: Command) -> None:
    found = json.loads(command("deliveries", "--json").out)
    assert list(found) == ["deliveries", "endpoints"]
    assert all(list(each) == KNOWN for each in found["deliveries"])
    assert found["deliveries"][0]["body"] == '{"schema":1}'
    assert found["endpoints"][1] == {
        "name": "phone",
        "sums": {"queued": 2, "delivered": 0, "dead": 0, "expired": 1, "replaced": 0, "waiting": 1},
        "disabled": "it answered 410",
    }


@pytest.mark.usefixtures("journal")
def test_the_table_has_a_line_for_each_the_newest_last_and_then_the_sums(command: Command) -> None:
    lines = command("deliveries").out.splitlines()
    titles = ["SINCE", "GAME", "ENDPOINT", "STATE", "TRIES", "STATUS", "TYPE", "SUBJECT", "ID", "WHY"]
    assert lines[0].split() == titles
    assert [line.split()[4] for line in lines[1:7]] == [
        "delivered",
        "dead",
        "replaced",
        "expired",
        "waiting",
        "waiting",
    ]
    assert lines[7:] == [
        "6 deliveries: 1 delivered, 1 dead, 1 expired, 1 replaced, 2 waiting",
        "shop: 1,234 queued = 1,231 delivered + 1 dead + 0 expired + 1 replaced + 1 waiting",
        "phone: 2 queued = 0 delivered + 0 dead + 1 expired + 0 replaced + 1 waiting; "
        "disabled: it answered 410; `actionbus webhook enable phone` serves it again",
    ]
    assert "schema" not in "".join(lines)


@pytest.mark.usefixtures("journal")
def test_the_table_says_why_each_stands_as_it_does_and_of_ids_what_tells_them_apart(command: Command) -> None:
    lines = command("deliveries").out.splitlines()
    next_try = f"{datetime.fromtimestamp(5030.0):%H:%M:%S}"
    cells = [line.split(maxsplit=10)[7:] for line in lines[1:7]]
    assert [" ".join(each) for each in cells] == [
        "action.confirmed aaaaaaaa-1 aaaaaaaa-1",
        "action.confirmed aaaaaaaa-2 aaaaaaaa-2 status 503 \N{REPLACEMENT CHARACTER}[2J",
        "action.confirmed bbbbbbbb bbbbbbbb by bbbbbbbb-1:2",
        "action.confirmed bbbbbbbb bbbbbbbb others were before it",
        "action.confirmed cccccccc cccccccc the endpoint is disabled",
        f"action.confirmed lead_change:llllllll lead_change:llllllll status 500; next try at {next_try}",
    ]


@pytest.mark.parametrize(
    ("options", "subjects"),
    [
        ("--endpoint phone", ["bbbbbbbb-1", "cccccccc-1"]),
        ("--state dead", ["aaaaaaaa-2"]),
        ("--state waiting --endpoint shop", ["lead_change:lllllllllll"]),
        ("dead", ["aaaaaaaa-2", "bbbbbbbb-1"]),
        ("dead --endpoint phone", ["bbbbbbbb-1"]),
        ("--fixture game-t", ["cccccccc-1"]),
        ("--since 1970-01-01T00:50+00:00", ["bbbbbbbb-1", "cccccccc-1", "lead_change:lllllllllll"]),
        ("--lines 1", ["lead_change:lllllllllll"]),
    ],
)
@pytest.mark.usefixtures("journal")
def test_deliveries_are_chosen_by_endpoint_state_game_and_time(
    options: str, subjects: list[str], command: Command
) -> None:
    assert names(command, *options.split()) == subjects


@pytest.mark.usefixtures("journal")
def test_the_newest_are_shown_and_how_many_more_there_are(command: Command) -> None:
    lines = command("deliveries", "--lines", "2").out.splitlines()
    assert len(lines) == 6
    assert lines[3].endswith("2 waiting; the newest 2 are shown, --lines shows more")


@pytest.mark.usefixtures("journal")
def test_of_one_endpoint_the_sums_are_its_own(command: Command) -> None:
    lines = command("deliveries", "--endpoint", "shop", "--since", "1s").out.splitlines()
    assert lines == [
        "no deliveries",
        "shop: 1,234 queued = 1,231 delivered + 1 dead + 0 expired + 1 replaced + 1 waiting",
    ]


WRONG = {
    "--endpoint shp": "actionbus deliveries: there is no endpoint 'shp'; did you mean 'shop'?",
    "--endpoint x": "actionbus deliveries: there is no endpoint 'x'; there is shop, phone",
    "--fixture zz": "no delivery is of a fixture 'zz'; `actionbus fixtures` lists them",
    "--fixture game": "several fixtures begin with 'game': game-one, game-two; write more of it",
    "--since soon": "actionbus deliveries: --since 'soon' should be how long ago",
    "--state lost": "argument --state: invalid choice: 'lost'",
    "all": "argument dead|retry: invalid choice: 'all'",
    "dead aaaa": "actionbus deliveries dead takes no id; actionbus deliveries retry aaaa sends it",
    "dead --state waiting": "leave --state or dead out",
    "retry": "actionbus deliveries retry: which? Name one by its id, or all that were lost: --since 2h",
    "retry aaaa --since 1h": "actionbus deliveries retry: which?",
    "retry aaaa --state dead": "actionbus deliveries retry: --state is for the list; leave it out",
    "retry aaaa --journal journal.db": "actionbus deliveries retry: --journal is for the list; leave it out",
}


@pytest.mark.parametrize("options", WRONG)
@pytest.mark.usefixtures("journal")
def test_what_is_written_wrong_is_told_in_a_sentence(options: str, command: Command) -> None:
    said = command("deliveries", *options.split())
    assert (said.code, said.out) == (2, "")
    assert WRONG[options] in said.err
    assert said.err.count("\n") == 1


@pytest.mark.usefixtures("journal")
def test_without_a_daemon_nothing_is_sent_again_or_enabled(command: Command) -> None:
    for line in ("deliveries retry --since 1h", "webhook enable shop"):
        said = command(*line.split())
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith("actionbus: no daemon runs with plugins.toml (")


def test_a_log_in_memory_of_a_daemon_that_does_not_run_says_what_to_do(command: Command, tmp_path: Path) -> None:
    held.config(tmp_path, "")
    said = command("deliveries")
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith(
        'write path = "FILE" below [journal], start the daemon, or name a journal with --journal\n'
    )


def test_a_journal_without_deliveries_says_so(command: Command, tmp_path: Path) -> None:
    held.config(tmp_path, "")
    journal = held.write(tmp_path / "journal.db", held.Game())
    assert command("deliveries", "--journal", str(journal)).out == "no deliveries\n"


@pytest.mark.usefixtures("journal")
def test_a_plugin_that_lists_wrongly_is_named(command: Command, tmp_path: Path) -> None:
    wrong = "from actionbus import hookimpl\n@hookimpl\ndef deliveries():\n    return 5\n"
    (tmp_path / "lister.py").write_text(wrong, encoding="utf-8")
    said = command("deliveries")
    assert said.code == 1
    assert "its hook deliveries() should return what lists deliveries, not 5" in said.err


ENDPOINT = '[webhook.shop]\nurl = "https://shop.example.org/"\nsecret = { env = "NOBODY_SETS_THIS" }\non = "steal"\n'
CHANNEL = '[notify.paper]\nuse = "file"\npath = "alerts.txt"\n'


def test_channels_are_tried_by_notify_and_endpoints_by_webhook(command: Command, tmp_path: Path) -> None:
    held.config(tmp_path, ENDPOINT + CHANNEL)
    said = command("webhook", "test", "shp")
    assert (said.code, said.err) == (2, "plugins.toml: there is no endpoint 'shp'; did you mean 'shop'?\n")
    said = command("webhook", "test", "paper")
    assert said.err == "plugins.toml: there is no endpoint 'paper'; the endpoints are shop\n"
    said = command("notify", "test", "shop")
    assert said.err == "plugins.toml: there is no channel 'shop'; the channels are console, paper\n"
    held.config(tmp_path, CHANNEL)
    said = command("webhook", "test", "shop")
    assert said.err == "plugins.toml: there is no endpoint 'shop'; write one: [webhook.NAME]\n"


def test_an_endpoint_s_secret_that_is_missing_is_2(command: Command, tmp_path: Path) -> None:
    held.config(tmp_path, ENDPOINT)
    said = command("webhook", "test", "shop")
    assert (said.code, said.out) == (2, "")
    assert said.err == "plugins.toml:3: webhook.shop.secret: the environment variable NOBODY_SETS_THIS is not set\n"


@pytest.mark.parametrize("line", ["deliveries", "webhook test", "webhook enable"])
def test_help_fits_80_columns(line: str, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = command(*line.split(), "--help")
    assert (said.code, said.err) == (0, "")
    assert [text for text in said.out.splitlines() if len(text) > 80] == []
