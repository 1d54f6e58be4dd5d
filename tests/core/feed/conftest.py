"""What tests of the feed are written with."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

import pytest
import trio
from attrs import define, field
from tests.core.feed.packets import (
    ACCEPTED,
    EPOCH,
    FIXTURE,
    HEARTBEAT,
    TOKEN,
    added,
    make_list,
    make_packet,
    text_frame,
)
from tests.core.feed.rig import Call, Latest, Play, Rewound, Rig


@define(frozen=True)
class Kit:
    """What tests of the feed are written with; a fixture, so that nothing is imported from a conftest."""

    packet: Callable[..., str] = make_packet
    list_of: Callable[..., list[str]] = make_list
    added: Callable[[Iterable[int]], list[tuple[str, str]]] = added
    frame: Callable[..., bytes] = text_frame
    latest: random.Random = field(factory=Latest)
    token: str = TOKEN
    fixture: str = FIXTURE
    heartbeat: str = HEARTBEAT
    accepted: str = ACCEPTED
    epoch: float = EPOCH

    def serving(self, packets: Sequence[str | bytes], *, base: int = 0, then: Play | None = None) -> Play:
        """A play: accept, send the list from startPosition on, and go on with ``then`` (hearing heartbeats)."""

        async def play(call: Call) -> None:
            await call.accept()
            start = max(0, call.position - base) if call.position else 0
            await call.say(*packets[start:])
            await (then(call) if then is not None else call.beat())

        return play


@pytest.fixture
def kit() -> Kit:
    return Kit()


@pytest.fixture(scope="session")
def a_kit() -> Kit:
    """For hypothesis, which wants nothing that lives shorter than all its examples."""
    return Kit()


@pytest.fixture(scope="session")
def fresh_log() -> type[Rewound]:
    return Rewound


@pytest.fixture
def log() -> Rewound:
    return Rewound()


@pytest.fixture
def rig(nursery: trio.Nursery) -> Rig:
    return Rig(nursery)
