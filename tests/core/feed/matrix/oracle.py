"""What should be announced, worked out from the table of changes alone: knows nothing of actionbus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import define, field
from tests.core.feed.matrix.script import Line

BECOMES = {"Pending": "pending", "Cancelled": "gone", "Deleted": "gone"}  # whatever else it says: it stands


@define
class Known:
    """One action: how it stands, in which words, how often it was announced, and which line said so."""

    state: str
    content: tuple[str, str] | None
    told: int = 0
    line: int = 0


@define
class Oracle:
    """Hears lines one by one, or a list that is fetched anew as a whole, and keeps what should be announced."""

    heard: list[tuple[str, str]] = field(factory=list[tuple[str, str]])
    known: dict[str, Known] = field(factory=dict[str, Known])

    def hear(self, lines: Iterable[Line]) -> None:
        for number, line in enumerate(lines):
            if line.content is not None:
                self._hear(line.action, BECOMES.get(line.send_type, "stands"), line.content, number)

    def fetch_anew(self, lines: Sequence[Line]) -> None:
        """Hear only the difference: first what is in the list no more, then the rest where the list says it last."""
        new = Oracle()
        new.hear(lines)
        for action, known in self.known.items():
            if action not in new.known:
                self._hear(action, "gone", known.content, 0)
        for action, known in sorted(new.known.items(), key=lambda each: each[1].line):
            held = self.known.get(action)
            if held is not None and held.state == "stands" and known.state == "pending":
                self._hear(action, "gone", known.content, 0)
            self._hear(action, known.state, known.content, 0)

    def _hear(self, action: str, state: str, content: tuple[str, str] | None, line: int) -> None:
        known = self.known.get(action)
        if known is None:
            known = self.known[action] = Known("gone", content, line=line)
        before, counts = known.state, known.state == "stands"
        news = "tentative" if state == "pending" else "added"
        if (counts and state == "pending") or (before == state and (state == "gone" or known.content == content)):
            return
        if state == "gone":
            changes = ["withdrawn" if counts else "dismissed"]
        elif before == "gone":
            changes = [news]
        elif known.content is not None and content is not None and known.content[0] != content[0]:
            changes = ["withdrawn" if counts else "dismissed", news]
        else:
            changes = ["amended" if counts else news]
        for change in changes:
            known.told += 1
            self.heard.append((f"{action}:{known.told}", change))
        known.state, known.line = state, line
        if state != "gone":
            known.content = content
