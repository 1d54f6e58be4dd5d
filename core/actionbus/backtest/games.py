"""The games of a backtest: where each is, to be read by the process that plays it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from attrs import frozen

from actionbus.log.inspect import looking_into, packets
from actionbus.log.inspect.names import SHORTEST
from actionbus.recording import Recording, read_recording
from actionbus.simulator import generate_match

_USUAL_PACKET = 1_300  # bytes
_USUAL_MATCH = 700 * _USUAL_PACKET  # bytes of a generated match


class Game(Protocol):
    """A game that can be played."""

    @property
    def name(self) -> str:
        """What people call it: its file, its fixture."""
        ...

    @property
    def label(self) -> str:
        """The same in short, for lists."""
        ...

    @property
    def size(self) -> int:
        """Its bytes, roughly: the largest games are played first, so that no process is left with one at the end."""
        ...

    def load(self) -> Recording:
        """Read it. Raises ConfigError and ActionbusError, in one sentence that names it."""
        ...


@frozen
class Recorded:
    """A recording: a file."""

    path: Path

    @property
    def name(self) -> str:
        """The file as it was named."""
        return str(self.path)

    @property
    def label(self) -> str:
        """The file without its folder."""
        return self.path.name

    @property
    def size(self) -> int:
        """The file's size; 0 where it cannot be asked, which ``load`` tells."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def load(self) -> Recording:
        """Read the file."""
        return read_recording(self.path)


@frozen
class Generated:
    """A match that the simulator generates."""

    seed: int

    @property
    def name(self) -> str:
        """Say so."""
        return f"generated match {self.seed}"

    @property
    def label(self) -> str:
        """Say so."""
        return self.name

    @property
    def size(self) -> int:
        """About as large as they are."""
        return _USUAL_MATCH

    def load(self) -> Recording:
        """Generate it."""
        return generate_match(self.seed)


@frozen
class Journalled:
    """A game in a journal, by its fixture's id and its number there; so many packets were there when it was found."""

    journal: Path
    name: str
    number: int
    packets: int

    @property
    def label(self) -> str:
        """Begin the fixture's id."""
        return self.name[:SHORTEST]

    @property
    def size(self) -> int:
        """By its packets."""
        return self.packets * _USUAL_PACKET

    def load(self) -> Recording:
        """Read the feed's newest list, while the daemon may go on writing. Text is kept as in a file's recording."""
        with looking_into(self.journal) as journal:
            found = tuple(each.decode(errors="surrogateescape") for each in packets(journal, self.number) if each)
        return Recording(self.name, found)


def journalled(path: Path) -> Iterator[Journalled]:
    """Yield the games of which a journal holds packets, in the order in which they were first seen.

    Raises ConfigError and ActionbusError where the journal cannot be read.
    """
    with looking_into(path) as journal:
        asked = (
            "SELECT name, id, (SELECT max(n) FROM row WHERE row.fixture = fixture.id AND row.epoch = fixture.epoch)"
            " FROM fixture ORDER BY id"
        )
        for name, number, count in journal.execute(asked).fetchall():
            if count:
                yield Journalled(path, name, number, count)
