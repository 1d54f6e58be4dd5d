"""How many packets of a fixture came, and how."""

from __future__ import annotations

from attrs import define


@define
class Counts:
    """What came of a fixture so far; whoever feeds the game counts."""

    packets: int = 0
    """Bad ones included."""
    bad: int = 0
    """Could not be used."""
    gaps: int = 0
    """In fixtureSeqNum, which means nothing."""
    _last_seq: int | None = None

    def begin(self) -> None:
        """Count from the start: the feed's list has changed and comes anew."""
        self.packets = self.bad = self.gaps = 0
        self._last_seq = None

    def follow(self, seq: int | None) -> None:
        """Look for a gap before the next fixtureSeqNum; None where the packet has none."""
        if seq is None:
            return
        if self._last_seq is not None and seq > self._last_seq + 1:
            self.gaps += 1
        self._last_seq = seq
