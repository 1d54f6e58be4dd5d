"""What a simulated server serves, to whom, how fast and with which faults."""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING

import trio
from attrs import Factory, define, field

from actionbus.errors import ConfigError
from actionbus.simulator.faults import REFUSALS, Faults
from actionbus.simulator.served import Served, serve_recording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from actionbus.recording import Recording

_LINGER = 25.0  # seconds of match time that a connection stays open behind the last packet
_LEAST_LINGER = 0.2  # seconds


def _by_fixture(recordings: Iterable[Recording]) -> dict[str, Recording]:
    found: dict[str, Recording] = {}
    for recording in recordings:
        if recording.fixture in found:
            raise ConfigError(f"two recordings are of fixture {recording.fixture}; a server plays each fixture once")
        found[recording.fixture] = recording
    return found


@define(kw_only=True)
class Simulation:
    """The state of a simulated server: one for each server, shared by its connections.

    ``speed`` is match seconds in a second, ``math.inf`` for all at once. ``token`` None accepts any token that is
    not empty. ``base`` says how ``startPosition=N`` is understood, which the vendor's pages leave open: 0 skips N
    packets, 1 starts with the Nth counted from 1, -1 skips N + 1 (and none for N = 0). ``linger`` is for how
    many seconds a connection stays open behind the last packet, ``math.inf`` for ever; None means 25 s at ``speed``.
    """

    recordings: dict[str, Recording] = field(converter=_by_fixture)
    token: str | None = field(default=None, repr=False)
    speed: float = 1.0
    faults: Faults = Factory(Faults)
    seed: int = 0
    base: int = 0
    linger: float | None = None
    _served: dict[str, Served] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not self.speed > 0:
            raise ConfigError(f"speed {self.speed}: write match seconds in a second, more than 0")
        self._served = {
            fixture: serve_recording(recording, self.faults, Random(f"{self.seed}/{fixture}"))
            for fixture, recording in self.recordings.items()
        }

    def served(self, fixture: str) -> list[str]:
        """Return the whole list of a fixture as it is served now, packets still to come included.

        With the fault ``change`` this is the final list once all its rewritings are over.
        """
        return list(self._served[fixture].packets)

    def find(self, fixture: str) -> Served | None:
        """Return the list of a fixture, or None for an unknown one."""
        return self._served.get(fixture)

    def begin(self, served: Served) -> None:
        """Let the list grow from now on, if it does not yet."""
        if served.began is None:
            served.began = trio.current_time()

    def accepts(self, token: str) -> bool:
        """Say whether a token is the right one."""
        return bool(token) if self.token is None else token == self.token

    def refuse(self, fixture: str) -> tuple[int, str] | None:
        """Return status and words for a handshake that is to be refused, as the fault ``refuse`` says."""
        if self.faults.refuse in REFUSALS:
            return self.faults.refuse, REFUSALS[self.faults.refuse]
        served = self._served.get(fixture)
        if served is None or served.refusals <= 0:
            return None
        served.refusals -= 1
        return 503, "Service unavailable"

    def skip(self, position: int) -> int:
        """Return how many packets ``startPosition`` skips."""
        return max(0, position - self.base) if position else 0

    @property
    def stays(self) -> float:
        """For how many seconds a connection stays open behind the last packet."""
        if self.linger is not None:
            return self.linger
        return _LEAST_LINGER if math.isinf(self.speed) else max(_LEAST_LINGER, _LINGER / self.speed)
