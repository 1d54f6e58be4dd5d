"""Checks of plugins.toml, its plugins and the token: as ``actionbus check`` does them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actionbus.cli.config import check, load_all
from actionbus.cli.doctor.finding import Finding, ok, problem, skipped, warning
from actionbus.cli.source import Inputs
from actionbus.config import Config
from actionbus.errors import Problem
from actionbus.host import Installed

_ALL = "`actionbus check` names all"


def look_at_configuration(config: Config, inputs: Inputs) -> Iterator[Finding]:
    """Look at plugins.toml, which could be read, and at the files that it names."""
    if inputs.problems:
        yield _problem("configuration", inputs.problems)
    for told in config.warnings:
        yield warning("configuration", str(told))
    if not (inputs.problems or config.warnings):
        yield ok("configuration", f"{config.tree.file} is right")


def look_at_plugins(config: Config, known: Installed) -> Finding:
    """Import the plugins and check their settings."""
    loaded, problems = load_all(config, known)
    problems += [config.tree.problem(("plugin", broken.name), broken.reason) for broken in loaded.broken]
    for plugin in loaded.plugins:
        problems += check(plugin, config, live=True)
    if wrong := [each for each in problems if not each.environment]:
        return _problem("plugins", wrong)
    if problems:
        return warning("plugins", str(problems[0]), "the environment of `actionbus run` needs it")
    names = ", ".join(plugin.name for plugin in loaded.plugins)
    return ok("plugins", f"all can be used: {names}") if names else warning("plugins", "there are none")


def look_at_token(config: Config, inputs: Inputs) -> Finding:
    """See whether there is a token. It is not shown, and sent to nobody."""
    if config.feed.source == "simulator":
        return skipped("token", "not needed: the built-in simulator takes any")
    if inputs.environment:
        said = str(inputs.environment[0])
        return warning("token", said, "the environment of `actionbus run` needs it")
    if any(each.path.startswith("feed.token") for each in inputs.problems):
        return _problem("token", [each for each in inputs.problems if each.path.startswith("feed.token")])
    return ok("token", "there is one; only its server can say whether it is valid")


def _problem(check_name: str, problems: Sequence[Problem]) -> Finding:
    more = f"{len(problems) - 1} more: {_ALL}" if len(problems) > 1 else None
    return problem(check_name, str(problems[0]), more)
