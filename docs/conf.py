"""How Sphinx makes a site of these pages: with no network, from Markdown that reads as well where it lies."""

from __future__ import annotations

import re

from sphinx.application import Sphinx

project = "actionbus"
html_title = "actionbus"
extensions = ["myst_parser"]
html_theme = "furo"
html_copy_source = False
html_show_copyright = False
nitpicky = True  # what is linked has to be there
exclude_patterns = ["_build"]
myst_heading_anchors = 4  # links to headings, named as on GitHub

_OUTSIDE = re.compile(r"\[([^]]*)\]\(\.\./[^)]*(?:\.md|/)(?:#[^)]*)?\)")
_SECTION = re.compile(r"^## (.*)\n((?:.*\n)*?)(?=^## |\Z)", re.MULTILINE)
_PAGE = re.compile(r"^- \[[^]]*\]\((.+?)\.md\)", re.MULTILINE)


def adapt(_: Sphinx, name: str, source: list[str]) -> None:
    """Name what the site does not hold instead of linking it, and make the contents of the lists on the front page."""
    source[0] = _OUTSIDE.sub(r"\1", source[0])
    if name == "index":
        for title, text in _SECTION.findall(source[0]):
            pages = "\n".join(_PAGE.findall(text))
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{pages}\n```\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", adapt)
    return {"parallel_read_safe": True}
