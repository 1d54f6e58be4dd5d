"""The site: built without a warning and without the network, it holds every page and loads nothing from elsewhere."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.docs.pages import DOCS, PAGES, README

NO_NETWORK = """\
import socket, sys
def refuse(*_, **__):
    raise AssertionError("the docs are built without the network")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
from sphinx.cmd.build import main
sys.exit(main(sys.argv[1:]))
"""
LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "use": "href"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The docs, as ``./dev docs`` builds them."""
    folder = tmp_path_factory.mktemp("site")
    options = ["--fail-on-warning", "--keep-going", "--quiet", "-d", str(folder / "cache")]
    command = [sys.executable, "-c", NO_NETWORK, *options, str(DOCS), str(folder / "html")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "html"


class Loads(HTMLParser):
    """What a browser loads to show a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name == LOADING.get(tag)]


def loads(page: Path) -> list[str]:
    parser = Loads()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser.found


def test_it_has_every_page_and_the_front_page_leads_to_each(site: Path) -> None:
    names = {page.relative_to(DOCS).with_suffix("") for page in PAGES if DOCS in page.parents}
    assert {name for name in names if not (site / f"{name}.html").exists()} == set()
    front = set(re.findall(r'href="([^"#]+)\.html', (site / "index.html").read_text(encoding="utf-8")))
    assert {str(name) for name in names} - {"index"} <= front


def test_pages_load_nothing_from_other_hosts(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert any(loads(page) for page in pages)
    assert [(page.name, each) for page in pages for each in loads(page) if re.match(r"(?i)([a-z]+:)?//", each)] == []


def test_styles_and_scripts_load_nothing_from_other_hosts(site: Path) -> None:
    found = re.compile(r"""(?:@import|url\(|import\(|fetch\(|importScripts\()\s*["']?(?:https?:)?//""")
    files = [*site.rglob("*.css"), *site.rglob("*.js"), *site.rglob("*.html")]
    assert [path.name for path in files if found.search(path.read_text(encoding="utf-8"))] == []


def test_every_page_is_plain_markdown(site: Path) -> None:
    """That reads as well where it lies: no directives, no roles."""
    assert site.exists()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"(?m)^\s*(`{3,}|:{3,}) *\{|\{[a-z]+\}`|^\([\w-]+\)=$", text), page.name
        assert len(re.findall(r"(?m)^# ", re.sub(r"(?ms)^```.*?^```", "", text))) == 1, page.name


def test_the_network_is_really_refused_while_it_is_built() -> None:
    code = NO_NETWORK.partition("from sphinx")[0] + "socket.create_connection(('127.0.0.1', 9))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "the docs are built without the network" in done.stderr
    assert socket.socket.connect.__name__ == "connect"
    assert README.exists()
