"""Find and import the plugins that plugins.toml names: one by one, so that a broken one is known by name."""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import sys
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
from attrs import define, field, frozen

from actionbus.bus import is_own
from actionbus.config import Config
from actionbus.errors import ConfigError, PluginError, Problem
from actionbus.hookspecs import Declaration, Hooks
from actionbus.host.describe import describe as describe
from actionbus.installed import PROJECT
from actionbus.installed import Installed as Installed
from actionbus.installed import installed as installed

HOOKS = sorted(name for name in vars(Hooks) if not name.startswith("_"))


@define(eq=False)
class Plugin:
    """A plugin that was imported and whose hooks pluggy accepts."""

    name: str
    origin: str
    """Where it came from: a file, or the distribution that brought it."""
    manager: pluggy.PluginManager
    declaration: Declaration = field(factory=Declaration)
    module: Any = field(default=None, repr=False)
    source: str = ""
    """What tells the file that it was imported from apart from the file as it is later; empty for what is installed."""

    def hook(self, name: str, **arguments: object) -> Any:
        """Call this plugin's implementation of a hook alone; None where it has none."""
        manager = self.manager
        others = [other for other_name, other in manager.list_name_plugin() if other_name != self.name]
        results: list[Any] = manager.subset_hook_caller(name, remove_plugins=others)(**arguments)
        return results[0] if results else None

    @cached_property
    def hooks(self) -> list[str]:
        """The names of the hooks that it implements."""
        module = self.manager.get_plugin(self.name)
        return sorted(caller.name for caller in self.manager.get_hookcallers(module) or ())


@frozen
class Broken:
    """A plugin that cannot be used, and why, in one sentence."""

    name: str
    origin: str
    reason: str


@frozen
class Loaded:
    """All plugins that plugins.toml names: those that work and those that do not."""

    plugins: list[Plugin]
    broken: list[Broken]


def wanted(config: Config, known: Installed) -> list[str]:
    """Return the plugins to load: those that have a table, and the owners of top-level tables that are there."""
    names = [name for name, table in config.plugins.items() if table.enabled]
    owners = (known.owners[table] for table in config.tables if table in known.owners)
    return list(dict.fromkeys([*names, *(name for name in owners if name not in config.plugins)]))


def load(config: Config, known: Installed, present: Sequence[Plugin] = ()) -> Loaded:
    """Import the plugins that plugins.toml names. Raises ConfigError for a name that nothing installed has.

    Those that are ``present`` were imported before: of them only files that have changed are imported anew.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    loaded = Loaded([], [])
    names = wanted(config, known)
    problems = [problem for name in names if (problem := _unknown(name, config, known)) is not None]
    if problems:
        raise ConfigError(*problems)
    for name in names:
        table = config.plugins.get(name)
        path = table.path if table is not None else None
        origin = str(path) if path is not None else _distribution(known.plugins[name])
        try:
            before = next((each for each in present if (each.name, each.origin) == (name, origin)), None)
            source = _digest(name, Path(path)) if path is not None else ""
            if before is not None and before.source == source:
                module = before.module
            else:
                module = _import_file(name, Path(path)) if path is not None else known.plugins[name].load()
            plugin = register(manager, name, origin, module)
            plugin.module, plugin.source = module, source
            loaded.plugins.append(plugin)
        except BaseException as error:
            # The boundary around loading a plugin: what its module does when imported is its own.
            if not is_own(error):
                raise
            loaded.broken.append(Broken(name, origin, describe(error, origin)))
    return loaded


def _unknown(name: str, config: Config, known: Installed) -> Problem | None:
    table = config.plugins.get(name)
    if name in known.plugins or (table is not None and table.path is not None):
        return None
    near = difflib.get_close_matches(name, known.plugins, 1)
    hint = f"did you mean {near[0]!r}?" if near else 'a plugin of your own needs path = "FILE.py"'
    return config.tree.problem(("plugin", name), "no plugin of this name is installed", hint)


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value


def _digest(name: str, path: Path) -> str:
    if not path.is_file():
        raise PluginError(name, f"there is no file {path}")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _import_file(name: str, path: Path) -> ModuleType:
    """Import a single file as a module of its own name, so that two files called alerts.py do not collide."""
    spec = importlib.util.spec_from_file_location(f"actionbus_file_plugins.{name}", path)
    if spec is None or spec.loader is None:
        raise PluginError(name, f"{path} is not a Python file; its name should end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # attrs classes look up their annotations there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module


def register(manager: pluggy.PluginManager, name: str, origin: str, module: Any) -> Plugin:
    """Let pluggy look at a module's hooks, and ask for its declaration. Raises PluginError."""
    try:
        manager.register(module, name)
    except pluggy.PluginValidationError as error:
        said = " ".join(str(error).split())
        raise PluginError(name, f"a hook has the wrong shape: {said}") from None
    plugin = Plugin(name, origin, manager)
    unknown = [hook for hook in plugin.hooks if hook not in HOOKS]
    if unknown:
        manager.unregister(name=name)
        near = difflib.get_close_matches(unknown[0], HOOKS, 1)
        advice = f"did you mean {near[0]}()?" if near else f"the hooks are {', '.join(HOOKS)}"
        raise PluginError(name, f"there is no hook {unknown[0]}(); {advice}")
    if not plugin.hooks:
        manager.unregister(name=name)
        has_one = any(callable(getattr(module, hook, None)) for hook in ("subscriptions", "folds"))
        advice = "put @hookimpl above it" if has_one else "write a function `subscriptions` and put @hookimpl above it"
        raise PluginError(name, f"it has no hook; {advice}")
    declared = plugin.hook("declare")
    if declared is not None:
        if not isinstance(declared, Declaration):
            raise PluginError(name, f"its hook declare() returns {type(declared).__name__}, should be a Declaration")
        plugin.declaration = declared
    return plugin
