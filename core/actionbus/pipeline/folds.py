"""Moments that are a pure function of a fixture: folds say which stand, the core announces what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from attrs import define, field, frozen

from actionbus.events.base import Change, Moment, Origin, altered
from actionbus.events.catalogue import snake_name
from actionbus.events.contents import contents
from actionbus.game import Game

M = TypeVar("M", bound=Moment)

# What a moment that is replaced was announced with says nothing: it may be from before this start.
_UNSAID: dict[str, object] = {
    "id": "", "position": 0, "at": 0.0, "change": Change.ADDED, "origin": Origin.LIVE, "previous": None, "hops": 0,
}  # fmt: skip


@frozen
class Fold:
    """A plain function from a fixture's game to the moments of one class that stand now. Made by ``fold``."""

    kind: type[Moment]
    standing: Callable[[Game], Iterable[Moment]]
    reads: Callable[[Game], object]
    plugin: str = ""
    settings: str = ""
    """What the plugin is set to: moments that were announced under other settings stay as they are."""
    from_start: bool = False
    """Whether a plugin that is new to a running fixture announces what stands by then."""

    def moments(self, game: Game) -> list[Moment]:
        """Return the moments that stand in a game. Raises TypeError and ValueError for what is no moment of it."""
        found = list(self.standing(game))
        for moment in found:
            if not isinstance(moment, self.kind):
                raise TypeError(f"the fold of {self.kind.__name__} finds a {type(moment).__name__}")
            if moment.fixture != game.fixture:
                kind, wrong = self.kind.__name__, moment.fixture
                raise ValueError(f"the fold of {kind} finds a moment of fixture {wrong!r}, not of game.fixture")
        return found


def version(game: Game) -> object:
    """Read all that stands: the default of ``fold``."""
    return game.version


def fold(kind: type[M], standing: Callable[[Game], Iterable[M]], *, reads: Callable[[Game], object] = version) -> Fold:
    """Let the core announce the moments of class ``kind`` that ``standing`` finds in a game.

    ``reads`` gives what ``standing`` looks at, to be compared with ``==``: it is asked at every packet, ``standing``
    only when the answer differs from the last one. By default that is whenever any action is added, amended or
    withdrawn; a fold that looks only at the score says so and costs next to nothing.

    ``standing`` reads the game and changes nothing; each moment that it returns has ``fixture`` (``game.fixture``) and
    a ``key`` that names it whatever the order of packets. A new key is ADDED, one with other contents AMENDED, one
    that is gone WITHDRAWN; so corrections come right by themselves, live and in a replay alike.
    """
    if not isinstance(kind, type) or not issubclass(kind, Moment):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"fold(): the first argument is a subclass of Moment, not {kind!r}")
    return Fold(kind, standing, reads)


@define(eq=False)
class Announced:
    """The moments of one fixture and one source that listeners know of, and how often each key was announced."""

    next_position: Callable[[], int]
    """Numbers the announcements' rows."""
    _known: dict[tuple[type[Moment], str], tuple[Moment, bool]] = field(factory=dict)
    _numbers: dict[tuple[type[Moment], str], int] = field(factory=dict[tuple[type[Moment], str], int])

    def put(self, moment: Moment, at: float, origin: Origin = Origin.LIVE) -> Moment | None:
        """Return the announcement of a moment that stands, or None where listeners know it just so."""
        name = (type(moment), moment.key)
        before, stands = self._known.get(name, (None, False))
        if before is not None and stands and (before is moment or contents(before) == contents(moment)):
            return None  # a fold that keeps what it has found gives the same object
        self._known[name] = (moment, True)
        change = Change.AMENDED if stands else Change.ADDED
        return self._announce(name, moment, at, origin, change, before if stands else None)

    def take(self, name: tuple[type[Moment], str], at: float, origin: Origin) -> Moment:
        """Return the withdrawal of a moment that no longer stands."""
        moment, _ = self._known[name]
        self._known[name] = (moment, False)
        return self._announce(name, moment, at, origin, Change.WITHDRAWN, None)

    def compare(self, standing: Iterable[Moment], at: float, origin: Origin) -> list[Moment]:
        """Announce the difference between what stood the last time and what stands now."""
        now = {(type(moment), moment.key): moment for moment in standing}
        gone = [name for name, (_, stands) in self._known.items() if stands and name not in now]
        said = [self.take(name, at, origin) for name in gone]
        return said + [news for moment in now.values() if (news := self.put(moment, at, origin)) is not None]

    def remember(self, moment: Moment) -> None:
        """Take note of an announcement that is in the log."""
        name = (type(moment), moment.key)
        self._known[name] = (moment, moment.change is not Change.WITHDRAWN)
        self._numbers[name] = self._numbers.get(name, 0) + 1

    @property
    def spoke(self) -> bool:
        """Whether any moment was ever announced."""
        return bool(self._numbers)

    def begin_with(self, standing: Iterable[Moment]) -> None:
        """Take what stands for known and announce none of it; what stood by other rules stays as it was announced."""
        self._known = {(type(moment), moment.key): (moment, True) for moment in standing}

    def _announce(
        self,
        name: tuple[type[Moment], str],
        moment: Moment,
        at: float,
        origin: Origin,
        change: Change,
        previous: Moment | None,
    ) -> Moment:
        number = self._numbers[name] = self._numbers.get(name, 0) + 1
        news_id = f"{moment.fixture}:{snake_name(name[0])}:{moment.key}:{number}"
        position = self.next_position()
        said = {"id": news_id, "position": position, "at": at, "change": change, "origin": origin}
        return altered(moment, **said, previous=previous and altered(previous, **_UNSAID))
