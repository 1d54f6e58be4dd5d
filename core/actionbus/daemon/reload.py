"""A changed plugins.toml, taken over whole or not at all, while the daemon runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import trio
from attrs import define, field, frozen

from actionbus.daemon.changes import differences
from actionbus.daemon.feeds import Feeds
from actionbus.daemon.setup import Setup
from actionbus.errors import ConfigError, Problem
from actionbus.host import Broken, Host, Plugin, digest, swap

PATIENCE = 30.0  # seconds for reading plugins.toml and importing what it names

Reread = Callable[[Setup], Setup]
"""Reads and checks plugins.toml anew, beside the one that the daemon runs with; raises ConfigError."""


@frozen(kw_only=True)
class Reloaded:
    """What a reload has changed."""

    said: list[str]
    """The tables and plugin files, in words; empty: nothing."""
    after: Mapping[str, Mapping[str, int]]
    """By plugin that was set up anew, and fixture: the position of the last row that it had handled before."""


@define(eq=False, kw_only=True)
class Reloader:
    """Takes over what plugins.toml says by now; one reload at a time."""

    setup: Setup
    host: Host
    feeds: Feeds
    reread: Reread
    _one: trio.Lock = field(init=False, factory=trio.Lock)

    async def reload(self) -> Reloaded:
        """Read, check and take over plugins.toml. Raises ConfigError, and then nothing has changed."""
        async with self._one:
            before = self.setup
            now = await self._read(before)
            stop, start = self._plugins(before, now)
            said = self._differences(before, now, start)
            back = [plugin for plugin in before.loaded.plugins if plugin.name in stop]
            swapped = await swap(self.host, now.config.tree, stop, start, back=back)
            if swapped.failed:
                raise ConfigError(*swapped.problems, *(_broken(now, each) for each in swapped.broken))
            self.setup = now
            await self.feeds.change(now.source)
        return Reloaded(said=said, after=swapped.after)

    async def _read(self, before: Setup) -> Setup:
        """Read and check plugins.toml in a thread, which is left behind if a plugin's file does not let go of it."""
        file = before.config.tree.file
        with trio.move_on_after(PATIENCE):
            try:
                return await trio.to_thread.run_sync(self.reread, before, abandon_on_cancel=True)
            except KeyboardInterrupt:  # no Ctrl-C: that comes to the main thread
                raise ConfigError(f"{file}: a plugin's file raises KeyboardInterrupt when it is imported") from None
        raise ConfigError(f"{file}: a plugin's file is not imported after {PATIENCE:g} s: does it wait for something?")

    def _plugins(self, before: Setup, now: Setup) -> tuple[list[str], list[Plugin]]:
        """Return which plugins are to leave, and which to be set up: what has changed, and what had failed."""
        was = {plugin.name: _identity(before, plugin) for plugin in before.loaded.plugins}
        runs = self.host.members
        start = [each for each in now.loaded.plugins if each.name not in runs or was[each.name] != _identity(now, each)]
        names = {each.name for each in now.loaded.plugins}
        new = {each.name for each in start}
        stop = [name for name in was if name in new or name not in names]
        return stop, start

    @staticmethod
    def _differences(before: Setup, now: Setup, start: list[Plugin]) -> list[str]:
        said = differences(before.config.tree, now.config.tree)
        sources = {plugin.name: plugin.source for plugin in before.loaded.plugins}
        files = [each for each in start if sources.get(each.name, each.source) != each.source]
        return said + [f"{each.origin} has changed" for each in files]


def _identity(setup: Setup, plugin: Plugin) -> tuple[str, str, str]:
    return plugin.origin, plugin.source, digest(setup.config.tree, plugin)


def _broken(setup: Setup, broken: Broken) -> Problem:
    return setup.config.tree.problem(("plugin", broken.name), f"cannot be set up: {broken.reason}")
