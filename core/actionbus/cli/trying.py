"""Try a channel or an endpoint of plugins.toml, without a daemon."""

from __future__ import annotations

import difflib
import sys
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from typing import cast

from actionbus.backtest.player import trying
from actionbus.cli import FAILED, OK, logs
from actionbus.cli.config import load_and_check, read
from actionbus.config import Config
from actionbus.errors import ConfigError, PluginError, Problem
from actionbus.hookspecs import PluginContext
from actionbus.host import Plugin, installed
from actionbus.log import MemoryLog
from actionbus.trying import TryChannel, TryChannels

HOOK = "try_channels"
WEBHOOK = "webhook"  # the table of endpoints; all else that plugins can try are channels


def try_channel(options: Namespace, name: str) -> int:
    """Try one channel. Raises ConfigError where there is none of its name, or its table is wrong."""
    return _try_one(options, name, "channel", "notify", lambda plugin, owner: plugin.name != owner)


def try_endpoint(options: Namespace, name: str) -> int:
    """Try one endpoint. Raises ConfigError where there is none of its name, or its table is wrong."""
    return _try_one(options, name, "endpoint", WEBHOOK, lambda plugin, owner: plugin.name == owner)


def _try_one(options: Namespace, name: str, what: str, table: str, has: Callable[[Plugin, str | None], bool]) -> int:
    logs.set_up(options.log_level)
    known = installed()
    config = read(options.config, known=known)
    loaded = load_and_check(config, known)
    for broken in loaded.broken:
        print(config.tree.problem(("plugin", broken.name), broken.reason), file=sys.stderr)
    owner = known.owners.get(WEBHOOK)
    able = [plugin for plugin in loaded.plugins if has(plugin, owner)]
    found = [(each, plugin, how) for plugin in able for each, how in _channels(plugin, config).items()]
    for each, plugin, how in found:
        if each == name:
            return OK if trying(plugin, HOOK, partial(_try, how)) else FAILED
    raise ConfigError(_unknown(name, [each for each, *_ in found], config, what, table))


def _channels(plugin: Plugin, config: Config) -> TryChannels:
    shared = MemoryLog().shared(plugin.name)
    context = PluginContext(plugin.name, config.tree, shared=shared, game=lambda _: None)
    made: object = trying(plugin, HOOK, partial(plugin.hook, HOOK, context=context))
    if made is None:
        return {}
    if not isinstance(made, dict) or not all(map(callable, cast("dict[object, object]", made).values())):
        raise PluginError(plugin.name, f"its hook {HOOK}() should return what tries a channel, by name, not {made!r}")
    return cast("dict[str, TryChannel]", made)


def _try(how: TryChannel) -> bool:
    import trio

    async def try_it() -> bool:
        return await how(_say)

    return trio.run(try_it)


def _say(line: str) -> None:
    print(line, flush=True)


def _unknown(name: str, names: list[str], config: Config, what: str, table: str) -> Problem:
    near = difflib.get_close_matches(name, names, 1)
    there = f"the {what}s are {', '.join(names)}" if names else f"write one: [{table}.NAME]"
    hint = f"did you mean {near[0]!r}?" if near else there
    return Problem(config.tree.file, None, "", f"there is no {what} {name!r}", hint)
