"""What the docs say of the code's classes, hooks, keys and commands is what the code says, and all of it."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest
from docs.generate import DOCS, PARTS, main, renewed
from docs.parts.events import moments_of

from actionbus import PluginContext, snake_name
from actionbus.cli.parser import make_parser
from actionbus.hookspecs.hooks import Hooks

PAGES = sorted(DOCS.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_generated_parts_are_as_the_code_has_them_now(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert renewed(text) == text, "./dev docs writes them anew"


def test_every_generated_part_stands_on_exactly_one_page() -> None:
    found = [name for page in PAGES for name in re.findall(r"<!-- begin ([a-z ]+),", page.read_text(encoding="utf-8"))]
    assert sorted(found) == sorted(PARTS)


def test_a_part_that_nobody_knows_is_told() -> None:
    with pytest.raises(KeyError):
        renewed("<!-- begin nonsense, by docs/generate.py -->\n<!-- end nonsense -->")


def test_checking_changes_no_page(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["generate", "--check"])
    assert main() == 0
    assert capsys.readouterr().out == ""


def headings(page: str) -> set[str]:
    return set(re.findall(r"(?m)^#+ (.*)$", (DOCS / page).read_text(encoding="utf-8")))


def test_every_moment_has_a_section_and_each_of_its_fields_a_text() -> None:
    text = (DOCS / "moments.md").read_text(encoding="utf-8")
    assert {snake_name(kind) for kind in moments_of()} <= headings("moments.md")
    rows = re.findall(r"(?m)^\| `(\w+)` \| [^|]*(?:\\\|[^|]*)* \| (.*) \|$", text)
    assert {name for name, says in rows if not says} == set()
    fields = {each.name for kind in moments_of() for each in attrs.fields(kind)}
    known = {each.name for each in attrs.fields(moments_of()[0].__mro__[1])}  # of every moment
    assert fields - known == {name for name, _ in rows}


def test_every_hook_and_every_function_of_the_context_has_a_section() -> None:
    hooks = {name for name in vars(Hooks) if not name.startswith("_")}
    functions = {name for name, each in vars(PluginContext).items() if callable(each) and not name.startswith("_")}
    assert hooks | functions <= headings("hooks.md")


def test_every_key_says_what_it_is() -> None:
    text = (DOCS / "keys.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| `(\w+)` \| .* \| (.*) \|$", text)
    assert len(rows) > 80
    assert {name for name, says in rows if not says} == set()


def test_every_command_and_every_option_says_what_it_does() -> None:
    text = (DOCS / "command-line.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"`(--[\w-]+)", text))
    assert set(re.findall(r"--[a-z][\w-]+", make_parser().format_help())) - {"--help"} <= shown
    assert {name for name, says in re.findall(r"(?m)^\| (`.*`) \| (.*) \|$", text) if not says} == set()
    names = re.findall(r"(?m)^    (\w+) ", make_parser().format_help().partition("COMMAND\n")[2])
    assert names
    assert {f"actionbus {name}" for name in names} <= headings("command-line.md")
