"""What is right is right for the schema, too; what is wrong is wrong, but for what only `check` can see."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.core.config.test_wrong_files import FILES
from tests.core.schema.conftest import ROOT
from tests.plugins.notifier.test_check import RIGHT

from actionbus.cli.parser import make_parser

Judge = Callable[[object], bool]

RULES = tomllib.loads((ROOT / "tests/plugins/notifier/wrong_rules.toml").read_text(encoding="utf-8"))["wrong"]
WRONG = [(rule["name"], rule["text"]) for rule in RULES] + [(name, text) for name, text, _ in FILES]


def only_check() -> list[str]:
    """The names of those that are wrong by what they mean, not by keys, types or choices."""
    lines = Path(__file__).with_name("only_check.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def are_toml() -> Iterator[tuple[str, dict[str, object]]]:
    for name, text in WRONG:
        try:
            yield name, tomllib.loads(text)
        except (ValueError, RecursionError):  # no TOML: editors say so without a schema
            continue


def snippets() -> Iterator[tuple[str, str]]:
    for path in (ROOT / "plugins.toml", *sorted((ROOT / "examples").rglob("*.toml"))):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    yield "tests/plugins/notifier/oracle.toml", (ROOT / "tests/plugins/notifier/oracle.toml").read_text("utf-8")
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        if "_build" in page.parts:
            continue
        blocks = re.findall(r"^```toml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        for number, block in enumerate(blocks, 1):
            yield f"{page.relative_to(ROOT)}: {number}", block


SNIPPETS = list(snippets())


@pytest.mark.parametrize("text", [text for _, text in SNIPPETS], ids=[name for name, _ in SNIPPETS])
def test_every_piece_of_configuration_that_is_shown_is_right(text: str, is_right: Judge) -> None:
    assert is_right(tomllib.loads(text))


@pytest.mark.parametrize("rule", RIGHT)
def test_every_rule_that_is_right_is_right(rule: str, is_right: Judge) -> None:
    assert is_right(tomllib.loads(f'[lists]\nmine = ["Ann"]\n[plugin.score_tracker]\n[alert.a]\n{rule}\n'))


def test_everything_that_is_wrong_is_wrong_but_for_what_only_check_can_see(is_right: Judge) -> None:
    assert [name for name, value in are_toml() if is_right(value)] == only_check()


def test_what_stands_first_in_plugins_toml_is_as_the_help_says() -> None:
    options = make_parser().parse_args(["schema", "-o", "plugins.schema.json"])
    assert options.output == Path("plugins.schema.json")
