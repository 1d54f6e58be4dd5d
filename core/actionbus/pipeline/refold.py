"""A fixture's timeline and game rebuilt from its rows in the log, as they were when the last of them was written."""

from __future__ import annotations

from actionbus.events.base import Action
from actionbus.game import Game
from actionbus.log import Held, Row, RowKind
from actionbus.timeline import Decision, Timeline


def refold(held: Held, timeline: Timeline, game: Game) -> int:
    """Fold what the log holds of the newest list into an empty timeline and game; return the list's epoch.

    The game's counts are those of that list.
    """
    epoch, counts = 0, game.counts
    for listed in held.rows:
        row = listed.row
        epoch = max(epoch, row.epoch)
        if row.n is not None:
            counts.packets = row.n
            counts.bad += row.kind is RowKind.BAD_PACKET
        if listed.packet is not None and row.decision is not None:
            _take(listed.packet, row.decision, row, timeline, game)
    counts.gaps = held.gaps
    return epoch


def _take(packet: Action, decision: Decision, row: Row, timeline: Timeline, game: Game) -> None:
    announced = decision.announced + (0 if decision.quiet else max(1, len(row.events)))
    if row.kind is RowKind.VANISHED:
        events = timeline.restore_gone(decision, packet, announced, row.position, row.at)
    else:
        game.counts.follow(packet.fixture_seq)
        events = timeline.restore(decision, packet, announced, row.position, row.at)
    for event in events:
        game.apply(event)
    if not events and row.kind is RowKind.PACKET:
        game.observe(packet.summary, row.at, finished=packet.finished)
