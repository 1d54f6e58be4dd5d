from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from tests.core.cli.conftest import Command

GOOD_PLUGIN = """
from actionbus import Steal, Subscription, hookimpl, on

async def shout(steal: Steal) -> None: ...

@hookimpl
def subscriptions() -> list[Subscription]:
    return [on(Steal, shout)]
"""

# A plugin's file, and what check says of it.
BROKEN = {
    "def (:": "invalid syntax ({file}:1)",
    "import nowhere": "ModuleNotFoundError: No module named 'nowhere' ({file}:1)",
    "from actionbus import Steel": "ImportError: cannot import name 'Steel' from 'actionbus'",
    "import sys\nsys.exit(3)": "SystemExit: 3 ({file}:2)",
    "x = 1 / 0": "ZeroDivisionError: division by zero ({file}:1)",
    "": "it has no hook; write a function `subscriptions` and put @hookimpl above it",
    "def subscriptions(): ...": "it has no hook; put @hookimpl above it",
    "from actionbus import hookimpl\n@hookimpl\ndef subscriptions(contxt): ...": "a hook has the wrong shape: ",
    "from actionbus import hookimpl\n@hookimpl\ndef declare(): return 3": "its hook declare() returns int, should be",
}


def write(text: str, name: str = "plugins.toml") -> None:
    Path(name).write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")


def test_a_good_file_is_praised_in_one_line(command: Command) -> None:
    write(GOOD_PLUGIN, "mine.py")
    write('[plugin.mine]\npath = "mine.py"\n[alert.steals]\non = "steal"\n')
    said = command("check")
    assert (said.code, said.err) == (0, "")
    assert said.out == "plugins.toml: all is well (2 plugins, 1 alert)\n"


def test_an_empty_file_is_good(command: Command) -> None:
    write("")
    assert command("check").out == "plugins.toml: all is well (0 plugins, 0 alerts)\n"


@pytest.mark.parametrize("text", BROKEN)
def test_a_plugin_that_cannot_be_used_is_told_by_name_with_file_and_line(text: str, command: Command) -> None:
    write(text, "mine.py")
    write('[plugin.mine]\npath = "mine.py"\n')
    said = command("check")
    assert (said.code, said.out) == (2, "")
    expected = BROKEN[text].format(file=Path("mine.py").resolve())
    assert said.err.startswith(f"plugins.toml:1: plugin.mine: {expected}")
    assert said.err.count("\n") == 1


def test_a_plugin_file_that_is_not_there_is_told(command: Command) -> None:
    write('\n[plugin.mine]\npath = "nowhere.py"\n')
    assert command("check").err == "plugins.toml:1: plugin.mine: there is no file nowhere.py\n"


def test_all_problems_are_told_at_once_sorted_by_line(command: Command) -> None:
    write("import nowhere\n", "mine.py")
    write("""
        [alert.steals]
        on = ["steel"]
        notify = ["fone"]
        message = "{{ player }}"
        where = { player = "" }

        [feed]
        sauce = "dde"

        [plugin.mine]
        path = "mine.py"

        [plugin.score_traker]

        [plugin.score_tracker]
        file = "nowhere/scores.json"

        [simulator]
        recordings = ["nowhere.jsonl"]
        seed = "1"
    """)
    said = command("check")
    folder = Path("nowhere")
    assert said.code == 2
    assert [line.partition("; ")[0] for line in said.err.splitlines()] == [
        "plugins.toml:2: alert.steals.on[0]: there is no event class 'steel'",
        "plugins.toml:3: alert.steals.notify[0]: there is no channel 'fone'",
        "plugins.toml:5: alert.steals.where.player: is empty, so nothing would match",
        "plugins.toml:8: feed.sauce: unknown key",
        f"plugins.toml:10: plugin.mine: ModuleNotFoundError: No module named 'nowhere' ({Path('mine.py').resolve()}:1)",
        "plugins.toml:13: plugin.score_traker: no plugin of this name is installed",
        f"plugins.toml:16: plugin.score_tracker.file: there is no folder {folder}",
        "plugins.toml:20: simulator.seed: is text, should be a whole number",
    ]


DDE = """
[feed]
source = "dde"
fixtures = ["1"]
token = { %s }
url = "%s"
ca_file = "ca.pem"
"""
PACKET = '{"fixtureAction": {"actionId": "1", "fixtureId": "f-1"}}'


@pytest.mark.parametrize("name", ["check", "run"])
def test_all_that_is_wrong_with_recordings_is_told_by_check_and_run_alike(name: str, command: Command) -> None:
    write("", "empty.jsonl")
    for recording in ("one.jsonl", "two.jsonl"):
        write(PACKET, recording)
    files = ["nowhere.jsonl", "empty.jsonl", ".", "one.jsonl", "two.jsonl"]
    listed = "".join(f"  '{file}',\n" for file in files)
    write(f"[simulator]\nrecordings = [\n{listed}]\n")
    said = command(name)
    assert (said.code, said.out) == (2, "")
    told = [
        "3: simulator.recordings[0]: nowhere.jsonl: there is no such file; name a recording, one JSON packet a line",
        "4: simulator.recordings[1]: empty.jsonl is empty; a recording has one JSON packet a line",
        "5: simulator.recordings[2]: . is a directory; name a recording inside it",
        "7: simulator.recordings[4]: is of fixture f-1, as simulator.recordings[3] is; remove one of the two: each"
        " fixture is played once",
    ]
    assert said.err.splitlines() == [f"plugins.toml:{each}" for each in told]


@pytest.mark.parametrize("name", ["check", "run"])
@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "there is no file ca.pem"), ("junk", "holds no certificates (PEM)"), ("", "holds no certificates (PEM)")],
)
def test_all_that_the_feed_lacks_is_told_at_once_by_check_and_run_alike(
    content: str | None, told: str, name: str, command: Command
) -> None:
    if content is not None:
        write(content, "ca.pem")
    write(DDE % ('file = "token"', "wss://feed.example") + "[plugin.nobody]\n")
    said = command(name)
    assert (said.code, said.out) == (2, "")
    assert [line.partition("; ")[0] for line in said.err.splitlines()] == [
        "plugins.toml:4: feed.token: the file token does not exist",
        f"plugins.toml:6: feed.ca_file: {told}",
        "plugins.toml:7: plugin.nobody: no plugin of this name is installed",
    ]


def test_files_of_the_feed_are_looked_for_beside_problems_of_other_tables(command: Command) -> None:
    write(DDE % ('file = "token"', "wss://feed.example") + "[simulator]\nseed = '1'\n")
    assert [line.split()[1] for line in command("check").err.splitlines()] == [
        "feed.token:",
        "feed.ca_file:",
        "simulator.seed:",
    ]


@pytest.mark.parametrize("token", ['env = "NO_SUCH_VARIABLE"', 'credential = "dde"'])
def test_what_the_environment_lacks_fails_a_run_and_is_a_warning_of_check(token: str, command: Command) -> None:
    write(DDE % (token, "ws://127.0.0.1"))
    said = command("check")
    assert said.code == 0
    assert said.err.startswith("plugins.toml:4: feed.token: the ")
    assert said.err.endswith("; the environment of `actionbus run` needs it (a warning)\n")
    said = command("run")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("plugins.toml:4: feed.token: the ")
    assert said.err.count("\n") == 1


KEEPER = """
from actionbus import Declaration, SecretSource, hookimpl
from attrs import frozen

@frozen
class Settings:
    word: SecretSource

def look(context):
    if not context.replaying:
        context.secret(context.settings(Settings).word, ("plugin", "keeper", "word"))

@hookimpl
def declare():
    return Declaration(settings=Settings, check=look)
"""


def keeper(word: str) -> None:
    write(KEEPER, "keeper.py")
    write(f'[plugin.keeper]\npath = "keeper.py"\nword = {word}\n')


def test_a_plugins_secret_that_the_environment_lacks_fails_a_run_and_is_a_warning_of_check(command: Command) -> None:
    keeper('{ env = "NO_SUCH_VARIABLE" }')
    told = "plugins.toml:3: plugin.keeper.word: the environment variable NO_SUCH_VARIABLE is not set"
    said = command("check")
    assert (said.code, said.err) == (0, f"{told}; the environment of `actionbus run` needs it (a warning)\n")
    said = command("run")
    assert (said.code, said.err) == (2, f"{told}\n")
    found = json.loads(command("doctor", "--json", "--offline").out)["findings"]
    (plugins,) = [each for each in found if each["check"] == "plugins"]
    assert (plugins["verdict"], plugins["said"]) == ("warning", told)


def test_a_plugins_secret_whose_file_is_not_there_is_wrong_but_needed_by_no_replay(
    command: Command, match: Path
) -> None:
    keeper('{ file = "word" }')
    told = "plugins.toml:3: plugin.keeper.word: the file word does not exist\n"
    assert (command("check").code, command("check").err) == (2, told)
    assert command("plugins").code == 0
    assert command("replay", str(match)).code == 0
    write("sekret", "word")
    assert command("check").code == 0


@pytest.mark.parametrize(
    ("hook", "warned"),
    [
        ("", True),
        ("declare = hookimpl(lambda: Declaration())", True),
        ("declare = hookimpl(lambda: Declaration(check=lambda context: None))", False),
        ("declare = hookimpl(lambda: Declaration(settings=dict))", False),
    ],
)
def test_settings_that_nobody_checks_are_named_in_a_warning(hook: str, warned: bool, command: Command) -> None:
    write(f"from actionbus import Declaration\n{GOOD_PLUGIN}\n{hook}\n", "mine.py")
    write('[plugin.mine]\npath = "mine.py"\nat_least = 3\n')
    said = command("check")
    assert said.code == 0
    warning = (
        "plugins.toml:1: plugin.mine: its settings are not checked before the daemon starts; "
        "its author adds a declare() hook that names their class (a warning)\n"
    )
    assert said.err == (warning if warned else "")


def test_one_rule_that_cannot_be_read_hides_nothing_that_is_wrong_with_the_others(command: Command) -> None:
    write(
        """
        [alert.unreadable]
        on = ["steal"]
        wher = {}
        [alert.wrong]
        on = ["steal"]
        notify = ["phon"]
        message = "{{ playr }}"
        """
    )
    said = command("check")
    assert said.code == 2
    assert [line.partition(":")[2].partition(":")[0] for line in said.err.splitlines()] == ["3", "6", "7"]


def test_what_is_no_toml_is_told_alone_with_its_line(command: Command) -> None:
    write('[plugin.score_traker]\n[alert.steals\non = "steal"\n')
    said = command("check")
    assert said.code == 2
    assert said.err.startswith("plugins.toml:2: ")
    assert said.err.count("\n") == 1


def test_a_warning_does_not_fail(command: Command) -> None:
    write('[feed]\nsource = "dde"\nurl = "ws://feed.example"\nfixtures = ["1"]\ntoken = { env = "TOKEN" }\n')
    said = command("check")
    assert said.code == 0
    assert said.err.startswith("plugins.toml:3: feed.url: is not encrypted")
    assert said.err.endswith("(a warning)\n")


def test_settings_of_a_plugin_of_ones_own_are_checked_as_it_declares_them(command: Command) -> None:
    write(
        """
        from attrs import frozen
        from actionbus import Declaration, hookimpl

        @frozen
        class Settings:
            at_least: int = 3

        @hookimpl
        def declare() -> Declaration:
            return Declaration(settings=Settings)
        """,
        "mine.py",
    )
    write('[plugin.mine]\npath = "mine.py"\nat_lest = 4\n')
    assert command("check").err == "plugins.toml:3: plugin.mine.at_lest: unknown key; did you mean 'at_least'?\n"


def test_a_check_of_a_plugin_that_raises_is_the_plugins_own_problem(command: Command) -> None:
    write(
        """
        from actionbus import Declaration, hookimpl

        def check(context):
            return context.nonsense

        @hookimpl
        def declare():
            return Declaration(check=check)
        """,
        "mine.py",
    )
    write('[plugin.mine]\npath = "mine.py"\n')
    said = command("check")
    assert said.code == 2
    assert said.err.startswith("plugins.toml:1: plugin.mine: its check fails: AttributeError: ")
    assert "mine.py:4" in said.err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe[feed]", "plugins.toml:1: is not UTF-8 text"),
        (b"[feed]\n\x00\n", "plugins.toml:2: not valid TOML"),
        (b"a = 1\n", "plugins.toml:1: a: unknown key"),
        (b"plugin = 3\n", "plugins.toml:1: plugin: is a whole number, should be a table"),
        (b"alert = 3\n", "plugins.toml:1: alert: is a whole number, should be a table"),
        (b"[alert]\nsteals = 3\n", "plugins.toml:2: alert.steals: is a whole number, should be a table"),
        (b"[alert.steals]\n", "plugins.toml:1: alert.steals.on: is missing"),
        (b"[plugin.notifier]\nfoo = 1\n", "plugins.toml:2: plugin.notifier.foo: unknown key"),
        (b"[notify.phone]\nuse = 'pigeon'\n", "plugins.toml:2: notify.phone.use: should be"),
        (b"[plugin.score_tracker]\nfile = '.'\n", "plugins.toml:2: plugin.score_tracker.file: is a folder, should be"),
        (b"schema = 2\n", "plugins.toml:1: schema: should be 1"),
    ],
)
def test_a_wrong_file_ends_in_one_sentence_with_its_line(content: bytes, told: str, command: Command) -> None:
    Path("plugins.toml").write_bytes(content)
    said = command("check")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(told)
    assert said.err.count("\n") == 1
