"""The score file: a JSON file of box scores for overlays and scripts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import trio

from actionbus import Action, FeedStatus, Game, PluginContext, box_score

PAUSE = 0.2  # seconds between two writes of the file: people do not read faster


class ScoreFile:
    """A JSON object of box scores by fixture id, replaced as a whole: a reader never sees half of it."""

    def __init__(self, context: PluginContext, path: Path) -> None:
        self._context = context
        self._path = path.resolve()  # a link stays one
        self._texts: dict[str, str] = {}  # by fixture
        self._seen: dict[str, object] = {}  # by fixture: what tells whether its text is out of date
        self._failed = False

    async def note(self, event: Action | FeedStatus) -> None:
        """Remember that there is this fixture."""
        self._seen.setdefault(event.fixture, None)

    async def keep(self) -> None:
        """Write the file whenever a game has changed, but not more often than ``PAUSE`` allows.

        It looks by itself: of a packet that changes no action (the last one may be), or is bad, no handler hears.
        """
        while True:
            if self._failed or any(_state(game) != self._seen[game.fixture] for game in self._games()):
                await self.write()
            await trio.sleep(PAUSE)

    async def write(self) -> None:
        """Replace the file with the games as they stand. A disk that refuses is told once; the daemon goes on."""
        for game in self._games():
            state = _state(game)
            if state != self._seen[game.fixture]:
                self._seen[game.fixture] = state
                box = json.dumps(box_score(game), ensure_ascii=False)
                self._texts[game.fixture] = f"{json.dumps(game.fixture)}: {box}"
        text = "{" + ",\n".join(self._texts.values()) + "}\n"
        with trio.CancelScope(shield=True):
            try:
                await trio.to_thread.run_sync(self._replace, text)
            except OSError as error:
                if not self._failed:
                    self._context.log.error("cannot write the score file", file=str(self._path), reason=error.strerror)
                self._failed = True
            else:
                self._failed = False

    def _replace(self, text: str) -> None:
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        try:
            beside.write_text(text, encoding="utf-8")
            beside.replace(self._path)
        finally:
            beside.unlink(missing_ok=True)

    def _games(self) -> Iterator[Game]:
        return (game for fixture in self._seen if (game := self._context.game(fixture)) is not None)


def _state(game: Game) -> tuple[object, ...]:
    """Give what differs whenever a box score does, without making one."""
    return game.counts.packets, game.version, game.finished, game.summary
