"""Every way to get plugins.toml wrong that we know of, and the sentences it gives: the data is wrong_files.txt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actionbus.config import parse_config
from actionbus.errors import ConfigError

STANDS_FOR = {
    "LONG_NUMBER": "1" * 5_000,
    "DEEP_NESTING": "[" * 20_000,
    "BYTE_ORDER_MARK": "\ufeff",
}


def wrong_files() -> Iterator[tuple[str, str, str]]:
    """Give each one's name, text, and what is said of it: a header, the text, a line of dashes, and the sentences."""
    data = Path(__file__).with_name("wrong_files.txt").read_text(encoding="utf-8")
    for part in data.split("=== ")[1:]:
        name, _, rest = part.partition("\n")
        text, _, said = rest.partition("---\n")
        for word, meaning in STANDS_FOR.items():
            text = text.replace(word, meaning)
        yield name, text, said.strip()


FILES = list(wrong_files())


@pytest.mark.parametrize(("text", "said"), [file[1:] for file in FILES], ids=[file[0] for file in FILES])
def test_every_problem_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(
            text,
            "plugins.toml",
            owned_tables=["alert", "notify"],
            class_names=["three_pointer_made", "steal"],
        )
    assert str(caught.value) == said
    assert "sekret" not in repr(caught.value)


def test_lines_are_the_same_with_carriage_returns() -> None:
    text = '[feed]\r\nsource = "dde"\r\nfixtures = [\r\n  "a",\r\n  "",\r\n]\r\ntoken = { env = "T" }\r\n'
    with pytest.raises(ConfigError, match=r"^plugins\.toml:5: feed\.fixtures\[1\]: is empty"):
        parse_config(text, "plugins.toml", owned_tables=[], class_names=[])
