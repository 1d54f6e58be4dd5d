"""The pages that people read, and the fenced blocks in them."""

from __future__ import annotations

import re
from pathlib import Path

from attrs import frozen
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = sorted((README, *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("README.md")))

_SKIP = re.compile(r"skip: (.*\w.*)")


@frozen(kw_only=True)
class Block:
    """A fenced block; of its info string the first word is the language, the rest are ``words``."""

    page: Path
    line: int
    """Of the opening fence, from 1."""
    language: str
    words: str
    text: str

    @property
    def place(self) -> str:
        """Where to find it: ``docs/log.md:12``."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def reason_to_skip(self) -> str | None:
        """Why it is not tried, where the page says so: ``skip: REASON``."""
        found = _SKIP.fullmatch(self.words)
        return found[1] if found is not None else None


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    return [
        Block(page=page, line=token.map[0] + 1, language=language, words=words.strip(), text=token.content)
        for token in tokens
        if token.type in ("fence", "code_block") and token.map is not None
        for language, _, words in [token.info.strip().partition(" ")]
    ]


def name_of(page: Path) -> str:
    """What a test calls a page."""
    return str(page.relative_to(ROOT))
