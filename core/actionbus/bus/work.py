"""One handler run, and what a plugin may do in it: store, timers, once, publish; all or nothing with the cursor."""

from __future__ import annotations

import math
from contextvars import ContextVar

import orjson

from actionbus.errors import PluginError
from actionbus.events.base import Moment, Origin, altered
from actionbus.log.moments import unkept
from actionbus.log.rows import LaneState, Published, Timer, Unit

MOST_HOPS = 8  # a moment that follows from a moment that follows ...: beyond this it is a loop
OURS = "\0"  # keys of the store that begin with this are not the plugin's

SHARED = "context.shared"

working: ContextVar[Work] = ContextVar("working")


class Work:
    """A handler run of one plugin on one fixture. Writes are held back in ``unit`` until the run has ended well.

    ``at`` is the fixture clock of what is handled, ``hops`` how many published moments led to it, ``origin`` how it
    came, ``position`` its row's, ``timer`` the key of the timer that has run out, if that is what is handled: it goes
    with the run, however the run ends. In a run over ``history`` nothing is kept: what it would write was written when
    it was not history yet.
    """

    __slots__ = ("_state", "_unit", "at", "done", "fixture", "history", "hops", "origin", "plugin", "position", "timer")

    def __init__(
        self,
        plugin: str,
        fixture: str,
        state: LaneState,
        at: float,
        hops: int,
        timer: str | None = None,
        *,
        history: bool = False,
        origin: Origin = Origin.LIVE,
        position: int | None = None,
    ) -> None:
        self.plugin = plugin
        self.position = position
        self.fixture = fixture
        self.at = at
        self.hops = hops
        self.timer = timer
        self.history = history
        self.origin = origin
        self.done = False
        self._state = state
        self._unit = _without(timer)

    def finish(self) -> Unit | None:
        """Close the run; return what it wrote, None for nothing."""
        self.done = True
        return None if self.history else self._unit

    def drop(self) -> None:
        """Close the run and forget what it wrote."""
        self.done = True
        self._unit = _without(self.timer)

    @property
    def done_with(self) -> int:
        """The position of the last row before what is handled in this run."""
        return self.position - 1 if self.position is not None else self._state.cursor

    @property
    def wrote(self) -> bool:
        """Whether the run leaves anything behind but the cursor."""
        return self._unit is not None and not self.history

    @property
    def unit(self) -> Unit:
        """What the run has written until now."""
        if self._unit is None:
            self._unit = Unit()
        return self._unit

    def get(self, key: str) -> bytes | None:
        """Read the store as this run sees it: its own writes first."""
        if self._unit is not None and key in self._unit.store:
            return self._unit.store[key]
        return self._state.store.get(key)

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with ``prefix``, sorted, own writes included."""
        keys = {key for key in self._state.store if key.startswith(prefix)}
        for key, value in (self._unit.store if self._unit is not None else {}).items():
            if key.startswith(prefix):
                (keys.discard if value is None else keys.add)(key)
        return sorted(keys)


def _without(timer: str | None) -> Unit | None:
    return Unit(timers={timer: None}) if timer is not None else None


def keepable(plugin: str, what: str, key: str) -> str:
    """Return a key as it is. Raises PluginError where the log could not keep it: the plugin alone is to suffer."""
    try:
        key.encode()
    except (AttributeError, UnicodeEncodeError):
        raise PluginError(plugin, f"{what}: a key is a text, of whole characters, not {key!r}") from None
    return key


def current(plugin: str, what: str) -> Work:
    """Return the run that the calling handler is in. Raises PluginError where there is none."""
    work = working.get(None)
    if work is None or work.done or work.plugin != plugin:
        raise PluginError(plugin, f"{what} can be used only in a handler, while it runs, or in context.transaction()")
    if not work.fixture and what != SHARED:
        raise PluginError(plugin, f"{what} belongs to a fixture: write context.transaction(FIXTURE)")
    return work


def is_working() -> bool:
    """Whether the caller is in a handler run, or a transaction."""
    work = working.get(None)
    return work is not None and not work.done


class Store:
    """What a plugin keeps of one fixture: JSON values by key, committed with the handler run that wrote them.

    Which fixture is decided by the event that is being handled. Raises PluginError outside of a handler.
    """

    def __init__(self, plugin: str) -> None:
        self._plugin = plugin

    def get(self, key: str, default: object = None) -> object:
        """Return the value of a key."""
        value = current(self._plugin, "context.store").get(key)
        return default if value is None else orjson.loads(value)

    def put(self, key: str, value: object) -> None:
        """Set a key to a JSON value. Raises TypeError for anything else."""
        current(self._plugin, "context.store").unit.store[self._own(key)] = orjson.dumps(value)

    def delete(self, key: str) -> None:
        """Remove a key, if it is there."""
        current(self._plugin, "context.store").unit.store[self._own(key)] = None

    def range(self, prefix: str = "") -> list[tuple[str, object]]:
        """Return the keys that begin with ``prefix`` and their values, sorted by key."""
        work = current(self._plugin, "context.store")
        keys = [key for key in work.keys(prefix) if not key.startswith(OURS)]
        return [(key, orjson.loads(work.get(key) or b"null")) for key in keys]

    def _own(self, key: str) -> str:
        if keepable(self._plugin, "context.store", key).startswith(OURS):
            raise PluginError(self._plugin, "a key of context.store must not begin with a null character")
        return key


def once(plugin: str, key: str) -> bool:
    """Return True the first time that this plugin asks for ``key`` in this fixture, and False from then on."""
    work = current(plugin, "context.once")
    name = f"{OURS}once:{keepable(plugin, 'context.once', key)}"
    if work.get(name) is not None:
        return False
    work.unit.store[name] = b"1"
    return True


def set_timer(plugin: str, due: float, key: str, data: object) -> None:
    """Let the lane hear ``Due`` at ``due`` on the fixture clock (Unix seconds); a second timer of a key replaces it."""
    work = current(plugin, "context.at")
    if not math.isfinite(due):
        raise ValueError(f"context.at: due is a time of the fixture in Unix seconds, such as event.at + 20, not {due}")
    if work.timer is not None and due <= work.at:
        raise PluginError(plugin, f"timer {work.timer!r} sets timer {key!r} for its own moment or before: a loop")
    # A timer for the past runs out at once: moments that follow from each other by way of it are a chain, too.
    hops = work.hops if due <= work.at else 0
    work.unit.timers[keepable(plugin, "context.at", key)] = Timer(float(due), orjson.dumps(data), hops)


def cancel_timer(plugin: str, key: str) -> None:
    """Drop a timer, if it is there."""
    current(plugin, "context.cancel").unit.timers[keepable(plugin, "context.cancel", key)] = None


def publish(plugin: str, moment: Moment, kinds: tuple[type[Moment], ...]) -> None:
    """Announce a moment of the fixture that is being handled, once this run is committed."""
    work = current(plugin, "context.publish")
    if not isinstance(moment, kinds):
        raise PluginError(plugin, f"publishes {type(moment).__name__}, which its declaration does not name")
    if moment.fixture != work.fixture:
        raise PluginError(plugin, f"publishes a moment of fixture {moment.fixture} while handling {work.fixture}")
    if (why := unkept(moment)) is not None:
        raise PluginError(plugin, f"publishes a {type(moment).__name__} that cannot be kept: {why}")
    if work.hops >= MOST_HOPS:
        raise PluginError(plugin, f"{type(moment).__name__} {moment.key!r} would be moment number {work.hops + 1} in a"
                                  " chain of moments that follow from each other: a loop")  # fmt: skip
    # What follows from something late is late, too.
    work.unit.published.append(Published(moment=altered(moment, origin=work.origin), hops=work.hops + 1))
