"""Hooks as mypy and basedpyright see them: each ignore below proves that the line is rejected (see handlers.py)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager

from attrs import frozen

from actionbus import Declaration, Event, Fold, Game, Moment, PluginContext, Sent, Subscription, fold, hookimpl


@frozen(kw_only=True, slots=False, eq=False)
class Lead(Moment):
    """Somebody leads."""


@frozen(kw_only=True, slots=False, eq=False)
class Run(Moment):
    """Somebody scores again and again."""


def leads(game: Game) -> list[Lead]:
    """Find out who leads."""
    return [Lead(fixture=game.fixture, key="lead")]


def leads_of_text(game: str) -> list[Lead]:
    """Read something else than a game."""
    return []


async def leads_later(game: Game) -> list[Lead]:
    """Be async, which a fold is not."""
    return []


def one_lead(game: Game) -> Lead:
    """Return one moment, not those that stand."""
    return Lead(fixture=game.fixture, key="lead")


# basedpyright lets fold(Run, leads) pass, as a fold of `Run | Lead`; at run time it is left out and named.
FOLDS = [
    fold(Lead, leads),
    fold(Moment, leads),
    fold(Lead, leads, reads=lambda game: game.score),
    fold(Run, leads),  # type: ignore[arg-type]
    fold(Lead, leads_of_text),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    fold(Lead, leads_later),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    fold(Lead, one_lead),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    fold(int, leads),  # type: ignore[type-var, arg-type]  # pyright: ignore[reportArgumentType]
]


def plain() -> list[Subscription]:
    """Need nothing."""
    return []


def with_context(context: PluginContext) -> Sequence[Subscription]:
    """Need the context."""
    return ()


@asynccontextmanager
async def resource() -> AsyncGenerator[list[Subscription]]:
    """Have a resource."""
    yield []


@asynccontextmanager
async def resource_with_context(context: PluginContext) -> AsyncGenerator[list[Subscription]]:
    """Have a resource, and need the context."""
    yield []


def declares() -> Declaration:
    """Say what the plugin has."""
    return Declaration()


def folds(context: PluginContext) -> list[Fold]:
    """Return folds."""
    return []


class Silent:
    """A rehearsal that tells nothing."""

    kinds = (Event,)

    def hear(self, event: Event) -> None:
        """Hear all."""

    def finish(self) -> list[Sent]:
        """Tell nothing."""
        return []


class Deaf:
    """Is no rehearsal: it hears nothing."""

    kinds = (Event,)

    def finish(self) -> list[Sent]:
        """Tell nothing."""
        return []


def rehearses(fixture: str) -> Silent:
    """Make a rehearsal."""
    return Silent()


def rehearses_deafly(fixture: str) -> Deaf:
    """Make none."""
    return Deaf()


def backtest() -> Callable[[str], Silent]:
    """Return what makes rehearsals."""
    return rehearses


def backtest_with_context(context: PluginContext) -> Callable[[str], Silent]:
    """Return it, and need the context."""
    return rehearses


RIGHT = (
    hookimpl(plain),
    hookimpl(with_context),
    hookimpl(resource),
    hookimpl(resource_with_context),
    hookimpl(declares),
    hookimpl(folds),
    hookimpl(backtest),
    hookimpl(backtest_with_context),
)


async def is_async() -> list[Subscription]:
    """Be async, which a hook is not."""
    return []


async def yields() -> AsyncGenerator[list[Subscription]]:
    """Lack its @asynccontextmanager."""
    yield []


@contextmanager
def is_not_async() -> Generator[list[Subscription]]:
    """Have a resource, but not an async one."""
    yield []


def misnamed(contxt: PluginContext) -> list[Subscription]:
    """Misname its argument."""
    return []


def wants_more(context: PluginContext, game: Game) -> list[Subscription]:
    """Want what the hook does not give."""
    return []


def returns_nothing() -> None:
    """Forget to return."""


def returns_one() -> Subscription:
    """Return one subscription, not a list."""
    raise NotImplementedError


def returns_names() -> list[str]:
    """Return what is no subscription."""
    return ["steal"]


def backtests_deafly() -> Callable[[str], Deaf]:
    """Return what makes no rehearsals."""
    return rehearses_deafly


hookimpl(is_async)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
hookimpl(yields)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
hookimpl(is_not_async)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
hookimpl(misnamed)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
hookimpl(wants_more)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
hookimpl(returns_nothing)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
hookimpl(returns_one)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
hookimpl(returns_names)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
hookimpl(backtests_deafly)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
