"""Whether an endpoint is served: kept over restarts, and announced as a moment that alerts can be about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Literal, TypeGuard

import trio
from attrs import define, field, frozen

from actionbus import Moment, PluginContext

DISABLED, ENABLED, FAILING, WORKING = "disabled", "enabled", "failing", "working"
WORTH_KEEPING = 3_600.0  # seconds of failure after which it is kept since when: most outages are shorter


@frozen(kw_only=True, slots=False, eq=False)
class EndpointStatus(Moment):
    """An endpoint of ``[webhook.NAME]`` is left alone from now on, or is served again.

    It belongs to a game that is followed: the one whose delivery was the last to fail, or any.
    """

    endpoint: str
    """Its name, ``[webhook.NAME]``."""
    state: Literal["disabled", "enabled"]
    """Whether it is left alone, or is served again."""
    reason: str = ""
    """Why it is disabled; "" where it is enabled."""
    since: float = 0.0
    """When it was disabled, or failed first, by the clock on the wall (Unix seconds)."""

    def __str__(self) -> str:
        return f"Webhook {self.endpoint} {self.state}" + (f": {self.reason}" if self.reason else "")


@frozen(kw_only=True)
class Standing:
    """What is kept of an endpoint."""

    disabled: str = ""
    """Why it is left alone; empty: it is not."""
    digest: str = ""
    """Its settings, when it was disabled."""
    since: float = 0.0
    failing: float | None = None
    """Since when every attempt has failed, if that is long ago."""


def standing(name: str, kept: Iterable[tuple[str, object]]) -> Standing:
    """Work out how an endpoint stands from what ``context.shared`` keeps of all."""
    newest: dict[str, tuple[float, dict[str, object]]] = {}
    for key, value in kept:
        what, _, rest = key.partition(":")
        endpoint, _, when = rest.rpartition(":")
        if endpoint == name and what in (DISABLED, ENABLED, FAILING, WORKING) and _is_table(value):
            newest[what] = max(newest.get(what, (0.0, {})), (float(when), value), key=lambda each: each[0])
    disabled, enabled = newest.get(DISABLED), newest.get(ENABLED)
    failing, working = newest.get(FAILING), newest.get(WORKING)
    is_disabled = disabled is not None and (enabled is None or enabled[0] < disabled[0])
    return Standing(
        disabled=str(disabled[1].get("reason", "")) if disabled is not None and is_disabled else "",
        digest=str(disabled[1].get("digest", "")) if disabled is not None and is_disabled else "",
        since=disabled[0] if disabled is not None and is_disabled else 0.0,
        failing=failing[0] if failing is not None and (working is None or working[0] < failing[0]) else None,
    )


def _is_table(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


@define(eq=False, repr=False)
class Status:
    """How an endpoint stands, in this run of the daemon and as it is kept. Times are of the wall clock."""

    name: str
    digest: str
    """Of its settings: others switch it on again."""
    context: PluginContext
    nursery: trio.Nursery
    wall: Callable[[], float]
    finished: Collection[str]
    """The games that are over: nobody would hear of a moment in them."""
    disabled: str = ""
    failing: float | None = None
    _kept: bool = field(init=False, default=False)  # that it fails

    def begin(self) -> None:
        """Take up what is kept; other settings than those that failed are given a chance."""
        kept = standing(self.name, self.context.shared.range())
        self.failing, self._kept = kept.failing, kept.failing is not None
        self.disabled = kept.disabled
        if kept.disabled and kept.digest != self.digest:
            self.enable("")

    def failed(self, fixture: str, words: str, disable_after: float) -> None:
        """Take note of a failure; after too long a time of them the endpoint is left alone."""
        now = self.wall()
        if self.failing is None:
            self.failing = now
        if not self._kept and now - self.failing >= min(WORTH_KEEPING, disable_after):
            self._kept = True
            self._keep(FAILING, self.failing, {})
        if now - self.failing >= disable_after:
            self.disable(fixture, f"every attempt has failed since {_text(self.failing)}: {words}")

    def worked(self) -> None:
        """Take note of a success."""
        if self._kept:
            self._kept = False
            self._keep(WORKING, self.wall(), {})
        self.failing = None

    def disable(self, fixture: str, reason: str) -> None:
        """Leave the endpoint alone."""
        if self.disabled:
            return
        self.disabled, since = reason, self.failing or self.wall()
        self.context.log.error("webhook is disabled", webhook=self.name, reason=reason)
        self._keep(DISABLED, self.wall(), {"reason": reason, "digest": self.digest})
        self.nursery.start_soon(self._announce, fixture, "disabled", reason, since)

    def enable(self, fixture: str) -> None:
        """Serve it again."""
        if not self.disabled:
            return
        self.disabled, self.failing = "", None
        self.context.log.info("webhook is enabled again", webhook=self.name)
        self._keep(ENABLED, self.wall(), {})
        if self._kept:
            self._kept = False
            self._keep(WORKING, self.wall(), {})
        self.nursery.start_soon(self._announce, fixture, "enabled", "", self.wall())

    def _keep(self, what: str, when: float, value: dict[str, object]) -> None:
        self.nursery.start_soon(self._write, f"{what}:{self.name}:{when}", value)

    async def _write(self, key: str, value: dict[str, object]) -> None:
        async with self.context.transaction():
            self.context.shared.put_if_absent(key, value)

    async def _announce(self, fixture: str, state: Literal["disabled", "enabled"], reason: str, since: float) -> None:
        followed = [each for each in (fixture, *reversed(self.context.fixtures)) if each and each not in self.finished]
        if not followed:
            return
        key = f"{self.name}:{self.wall()}"
        moment = EndpointStatus(
            fixture=followed[0], key=key, endpoint=self.name, state=state, reason=reason, since=since
        )
        async with self.context.transaction(followed[0]):
            self.context.publish(moment)


def _text(when: float) -> str:
    return f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M} UTC"
