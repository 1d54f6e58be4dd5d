"""The alerts and deliveries that a journal holds, as the plugins that keep them read it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

import orjson

from actionbus.backtest.player import trying
from actionbus.config import Config, parse_config
from actionbus.errors import ConfigError, PluginError
from actionbus.events.catalogue import action_classes
from actionbus.hookspecs import PluginContext
from actionbus.host import Installed, Plugin, load
from actionbus.listing import KeptState, KnownAlert, KnownAlerts, KnownDeliveries
from actionbus.log import MemoryLog
from actionbus.log.inspect import held_plugins, looking_into, shared_sums, shared_values, stored

K = TypeVar("K")

_FEW = 3


def known_alerts(config: Config, journal: Path, known: Installed, *, has_file: bool) -> KnownAlerts:
    """Return all alerts that a journal holds, the oldest first, and what is muted.

    Those of the plugins that plugins.toml names or, where there is none, of all that are installed and were there.
    Raises ConfigError and ActionbusError where the journal cannot be read, and PluginError.
    """
    found: list[KnownAlerts] = _listed("alerts", config, journal, known, has_file=has_file)
    return KnownAlerts(
        alerts=tuple(sorted((alert for each in found for alert in each.alerts), key=lambda alert: alert.at)),
        muted=tuple(text for each in found for text in each.muted),
    )


def known_deliveries(config: Config, journal: Path, known: Installed, *, has_file: bool) -> KnownDeliveries:
    """Return all deliveries that a journal holds, and the endpoints; as ``known_alerts`` does."""
    found: list[KnownDeliveries] = _listed("deliveries", config, journal, known, has_file=has_file)
    return KnownDeliveries(
        deliveries=tuple(delivery for each in found for delivery in each.deliveries),
        endpoints=tuple(endpoint for each in found for endpoint in each.endpoints),
    )


def find_alert(alerts: KnownAlerts, asked: str) -> KnownAlert:
    """Return the alert that ``asked``, its id or the beginning of it, means. Raises ConfigError."""
    otherwise = f"there is no alert {asked!r}, neither a rule nor in the journal; `actionbus alerts` lists them"
    name = find_name("alerts", asked, [each.id for each in alerts.alerts], otherwise)
    return next(each for each in alerts.alerts if each.id == name)


def find_name(what: str, asked: str, names: Collection[str], otherwise: str) -> str:
    """Return the name that ``asked`` is, or the beginning of. Raises ConfigError: with ``otherwise`` if of none."""
    found = [asked] if asked in names else [name for name in names if name.startswith(asked)]
    if len(found) == 1:
        return found[0]
    if found:
        more = f" and {len(found) - _FEW} more" if len(found) > _FEW else ""
        raise ConfigError(f"several {what} begin with {asked!r}: {', '.join(found[:_FEW])}{more}; write more of it")
    raise ConfigError(otherwise)


def _listed(hook: str, config: Config, journal: Path, known: Installed, *, has_file: bool) -> list[K]:
    """Return what each plugin that has a hook makes of what it keeps in a journal."""
    found: list[K] = []
    with looking_into(journal) as connection:
        connection.execute("BEGIN")  # stores and sums as they are at one moment, beside a daemon that writes
        config = config if has_file else _of(held_plugins(connection), known)
        for plugin in load(config, known).plugins:
            lists = cast("Callable[[KeptState], K] | None", _hook(plugin, hook, config))
            if lists is None:
                continue
            state = KeptState(
                stores=[(game, key, orjson.loads(value)) for game, key, value in stored(connection, plugin.name)],
                shared={key: orjson.loads(value) for key, value in shared_values(connection, plugin.name).items()},
                sums=shared_sums(connection, plugin.name),
                now=time.time(),
            )
            found.append(trying(plugin, hook, partial(lists, state)))
    return found


def _of(names: Iterable[str], known: Installed) -> Config:
    text = "".join(f"[plugin.{name}]\n" for name in names if name in known.plugins)
    return parse_config(text, "plugins.toml", owned_tables=known.owners, class_names=action_classes())


def _hook(plugin: Plugin, name: str, config: Config) -> object:
    context = PluginContext(
        plugin.name, config.tree, shared=MemoryLog().shared(plugin.name), game=lambda _: None, replaying=True
    )
    made: object = trying(plugin, f"{name}()", partial(plugin.hook, name, context=context))
    if made is not None and not callable(made):
        raise PluginError(plugin.name, f"its hook {name}() should return what lists {name}, not {made!r}")
    return made
