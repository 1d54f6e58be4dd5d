"""What a plugin says of itself, and what the core gives it: settings, stores, timers, and the games as they stand."""

from __future__ import annotations

import math
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson
import structlog
from attrs import field, frozen

from actionbus.bus.work import (
    OURS,
    SHARED,
    Store,
    cancel_timer,
    current,
    is_working,
    keepable,
    once,
    publish,
    set_timer,
)
from actionbus.config import SecretSource, Tree, structure_table
from actionbus.errors import PluginError, Problem
from actionbus.events.base import Event, Moment
from actionbus.game import Game
from actionbus.installed import Installed, installed, missing_publisher
from actionbus.log import SharedState
from actionbus.secrets import Secret, read_secret

T = TypeVar("T")
E = TypeVar("E", bound=Event)

Answer = Callable[[Mapping[str, Any]], Awaitable[object]]


@frozen(kw_only=True)
class Declaration:
    """What a plugin says of itself, so that ``actionbus check`` can validate its tables without starting it.

    ``settings`` is the attrs class of ``[plugin.NAME]``. ``tables`` maps the top-level tables of plugins.toml that the
    plugin owns to their classes, such as ``{"alert": dict[str, Rule]}``; which one is present switches the plugin on.
    ``publishes`` names the moment classes that it gives to ``context.publish``. ``check`` looks at the tables
    together and raises ConfigError for what no class can see. ``schemas`` has functions, by name, that make the JSON
    Schema of what the plugin sends to others: ``actionbus schema NAME`` prints it; all plugins are loaded by then.
    """

    settings: type[Any] | None = None
    tables: Mapping[str, Any] = field(factory=dict[str, Any])
    publishes: tuple[type[Moment], ...] = ()
    check: Callable[[PluginContext], None] | None = None
    schemas: Mapping[str, Callable[[], Mapping[str, Any]]] = field(factory=dict[str, "Callable[[], Mapping[str, Any]]"])


class Shared:
    """What a plugin keeps over all fixtures: sums, and values that are put once; committed with the handler run.

    Only operations whose order does not matter, since fixtures are handled side by side.
    """

    def __init__(self, plugin: str, state: SharedState) -> None:
        self._plugin = plugin
        self._state = state

    def sum(self, key: str) -> float:
        """Return a sum, without what handlers that still run have added."""
        return self._state.sums.get(key, 0)

    def add(self, key: str, by: float = 1) -> None:
        """Add a number to a sum. Raises PluginError outside of a handler, and for what is no finite number."""
        unit = current(self._plugin, SHARED).unit
        if not isinstance(by, int | float) or not math.isfinite(by):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PluginError(self._plugin, f"{SHARED}.add: only finite numbers can be added, not {by!r}")
        keepable(self._plugin, SHARED, key)
        added = unit.added.get(key, 0) + by
        if not math.isfinite(self._state.sums.get(key, 0) + added):
            raise PluginError(self._plugin, f"{SHARED}.add: the sum of {key!r} is too large for a number")
        unit.added[key] = added

    def get(self, key: str, default: object = None) -> object:
        """Return a value, without what handlers that still run have put."""
        value = self._state.values.get(key)
        return default if value is None else orjson.loads(value)

    def range(self, prefix: str = "") -> list[tuple[str, object]]:
        """Return the values under keys that begin with ``prefix``, sorted by key, as ``get`` does."""
        found = sorted((key, value) for key, value in self._state.values.items() if key.startswith(prefix))
        return [(key, orjson.loads(value)) for key, value in found]

    def put_if_absent(self, key: str, value: object) -> None:
        """Keep a JSON value, unless there is one by then. Raises PluginError outside of a handler."""
        unit = current(self._plugin, SHARED).unit
        unit.claimed.setdefault(keepable(self._plugin, SHARED, key), orjson.dumps(value))


class PluginContext:
    """What the core gives a plugin: its settings, its stores, timers, and the games as they stand."""

    def __init__(
        self,
        name: str,
        tree: Tree,
        *,
        shared: SharedState,
        game: Callable[[str], Game | None],
        publishes: tuple[type[Moment], ...] = (),
        replaying: bool = False,
        transaction: Callable[[str | None], AbstractAsyncContextManager[None]] | None = None,
        stored: Callable[[str], Awaitable[list[tuple[str, str, bytes]]]] | None = None,
        past: Callable[[str, int, tuple[type[Event], ...]], Awaitable[list[Event]]] | None = None,
        fixtures: Callable[[], list[str]] = list,
        now: Callable[[str], float | None] = lambda _: None,
        heard: Callable[[type[Moment]], bool] = lambda _: False,
    ) -> None:
        self.name = name
        self.restarting = False
        """Whether the plugin is left only to be set up again, because plugins.toml has changed."""
        self.answers: dict[str, Answer] = {}
        """What commands may ask of the plugin while it runs: see ``answer``."""
        self.replaying = replaying
        """Whether this is a replay: then nothing may leave the machine and no file be written."""
        self.log: Any = structlog.get_logger().bind(plugin=name)
        self.store = Store(name)
        self.shared = Shared(name, shared)
        self._tree = tree
        self._game = game
        self._publishes = publishes
        self._transaction = transaction
        self._stored = stored
        self._past = past
        self._fixtures = fixtures
        self._now = now
        self._heard = heard

    def settings(self, cls: type[T]) -> T:
        """Return the plugin's table ``[plugin.NAME]`` as an attrs class. Raises ConfigError with all that is wrong."""
        return structure_table(self._tree, ("plugin", self.name), cls)

    def table(self, keys: str | tuple[str, ...], cls: type[T]) -> T:
        """Return a table of plugins.toml that the plugin owns: ``"alert"``, or in it ``("alert", "steals")``.

        Raises ConfigError with all that is wrong with it.
        """
        return structure_table(self._tree, (keys,) if isinstance(keys, str) else keys, cls)

    def secret(self, source: SecretSource, keys: tuple[str | int, ...]) -> Secret:
        """Read the secret that a value of plugins.toml names; ``keys`` lead to it. Do so when it is needed, not before.

        Raises ConfigError, which never shows the secret. ``actionbus check`` only warns of a variable that is not set:
        that of the daemon may be. Read none where ``replaying``: nothing leaves the machine.
        """
        return read_secret(source, base=Path(self._tree.folder), environ=os.environ, tree=self._tree, path=keys)

    def names(self, table: str) -> list[str]:
        """Return the names in a top-level table, ``["steals"]`` for ``[alert.steals]``, right or wrong as they are."""
        tables = self._tree.get((table,))
        return list(cast("dict[str, object]", tables)) if isinstance(tables, dict) else []

    def problem(self, keys: tuple[str | int, ...], what: str, hint: str | None = None) -> Problem:
        """Make the problem that a value of plugins.toml has, for a ConfigError; ``keys`` lead to it from the top."""
        return self._tree.problem(keys, what, hint)

    def missing_publisher(self, name: str) -> str | None:
        """Return the installed plugin that announces moments of this class (snake_case), if nobody has configured it.

        So a check can say why nothing would ever come of a name. None where nothing is missing, as far as is known.
        """
        return missing_publisher(self._tree, name, self._installed)

    @cached_property
    def _installed(self) -> Installed:
        return installed()

    @property
    def fixtures(self) -> list[str]:
        """The fixtures that were followed since the start."""
        return self._fixtures()

    def clock(self, fixture: str) -> float | None:
        """Return the fixture clock of a game that goes on (Unix seconds); None where it does not, or is not followed.

        For the plugin's own tasks: a handler has the ``at`` of its event.
        """
        return self._now(fixture)

    def game(self, fixture: str) -> Game | None:
        """Return a fixture's game as it stands now, for reading; it may be ahead of the event that is handled."""
        return self._game(fixture)

    @asynccontextmanager
    async def transaction(self, fixture: str | None = None) -> AsyncGenerator[None]:
        """Let a task of the plugin's own, outside of handlers, write: all or nothing, on the disk when this is left.

        ``async with context.transaction(fixture):`` makes store, timers, once, publish and shared work as in a handler
        for that fixture; no handler of the plugin runs for it meanwhile, so keep it short and await nothing slow in
        it. Without a fixture only ``context.shared`` works. What the block raises drops what it wrote. A task that was
        started while the plugin is set up waits until it is. Raises PluginError in a handler, for a fixture that is
        neither followed nor in the log, and within the hook that sets the plugin up.
        """
        if self._transaction is None:
            raise PluginError(self.name, "context.transaction cannot be used while plugins.toml is checked")
        if is_working():
            raise PluginError(self.name, "context.transaction is for the plugin's own tasks: a handler is one already")
        async with self._transaction(fixture):
            yield

    async def kept(self, prefix: str = "") -> list[tuple[str, str, object]]:
        """Return what ``context.store`` holds under keys that begin with ``prefix``: fixture, key and value of each.

        Of all fixtures, also of those that are over, as it stands now; what is to be changed is to be read again in a
        transaction. For after a start: it reads the whole log's stores. Raises PluginError while it is checked.
        """
        if self._stored is None:
            raise PluginError(self.name, "context.kept cannot be used while plugins.toml is checked")
        found = await self._stored(prefix)
        return [(fixture, key, orjson.loads(value)) for fixture, key, value in found if not key.startswith(OURS)]

    async def history(self, *kinds: type[E]) -> list[E]:
        """Return the events of this fixture before the one that is handled, of these classes and in their order.

        All that the log holds of them, from the first packet on, whether the plugin heard them or not; each has
        ``origin`` HISTORY. Raises PluginError outside of a handler, and while plugins.toml is checked.
        """
        work = current(self.name, "context.history")
        if self._past is None:
            raise PluginError(self.name, "context.history cannot be used while plugins.toml is checked")
        return cast("list[E]", await self._past(work.fixture, work.done_with, kinds))

    def answer(self, request: str, how: Answer) -> None:
        """Let a command ask something of this plugin while the daemon runs: ``how`` gets its arguments, as JSON.

        It returns a JSON value, which the command gets; what it raises as PluginError or ConfigError is told there.
        """
        self.answers[request] = how

    def at(self, due: float, key: str, data: object = None) -> None:
        """Let the plugin hear ``Due`` for this fixture at ``due`` on the fixture clock (Unix seconds).

        It comes before the first event with a later ``at``, or when the clock passes it; at the end of the fixture all
        that remain run out. One for the past runs out right after this handler run. ``data`` is a JSON value that comes
        back with it. A timer with the key of one that runs takes its place. Raises PluginError outside of a handler,
        and in a timer's own handler for a moment that is not later.
        """
        set_timer(self.name, due, key, data)

    def cancel(self, key: str) -> None:
        """Drop a timer of this fixture. Raises PluginError outside of a handler."""
        cancel_timer(self.name, key)

    def once(self, key: str) -> bool:
        """Return True the first time that this is asked for ``key`` in this fixture, and False from then on."""
        return once(self.name, key)

    def publish(self, moment: Moment) -> None:
        """Announce a moment of this fixture, once this handler run is committed; its key makes it known again.

        For what is not a pure function of the fixture; everything else is better a fold. Raises PluginError outside of
        a handler, for a class that the declaration does not name, and beyond 8 moments that follow from each other.
        """
        publish(self.name, moment, self._publishes)

    def is_heard(self, kind: type[Moment]) -> bool:
        """Whether a plugin of this run listens to what is new of a class: what nobody hears need not be published.

        One that is being set up again counts as what it was before: it reads on where it was.
        """
        return self._heard(kind)
