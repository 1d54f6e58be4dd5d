"""An endpoint's client and its secrets, opened as plugins.toml says; what is made of them for each attempt."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

from attrs import field, frozen

from actionbus import Key, PluginContext, SecretSource, read_key, sign
from actionbus_plugins.webhook.delivery import Delivery
from actionbus_plugins.webhook.post import Post, open_post
from actionbus_plugins.webhook.settings import Endpoint, Format

CONTENT_TYPES: Mapping[Format, str] = {
    "actionbus": "application/json",
    "cloudevents": "application/cloudevents+json; charset=utf-8",
}


@frozen(kw_only=True)
class Letterhead:
    """What every attempt for an endpoint begins with, and what it is signed with."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    keys: Sequence[Key] = field(repr=False)

    def of(self, delivery: Delivery, body: bytes, now: float) -> dict[str, str]:
        """Return the headers of one attempt, at a time of the wall clock (Unix seconds)."""
        stamp = int(now)
        return {
            **self.headers,
            "webhook-id": delivery.id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(self.keys, delivery.id, stamp, body),
        }


@asynccontextmanager
async def open_endpoint(
    name: str, endpoint: Endpoint, context: PluginContext
) -> AsyncGenerator[tuple[Post, Letterhead]]:
    """Read an endpoint's secrets and open its client. Raises ConfigError where one cannot be read."""
    hidden: list[str] = []

    def read(value: str | SecretSource, *keys: str | int) -> str:
        if isinstance(value, str):
            return value
        hidden.append(context.secret(value, ("webhook", name, *keys)).reveal())
        return hidden[-1]

    several = not isinstance(endpoint.secret, SecretSource)
    secrets = [read(source, "secret", *([place] if several else [])) for place, source in enumerate(endpoint.sources)]
    url = read(endpoint.url, "url")
    hidden.append(url)
    headers = {header: read(value, "headers", header) for header, value in endpoint.headers.items()}
    head = Letterhead(
        url=url,
        headers=headers | {"content-type": CONTENT_TYPES[endpoint.format]},
        keys=[read_key(secret) for secret in secrets],
    )
    opened = open_post(
        networks=endpoint.networks,
        allow_http=endpoint.allow_http,
        ca_file=endpoint.ca_file,
        connections=endpoint.in_flight,
        hidden=hidden,
    )
    async with opened as post:
        yield post, head
