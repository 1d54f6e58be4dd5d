"""``actionbus schema``."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from actionbus.cli import FAILED, OK, logs
from actionbus.cli.config import DEFAULT
from actionbus.cli.output import as_text, stdout_alone
from actionbus.config import Config, PluginTable, Tree, read_tree
from actionbus.config.keys import is_table
from actionbus.config.wrong import did_you_mean
from actionbus.configfile import read_text
from actionbus.errors import ActionbusError, ConfigError, Problem
from actionbus.host import Installed, Loaded, installed, load
from actionbus.schema import Walk, make_schema


def run(options: Namespace) -> int:
    """Print the schema, or write it to a file; say which plugins it knows nothing of."""
    output: Path | None = options.output
    stdout = stdout_alone() if output is None else None
    logs.set_up(options.log_level)
    known = installed()
    tree = _tree(options.config)
    named = dict(_of_their_own(tree))
    config = Config(plugins={name: PluginTable() for name in known.plugins} | named, tree=tree)
    loaded = load(config, known)
    if options.what is not None:
        schema, problems, lacks = *_of_plugin(options.what, loaded, tree), "lacks what this plugin has"
    else:
        schema, problems, lacks = *_schema(loaded, known, tree), "takes any keys there"
    for problem in problems:
        print(f"{problem} (the schema {lacks})", file=sys.stderr)
    text = json.dumps(schema, indent=2, ensure_ascii=False)
    failed = bool(problems)
    if stdout is not None:
        print(text, file=as_text(stdout), flush=True)
        failed = stdout.failed() or failed
    if output is not None:
        _write(output, text)
    return FAILED if failed else OK


def _tree(path: Path | None) -> Tree:
    """Read the plugins.toml that names plugins by path, if there is one. Raises ConfigError if it is not TOML."""
    if path is None and not DEFAULT.exists():
        return read_tree("", str(DEFAULT))
    path = path or DEFAULT
    return read_tree(read_text(path), str(path))


def _of_their_own(tree: Tree) -> Iterator[tuple[str, PluginTable]]:
    """Give the plugins that are files; what else is wrong with plugins.toml is for ``check`` to say."""
    plugins = tree.get(("plugin",))
    for name, table in (plugins if is_table(plugins) else {}).items():
        path = table.get("path") if is_table(table) else None
        if is_table(table) and isinstance(path, str) and path and table.get("enabled") is not False:
            yield name, PluginTable(path=Path(tree.folder, path))


def _schema(loaded: Loaded, known: Installed, tree: Tree) -> tuple[dict[str, Any], list[Problem]]:
    problems = [tree.problem(("plugin", broken.name), broken.reason) for broken in loaded.broken]
    settings: dict[str, Any] = {broken.name: None for broken in loaded.broken}
    tables: dict[str, Any] = dict.fromkeys(known.owners)
    for plugin in loaded.plugins:
        declared = plugin.declaration
        owned = {name: kind for name, kind in declared.tables.items() if known.owners.get(name) == plugin.name}
        try:
            for kind in (declared.settings, *owned.values()):
                Walk().schema(kind) if kind is not None else None
        except TypeError as error:  # of a settings class: that is for its author to mend
            problems.append(tree.problem(("plugin", plugin.name), str(error)))
            settings[plugin.name] = None
        else:
            settings[plugin.name] = declared.settings
            tables |= owned
    return make_schema(tables, dict(sorted(settings.items()))), problems


def _of_plugin(name: str, loaded: Loaded, tree: Tree) -> tuple[Mapping[str, Any], list[Problem]]:
    """Make a schema that a plugin declares. Raises ConfigError where none does."""
    makers = {named: make for plugin in loaded.plugins for named, make in plugin.declaration.schemas.items()}
    if name not in makers:
        others = "".join(f" and {each!r}" for each in sorted(makers))
        hint = did_you_mean(name, makers) or f"there is that of plugins.toml, without a name,{others}"
        raise ConfigError(f"actionbus schema: there is no schema {name!r}; {hint.rstrip(',')}")
    return makers[name](), [tree.problem(("plugin", broken.name), broken.reason) for broken in loaded.broken]


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(f"{text}\n", encoding="utf-8")
    except (OSError, ValueError) as error:  # ValueError: a path that holds a null character
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise ActionbusError(f"{path} cannot be written: {said}") from None
