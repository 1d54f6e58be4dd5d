"""``actionbus plugins``."""

from __future__ import annotations

from argparse import Namespace

from actionbus.cli import FAILED, OK
from actionbus.cli.config import check, read
from actionbus.host import installed, load


def run(options: Namespace) -> int:
    """List every plugin: its name, whether it is used, where it comes from, and what is wrong with it."""
    known = installed()
    config = read(options.config, known=known, optional=True)
    loaded = load(config, known)
    rows: dict[str, tuple[str, str, str]] = {}
    for name, point in known.plugins.items():
        origin = f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value
        rows[name] = ("installed", origin, "not named in plugins.toml" if name not in config.plugins else "disabled")
    for name, table in config.plugins.items():
        if not table.enabled:
            rows[name] = ("disabled", str(table.path or rows.get(name, ("", "", ""))[1]), "enabled = false")
    failed = False
    for plugin in loaded.plugins:
        problems = check(plugin, config)
        failed = failed or bool(problems)
        said = str(problems[0]) if problems else f"hooks: {', '.join(plugin.hooks)}"
        rows[plugin.name] = ("broken" if problems else "configured", plugin.origin, said)
    for broken in loaded.broken:
        failed = True
        rows[broken.name] = ("broken", broken.origin, broken.reason)
    width = max(map(len, rows), default=0)
    origins = max((len(origin) for _, origin, _ in rows.values()), default=0)
    for name, (state, origin, said) in sorted(rows.items()):
        print(f"{name:<{width}}  {state:<10}  {origin:<{origins}}  {said}")
    return FAILED if failed else OK
