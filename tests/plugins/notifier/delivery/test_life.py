"""The life of an alert on a channel as a plain function, against a person who sees every message."""

from __future__ import annotations

from typing import Literal

from attrs import define, field
from hypothesis import given, strategies
from tests.plugins.notifier.delivery.outboxes import lives

from actionbus_plugins.notifier.delivery.entry import Entry, as_entry, as_json
from actionbus_plugins.notifier.delivery.life import Terms, arrived, close, hear, lost, refused, sending, stuck
from actionbus_plugins.notifier.delivery.steps import Ability, Step, next_step
from actionbus_plugins.notifier.notice import Notice

Fate = Literal["arrives", "lost", "lost but seen"]
When = Literal["later", "now", "meanwhile"]

PHONE = Ability(edits=True, deletes=True, names=True)
PROGRAM = Ability(edits=True, follows=False, names=True)
PAPER = Ability(edits=False)
CHAT = Ability(edits=True, deletes=True)
WAYS = ("edit", "retract", "followup", "ignore")


@define
class Person:
    """Who sees messages by our names, or by ids that a chat gives them; what cannot be edited or deleted stays."""

    names: bool = True
    seen: dict[str, str] = field(factory=dict[str, str])
    number: int = 0

    def see(self, step: Step) -> str | None:
        """See a step, and return the message's id; None: there is no such message."""
        name = step.name if self.names else step.ref
        if not self.names and step.verb in ("show", "follow"):
            self.number += 1
            name = str(self.number)
        if not self.names and step.verb in ("edit", "delete") and name not in self.seen:
            return None
        if step.verb == "delete":
            self.seen.pop(name, None)
        else:
            self.seen[name] = step.text
        return name if not self.names and step.verb in ("show", "follow") else ""


def a_life(draw: strategies.DrawFn, way: str) -> list[Notice]:
    """Draw the notices of an alert, as rules give them: withdrawn and restored in turn, texts of a few kinds."""
    stands, steps = True, [("sent", draw(strategies.sampled_from("ABC")))]
    for _ in range(draw(strategies.integers(0, 7))):
        text = draw(strategies.sampled_from("ABC"))
        kinds = ("updated", "corrected", "withdrawn", "lapsed") if stands else ("restored",)
        kind = draw(strategies.sampled_from(kinds))
        steps.append((kind, steps[-1][1] if kind in ("withdrawn", "lapsed") else text))
        stands = kind != "withdrawn"
    return lives("a", *steps, on_correction=way)


the_lives = strategies.composite(a_life)
fates: strategies.SearchStrategy[list[Fate]] = strategies.lists(
    strategies.sampled_from(("arrives", "lost", "lost but seen")), max_size=12
)

whens: strategies.SearchStrategy[list[When]] = strategies.lists(
    strategies.sampled_from(("later", "now", "meanwhile")), max_size=16
)


def deliver(
    notices: list[Notice], whens: list[When], left: list[Fate], ability: Ability
) -> tuple[Entry | None, Person, list[Step]]:
    """Hear notices; send between them, or while the next one comes, as ``whens`` say; then all that is left."""
    entry: Entry | None = None
    person, steps = Person(ability.names), list[Step]()
    terms = Terms(ability=ability)

    def take_in(notice: Notice) -> None:
        nonlocal entry
        entry = hear(as_entry(as_json(entry)) if entry is not None else None, notice, 0.0, terms)

    def send(meanwhile: list[Notice]) -> None:
        nonlocal entry
        step = next_step(entry, ability) if entry is not None and entry.due is not None else None
        if entry is None or step is None:
            for notice in meanwhile:
                take_in(notice)
            return
        before, entry = entry.doubt, sending(entry, step)
        for notice in meanwhile:
            take_in(notice)
        fate: Fate = left.pop() if left else "arrives"
        ref: str | None = ""
        if fate != "lost":
            ref = person.see(step)
            steps.append(step)
        assert entry is not None
        if fate != "arrives":
            entry = lost(entry, 0.0, before, sure=fate == "lost")
        elif ref is None and step.verb == "edit":
            assert entry.told is not None
            entry = stuck(entry, entry.told, before)
        else:
            entry = arrived(entry, step, ability, "" if before is not None or ref is None else ref)

    waiting = list(notices)
    for when in whens:
        if when != "later" and waiting and entry is not None:
            send([waiting.pop(0)] if when == "meanwhile" else [])
        elif waiting:
            take_in(waiting.pop(0))
    for notice in waiting:
        take_in(notice)
    for _ in range(30):
        send([])
    return entry, person, steps


@given(the_lives("edit"), whens, fates)
def test_at_the_end_a_phone_shows_what_stands(notices: list[Notice], whens: list[When], left: list[Fate]) -> None:
    entry, person, steps = deliver(notices, whens, left, PHONE)
    assert entry is not None
    last = [each for each in notices if each.kind != "lapsed"][-1]
    if entry.closed:
        assert entry.closed in ("withdrawn", "lapsed")
        assert entry.closed == "lapsed" or person.seen == {}
        assert entry.doubt is not None or person.seen == {}
    elif last.kind != "withdrawn":
        assert person.seen == {"a": last.text}
    else:
        assert person.seen in ({}, {"a": f"taken back: {steps[-1].result.text}"})
    assert {step.name for step in steps} <= {"a"}


@given(the_lives("retract"), whens, fates)
def test_what_is_retracted_is_not_there_at_the_end(notices: list[Notice], whens: list[When], left: list[Fate]) -> None:
    entry, person, _ = deliver(notices, whens, left, PHONE)
    assert entry is not None
    last = [each for each in notices if each.kind != "lapsed"][-1]
    if entry.closed != "lapsed":
        assert person.seen == ({"a": last.text} if last.kind != "withdrawn" else {})


@given(the_lives("followup"), whens, fates)
def test_the_last_follow_up_says_what_stands(notices: list[Notice], whens: list[When], left: list[Fate]) -> None:
    entry, person, _ = deliver(notices, whens, left, PHONE)
    assert entry is not None
    if entry.closed or entry.told is None:
        return
    texts = list(person.seen.values())
    if entry.told.form == "gone":
        assert texts == []
    elif entry.told.form == "back":
        assert texts[-1] == f"taken back: {entry.told.text}"
    else:
        text = entry.told.text
        assert texts[-1] == text or texts[-1].startswith((f"corrected: {text} (was: ", f"stands again: {text}"))
    last = [each for each in notices if each.kind != "lapsed"][-1]
    assert (entry.told.form == "plain") == (last.kind != "withdrawn")


@given(
    the_lives("edit") | the_lives("retract") | the_lives("followup"),
    whens,
    fates,
)
def test_at_the_end_a_program_knows_what_stands(notices: list[Notice], whens: list[When], left: list[Fate]) -> None:
    entry, _, steps = deliver(notices, whens, left, PROGRAM)
    assert entry is not None
    last = [each for each in notices if each.kind != "lapsed"][-1]
    assert [step.version for step in steps] == sorted(step.version for step in steps)
    assert {step.name for step in steps} <= {"a"}
    if entry.closed != "lapsed" and steps:
        assert (steps[-1].state == "withdrawn") == (last.kind == "withdrawn")
        assert last.kind == "withdrawn" or steps[-1].result.text == last.text


@given(the_lives("edit"), whens)
def test_on_paper_each_line_is_right_when_it_is_read_after_those_before(
    notices: list[Notice], whens: list[When]
) -> None:
    entry, _, steps = deliver(notices, whens, [], PAPER)
    stands: str | None = None
    believed = ""
    for step in steps:
        if step.verb == "show":
            believed = stands = step.text
        elif step.text.startswith("taken back: "):
            assert stands == step.text.removeprefix("taken back: ")
            stands = None
        elif step.text.startswith("stands again: "):
            assert stands is None
            believed = stands = step.text.removeprefix("stands again: ")
        else:
            assert step.text == f"corrected: {step.result.text} (was: {believed})"
            believed = stands = step.result.text
    last = [each for each in notices if each.kind != "lapsed"][-1]
    if steps and entry is not None and not entry.closed:
        assert (stands is None) == (last.kind == "withdrawn")


def says(text: str, what: str) -> bool:
    """Whether a message leaves no doubt that this stands."""
    return text == what or text.startswith((f"corrected: {what} (was: ", f"stands again: {what}"))


@given(
    strategies.sampled_from((CHAT, PAPER)),
    the_lives("edit") | the_lives("retract") | the_lives("followup"),
    whens,
    fates,
)
def test_where_ids_may_be_lost_the_newest_message_says_what_stands(
    ability: Ability, notices: list[Notice], whens: list[When], left: list[Fate]
) -> None:
    entry, person, _ = deliver(notices, whens, left, ability)
    last = [each for each in notices if each.kind != "lapsed"][-1]
    texts = list(person.seen.values())
    assert entry is not None
    if entry.closed == "lapsed":
        return
    if last.kind == "withdrawn":
        assert texts == [] or texts[-1].startswith("taken back: ")
    else:
        assert entry.told is not None
        assert says(texts[-1], entry.told.text)


@given(the_lives("edit") | the_lives("retract"), whens, strategies.lists(strategies.sampled_from(("arrives", "lost"))))
def test_where_no_id_is_lost_a_chat_shows_what_stands_and_nothing_else(
    notices: list[Notice],
    whens: list[When],
    left: list[Fate],
) -> None:
    entry, person, _ = deliver(notices, whens, left, CHAT)
    last = [each for each in notices if each.kind != "lapsed"][-1]
    texts = list(person.seen.values())
    assert entry is not None
    if entry.closed != "lapsed" and last.kind != "withdrawn":
        assert texts == [last.text]
    elif entry.closed != "lapsed":
        assert len(texts) <= 1
        assert all(text.startswith("taken back: ") for text in texts)


@given(the_lives("ignore"), whens)
def test_where_corrections_are_ignored_nothing_follows_but_growth(notices: list[Notice], whens: list[When]) -> None:
    _, _, steps = deliver(notices, whens, [], PHONE)
    assert [step.state for step in steps[1:]] == ["updated"] * len(steps[1:])


@given(strategies.sampled_from(WAYS).flatmap(lambda way: the_lives(way)))
def test_nothing_is_sent_of_what_is_taken_back_before_it_is_told(notices: list[Notice]) -> None:
    entry, _, steps = deliver(notices, [], [], PHONE)
    last = [each for each in notices if each.kind != "lapsed"][-1]
    assert entry is not None
    assert len(steps) == (last.kind != "withdrawn" and not entry.closed)


@given(the_lives("edit"))
def test_what_was_refused_is_told_no_more(notices: list[Notice]) -> None:
    entry = hear(None, notices[0], 0.0, Terms(ability=PHONE))
    assert entry is not None
    step = next_step(entry, PHONE)
    assert step is not None
    entry = refused(sending(entry, step), step, None)
    for each in notices[1:]:
        heard = hear(entry, each, 0.0, Terms(ability=PHONE))
        assert heard is not None
        assert heard.due is None
        entry = heard


def test_what_lapses_is_told_all_the_same_once_its_hold_is_over_or_it_was_tried() -> None:
    first, last = lives("a", ("sent", "A"), ("lapsed", "A"), hold=20.0)
    terms = Terms(ability=PHONE, delay=35.0)
    held = hear(None, first, 100.0, terms)
    assert held is not None
    step = next_step(held, PHONE)
    assert step is not None
    dropped = hear(held, last, 119.0, terms)
    assert dropped is not None
    assert dropped.closed == "lapsed"
    assert hear(held, last, 120.0, terms) is held
    for other in (
        sending(held, step),
        arrived(sending(held, step), step, PHONE),
        lost(sending(held, step), 0.0, None, sure=True),
        close(held, "failed"),
    ):
        assert hear(other, last, 119.0, terms) is other


def test_what_is_heard_again_or_too_late_changes_nothing() -> None:
    first, second, third = lives("a", ("sent", "A"), ("corrected", "B"), ("withdrawn", "B"))
    terms = Terms(ability=PHONE)
    entry = hear(hear(None, first, 0.0, terms), third, 0.0, terms)
    assert hear(entry, second, 0.0, terms) is entry
    assert hear(entry, third, 0.0, terms) is entry


def test_what_may_have_been_seen_and_returns_is_told_in_time_counted_from_then() -> None:
    first, gone, back = lives("a", ("sent", "A"), ("withdrawn", "A"), ("restored", "A"))
    terms = Terms(ability=PHONE, delay=35.0, deadline=600.0)
    entry = hear(None, first, 0.0, terms)
    assert entry is not None
    step = next_step(entry, PHONE)
    assert step is not None
    entry = hear(lost(sending(entry, step), 0.0, None, sure=False), gone, 500.0, terms)
    entry = hear(entry, back, 1_000.0, terms)
    assert entry is not None
    assert (entry.due, entry.expires) == (1_035.0, 1_635.0)


def test_what_was_given_up_and_may_have_been_seen_is_taken_back_where_it_is_wrong() -> None:
    first, gone, back = lives("a", ("sent", "A"), ("withdrawn", "A"), ("restored", "A"))
    terms = Terms(ability=PHONE)
    entry = hear(None, first, 0.0, terms)
    assert entry is not None
    step = next_step(entry, PHONE)
    assert step is not None
    given_up = close(lost(sending(entry, step), 0.0, None, sure=False), "expired")
    entry = hear(given_up, gone, 0.0, terms)
    assert entry is not None
    step = next_step(entry, PHONE)
    assert step is not None
    assert (entry.due, step.verb) == (0.0, "delete")
    entry = hear(arrived(entry, step, PHONE), back, 0.0, terms)
    assert entry is not None
    assert entry.due is None
