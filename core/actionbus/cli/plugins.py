"""``actionbus plugins``."""

from __future__ import annotations

from argparse import Namespace

from actionbus.cli import FAILED, OK, logs
from actionbus.cli.config import check, load_all, read
from actionbus.config import Config
from actionbus.host import Installed, installed

Row = tuple[str, str, str]  # state, where it comes from, what there is to say


def run(options: Namespace) -> int:
    """List every plugin: its name, whether it is used, where it comes from, and what is wrong with it."""
    logs.set_up(options.log_level)
    known = installed()
    config = read(options.config, known=known, optional=True)
    rows = _unused(config, known)
    loaded, unknown = load_all(config, known)
    for plugin in loaded.plugins:
        problems = check(plugin, config)
        more = f" (and {len(problems) - 1} more: actionbus check)" if len(problems) > 1 else ""
        said = f"{problems[0]}{more}" if problems else f"hooks: {', '.join(plugin.hooks)}"
        rows[plugin.name] = ("broken" if problems else "configured", plugin.origin, said)
    for broken in loaded.broken:
        rows[broken.name] = ("broken", broken.origin, broken.reason)
    for problem in unknown:
        rows[problem.path.removeprefix("plugin.")] = ("broken", "-", str(problem))
    _print(rows)
    return FAILED if any(state == "broken" for state, _, _ in rows.values()) else OK


def _unused(config: Config, known: Installed) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for name, point in known.plugins.items():
        origin = f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value
        rows[name] = ("installed", origin, "not in use: plugins.toml does not name it")
    for name, table in config.plugins.items():
        if not table.enabled:
            origin = rows[name][1] if name in rows and table.path is None else str(table.path or "-")
            rows[name] = ("disabled", origin, "enabled = false")
    return rows


def _print(rows: dict[str, Row]) -> None:
    names = max(map(len, rows), default=0)
    origins = max((len(origin) for _, origin, _ in rows.values()), default=0)
    for name, (state, origin, said) in sorted(rows.items()):
        print(f"{name:<{names}}  {state:<10}  {origin:<{origins}}  {said}")
