"""What is to be sent of an alert on one channel so that what is seen is what stands, as a plain function."""

from __future__ import annotations

import hashlib
from typing import Literal

from attrs import evolve, frozen

from actionbus_plugins.notifier.delivery.entry import Entry, Told

Verb = Literal["show", "edit", "delete", "follow"]
State = Literal["sent", "updated", "corrected", "withdrawn", "restored"]


@frozen(kw_only=True)
class Ability:
    """What a service can do about a message that it has shown."""

    edits: bool
    deletes: bool = False
    follows: bool = True
    """Whether another message can say what is right: a program wants to hear the new state of the same alert."""
    names: bool = False
    """Whether messages go by our names, so that one that may have arrived is edited and deleted like any other.

    Where the service gives ids of its own we know those of messages that have surely arrived.
    """


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
    ref: str = ""
    """The service's own id of the message that is edited or deleted, where it gives one."""

    @property
    def counted(self) -> str:
        """What it counts as."""
        if self.state == "sent":
            return "told"
        return "edited" if self.result.form == "plain" else "withdrawn"


def next_step(entry: Entry, ability: Ability) -> Step | None:
    """Say what is to be sent so that what is seen is what stands; None: nothing."""
    notice, told = entry.notice, entry.told
    if told is None:
        if entry.stands and not entry.closed:
            shown = Told(version=notice.version, text=notice.text)
            return _step(entry, "show", "sent", _first_text(entry, ability), shown)
        return _take_back_in_doubt(entry, ability) if not entry.stands else None
    if notice.on_correction == "ignore" and not entry.stands:
        return None
    if told.form == "gone" and not ability.names:
        return _show_again(entry, told, ability)
    wrong = entry.wrong > told.version
    if (
        ability.follows
        and told.form != "gone"
        and (notice.on_correction == "followup" or not _can_edit(told, ability) or told.followed)
    ):
        return _follow(entry, told, ability, wrong=wrong)
    return _edit(entry, told, ability, wrong=wrong)


def _can_edit(told: Told, ability: Ability) -> bool:
    return ability.edits and (ability.names or told.ref != "" or told.digest != "")


def _first_text(entry: Entry, ability: Ability) -> str:
    """Return what is told first; what may have been seen and was wrong stays there, where it goes by no name."""
    doubt, text = entry.doubt, entry.notice.text
    if ability.names or doubt is None or doubt.text == text or entry.wrong <= doubt.version:
        return text
    return f"corrected: {text} (was: {doubt.text})"


def _show_again(entry: Entry, told: Told, ability: Ability) -> Step | None:
    """Bring back what was deleted, by another message: the old one is not there to be edited."""
    if entry.stands:
        again = Told(version=entry.notice.version, text=entry.notice.text, digest=told.digest)
        return _step(entry, "show", "restored", entry.notice.text, again)
    return _take_back_in_doubt(entry, ability)


def _edit(entry: Entry, told: Told, ability: Ability, *, wrong: bool) -> Step | None:
    notice = entry.notice
    if entry.stands:
        state: State = "restored" if told.form != "plain" else "corrected" if wrong else "updated"
        result = evolve(told, version=notice.version, text=notice.text, form="plain")
        step = _step(entry, "edit", state, notice.text, result)
    elif ability.deletes and (notice.on_correction == "retract" or told.form == "gone"):
        result = evolve(told, version=notice.version, form="gone", ref="")
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
        if ability.deletes and ability.names:
            return _step(entry, "delete", "corrected", "", evolve(told, version=notice.version), name)
        if not entry.stands:
            return _step(entry, "follow", "withdrawn", f"taken back: {entry.doubt.text}", result, name)
        if entry.doubt.form != "plain":
            return _step(entry, "follow", "restored", f"stands again: {text}", result, name)
        return _step(entry, "follow", "corrected", f"corrected: {text} (was: {entry.doubt.text})", result, name)
    if not entry.stands:
        return _step(entry, "follow", "withdrawn", f"taken back: {told.text}", result, name)
    if told.form != "plain":
        return _step(entry, "follow", "restored", f"stands again: {text}", result, name)
    if wrong:
        return _step(entry, "follow", "corrected", f"corrected: {text} (was: {told.text})", result, name)
    if _can_edit(told, ability) and not told.followed:
        return _step(entry, "edit", "updated", text, evolve(told, version=notice.version, text=text))
    return None


def _take_back_in_doubt(entry: Entry, ability: Ability) -> Step | None:
    """Take back what nobody knows to have arrived."""
    doubt, notice = entry.doubt, entry.notice
    if doubt is None:
        return None
    text = f"taken back: {doubt.text}"
    if ability.deletes and ability.names:
        gone = evolve(doubt, version=notice.version, form="gone")
        return _step(entry, "delete", "withdrawn", text, gone)
    back = evolve(doubt, version=notice.version, form="back", followed=not ability.names)
    if ability.names:
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
        ref=told.ref if told is not None and verb in ("edit", "delete") else "",
    )


def _alike(one: Told, other: Told) -> bool:
    return one.form == other.form and (one.text == other.text or one.form == "gone")


def _name_of_next(alert: str, version: int) -> str:
    """Name the message that corrects what was told as of a version; no longer than services take."""
    return hashlib.sha256(f"{alert}:{version}".encode()).hexdigest()[:32]
