"""plugins.toml changed while the real daemon runs: taken over whole, or not at all."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from tests.e2e.processes import COMMAND, PATIENCE, TOKEN, Done, actionbus, follow_config, simulating
from tests.e2e.reloads import run

from actionbus.simulator import generate_match

CONFIG = '[simulator]\nspeed = 150\nseed = 3\n[plugin.score_tracker]\n[alert.steals]\non = "steal"\n'
PLUGIN = """
from actionbus import Action, hookimpl, on
async def tell(action):
    print("{word}", flush=True)
@hookimpl
def subscriptions():
    return [on(Action, tell)]
"""


@define(eq=False)
class Daemon:
    """A daemon, and what it says."""

    process: subprocess.Popen[str]
    config: Path
    out: list[str] = field(factory=list[str])
    log: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    _said: threading.Condition = field(factory=threading.Condition)

    def listen(self, stream: Any, take: Callable[[str], None]) -> threading.Thread:
        def read() -> None:
            for line in stream:
                with self._said:
                    take(line)
                    self._said.notify_all()

        thread = threading.Thread(target=read)
        thread.start()
        return thread

    def wait_for(self, found: Callable[[Daemon], bool]) -> None:
        with self._said:
            assert self._said.wait_for(lambda: found(self), PATIENCE), (self.out[-5:], self.log[-5:])

    def wait_for_log(self, event: str, after: int = 0) -> dict[str, Any]:
        def is_it(line: dict[str, Any]) -> bool:
            return str(line["event"]).endswith(event)

        self.wait_for(lambda daemon: any(map(is_it, daemon.log[after:])))
        return next(filter(is_it, self.log[after:]))

    def ask(self, *arguments: str) -> Done:
        return actionbus(*arguments, "--config", str(self.config), env=control(self.config))


def control(config: Path) -> dict[str, str]:
    return {"ACTIONBUS_CONTROL": str(config.with_name("c.sock")), "TEST_TOKEN": TOKEN}


@contextmanager
def daemon(config: Path, *options: str) -> Generator[Daemon]:
    """Run a daemon until the block is left, and see that it then ends well."""
    command = [*COMMAND, "run", *options, "--config", str(config)]
    env = {**os.environ, **control(config)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        running = Daemon(process, config)
        threads = [
            running.listen(process.stdout, running.out.append),
            running.listen(process.stderr, lambda line: running.log.append(json.loads(line))),
        ]
        try:
            running.wait_for_log("following")
            yield running
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0, running.log[-3:]
        finally:
            process.kill()
            for thread in threads:
                thread.join()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "plugins.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_reloads_at_speed_tell_what_undisturbed_runs_tell_from_there_on_and_nothing_twice(tmp_path: Path) -> None:
    result = run(tmp_path, reloads=40, seed=5, speed=300.0)
    assert result.wrong == []
    assert (result.taken, result.refused) == (27, 13)
    assert result.told > 50


def test_a_file_that_is_written_is_taken_over_by_itself(config: Path) -> None:
    with daemon(config) as running:
        config.write_text(CONFIG.replace('"steal"', '"action"'), encoding="utf-8")
        assert running.wait_for_log("is taken over")["changes"] == ["alert.steals has changed"]
        running.wait_for(lambda daemon: any("ALERT steals" in line and "Steal" not in line for line in daemon.out))


def test_a_file_that_an_editor_puts_in_its_place_is_taken_over_too(config: Path) -> None:
    with daemon(config) as running:
        other = config.with_name("plugins.toml.tmp")
        other.write_text(CONFIG + '[alert.blocks]\non = "block"\n', encoding="utf-8")
        other.replace(config)
        assert running.wait_for_log("is taken over")["changes"] == ["alert.blocks is new"]


def empty(path: Path) -> None:
    path.write_text("", encoding="utf-8")


@pytest.mark.parametrize("spoil", [os.unlink, empty])
def test_a_file_that_is_gone_or_emptied_is_refused_in_the_log_and_one_put_back_is_said_to_be_fine(
    config: Path, spoil: Callable[[Path], None]
) -> None:
    with daemon(config) as running:
        spoil(config)
        running.wait_for_log("is not taken over, nothing has changed")
        config.write_text(CONFIG, encoding="utf-8")
        running.wait_for_log("is as this daemon runs it, nothing has changed")


def test_a_file_with_mistakes_changes_nothing_and_says_why(config: Path) -> None:
    with daemon(config, "--no-watch") as running:
        config.write_text(CONFIG.replace('"steal"', '"stael"'), encoding="utf-8")
        done = running.ask("reload")
        assert done.code == 2
        (first,) = done.err.splitlines()
        assert first.startswith(f"{config}:6: alert.steals.on: ")
        assert "did you mean 'steal'?" in first
        heard = len(running.out)
        running.wait_for(lambda daemon: any("ALERT steals" in line for line in daemon.out[heard:]))


def test_sighup_reloads(config: Path) -> None:
    with daemon(config, "--no-watch") as running:
        config.write_text(CONFIG + '[alert.blocks]\non = "block"\n', encoding="utf-8")
        running.process.send_signal(signal.SIGHUP)
        assert running.wait_for_log("is taken over")["changes"] == ["alert.blocks is new"]


def test_sighup_that_comes_before_the_daemon_is_ready_does_not_end_it(config: Path) -> None:
    plugin = config.with_name("early.py")
    plugin.write_text(f"import os, signal\nos.kill(os.getpid(), signal.SIGHUP)\n{PLUGIN.format(word='x')}", "utf-8")
    config.write_text(CONFIG + '[plugin.early]\npath = "early.py"\n', encoding="utf-8")
    with daemon(config, "--no-watch") as running:
        assert running.ask("reload").out == "nothing has changed\n"


def test_a_reload_of_the_same_file_says_that_nothing_has_changed(config: Path) -> None:
    with daemon(config) as running:
        assert running.ask("reload").out == "nothing has changed\n"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("speed = 150", "speed = 151", "simulator.speed"),
        ("seed = 3", "seed = 4", "simulator.seed"),
        ("[plugin.", '[journal]\nkeep = "1d"\n[plugin.', "journal.keep"),
    ],
)
def test_what_only_a_start_takes_over_is_refused_with_its_line(config: Path, old: str, new: str, key: str) -> None:
    with daemon(config, "--no-watch") as running:
        config.write_text(CONFIG.replace(old, new), encoding="utf-8")
        done = running.ask("reload")
        assert done.code == 2
        assert f": {key}: takes effect only when the daemon is started again" in done.err


def test_a_plugin_of_the_users_own_is_imported_anew_when_its_file_is_written_and_stays_when_that_is_broken(
    config: Path,
) -> None:
    plugin = config.with_name("mine.py")
    plugin.write_text(PLUGIN.format(word="first"), encoding="utf-8")
    config.write_text(CONFIG + '[plugin.mine]\npath = "mine.py"\n', encoding="utf-8")
    with daemon(config) as running:
        running.wait_for(lambda daemon: "first\n" in daemon.out)
        plugin.write_text("def subscriptions(:\n", encoding="utf-8")
        problem = running.wait_for_log("is not taken over, nothing has changed")["problem"]
        assert "plugin.mine: cannot be used: " in problem
        assert "mine.py:1" in problem
        heard = len(running.out)
        running.wait_for(lambda daemon: "first\n" in daemon.out[heard:])
        plugin.write_text(PLUGIN.format(word="second"), encoding="utf-8")
        running.wait_for(lambda daemon: "second\n" in daemon.out)
        assert running.wait_for_log("is taken over")["changes"] == [f"{plugin} has changed"]


def test_a_file_that_does_not_end_when_it_is_imported_does_not_keep_the_daemon_from_ending(config: Path) -> None:
    with daemon(config, "--no-watch") as running:
        hangs = "import threading\nprint('held', flush=True)\nthreading.Event().wait()\n"
        config.with_name("mine.py").write_text(hangs, encoding="utf-8")
        config.write_text(CONFIG + '[plugin.mine]\npath = "mine.py"\n', encoding="utf-8")
        running.process.send_signal(signal.SIGHUP)
        running.wait_for(lambda daemon: "held\n" in daemon.out)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE) == 0


def test_a_file_that_raises_keyboard_interrupt_is_refused_as_any_other(config: Path) -> None:
    with daemon(config, "--no-watch") as running:
        config.with_name("mine.py").write_text("raise KeyboardInterrupt\n", encoding="utf-8")
        config.write_text(CONFIG + '[plugin.mine]\npath = "mine.py"\n', encoding="utf-8")
        done = running.ask("reload")
        assert done.code == 2
        assert "KeyboardInterrupt" in done.err
        config.write_text(CONFIG, encoding="utf-8")
        assert running.ask("reload").out == "nothing has changed\n"


def test_plugins_come_and_go_alone(config: Path) -> None:
    config.with_name("mine.py").write_text(PLUGIN.format(word="heard"), encoding="utf-8")
    with daemon(config, "--no-watch") as running:
        config.write_text(CONFIG + '[plugin.mine]\npath = "mine.py"\n', encoding="utf-8")
        assert running.ask("reload").out == "plugin.mine is new\n"
        running.wait_for(lambda daemon: "heard\n" in daemon.out)
        config.write_text(CONFIG, encoding="utf-8")
        assert running.ask("reload").out == "plugin.mine is gone\n"
        heard = len(running.out)
        running.wait_for(lambda daemon: sum(" - " in line for line in daemon.out[heard:]) > 3)
        assert "heard\n" not in running.out[heard:]


def test_a_plugin_that_cannot_be_set_up_changes_nothing(config: Path) -> None:
    plugin = config.with_name("mine.py")
    plugin.write_text(PLUGIN.format(word="first"), encoding="utf-8")
    config.write_text(CONFIG + '[plugin.mine]\npath = "mine.py"\n', encoding="utf-8")
    with daemon(config, "--no-watch") as running:
        plugin.write_text("from actionbus import hookimpl\n@hookimpl\ndef subscriptions():\n    return 1 / 0\n")
        done = running.ask("reload")
        assert done.code == 2
        assert "plugin.mine: cannot be set up: ZeroDivisionError" in done.err
        heard = len(running.out)
        running.wait_for(lambda daemon: "first\n" in daemon.out[heard:])
        running.wait_for(lambda daemon: any(" - " in line for line in daemon.out[heard:]))


def test_fixtures_are_added_and_let_go_while_the_others_go_on(tmp_path: Path) -> None:
    games = [generate_match(seed) for seed in (71, 72)]
    paths = [tmp_path / f"{game.fixture}.jsonl" for game in games]
    for path, game in zip(paths, games, strict=True):
        path.write_text("\n".join(game.packets) + "\n", encoding="utf-8")
    first, second = (game.fixture for game in games)
    with simulating(*map(str, paths), "--speed", "100", "--token", TOKEN) as url:
        config = follow_config(tmp_path, url, [first])
        with daemon(config, "--no-watch") as running:
            running.wait_for(lambda daemon: len(daemon.out) > 3)
            follow_config(tmp_path, url, [first, second])
            assert running.ask("reload").out == "feed.fixtures has changed\n"
            running.wait_for(lambda daemon: len(teams(daemon.out)) == 2)
            follow_config(tmp_path, url, [second])
            assert running.ask("reload").code == 0
            running.wait_for_log("fixture is no longer followed")
            heard = len(running.out)
            running.wait_for(lambda daemon: len(daemon.out) > heard + 3)
            assert teams(running.out[heard:]) != teams(running.out[:3])
            assert len(teams(running.out[heard:])) == 1
    assert [line for line in running.log if line["event"] == "feed down"] == []


def test_another_token_is_used_from_the_next_connection_on(tmp_path: Path) -> None:
    game = generate_match(3)
    (tmp_path / "game.jsonl").write_text("\n".join(game.packets) + "\n", encoding="utf-8")
    (tmp_path / "old.token").write_text("of-last-season", encoding="utf-8")
    with simulating(str(tmp_path / "game.jsonl"), "--speed", "100", "--token", TOKEN) as url:
        config = follow_config(tmp_path, url, [game.fixture])
        right = config.read_text(encoding="utf-8")
        config.write_text(right.replace('{ env = "TEST_TOKEN" }', '{ file = "old.token" }'), encoding="utf-8")
        with daemon(config, "--no-watch") as running:
            running.wait_for_log("feed refused")
            config.write_text(right, encoding="utf-8")
            assert running.ask("reload").out == "feed.token has changed\n"
            running.wait_for(lambda daemon: len(daemon.out) > 3)


def teams(lines: list[str]) -> set[str]:
    """Return who plays, as score lines have it: "Q1 01:11 = Brixholm Embers 14 - 24 Kestrel Point Quarrymen"."""
    return {re.sub(r"[^A-Za-z-]+", " ", line.partition("=")[2]) for line in lines}


def test_a_rule_is_muted_and_heard_again(config: Path) -> None:
    with daemon(config) as running:
        running.wait_for(lambda daemon: any("ALERT steals" in line for line in daemon.out))
        said = running.ask("mute", "steals", "2h")
        assert said.code == 0
        assert said.out.startswith("steals is muted until ")
        heard = len(running.out)
        running.wait_for(lambda daemon: sum(" - " in line for line in daemon.out[heard:]) > 20)
        assert not any("ALERT steals" in line for line in running.out[heard:])
        assert running.ask("mute").out == said.out
        assert running.ask("unmute", "steals").out == "steals is no longer muted\n"
        running.wait_for(lambda daemon: any("ALERT steals" in line for line in daemon.out[heard:]))
        assert running.ask("mute").out == "nothing is muted\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("mute", "steals"), "for how long? Such as: actionbus mute steals 2h"),
        (("mute", "steals", "soon"), "'soon' is no time to mute for; write it as"),
        (("unmute", "steals"), "'steals' is not muted, and nothing else is"),
    ],
)
def test_what_cannot_be_muted_is_told_in_one_sentence(config: Path, arguments: tuple[str, ...], told: str) -> None:
    with daemon(config) as running:
        done = running.ask(*arguments)
        assert (done.code, done.out) == (2, "")
        assert told in done.err
        assert done.err.count("\n") == 1


@pytest.mark.parametrize("command", [("reload",), ("mute",), ("unmute", "all")])
def test_without_a_daemon_commands_say_so(config: Path, command: tuple[str, ...]) -> None:
    done = actionbus(*command, "--config", str(config), env=control(config))
    assert done.code == 1
    assert f"no daemon runs with {config}" in done.err
    assert done.err.count("\n") == 1


def test_a_socket_that_a_killed_daemon_left_is_taken_over(config: Path) -> None:
    for _ in range(2):
        with daemon(config) as running:
            assert running.ask("mute").out == "nothing is muted\n"
            left = config.with_name("c.sock")
            left.rename(left.with_suffix(".kept"))  # so that the daemon's end does not remove it
        left.with_suffix(".kept").rename(left)
