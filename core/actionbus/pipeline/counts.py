"""How many packets of a fixture came, and how."""

from __future__ import annotations

from attrs import define


@define
class Counts:
    """What came of a fixture so far: packets, those that were bad, and gaps in fixtureSeqNum (which mean nothing)."""

    packets: int = 0
    bad: int = 0
    gaps: int = 0
    _last_seq: int | None = None

    def follow(self, seq: int | None) -> None:
        """Look for a gap before the next fixtureSeqNum; None where the packet has none."""
        if seq is None:
            return
        if self._last_seq is not None and seq > self._last_seq + 1:
            self.gaps += 1
        self._last_seq = seq
