"""What the journal of a real daemon knows of alerts, and what is explained out of it: the same as what was told."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from tests.bench.backtest import CONFIG
from tests.core.feed.packets import FIXTURE
from tests.e2e.night import live_through
from tests.e2e.processes import COMMAND, PATIENCE, TOKEN, actionbus, follow_config, simulating
from tests.plugins.notifier.explained import as_sent, explainers

from actionbus import Considered, KnownAlert, Question
from actionbus.cli.known import known_alerts
from actionbus.configfile import load_config
from actionbus.events.catalogue import action_classes
from actionbus.host import installed
from actionbus.log.inspect import find_fixture, looking_into
from actionbus.recording import Recording
from actionbus.simulator import generate_match

RULES = CONFIG.replace("[plugin.score_tracker]\n", "")
UTC = {"TZ": "UTC"}


@frozen
class Kept:
    """A journal that a daemon has left, and what it knows of alerts."""

    path: Path
    fixture: str
    alerts: tuple[KnownAlert, ...]

    def explained(self, rule: str) -> list[Considered]:
        """Explain a rule over the journal's game; all that became an alert."""
        with looking_into(self.path) as connection:
            _, number = find_fixture(connection, self.fixture)
        question = Question(rule=rule, fixture=self.fixture)
        (found,) = explainers(CONFIG).over_journal(self.path, number, question)
        return [each for each in (*found.told, *found.missed) if each.alert]


def known(folder: Path) -> tuple[KnownAlert, ...]:
    owners = installed()
    config = load_config(folder / "plugins.toml", owned_tables=owners.owners, class_names=action_classes())
    return known_alerts(config, folder / "journal.db", owners, has_file=True).alerts


def follow(folder: Path, game: Recording, *faults: str) -> Kept:
    """Let a daemon follow a game over faults and one kill in mid-game."""
    recording = folder / "game.jsonl"
    recording.write_text("\n".join(game.packets), encoding="utf-8")
    options = [part for fault in faults for part in ("--fault", fault)]
    with simulating(str(recording), "--speed", "600", "--seed", "3", "--token", TOKEN, *options) as url:
        config = follow_config(folder, url, [game.fixture], RULES)
        command = [*COMMAND, "run", "--until-finished", "--config", str(config)]
        with subprocess.Popen(command, env={"TEST_TOKEN": TOKEN}, stdout=subprocess.PIPE, text=True) as daemon:
            assert daemon.stdout is not None
            for _ in range(10):  # alerts
                daemon.stdout.readline()
            daemon.send_signal(signal.SIGKILL)
        done = actionbus("run", "--until-finished", cwd=folder, env={"TEST_TOKEN": TOKEN})
        assert done.code == 0, done.err
    return Kept(folder / "journal.db", game.fixture, known(folder))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return follow(tmp_path_factory.mktemp("kept"), generate_match(10), "cut=6", "repeat=2")


@pytest.mark.parametrize("rule", [line[7:-1] for line in CONFIG.splitlines() if line.startswith("[alert.")])
def test_what_is_explained_out_of_a_journal_is_what_the_daemon_decided(kept: Kept, rule: str) -> None:
    states = {"told": "sent", "withdrawn": "withdrawn", "held": "held", "stopped": "passed"}
    explained = {each.alert: each for each in kept.explained(rule)}
    alerts = {each.id: each for each in kept.alerts if each.rule == rule}
    assert {name: states[each.outcome] for name, each in explained.items()} == {
        name: each.state for name, each in alerts.items()
    }
    for name, each in explained.items():
        stop, alert = each.stopped, alerts[name]
        assert alert.reason == (stop.key if stop is not None else "")
        assert (as_sent(each)["message"], each.note) == (alert.text, "")
        assert tuple(part.id for part in each.parts) == alert.action_ids or rule in ("lead", "tied", "final")


def test_there_are_enough_alerts_of_all_kinds_to_tell(kept: Kept) -> None:
    assert {each.state for each in kept.alerts} == {"sent", "passed", "withdrawn"}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("night")
    live_through(folder)
    return folder


def listed(folder: Path, *options: str) -> list[dict[str, Any]]:
    done = actionbus("alerts", "--json", *options, cwd=folder, env=UTC)
    assert (done.code, done.err) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.out)["alerts"]
    return found


def test_each_state_is_told_with_what_became_of_it_on_each_channel(night: Path) -> None:
    found = {
        (each["rule"], each["clock"]): (each["state"], each["reason"], [one["state"] for one in each["channels"]])
        for each in listed(night)
    }
    assert found == {
        ("threes", "08:00"): ("sent", "", ["told"]),
        ("threes", "06:30"): ("sent", "", ["told"]),
        ("threes", "03:00"): ("withdrawn", "", ["withdrawn"]),
        ("steals", "09:00"): ("sent", "", ["told"]),
        ("steals", "07:00"): ("passed", "cooldown", []),
        ("careless", "08:00"): ("untold", "", ["failed"]),
        ("breaks", "07:00"): ("waiting", "", ["waiting"]),
        ("blocks", "05:00"): ("passed", "quiet", []),
    }


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        (["--rule", "steals"], {"steals"}),
        (["--channel", "phone"], {"threes", "steals"}),
        (["--state", "passed"], {"steals", "blocks"}),
        (["--state", "cooldown"], {"steals"}),
        (["--state", "quiet"], {"blocks"}),
        (["--state", "failed"], {"careless"}),
        (["--state", "waiting", "--channel", "phone"], set[str]()),
        (["--fixture", FIXTURE[:4]], {"threes", "steals", "careless", "breaks", "blocks"}),
        (["--since", "2026-01-01T18:50:00"], {"careless", "breaks", "blocks"}),
        (["--lines", "1"], {"blocks"}),
    ],
)
def test_alerts_are_chosen_by_rule_channel_state_game_and_time(
    night: Path, options: list[str], rules: set[str]
) -> None:
    assert {each["rule"] for each in listed(night, *options)} == rules


def test_the_table_ends_with_a_line_that_sums_it_up(night: Path) -> None:
    lines = actionbus("alerts", cwd=night, env=UTC).out.splitlines()
    assert lines[0].split() == ["TOLD", "GAME", "CLOCK", "ALERT", "STATE", "CHANNELS", "TEXT"]
    assert len(lines) == 10
    assert lines[-1] == (
        "8 alerts: 3 sent, 1 withdrawn, 1 waiting for a channel, 1 told by no channel, "
        "2 passed over (1 cooldown, 1 quiet); on channels: 1 failed, 1 waiting"
    )


def test_the_journal_can_be_read_where_there_is_no_plugins_toml(night: Path, tmp_path: Path) -> None:
    assert len(listed(tmp_path, "--journal", str(night / "journal.db"))) == 8


def test_alerts_are_listed_and_explained_beside_a_daemon_that_runs(tmp_path: Path) -> None:
    rules = '[alert.steals]\non = "steal"\nsettle = "30m"\n[alert.fouls]\non = "foul"\n'
    config = f'[simulator]\nspeed = 300\n[journal]\npath = "journal.db"\n{rules}'
    (tmp_path / "plugins.toml").write_text(config, encoding="utf-8")
    with subprocess.Popen(
        [*COMMAND, "run"], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as daemon:
        assert daemon.stderr is not None
        for line in daemon.stderr:
            if "is live" in line or "following" in line:
                break
        states, found = set[str](), list[dict[str, Any]]()
        while not {"sent", "held"} <= states:
            assert daemon.poll() is None
            found = json.loads(actionbus("alerts", "--json", cwd=tmp_path).out or '{"alerts": []}')["alerts"]
            states = {each["state"] for each in found}
        held = next(each for each in found if each["state"] == "held")
        waits = actionbus("explain", held["id"], cwd=tmp_path)
        sent = actionbus("explain", next(each for each in found if each["state"] == "sent")["id"], cwd=tmp_path)
        daemon.send_signal(signal.SIGTERM)
        _, said = daemon.communicate(timeout=PATIENCE)
    assert daemon.returncode == 0, said
    assert waits.out.splitlines()[0] == f"{held['id']}: held"
    assert "let through  notify: console" in sent.out
