"""``actionbus notify test``."""

from __future__ import annotations

import difflib
import sys
from argparse import Namespace
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


def run(options: Namespace) -> int:
    """Try one channel. Raises ConfigError where there is none of its name, or its table is wrong."""
    logs.set_up(options.log_level)
    known = installed()
    config = read(options.config, known=known)
    loaded = load_and_check(config, known)
    for broken in loaded.broken:
        print(config.tree.problem(("plugin", broken.name), broken.reason), file=sys.stderr)
    found = [(name, plugin, how) for plugin in loaded.plugins for name, how in _channels(plugin, config).items()]
    for name, plugin, how in found:
        if name == options.channel:
            return OK if trying(plugin, HOOK, partial(_try, how)) else FAILED
    raise ConfigError(_unknown(options.channel, [name for name, *_ in found], config))


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


def _unknown(name: str, names: list[str], config: Config) -> Problem:
    near = difflib.get_close_matches(name, names, 1)
    there = f"the channels are {', '.join(names)}" if names else "write one: [notify.NAME]"
    hint = f"did you mean {near[0]!r}?" if near else there
    return Problem(config.tree.file, None, "", f"there is no channel {name!r}", hint)
