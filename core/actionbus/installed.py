"""The plugins that are installed, by their entry points, and what they announce."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from attrs import frozen

from actionbus.config import Tree
from actionbus.events.base import Event
from actionbus.events.catalogue import event_classes

PROJECT = "actionbus"  # of pluggy, and the entry point group of plugins
TABLES = f"{PROJECT}.tables"  # the entry point group that says which top-level table belongs to which plugin


@frozen
class Installed:
    """The plugins that are installed, known by their entry points, without importing any."""

    plugins: dict[str, EntryPoint]
    owners: dict[str, str]
    """Top-level table of plugins.toml to the name of the plugin that owns it."""


def installed() -> Installed:
    """Look up what is installed."""
    points = entry_points()  # all at once: looking them up is slow
    plugins = {point.name: point for point in points.select(group=PROJECT)}
    by_module = {point.value: name for name, point in plugins.items()}
    owners = {point.name: by_module[point.value] for point in points.select(group=TABLES) if point.value in by_module}
    return Installed(plugins, owners)


def missing_publisher(tree: Tree, name: str, known: Installed) -> str | None:
    """Return the installed plugin whose event class this is (snake_case), if plugins.toml does not make use of it.

    A class that nobody has imported is looked for in the plugins that are not in use: they are imported. None where
    nothing is missing, and where nothing installed has such a class.
    """
    unused = {plugin: point for plugin, point in known.plugins.items() if not _is_used(tree, plugin, known)}
    kind = event_classes().get(name)
    for plugin, point in unused.items():
        if kind is None:
            kind = _imported(point, name)
        if kind is not None and f"{kind.__module__}.".startswith(f"{point.module}."):
            return plugin
    return None


def _imported(point: EntryPoint, name: str) -> type[Event] | None:
    try:
        point.load()
    except Exception:  # what a module does when it is imported is its own, and nobody has asked for this plugin
        return None
    return event_classes().get(name)


def _is_used(tree: Tree, plugin: str, known: Installed) -> bool:
    if tree.get(("plugin", plugin)) is not None:
        return tree.get(("plugin", plugin, "enabled")) is not False
    return any(owner == plugin and tree.get((table,)) is not None for table, owner in known.owners.items())
