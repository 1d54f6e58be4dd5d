"""A list that was fetched anew against what we hold: only the difference is announced, action by action."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from attrs import frozen

from actionbus.events.base import Action, SendType, same
from actionbus.timeline import Revision, State, Timeline

_VOID = (SendType.CANCELLED, SendType.DELETED)


@frozen
class Step:
    """One action to bring in line: take it back where it ``vanishes``, then take the packet at ``index``, if any."""

    action_id: str
    vanishes: bool = False
    index: int | None = None


@frozen
class _Latest:
    """Where the new list has the packets that made an action what it is."""

    state: State
    content: Action
    index: int


def difference(held: Timeline, packets: Sequence[Action | None]) -> list[Step]:
    """Return the steps from what we hold to what ``packets`` (the whole new list, None for a bad one) say.

    First what is no longer in the list, in the game's order, then the rest in the list's order.
    """
    latest = _fold(packets)
    gone = [
        Step(revision.action.action_id, vanishes=True)
        for revision in sorted(held, key=_in_the_game)
        if revision.announced and revision.action.action_id not in latest
    ]
    changed = [step for action_id, found in latest.items() if (step := _step(held, action_id, found)) is not None]
    return gone + sorted(changed, key=lambda step: step.index or 0)


def _in_the_game(revision: Revision) -> tuple[int, Decimal, str]:
    action = revision.action
    return action.period, action.sequence, action.action_id


def _step(held: Timeline, action_id: str, found: _Latest) -> Step | None:
    revision = held.get(action_id)
    before = revision.state if revision is not None else State.UNKNOWN
    if found.state is State.GONE:
        return Step(action_id, index=found.index) if before in (State.PENDING, State.STANDS) else None
    if revision is not None and before is found.state and same(revision.action, found.content):
        return None
    # To a Timeline a Pending after a Confirmed means nothing: nothing documented takes a confirmation back.
    return Step(action_id, vanishes=before is State.STANDS and found.state is State.PENDING, index=found.index)


def _fold(packets: Sequence[Action | None]) -> dict[str, _Latest]:
    timeline = Timeline()
    voided: dict[str, int] = {}
    for index, packet in enumerate(packets):
        if packet is None:
            continue
        timeline.apply(packet, index, 0.0)
        if packet.send_type in _VOID:
            voided[packet.action_id] = index
    latest: dict[str, _Latest] = {}
    for revision in timeline:
        action_id, state = revision.action.action_id, revision.state
        latest[action_id] = _Latest(
            state, revision.action, voided[action_id] if state is State.GONE else revision.position
        )
    return latest
