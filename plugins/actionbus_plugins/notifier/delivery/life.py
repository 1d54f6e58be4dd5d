"""The life of an alert on one channel, as plain functions: what it hears, and what became of what was sent."""

from __future__ import annotations

from attrs import evolve, frozen

from actionbus_plugins.notifier.delivery.entry import Closed, Entry, Told
from actionbus_plugins.notifier.delivery.steps import Ability, Step, next_step
from actionbus_plugins.notifier.notice import Kind, Notice


@frozen(kw_only=True)
class Terms:
    """What a channel asks for, in seconds."""

    ability: Ability
    delay: float = 0.0
    deadline: float = 600.0


def hear(entry: Entry | None, notice: Notice, now: float, terms: Terms) -> Entry | None:
    """Take in how an alert stands from now on; None: the channel has nothing to do with it."""
    later = now + terms.delay + notice.hold
    if entry is None:
        if notice.kind is not Kind.SENT:
            return None  # the rule did not name the channel when it was told
        return Entry(notice=notice, due=later, expires=later + terms.deadline)
    if notice.version <= entry.notice.version:
        return entry
    if notice.kind is Kind.LAPSED:
        return close(entry, "lapsed") if _is_held(entry, now, terms) else entry
    if notice.kind is not Kind.UPDATED and notice.on_correction != "ignore":
        entry = evolve(entry, wrong=notice.version)
    newer = evolve(entry, notice=notice)
    if entry.closed == "withdrawn" and newer.stands:
        return evolve(newer, closed="", due=later, expires=later + terms.deadline)
    if entry.closed:  # where it may have been seen all the same it is taken back
        return evolve(newer, due=later if entry.doubt is not None and not newer.stands else None)
    if entry.told is None and entry.doubt is None:
        return newer if newer.stands else close(newer, "withdrawn")
    if entry.told is None and newer.stands:
        return newer if entry.stands else evolve(newer, due=later, expires=later + terms.deadline)
    if notice.kind is Kind.UPDATED:
        grows = terms.ability.edits and newer.due is None
        return evolve(newer, due=later) if grows else newer
    return newer if notice.on_correction == "ignore" else evolve(newer, due=later)


def _is_held(entry: Entry, now: float, terms: Terms) -> bool:
    """Whether the rule holds it back, and not merely the channel."""
    return entry.is_fresh and not entry.tries and entry.due is not None and now < entry.due - terms.delay


def close(entry: Entry, why: Closed) -> Entry:
    """Tell it no more."""
    return evolve(entry, closed=why, due=None)


def sending(entry: Entry, step: Step, now: float = 0.0) -> Entry:
    """Take note that from now on nobody knows whether it has arrived."""
    return evolve(entry, doubt=step.result, sent=now)


def arrived(entry: Entry, step: Step, ability: Ability, ref: str = "") -> Entry:
    """Take note that it has arrived, under this id of the service; a newer notice may have come meanwhile."""
    closed = entry.closed if step.result.form != "plain" else ""
    entry = evolve(
        entry,
        told=evolve(step.result, ref=ref or step.result.ref),
        doubt=None,
        closed=closed,
        tries=0,
        retry=0.0,
        why="",
    )
    return evolve(entry, due=None) if next_step(entry, ability) is None else entry


def lost(entry: Entry, retry: float, before: Told | None, *, sure: bool) -> Entry:
    """Take note that it may not have arrived, or surely has not: then all is in doubt that was ``before``."""
    entry = evolve(entry, tries=entry.tries + 1, retry=retry)
    return dropped(evolve(entry, doubt=before, sent=0.0) if sure else entry)


def refused(entry: Entry, step: Step, before: Told | None) -> Entry:
    """Take note that it is of no use to send this again."""
    entry = evolve(entry, doubt=before, tries=0, retry=0.0)
    if entry.told is None:
        return close(entry, "failed")
    return evolve(entry, due=None) if entry.notice.version == step.version else entry


def stuck(entry: Entry, told: Told, before: Told | None) -> Entry:
    """Take note that what was told stays as it is: another message has to say what is right."""
    return evolve(entry, told=evolve(told, ref="", digest=""), doubt=before, tries=0, retry=0.0)


def dropped(entry: Entry) -> Entry:
    """Close what was taken back meanwhile and cannot have been seen."""
    unseen = entry.told is None and entry.doubt is None
    return close(entry, "withdrawn") if unseen and not entry.stands and not entry.closed else entry
