"""A sample message, signed and sent to one endpoint at once, for ``actionbus webhook test``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from uuid import uuid4

import orjson
from attrs import evolve

from actionbus import Change, ConfigError, Player, PluginContext, Say, Team, ThreePointerMade, TryChannel
from actionbus_plugins.webhook.bodies import body, message_id, subject_of, type_of, version_of
from actionbus_plugins.webhook.checks import Lists, problems
from actionbus_plugins.webhook.delivery import Delivery
from actionbus_plugins.webhook.opening import open_endpoint
from actionbus_plugins.webhook.post import Answer, NoAnswer
from actionbus_plugins.webhook.settings import Endpoint

FIXTURE = "test"

_SECRET = "does it have the same secret? `actionbus webhook verify` says what is wrong with a request"
_PLACE = "is the path of url right? Messages are posted to it"
_HINTS: Mapping[int, str] = {
    **dict.fromkeys((400, 401, 403), _SECRET),
    **dict.fromkeys((404, 405), _PLACE),
    410: "a daemon that is answered so disables the endpoint, until `actionbus webhook enable`",
    413: "it should take bodies of this length",
    415: "it should take the content type that goes with `format`",
    429: "it has enough for now; a daemon waits and tries again",
}
_REDIRECTED = "redirects are not followed; write the address that it leads to as url"
_BROKEN = "it failed itself, and its own log may say why"
_ANY = "only 2xx says that a message was taken"
_FORBIDDEN = "nothing was sent, and nothing will be before plugins.toml or the address changes"
_UNREACHED = "does it run, and can it be reached from this machine?"
_DOUBTFUL = "it may have it all the same, and gets it again under the same id"


def tries(context: PluginContext, endpoints: Mapping[str, Endpoint]) -> dict[str, TryChannel]:
    """Return what tries each endpoint by its name, also one that is not enabled."""
    return {name: partial(_try, name, evolve(endpoint, enabled=True), context) for name, endpoint in endpoints.items()}


async def _try(name: str, endpoint: Endpoint, context: PluginContext, say: Say) -> bool:
    """Send a sample. Raises ConfigError with all that is wrong with the endpoint, secrets included."""
    lists: Lists = {}
    with suppress(ConfigError):  # the notifier's to tell
        lists = context.table("lists", dict[str, tuple[str, ...]])
    if found := list(problems({name: endpoint}, lists, context)):
        raise ConfigError(*found)
    now = time.time()
    sample = make_sample(name, endpoint, now)
    async with open_endpoint(name, endpoint, context) as (post, head):
        content = sample.body.encode()
        say(f"{name}: sends {sample.type}, {sample.id}, {len(content):,} bytes, signed")
        answer = await post.post(head.url, head.of(sample, content, now), content, timeout=endpoint.timeout)
    say(f"{name}: {_said(answer)}")
    return _is_taken(answer)


def make_sample(name: str, endpoint: Endpoint, now: float) -> Delivery:
    """Make a message about a three-pointer that nobody has made, for an endpoint; ``test`` in its data says so."""
    action = f"test-{uuid4().hex}"  # each trial is an action of its own
    three = ThreePointerMade(
        fixture=FIXTURE,
        id=f"{action}:1",
        position=1,
        at=now,
        change=Change.ADDED,
        action_id=action,
        type_name="3 Points Made",
        period=1,
        clock="10:00",
        team=Team(id="test-team", name="Testers", home=True),
        player=Player(id="test-player", name="Ann Lee"),
    )
    said = orjson.loads(body(three, Change.ADDED, format=endpoint.format))
    said["data"]["test"] = True
    return Delivery(
        endpoint=name,
        fixture=FIXTURE,
        id=message_id(three),
        type=type_of(three, Change.ADDED),
        subject=subject_of(three),
        version=version_of(three),
        order=(three.position, 0),
        at=now,
        body=orjson.dumps(said).decode(),
        queued=now,
        expires=now + endpoint.timeout,
        due=now,
    )


def _is_taken(answer: Answer | NoAnswer) -> bool:
    return isinstance(answer, Answer) and 200 <= answer.status < 300


def _said(answer: Answer | NoAnswer) -> str:
    """Say what came of it and, where it was not taken, what to do."""
    if isinstance(answer, NoAnswer):
        hint = _FORBIDDEN if answer.forbidden else _UNREACHED if answer.sure else _DOUBTFUL
        return f"no answer: {answer.words}; {hint}"
    text = f"answered {answer.status} in {answer.ms:.0f} ms"
    if answer.words:
        text += f": {answer.words}"
    return text if _is_taken(answer) else f"{text}; {_hint(answer.status)}"


def _hint(status: int) -> str:
    if 300 <= status < 400:
        return _REDIRECTED
    return _HINTS.get(status) or (_BROKEN if status >= 500 else _ANY)
