"""What can be wrong with endpoints that could be read as such."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from functools import cache

import attrs

from actionbus import ConfigError, Event, PluginContext, Problem, SecretSource
from actionbus_plugins import addresses
from actionbus_plugins.conditions.checks.asked import Wrong, wrong_where
from actionbus_plugins.conditions.checks.classes import FindPublisher, lacks_publisher, scope_of, wrong_classes
from actionbus_plugins.conditions.checks.texts import check_condition
from actionbus_plugins.conditions.classes import heard_classes
from actionbus_plugins.conditions.fields import Sort, names_for
from actionbus_plugins.conditions.where import names_in_where
from actionbus_plugins.webhook.guard import wrong_host
from actionbus_plugins.webhook.settings import Endpoint
from actionbus_plugins.webhook.wants import named

Lists = Mapping[str, tuple[str, ...]]

_NAME = re.compile(r"[-_A-Za-z0-9]{1,64}", re.ASCII)
_GLOB = frozenset("*?[")
_KEYS = frozenset(each.name for each in attrs.fields(Endpoint))
_OURS = {"webhook-id", "webhook-timestamp", "webhook-signature", "user-agent"}


def problems(endpoints: Mapping[str, Endpoint], lists: Lists, context: PluginContext) -> Iterator[Problem]:
    """Say everything that is wrong, secrets included where they can be read."""
    missing = cache(context.missing_publisher)
    for name, endpoint in endpoints.items():
        if not _NAME.fullmatch(name):
            what = "has a name that is no name of an endpoint"
            yield context.problem(("webhook", name), what, "use at most 64 letters, digits, - and _")
        for keys, what, hint in (
            *_wrong_address(endpoint),
            *_wrong_events(endpoint, lists, missing),
            *_wrong_headers(endpoint),
        ):
            yield context.problem(("webhook", name, *keys), what, hint)
        if not context.replaying and endpoint.enabled:
            yield from _wrong_secrets(name, endpoint, context)
            if endpoint.ca_file is not None and (said := addresses.wrong_ca_file(endpoint.ca_file)):
                yield context.problem(("webhook", name, "ca_file"), said)


def wrong_url(url: str, endpoint: Endpoint) -> str | None:
    """Say what is wrong with an endpoint's address, without showing it: it may be a secret."""
    said = addresses.wrong_url(url)
    if said is not None:
        return said
    if url.startswith("http:") and not endpoint.allow_http:
        return "should start with https:// (or, where nobody listens on the way: allow_http = true)"
    return wrong_host(url, endpoint.networks)


def _wrong_address(endpoint: Endpoint) -> Iterator[Wrong]:
    if isinstance(endpoint.url, str) and (said := wrong_url(endpoint.url, endpoint)):
        yield ("url",), said, None
    if not endpoint.sources:
        yield ("secret",), "is an empty list, and messages are always signed", 'write { env = "NAME" }'
    for key in ("changes", "on"):
        if not getattr(endpoint, key):
            yield (key,), "is empty, so nothing would ever be sent", "leave the endpoint out, or say enabled = false"


def _wrong_events(endpoint: Endpoint, lists: Lists, missing: FindPublisher) -> Iterator[Wrong]:
    known = heard_classes()
    plain = tuple(name for name in endpoint.patterns if not _GLOB & set(name))
    yield from _wrong_patterns(endpoint, missing, known)
    kinds = named(endpoint.patterns)
    here = {name: kind for name, kind in kinds.items() if lacks_publisher(name, known, missing) is None}
    if not here and plain:
        return
    scope = scope_of(here, names_in_where) if here else None
    yield from wrong_where(endpoint.where, scope, lists, _KEYS)
    if endpoint.when is not None and here:
        more: dict[str, Sort] = {f"lists.{name}": "list" for name in lists}
        samples = {"lists": {name: list(each) or ["sample"] for name, each in lists.items()}}
        asked = scope_of(here, names_for, more, types.MappingProxyType({}))
        for what, hint in check_condition(endpoint.when, asked, list(here.values()), samples):
            yield ("when",), what, hint


def _wrong_patterns(endpoint: Endpoint, missing: FindPublisher, known: Mapping[str, type[Event]]) -> Iterator[Wrong]:
    several = not isinstance(endpoint.on, str)
    for place, pattern in enumerate(endpoint.patterns):
        keys = ("on", place) if several else ("on",)
        if not _GLOB & set(pattern):
            for _, what, hint in wrong_classes((), pattern, missing, known):
                yield keys, what, hint
        elif not named([pattern]):
            yield keys, f"no event class is named like {pattern!r}", "docs/events.md lists them"


def _wrong_headers(endpoint: Endpoint) -> Iterator[Wrong]:
    for header, value in endpoint.headers.items():
        if header.lower() in _OURS:
            yield ("headers", header), "is set by actionbus", None
        elif (said := addresses.wrong_header(header, value)) is not None:
            yield ("headers", header), said, None
        elif isinstance(value, str) and header.lower() in addresses.SECRET_HEADERS:
            yield ("headers", header), addresses.IN_CLEAR, addresses.KEPT


def _wrong_secrets(name: str, endpoint: Endpoint, context: PluginContext) -> Iterator[Problem]:
    from actionbus import read_key

    several = not isinstance(endpoint.secret, SecretSource)
    for place, source in enumerate(endpoint.sources):
        keys: tuple[str | int, ...] = ("webhook", name, "secret", *([place] if several else []))
        try:
            read_key(context.secret(source, keys).reveal())
        except ConfigError as error:
            yield from error.problems
        except ValueError as error:
            yield context.problem(keys, f"what it names {error}", "actionbus webhook secret makes one")
    if isinstance(endpoint.url, SecretSource):
        try:
            said = wrong_url(context.secret(endpoint.url, ("webhook", name, "url")).reveal(), endpoint)
        except ConfigError as error:
            yield from error.problems
        else:
            if said is not None:
                yield context.problem(("webhook", name, "url"), f"what it names {said}")
    for header, value in endpoint.headers.items():
        if isinstance(value, SecretSource):
            try:
                context.secret(value, ("webhook", name, "headers", header))
            except ConfigError as error:
                yield from error.problems
