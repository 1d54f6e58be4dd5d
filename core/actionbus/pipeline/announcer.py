"""The moments of one fixture: what folds find and plugins publish, announced where listeners do not know it yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import structlog
from attrs import define

from actionbus.bus import is_own
from actionbus.events.base import Moment, Origin, altered
from actionbus.game import Game
from actionbus.log import Held, Published, RowKind, unkept
from actionbus.pipeline.folds import Announced, Fold

logger = structlog.get_logger()


@define(eq=False)
class _Watch:
    """A fold, what listeners know of its moments, and what it read the last time that it was asked."""

    fold: Fold
    announced: Announced
    reads: Callable[[Game], object]
    seen: object = None


class Announcer:
    """Knows what was announced. ``failed`` is told of a fold that raises; it is left out from then on."""

    def __init__(
        self, folds: Iterable[Fold], next_position: Callable[[], int], failed: Callable[[Fold, BaseException], None]
    ) -> None:
        self._next_position = next_position
        self._watched = [_Watch(each, Announced(next_position), each.reads) for each in folds]
        self._unwatched: dict[type[Moment], Announced] = {}  # of folds that were taken away
        self._published = Announced(next_position)
        self._failed = failed

    def watch(self, folds: Iterable[Fold], game: Game) -> None:
        """Go on with other folds, while the game runs.

        As after a restart: what a fold that is new, or set to something else, finds in the past is not announced, and
        what was announced stays as it is; but one that is new and starts with the fixture has yet to announce it all.
        """
        before = {each.fold.kind: each for each in self._watched}
        self._watched = list[_Watch]()
        for fold in folds:
            watch = before.pop(fold.kind, None)
            known = watch.announced if watch is not None else self._unwatched.pop(fold.kind, None)
            if watch is not None and watch.fold.settings == fold.settings:
                watch.fold, watch.reads = fold, fold.reads
                self._watched.append(watch)
                continue
            new = _Watch(fold, known if known is not None else Announced(self._next_position), fold.reads)
            self._watched.append(new)
            if known is not None or not fold.from_start:
                self._begin(new, game)
        self._unwatched.update((kind, watch.announced) for kind, watch in before.items())

    def look(self, game: Game, at: float, origin: Origin) -> Sequence[Moment]:
        """Let the folds look at the game, and return the announcements of what changed."""
        news: list[Moment] = []
        for each in self._watched:
            try:
                reads = each.reads(game)
                if reads == each.seen:
                    continue
                each.seen = reads
                news += _kept(each.announced.compare(each.fold.moments(game), at, origin))
            except BaseException as error:
                self._leave_out(each.fold, error, game.fixture)
        return news

    def publish(self, published: Published, at: float) -> Moment | None:
        """Return the announcement of what a handler published, None where listeners know it just so."""
        moment = altered(published.moment, hops=published.hops)
        return self._published.put(moment, at, moment.origin)

    def restore(self, held: Held, game: Game) -> None:
        """Remember what is in the log; ``game`` stands as it did then.

        What a fold finds then is what listeners know, or it was passed over for good: what new settings find in the
        past is not announced, and what was announced under other settings stays as it is. But a fold that is new, and
        starts with the fixture, has yet to announce it all.
        """
        by_kind = {each.fold.kind: each.announced for each in self._watched}
        for listed in held.rows:
            for moment in listed.row.events if listed.row.kind is RowKind.MOMENT else ():
                assert isinstance(moment, Moment)
                announced = self._published if moment.hops else by_kind.get(type(moment))
                if announced is not None:
                    announced.remember(moment)
        for each in self._watched:
            fold, announced = each.fold, each.announced
            new = held.settings.get(fold.plugin, fold.settings) == fold.settings and not announced.spoke
            if new and fold.from_start:
                continue
            self._begin(each, game)

    def _begin(self, watch: _Watch, game: Game) -> None:
        """Take what a fold finds now for known."""
        try:
            watch.seen = watch.fold.reads(game)
            watch.announced.begin_with(watch.fold.moments(game))
        except BaseException as error:
            self._leave_out(watch.fold, error, game.fixture)

    def _leave_out(self, fold: Fold, error: BaseException, fixture: str) -> None:
        # The boundary around a plugin's code, as around a handler: the fold is left out from now on.
        if not is_own(error):
            raise error
        self._watched = [each for each in self._watched if each.fold is not fold]  # another list: one goes on over it
        what = {"plugin": fold.plugin, "fold": fold.kind.__name__, "fixture": fixture}
        logger.error("fold failed and is left out", **what, exc_info=error)
        self._failed(fold, error)


def _kept(news: list[Moment]) -> list[Moment]:
    for moment in news:
        if (why := unkept(moment)) is not None:
            raise TypeError(f"the fold finds a {type(moment).__name__} that cannot be kept: {why}")
    return news
