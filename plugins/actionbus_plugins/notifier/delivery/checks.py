"""What can be wrong with channels that could be read as such."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from actionbus import ConfigError, PluginContext, Problem, SecretSource
from actionbus_plugins.addresses import IN_CLEAR, KEPT, SECRET_HEADERS, wrong_ca_file, wrong_header, wrong_url
from actionbus_plugins.notifier.delivery import addresses
from actionbus_plugins.notifier.delivery.channel import NEEDED, OWN, Channel, Use, targets

Keys = tuple[str | int, ...]
Look = Callable[[str], str | None]
Wrong = Iterator[tuple[Keys, str, str | None]]


def problems(channels: Mapping[str, Channel], context: PluginContext) -> Iterator[Problem]:
    """Find what is wrong with channels that could be read as such, their secrets included."""
    for name, channel in channels.items():
        for keys, what, hint in _wrong(channel):
            yield context.problem(("notify", name, *keys), what, hint)
        for other in targets(name, channel):
            if other != name and other in channels:
                yield context.problem(("notify", other), f"the name is that of another of the urls of {name!r}")
        if not context.replaying:
            yield from _wrong_secrets(name, channel, context)
            for key, said in _wrong_files(channel):
                yield context.problem(("notify", name, key), said)


def _wrong(channel: Channel) -> Wrong:
    for key, uses in OWN.items():
        if getattr(channel, key) is not None and channel.use not in uses:
            yield (key,), f"belongs to use = {_either(uses)}", f"remove it: this is a channel of {channel.use}"
    for key, hint in NEEDED.get(channel.use, {}).items():
        if getattr(channel, key) is None and not (key == "url" and channel.urls):
            yield (), f"{key} is missing", hint
    if channel.use == "ntfy" and isinstance(channel.topic, str):
        yield from _said(("topic",), addresses.wrong_topic(channel.topic))
    if channel.use == "webhook":
        yield from _wrong_webhook(channel)
    elif isinstance(channel.url, str) and channel.use in OWN["url"]:
        yield ("url",), IN_CLEAR, KEPT
    if channel.use == "slack" and channel.channel is not None:
        yield from _said(("channel",), addresses.wrong_slack_channel(channel.channel))
    if channel.use == "telegram" and channel.chat is not None:
        yield from _said(("chat",), addresses.wrong_telegram_chat(str(channel.chat)))
    if channel.server is not None and (said := wrong_url(channel.server, path=False)):
        yield ("server",), said, 'such as "https://ntfy.sh"'


def _wrong_webhook(channel: Channel) -> Wrong:
    if isinstance(channel.url, str):
        yield from _said(("url",), wrong_url(channel.url))
    for header, value in (channel.headers or {}).items():
        if (said := wrong_header(header, value)) is not None:
            yield ("headers", header), said, None
        elif isinstance(value, str) and header.lower() in SECRET_HEADERS:
            bearer = ', or write token = { env = "NAME" } for "Bearer TOKEN"'
            hint = f'name where it is kept: {{ env = "NAME" }}{bearer if header.lower() == "authorization" else ""}'
            yield ("headers", header), IN_CLEAR, hint


def _said(keys: Keys, said: str | None) -> Wrong:
    if said is not None:
        yield keys, said, None


def _either(uses: tuple[Use, ...]) -> str:
    *others, last = (f'"{use}"' for use in uses)
    return f"{', '.join(others)} or {last}" if others else last


def _wrong_secrets(name: str, channel: Channel, context: PluginContext) -> Iterator[Problem]:
    for keys, source, look in _secrets(channel):
        keys = ("notify", name, *keys)
        try:
            said = look(context.secret(source, keys).reveal())
        except ConfigError as error:
            yield from error.problems
        else:
            if said is not None:
                yield context.problem(keys, f"what it names {said}")


def _secrets(channel: Channel) -> Iterator[tuple[Keys, SecretSource, Look]]:
    tokens: dict[Use, Look] = {"slack": addresses.wrong_slack_token, "telegram": addresses.wrong_telegram_token}
    urls: dict[Use, Look] = {"discord": addresses.wrong_webhook, "apprise": _wrong_apprise}
    look = urls.get(channel.use, wrong_url)
    if isinstance(channel.topic, SecretSource):
        yield ("topic",), channel.topic, addresses.wrong_topic
    if channel.token is not None:
        yield ("token",), channel.token, tokens.get(channel.use, lambda _: None)
    if isinstance(channel.url, SecretSource):
        yield ("url",), channel.url, look
    for number, source in enumerate(channel.urls or ()):
        yield ("urls", number), source, look
    for header, value in (channel.headers or {}).items():
        if isinstance(value, SecretSource):
            yield ("headers", header), value, lambda _: None


def _wrong_apprise(url: str) -> str | None:
    # Not before there is such a channel: it is slow to import, and an extra.
    from actionbus_plugins.notifier.delivery.services.apprise import wrong_address

    return wrong_address(url)


def _wrong_files(channel: Channel) -> Iterator[tuple[str, str]]:
    if channel.ca_file is not None and (said := wrong_ca_file(channel.ca_file)):
        yield "ca_file", said
    if channel.path is not None and (said := addresses.wrong_place(channel.path)):
        yield "path", said
