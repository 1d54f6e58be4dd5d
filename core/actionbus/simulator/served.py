"""The list of packets that one fixture is served from: when each is due, what breaks, how it is rewritten."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING

import orjson
from attrs import define

from actionbus.simulator.rewrite import rewrite
from actionbus.simulator.spoil import spoil

if TYPE_CHECKING:
    from random import Random

    from actionbus.recording import Recording
    from actionbus.simulator.faults import Faults

# No pause between two packets is longer than this, in seconds of match time: nobody watches a half-time break.
LONGEST_PAUSE = 20.0


class Incident(Enum):
    """What becomes of a connection instead of its next packet."""

    RESET = auto()  # the TCP connection is reset, without a close frame
    CLOSE = auto()  # close code 1012, service restart
    STALL = auto()  # silence, without closing


@define
class Served:
    """One fixture as it is served. ``packets`` may shrink (fault ``change``): then ``edition`` counts up."""

    packets: list[str]
    due: list[float]
    """Seconds of match time from the first packet, one for each packet, never falling."""
    refusals: int
    """How many handshakes are still to be answered 503."""
    rng: Random
    incidents: list[tuple[int, bool, Incident]]
    """Place, whether the list is rewritten there, and what becomes of the connection; in order of place."""
    began: float | None = None
    """When the first connection was accepted, on trio's clock; the list grows from then on."""
    edition: int = 0

    def is_due(self, place: int, speed: float) -> float:
        """Return when the packet at this place is due, on trio's clock."""
        began = self.began or 0.0
        return began if math.isinf(speed) else began + self.due[place] / speed

    def meet(self, place: int) -> Incident | None:
        """Return what happens to a connection that is about to send the packet at this place, once for each."""
        if not self.incidents or place < self.incidents[0][0]:
            return None
        _, rewritten, incident = self.incidents.pop(0)
        if rewritten:
            self._rewrite(place)
        return incident

    def _rewrite(self, place: int) -> None:
        before = len(self.packets)
        kept = rewrite(self.packets, place, self.rng)
        self.packets = [packet for _, packet in kept]
        self.due = [self.due[old] for old, _ in kept]
        self.edition += 1
        gone = before - len(kept)
        self.incidents = [(max(1, at - gone), rewritten, what) for at, rewritten, what in self.incidents]


def serve_recording(recording: Recording, faults: Faults, rng: Random) -> Served:
    """Lay out a recording for serving, with its faults at places drawn from ``rng``."""
    served = list(zip(recording.packets, _due(recording.packets), strict=True))
    for _ in range(faults.repeat):
        end = rng.randint(1, len(served))
        stretch = [(packet, served[end - 1][1]) for packet, _ in served[max(0, end - rng.randint(1, 20)) : end]]
        served[end:end] = stretch
    good = [packet for packet, _ in served]
    for number in range(faults.bad):
        place = rng.randint(1, len(served))
        served.insert(place, (spoil(rng.choice(good), number, rng), served[place - 1][1]))
    return Served(
        packets=[packet for packet, _ in served],
        due=[due for _, due in served],
        refusals=faults.refuse if faults.refuse < 100 else 0,
        incidents=_incidents(len(served), faults, rng),
        rng=rng,
    )


def _incidents(packets: int, faults: Faults, rng: Random) -> list[tuple[int, bool, Incident]]:
    """Draw the place of each incident, and whether the list is rewritten there; in order of place."""
    last = max(1, packets - 1)
    # a rewriting needs something that was served to rewrite
    breaks = [(rng.randint(1, last), False) for _ in range(faults.cut)]
    breaks += [(rng.randint(max(1, last // 10), last), True) for _ in range(faults.change)]
    incidents = [
        (place, rewritten, Incident.CLOSE if number % 2 else Incident.RESET)
        for number, (place, rewritten) in enumerate(sorted(breaks))
    ]
    incidents += [(rng.randint(1, last), False, Incident.STALL) for _ in range(faults.stall)]
    return sorted(incidents, key=lambda incident: incident[0])


def _due(packets: tuple[str, ...]) -> list[float]:
    """Return when each packet is due, in seconds of match time after the first one, by the packets' timestamps."""
    due, latest, moment = 0.0, None, None
    found: list[float] = []
    for packet in packets:
        moment = timestamp_of(packet)
        if moment is not None:
            if latest is not None:
                due += min(max(0.0, (moment - latest).total_seconds()), LONGEST_PAUSE)
            latest = moment if latest is None else max(latest, moment)
        found.append(due)
    return found


def timestamp_of(packet: str) -> datetime | None:
    """Return the moment that a packet gives itself, or None where it gives none that can be read."""
    try:
        moment = datetime.fromisoformat(orjson.loads(packet)["fixtureAction"]["timestamp"])
    except (ValueError, LookupError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
