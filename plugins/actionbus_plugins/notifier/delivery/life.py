"""The life of an alert on one channel, as plain functions: what it hears, what is to be sent, what came of it."""

from __future__ import annotations

import hashlib
from typing import Literal

from attrs import evolve, frozen

from actionbus_plugins.notifier.delivery.entry import Closed, Entry, Told
from actionbus_plugins.notifier.notice import Kind, Notice

Verb = Literal["show", "edit", "delete", "follow"]
State = Literal["sent", "updated", "corrected", "withdrawn", "restored"]


@frozen(kw_only=True)
class Ability:
    """What a service can do about a message that it has shown."""

    edits: bool
    deletes: bool = False
    follows: bool = True
    """Whether another message can say what is right: a program wants to hear the new state of the same alert."""


@frozen(kw_only=True)
class Terms:
    """What a channel asks for, in seconds."""

    ability: Ability
    delay: float = 0.0
    deadline: float = 600.0


@frozen(kw_only=True)
class Step:
    """One message to send, and what a person sees when it has arrived."""

    verb: Verb
    state: State
    name: str
    """The message's id: to be shown, or of the one that is edited or deleted."""
    text: str
    result: Told
    version: int
    before: str = ""
    """What was told before."""

    @property
    def counted(self) -> str:
        """What it counts as."""
        if self.verb == "show":
            return "told"
        return "edited" if self.result.form == "plain" else "withdrawn"


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


def next_step(entry: Entry, ability: Ability) -> Step | None:
    """Say what is to be sent so that what is seen is what stands; None: nothing."""
    notice, told = entry.notice, entry.told
    if told is None:
        if entry.stands and not entry.closed:
            shown = Told(version=notice.version, text=notice.text)
            return _step(entry, "show", "sent", notice.text, shown)
        return _take_back_in_doubt(entry, ability) if not entry.stands else None
    if notice.on_correction == "ignore" and not entry.stands:
        return None
    wrong = entry.wrong > told.version
    if (
        ability.follows
        and told.form != "gone"
        and (notice.on_correction == "followup" or not ability.edits or told.followed)
    ):
        return _follow(entry, told, ability, wrong=wrong)
    return _edit(entry, told, ability, wrong=wrong)


def _edit(entry: Entry, told: Told, ability: Ability, *, wrong: bool) -> Step | None:
    notice = entry.notice
    if entry.stands:
        state: State = "restored" if told.form != "plain" else "corrected" if wrong else "updated"
        result = evolve(told, version=notice.version, text=notice.text, form="plain")
        step = _step(entry, "edit", state, notice.text, result)
    elif ability.deletes and (notice.on_correction == "retract" or told.form == "gone"):
        result = evolve(told, version=notice.version, form="gone")
        step = _step(entry, "delete", "withdrawn", f"taken back: {told.text}", result)
    else:
        result = evolve(told, version=notice.version, form="back")
        step = _step(entry, "edit", "withdrawn", f"taken back: {told.text}", result)
    return None if _alike(result, told) and entry.doubt is None else step


def _follow(entry: Entry, told: Told, ability: Ability, *, wrong: bool) -> Step | None:
    """Say it by another message. Until one has surely arrived the next has its name, and takes its place."""
    notice, name = entry.notice, _name_of_next(entry.notice.id, told.version)
    text = notice.text if entry.stands else told.text
    result = Told(version=notice.version, text=text, form="plain" if entry.stands else "back", followed=True)
    if _alike(result, told):
        if entry.doubt is None:
            return None
        if ability.deletes:
            return _step(entry, "delete", "corrected", "", evolve(told, version=notice.version), name)
        return _step(entry, "follow", "corrected", f"corrected: {text} (was: {entry.doubt.text})", result, name)
    if not entry.stands:
        return _step(entry, "follow", "withdrawn", f"taken back: {told.text}", result, name)
    if told.form != "plain":
        return _step(entry, "follow", "restored", f"stands again: {text}", result, name)
    if wrong:
        return _step(entry, "follow", "corrected", f"corrected: {text} (was: {told.text})", result, name)
    if ability.edits and not told.followed:
        return _step(entry, "edit", "updated", text, evolve(told, version=notice.version, text=text))
    return None


def _take_back_in_doubt(entry: Entry, ability: Ability) -> Step | None:
    """Take back what nobody knows to have arrived."""
    doubt, notice = entry.doubt, entry.notice
    if doubt is None:
        return None
    text = f"taken back: {doubt.text}"
    if ability.deletes:
        gone = evolve(doubt, version=notice.version, form="gone")
        return _step(entry, "delete", "withdrawn", text, gone)
    back = evolve(doubt, version=notice.version, form="back", followed=not ability.edits)
    if ability.edits:
        return _step(entry, "edit", "withdrawn", text, back)
    return _step(entry, "follow", "withdrawn", text, back, _name_of_next(notice.id, 0))


def _step(entry: Entry, verb: Verb, state: State, text: str, result: Told, name: str = "") -> Step:
    notice, told = entry.notice, entry.told
    return Step(
        verb=verb,
        state=state,
        name=name or notice.id,
        text=text,
        result=result,
        version=notice.version,
        before=told.text if told is not None else "",
    )


def _alike(one: Told, other: Told) -> bool:
    return one.form == other.form and (one.text == other.text or one.form == "gone")


def _name_of_next(alert: str, version: int) -> str:
    """Name the message that corrects what was told as of a version; no longer than services take."""
    return hashlib.sha256(f"{alert}:{version}".encode()).hexdigest()[:32]


def sending(entry: Entry, step: Step, now: float = 0.0) -> Entry:
    """Take note that from now on nobody knows whether it has arrived."""
    return evolve(entry, doubt=step.result, sent=now)


def arrived(entry: Entry, step: Step, ability: Ability) -> Entry:
    """Take note that it has arrived; a newer notice may have come meanwhile."""
    closed = entry.closed if step.result.form != "plain" else ""
    entry = evolve(entry, told=step.result, doubt=None, closed=closed, tries=0, retry=0.0)
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


def dropped(entry: Entry) -> Entry:
    """Close what was taken back meanwhile and cannot have been seen."""
    unseen = entry.told is None and entry.doubt is None
    return close(entry, "withdrawn") if unseen and not entry.stands and not entry.closed else entry
