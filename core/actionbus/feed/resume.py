"""Our place in the feed's list as the log holds it: where a daemon that has ended was."""

from __future__ import annotations

from actionbus.log import Held, Listed, RowKind
from actionbus.session import Place
from actionbus.session import place as places

UNRECEIVABLE = "cannot be received"  # how the reason begins why a packet is kept aside that never reached us


def resumed(held: Held) -> Place | None:
    """Return our place in the newest list; None where the log does not hold the whole of it: it is to be fetched anew.

    That is so where the log was damaged and begun anew in the middle of the list.
    """
    rows = [each for each in held.rows if each.row.n is not None]
    if [each.row.n for each in rows] != list(range(1, len(rows) + 1)):
        return None
    behind = max((each.row.n or 0 for each in rows if _is_unreceivable(each)), default=0)
    return Place.restored(len(rows), held.base, [_element(each) for each in rows[-places.OVERLAP - 1 :]], behind)


def _is_unreceivable(listed: Listed) -> bool:
    return listed.row.kind is RowKind.BAD_PACKET and listed.row.reason.startswith(UNRECEIVABLE)


def _element(listed: Listed) -> places.Held | None:
    if _is_unreceivable(listed):
        return None
    return listed.packet if listed.packet is not None else listed.row.body
