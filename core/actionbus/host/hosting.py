"""The plugins from their set-up to their end: entered one after the other, left once they have done what there is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

import trio

from actionbus.bus import HandlerFailure
from actionbus.config import Tree
from actionbus.errors import ConfigError
from actionbus.host.loading import Plugin
from actionbus.host.running import GRACE, Host, log_failure
from actionbus.log import Log


@asynccontextmanager
async def hosting(
    plugins: Sequence[Plugin],
    tree: Tree,
    log: Log,
    report: Callable[[HandlerFailure], None] = log_failure,
    grace: float = GRACE,
    replaying: bool = False,
    whole: bool = False,
) -> AsyncGenerator[Host]:
    """Set the plugins up, one after the other; at the end let them finish, for at most ``grace`` seconds.

    Raises ConfigError with all that plugins find wrong with their tables. What the block raises comes out as it is, and
    so does Ctrl-C: neither is wrapped in a group. ``whole``: see ``Host``.
    """
    raised: BaseException | None = None
    host: Host | None = None
    try:
        async with trio.open_nursery() as nursery:
            host = Host(tree, log, nursery, report, replaying, whole)
            for plugin in plugins:
                await host.start(plugin)
            if not host.problems:
                try:
                    yield host
                except Exception as error:
                    raised = error
                    nursery.cancel_scope.cancel()
            with trio.move_on_after(grace) as limit:
                with trio.move_on_after(grace / 2):
                    await host.caught_up(publishers=True)  # others want to hear what they still publish
                host.finish()
                await host.all_have_left()
            if limit.cancelled_caught:
                host.give_up_leaving(grace)
                nursery.cancel_scope.cancel()
    except* KeyboardInterrupt:
        raised = KeyboardInterrupt()
    if raised is not None:
        raise raised
    if host is not None and host.problems:
        raise ConfigError(*host.problems)
