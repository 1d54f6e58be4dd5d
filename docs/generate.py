"""Writes the parts of the docs that the code knows best: between `<!-- begin NAME, ... -->` and `<!-- end NAME -->`.

`./dev docs` calls it, as `python -m docs.generate`; with `--check` it only names the pages that it would change.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from docs.parts import commands, events, hooks, keys, messages

import actionbus
from actionbus import testing
from actionbus.bus.work import Store
from actionbus.hookspecs.context import Shared
from actionbus.hookspecs.hooks import Hooks

DOCS = Path(__file__).parent
PART = re.compile(r"(<!-- begin ([a-z ]+), [^>]* -->\n).*?(<!-- end \2 -->)", re.DOTALL)

PARTS: Mapping[str, Callable[[], Iterator[str]]] = {
    "actions": events.actions,
    "other events": events.other_events,
    "feed names": events.feed_names,
    "moments": events.moments,
    "hooks": hooks.members(Hooks),
    "declaration": hooks.declaration,
    "functions": hooks.members(actionbus.on, actionbus.fold),
    "context": hooks.members(actionbus.PluginContext),
    "store": hooks.members(Store),
    "shared": hooks.members(Shared),
    "testing": hooks.members(testing.running, testing.make),
    "bench": hooks.members(testing.Bench),
    "keys": keys.keys,
    "command line": commands.command_line,
    "webhook message": messages.keys_of("Message"),
    "webhook types": messages.types,
    "webhook data": messages.keys_of("Envelope"),
    "webhook actions": messages.keys_of("action.fields"),
    "webhook alerts": messages.keys_of("alert.fields"),
    "webhook feed": messages.keys_of("feed_status.fields"),
    "webhook cloud event": messages.keys_of("CloudEvent"),
    "webhook examples": messages.examples,
    "webhook moments": messages.moments,
}


def renewed(text: str) -> str:
    """A page's text with its generated parts as the code has them. Raises KeyError for a part that is not known."""
    return PART.sub(lambda part: f"{part[1]}\n{_made(part[2])}\n\n{part[3]}", text)


def _made(name: str) -> str:
    return "\n".join(PARTS[name]()).strip()


def main() -> int:
    """Write what has changed; with --check only name it, and fail."""
    only_check = "--check" in sys.argv
    stale = 0
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if (new := renewed(text)) != text:
            print(page.name)
            stale += 1
            if not only_check:
                page.write_text(new, encoding="utf-8")
    return 1 if only_check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
