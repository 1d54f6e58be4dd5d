"""The real daemon against the real simulator, as processes, over loopback sockets."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import trustme
from tests.e2e.processes import COMMAND, PATIENCE, TOKEN, actionbus, follow_config, scores, simulating

GAMES = Path(__file__).parents[3] / "shared" / "games"
needs_games = pytest.mark.skipif(not GAMES.is_dir(), reason="the recorded games are not beside this checkout")
ENV = {"TEST_TOKEN": TOKEN}


def recorded() -> dict[str, Path]:
    """The shared recordings by fixture id, read without the code under test."""
    found: dict[str, Path] = {}
    for path in sorted(GAMES.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            found[json.loads(next(lines))["fixtureAction"]["fixtureId"]] = path
    return found


def wrong(box: dict[str, Any], recording: Path) -> list[str]:
    """Compare a box score with the official one; return what differs."""
    truth = json.loads(recording.with_suffix("").with_suffix(".truth.json").read_text(encoding="utf-8"))
    differs: list[str] = []
    for side in ("home", "away"):
        ours, official = box[side], truth[side]
        players = {player["id"]: player for player in ours["players"]}
        pairs = [("team", ours, official["official"])]
        pairs += [(key, players[key], figures) for key, figures in official["players"].items()]
        differs += [
            f"{recording.name} {side} {who} {name}: {mine[name]} instead of {value}"
            for who, mine, figures in pairs
            for name, value in figures.items()
            if mine[name] != value
        ]
    return differs


def follow(folder: Path, url: str, games: dict[str, Path], more: str = "") -> list[str]:
    """Follow games with the daemon until they are finished; return what is wrong with the scores it keeps."""
    config = follow_config(folder, url, list(games), more)
    done = actionbus("run", "--until-finished", "--config", str(config), env=ENV)
    assert done.code == 0, done.err
    assert TOKEN not in done.out + done.err
    boxes = scores(folder)
    assert boxes.keys() == games.keys()
    return [each for fixture, recording in games.items() for each in wrong(boxes[fixture], recording)]


@needs_games
def test_all_recorded_games_have_their_official_box_score_over_a_socket(tmp_path: Path) -> None:
    games = recorded()
    with simulating(*map(str, games.values()), "--speed", "max", "--token", TOKEN) as url:
        assert follow(tmp_path, url, games) == []


# All fixtures together connect less than 5 times a second, so the cuts of many games take their time.
@needs_games
@pytest.mark.parametrize(("games", "cuts"), [(slice(None), 3), (slice(0, None, 10), 20)])
def test_recorded_games_have_their_official_box_score_over_sockets_that_are_cut(
    tmp_path: Path, games: slice, cuts: int
) -> None:
    chosen = dict(list(recorded().items())[games])
    recordings = map(str, chosen.values())
    with simulating(*recordings, "--speed", "max", "--token", TOKEN, "--fault", f"cut={cuts}") as url:
        assert follow(tmp_path, url, chosen) == []


@needs_games
def test_box_scores_are_official_over_tls_with_a_private_authority(tmp_path: Path) -> None:
    games = dict(list(recorded().items())[:3])
    authority = trustme.CA()
    server = tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(server)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with simulating(*map(str, games.values()), "--speed", "max", "--cert", str(server)) as url:
        assert url.startswith("wss://")
        assert follow(tmp_path, url, games, 'ca_file = "ca.pem"') == []


def test_a_generated_match_is_followed_to_its_end_without_a_configured_server(tmp_path: Path) -> None:
    config = tmp_path / "plugins.toml"
    config.write_text('[simulator]\nspeed = "max"\ngames = 2\n[plugin.score_tracker]\nfile = "scores.json"\n')
    done = actionbus("run", "--until-finished", "--config", str(config))
    assert done.code == 0, done.err
    boxes = scores(tmp_path)
    assert len(boxes) == 2
    for box in boxes.values():
        assert box["finished"]
        assert box["status"] == "Completed"
        assert box["home"]["points"] == box["score"]["home"] > 50


def test_after_a_restart_finished_games_are_not_played_again_and_stay_in_the_score_file(tmp_path: Path) -> None:
    config = tmp_path / "plugins.toml"
    config.write_text(
        '[simulator]\nspeed = "max"\n[journal]\npath = "journal.db"\n[plugin.score_tracker]\nfile = "scores.json"\n'
    )
    first = actionbus("run", "--config", str(config), "--until-finished")
    written = scores(tmp_path)
    (tmp_path / "scores.json").unlink()
    again = actionbus("run", "--config", str(config), "--until-finished")
    assert (first.code, again.code) == (0, 0)
    assert (len(first.out.splitlines()) > 50, again.out) == (True, "")
    assert scores(tmp_path) == written


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_plugins_finish_and_exits_with_0(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "plugin.py").write_text(
        "from contextlib import asynccontextmanager\n"
        "from actionbus import hookimpl, on, Action\n"
        "async def hear(action):\n    print('heard', flush=True)\n"
        "@hookimpl\n@asynccontextmanager\nasync def subscriptions():\n"
        "    yield [on(Action, hear)]\n    print('left', flush=True)\n"
    )
    config = tmp_path / "plugins.toml"
    config.write_text('[simulator]\nspeed = 100\n[plugin.mine]\npath = "plugin.py"\n')
    with subprocess.Popen(
        [*COMMAND, "run", "--config", str(config)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "heard\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert out.splitlines()[-1] == "left"
    assert "Traceback" not in err


def test_a_signal_while_a_plugin_is_still_set_up_ends_the_daemon_at_once(tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(
        "from contextlib import asynccontextmanager\nimport trio\nfrom actionbus import hookimpl\n"
        "@hookimpl\n@asynccontextmanager\nasync def subscriptions():\n"
        "    print('setting up', flush=True)\n    await trio.sleep_forever()\n    yield []\n"
    )
    config = tmp_path / "plugins.toml"
    config.write_text('[plugin.mine]\npath = "plugin.py"\n')
    with subprocess.Popen(
        [*COMMAND, "run", "--config", str(config)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "setting up\n"
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=10)  # a plugin has 30 s to be ready
    assert process.returncode == 0, err
    assert "Traceback" not in err


def test_a_refused_token_is_told_in_the_servers_words_and_exits_with_1(tmp_path: Path) -> None:
    with simulating("--token", "another", "--speed", "max") as url:
        config = follow_config(tmp_path, url, ["a-fixture"])
        done = actionbus("run", "--until-finished", "--config", str(config), env=ENV)
    assert done.code == 1
    assert "The supplied authentication is invalid" in done.err
    assert TOKEN not in done.out + done.err
    assert "Traceback" not in done.err


def test_a_missing_token_is_a_configuration_error(tmp_path: Path) -> None:
    config = follow_config(tmp_path, "ws://127.0.0.1:1", ["a-fixture"])
    done = actionbus("run", "--config", str(config))
    assert done.code == 2
    assert "plugins.toml:5: feed.token" in done.err
    assert "TEST_TOKEN" in done.err
    assert len(done.err.splitlines()) == 1
