"""Moments that are a pure function of a fixture: folds say which stand, the core announces what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import attrs
from attrs import define, field, frozen

from actionbus.events.base import Change, Event, Moment
from actionbus.events.catalogue import snake_name
from actionbus.game import Game

M = TypeVar("M", bound=Moment)

_ENVELOPE = frozenset(each.name for each in attrs.fields(Event)) | {"hops"}


@frozen
class Fold:
    """A plain function from a fixture's game to the moments of one class that stand now. Made by ``fold``."""

    kind: type[Moment]
    standing: Callable[[Game], Iterable[Moment]]
    reads: Callable[[Game], object]
    plugin: str = ""

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
    seen: object = None
    """What the fold read the last time it was asked."""
    _known: dict[tuple[type[Moment], str], tuple[Moment, bool]] = field(factory=dict)
    _numbers: dict[tuple[type[Moment], str], int] = field(factory=dict[tuple[type[Moment], str], int])

    def put(self, moment: Moment, at: float) -> Moment | None:
        """Return the announcement of a moment that stands, or None where listeners know it just so."""
        name = (type(moment), moment.key)
        before, stands = self._known.get(name, (None, False))
        if before is not None and stands and contents(before) == contents(moment):
            return None
        self._known[name] = (moment, True)
        change = Change.AMENDED if stands else Change.ADDED
        return self._announce(name, moment, at, change, before if stands else None)

    def take(self, name: tuple[type[Moment], str], at: float) -> Moment:
        """Return the withdrawal of a moment that no longer stands."""
        moment, _ = self._known[name]
        self._known[name] = (moment, False)
        return self._announce(name, moment, at, Change.WITHDRAWN, None)

    def compare(self, standing: Iterable[Moment], at: float) -> list[Moment]:
        """Announce the difference between what stood the last time and what stands now."""
        now = {(type(moment), moment.key): moment for moment in standing}
        gone = [name for name, (_, stands) in self._known.items() if stands and name not in now]
        said = [self.take(name, at) for name in gone]
        return said + [news for moment in now.values() if (news := self.put(moment, at)) is not None]

    def _announce(
        self, name: tuple[type[Moment], str], moment: Moment, at: float, change: Change, previous: Moment | None
    ) -> Moment:
        number = self._numbers[name] = self._numbers.get(name, 0) + 1
        news_id = f"{moment.fixture}:{snake_name(name[0])}:{moment.key}:{number}"
        position = self.next_position()
        return attrs.evolve(moment, id=news_id, position=position, at=at, change=change, previous=previous)


class _OwnFields(dict[type[Moment], tuple[str, ...]]):
    def __missing__(self, kind: type[Moment]) -> tuple[str, ...]:
        self[kind] = names = tuple(each.name for each in attrs.fields(kind) if each.name not in _ENVELOPE)
        return names


_own_fields = _OwnFields()


def contents(moment: Moment) -> list[object]:
    """Return what a moment says, without what announcing it adds."""
    return [getattr(moment, name) for name in _own_fields[type(moment)]]
