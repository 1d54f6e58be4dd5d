"""Every fenced block of every page works; ``playing`` has the rules."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from docs.parts.messages import sent
from tests.docs.pages import PAGES, ROOT, Block, blocks, name_of
from tests.docs.playing import Story
from tests.docs.world import SECRETS, World, find_node, make_journal, make_world

from actionbus.cli import main

SKIPPED = 2  # blocks that are not tried, at most

NEEDS_NODE = pytest.mark.skipif(find_node() is None, reason="there is no Node on this machine to read JavaScript")


@pytest.fixture(scope="session")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_journal(tmp_path_factory.mktemp("held") / "world")


@pytest.fixture
def world(tmp_path: Path, journal: Path) -> World:
    return make_world(tmp_path / "world", journal)


@pytest.fixture
def check(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path], list[str]]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)

    def check(config: Path) -> list[str]:
        main(["check", "--config", str(config)])
        return capsys.readouterr().err.splitlines()

    return check


def objects(world: World) -> list[object]:
    """What JSON in pages may show: what endpoints and channels are sent."""
    return [*sent(), *posted(world)]


def posted(world: World) -> list[object]:
    """What a webhook is sent: a sample of an alert, and its correction."""
    bodies: list[object] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (so the base class has it)
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}"
            (world.folder / "sample.toml").write_text(f'[notify.sample]\nuse = "webhook"\nurl = "{url}"\n')
            world.run("notify", "test", "sample", "--config", "sample.toml")
        finally:
            server.shutdown()
            thread.join()
    return bodies


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_snippet_of_the_page_works(page: Path, world: World, check: Callable[[Path], list[str]]) -> None:
    if find_node() is None and any(block.language == "js" for block in blocks(page)):
        pytest.skip("there is no Node on this machine, which the page's JavaScript is for")
    story = Story(world, check, partial(objects, world))
    try:
        for block in blocks(page):
            if block.reason_to_skip is None:
                story.play(block)
    finally:
        story.end()


def every() -> list[Block]:
    return [block for page in PAGES for block in blocks(page)]


def test_few_blocks_are_not_tried_and_these_say_why() -> None:
    skipped = [block for block in every() if "skip" in block.words]
    assert [block.place for block in skipped if block.reason_to_skip is None] == []
    assert len(skipped) <= SKIPPED, [block.place for block in skipped]


def test_a_command_of_dev_that_is_shown_is_one() -> None:
    known = subprocess.run(["sh", ROOT / "dev", "help"], capture_output=True, text=True, check=True).stdout
    shown = {
        name
        for block in every()
        if block.language in ("sh", "console")
        for name in re.findall(r"(?m)^(?:\$ )?\./dev (\w+)", block.text)
    }
    assert {"run", "test", "docs"} <= shown <= set(re.findall(r"(?m)^\./dev (\w+)", known))


@pytest.mark.parametrize(
    ("language", "words", "text"),
    [
        ("rust", "", "fn main() {}"),
        ("", "", "what is this?"),
        ("toml", "", "[alert.x]\non = 'steel'"),
        ("toml", "wrong", "[alert.x]\non = 'steal'"),
        ("toml", "plugins.toml wrong", "[alert.x]\non = 'steal'"),
        ("python", "", "assert False"),
        ("python", "", "async def test_it():\n    assert False"),
        ("python", "", "from actionbus import *\n\n@hookimpl\ndef subscriptions():\n    return [on(Steal, print)]"),
        ("sh", "", "actionbus chek"),
        ("sh", "", "actionbus run --config nowhere.toml"),
        ("console", "", "$ echo one\ntwo"),
        ("console", "", "$ echo one; echo two\none"),
        ("console", "", "$ false"),
        ("ini", "", "[Service]\nType=notify\nExecStart=/bin/actionbus run"),
        ("ini", "", "[Service]\nExecStart=/bin/actionbus walk"),
        ("json", "", '{"id": 1}'),
        pytest.param("js", "a.mjs", "const a = ;", marks=NEEDS_NODE),
        ("js", "", "const a = 1;"),
    ],
)
def test_a_snippet_that_does_not_work_is_told(
    language: str, words: str, text: str, world: World, check: Callable[[Path], list[str]]
) -> None:
    block = Block(page=ROOT / "README.md", line=1, language=language, words=words, text=text)
    with pytest.raises((AssertionError, KeyError, SystemExit)):
        Story(world, check, list).play(block)
