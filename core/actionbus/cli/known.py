"""The alerts that a journal holds, as the plugins that keep them read it."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import cast

import orjson

from actionbus.backtest.player import trying
from actionbus.config import Config, parse_config
from actionbus.errors import ConfigError, PluginError
from actionbus.events.catalogue import action_classes
from actionbus.hookspecs import PluginContext
from actionbus.host import Installed, Plugin, load
from actionbus.listing import KeptState, KnownAlert, KnownAlerts, ListAlerts
from actionbus.log import MemoryLog
from actionbus.log.inspect import held_plugins, looking_into, shared_values, stored

_FEW = 3


def known_alerts(config: Config, journal: Path, known: Installed, *, has_file: bool) -> KnownAlerts:
    """Return all alerts that a journal holds, the oldest first, and what is muted.

    Those of the plugins that plugins.toml names or, where there is none, of all that are installed and were there.
    Raises ConfigError and ActionbusError where the journal cannot be read, and PluginError.
    """
    with looking_into(journal) as connection:
        config = config if has_file else _of(held_plugins(connection), known)
        found: list[KnownAlerts] = []
        for plugin in load(config, known).plugins:
            lists = _hook(plugin, config)
            if lists is None:
                continue
            state = KeptState(
                stores=[(game, key, orjson.loads(value)) for game, key, value in stored(connection, plugin.name)],
                shared={key: orjson.loads(value) for key, value in shared_values(connection, plugin.name).items()},
                now=time.time(),
            )
            found.append(trying(plugin, "alerts", partial(lists, state)))
    return KnownAlerts(
        alerts=tuple(sorted((alert for each in found for alert in each.alerts), key=lambda alert: alert.at)),
        muted=tuple(text for each in found for text in each.muted),
    )


def find_alert(alerts: KnownAlerts, asked: str) -> KnownAlert:
    """Return the alert that ``asked``, its id or the beginning of it, means. Raises ConfigError."""
    found = [each for each in alerts.alerts if each.id.startswith(asked)]
    exact = [each for each in found if each.id == asked]
    if len(found) == 1 or exact:
        return (exact or found)[0]
    if found:
        some = ", ".join(each.id for each in found[:_FEW])
        more = f" and {len(found) - _FEW} more" if len(found) > _FEW else ""
        raise ConfigError(f"several alerts begin with {asked!r}: {some}{more}; write more of it")
    raise ConfigError(f"there is no alert {asked!r}, neither a rule nor in the journal; `actionbus alerts` lists them")


def _of(names: list[str], known: Installed) -> Config:
    text = "".join(f"[plugin.{name}]\n" for name in names if name in known.plugins)
    return parse_config(text, "plugins.toml", owned_tables=known.owners, class_names=action_classes())


def _hook(plugin: Plugin, config: Config) -> ListAlerts | None:
    context = PluginContext(
        plugin.name, config.tree, shared=MemoryLog().shared(plugin.name), game=lambda _: None, replaying=True
    )
    made: object = trying(plugin, "alerts()", partial(plugin.hook, "alerts", context=context))
    if made is not None and not callable(made):
        raise PluginError(plugin.name, f"its hook alerts() should return what lists alerts, not {made!r}")
    return cast("ListAlerts | None", made)
