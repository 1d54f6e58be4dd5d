"""The check of all that people write about alerts: rules, defaults and lists, each with the line that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from actionbus import ConfigError, PluginContext, Problem
from actionbus_plugins.notifier.settings import CONSOLE, Defaults, Lists, Rule


def problems(context: PluginContext) -> Iterator[Problem]:
    """Say what no class of the tables can see. What is wrong in its keys or types is told where they are read."""
    from actionbus_plugins.notifier.rules import Around, wrong_channels, wrong_cooldown, wrong_rule

    channels = {CONSOLE, *context.names("notify")}
    lists = _lists(context)
    yield from _wrong_lists(context, lists)
    try:
        defaults = context.table("defaults", Defaults)
    except ConfigError:
        defaults = Defaults()
    for keys, what, hint in (*wrong_cooldown(defaults.cooldown), *wrong_channels(defaults.notify, channels)):
        yield context.problem(("defaults", *keys), what, hint)
    around = Around(lists=lists, channels=channels, missing_publisher=cache(context.missing_publisher))
    for name in context.names("alert"):
        if not name.strip() or not name.isprintable():
            yield context.problem(("alert", name), "has no name that people could read", "write [alert.NAME]")
        try:
            rule = context.table(("alert", name), Rule)
        except ConfigError:
            continue
        for keys, what, hint in wrong_rule(rule, around):
            yield context.problem(("alert", name, *keys), what, hint)


def _lists(context: PluginContext) -> Mapping[str, tuple[str, ...]]:
    try:
        return context.table("lists", Lists)
    except ConfigError:
        return dict.fromkeys(context.names("lists"), ("?",))  # they are there, though wrong


def _wrong_lists(context: PluginContext, lists: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    for name, values in lists.items():
        if not values:
            yield context.problem(("lists", name), "is empty, so nothing would match", "name what is in it")
        for place, value in enumerate(values):
            if not value.strip():
                yield context.problem(("lists", name, place), "is empty, so nothing would match", "remove it")
            elif value.startswith("@"):
                yield context.problem(("lists", name, place), "is a list within a list", "write out what it holds")
