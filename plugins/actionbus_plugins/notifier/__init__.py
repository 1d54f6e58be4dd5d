"""Tell people: alerts that are written in plugins.toml, each corrected when the feed takes back what it was about."""

from __future__ import annotations

from attrs import frozen

from actionbus import ConfigError, Declaration, PluginContext, Problem, Subscription, hookimpl
from actionbus_plugins.notifier.alerts import Alert
from actionbus_plugins.notifier.channels import CONSOLE, Channel, open_channel
from actionbus_plugins.notifier.rules import Rule, problems


@frozen(kw_only=True)
class Settings:
    """``[plugin.notifier]`` has no keys of its own: rules and channels have tables of theirs."""


RULES = dict[str, Rule]
CHANNELS = dict[str, Channel]


@hookimpl
def declare() -> Declaration:
    """Own ``[alert.NAME]`` and ``[notify.NAME]``; rules are checked against the event classes and each other."""
    return Declaration(settings=Settings, tables={"alert": RULES, "notify": CHANNELS}, check=check)


@hookimpl
def subscriptions(context: PluginContext) -> list[Subscription]:
    """Listen for each rule to the classes that it names."""
    context.settings(Settings)
    check(context)
    named = {CONSOLE: Channel(use="console")} | context.table("notify", CHANNELS)
    channels = {name: open_channel(channel) for name, channel in named.items()}
    rules = context.table("alert", RULES)
    alerts = [Alert(name, rule, [channels[each] for each in rule.channels], context) for name, rule in rules.items()]
    return [subscription for alert in alerts for subscription in alert.subscriptions()]


def check(context: PluginContext) -> None:
    """Say everything that is wrong with the rules that can be read as such. Raises ConfigError."""
    channels = {CONSOLE, *context.names("notify")}
    found: list[Problem] = []
    for name in context.names("alert"):
        try:
            rule = context.table(("alert", name), Rule)
        except ConfigError:
            continue  # wrong in its keys or types: told where the whole table is read
        found += [context.problem(("alert", name, *keys), what, hint) for keys, what, hint in problems(rule, channels)]
    if found:
        raise ConfigError(*found)
