"""An alert and its life: sent once, corrected when what it said changes, taken back when it never happened."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define
from minijinja import TemplateError

from actionbus import Action, Change, Event, Moment, PluginContext, Score, Subscription, on, snake_name
from actionbus_plugins.notifier.channels import Sender
from actionbus_plugins.notifier.messages import DEFAULT_MESSAGE, render
from actionbus_plugins.notifier.rules import Rule

HEARD = frozenset({Change.ADDED, Change.AMENDED, Change.WITHDRAWN})


@define(eq=False)
class Alert:
    """One rule at work. What it has sent of an event is in the plugin's store, under the rule's name and the event's.

    The filter of a rule is finer than its event classes: an amendment out of it takes the alert back, one into it is
    news. An action whose type changes within the rule is corrected, not taken back and sent again.
    """

    name: str
    rule: Rule
    senders: Sequence[Sender]
    context: PluginContext
    _failed: bool = False

    def subscriptions(self) -> list[Subscription]:
        """Listen to the classes that the rule names; hearing an event twice, for two of them, does no harm."""
        return [on(kind, self.hear, changes=HEARD) for kind in self.rule.kinds]

    async def hear(self, event: Event) -> None:
        """Decide what one event means for what was sent."""
        key = f"{self.name}:{_identity(event)}"
        told = self._told(key)
        if event.change is Change.WITHDRAWN and isinstance(event, Action) and self._wants(event.successor):
            return  # the same row brings it again, as what it is now
        if event.change is Change.WITHDRAWN or not self.rule.where.admits(event):
            if told is not None:
                await self._send(f"taken back: {told[0]}")
                self.context.store.delete(key)
            return
        text = self._text(event)
        if told is None:
            await self._send(text)
        elif self._text(event, told[1]) != told[0]:
            await self._send(f"corrected: {text} (was: {told[0]})")
        else:
            return  # at most the score is another one: it has moved on since, which is no correction
        score = (event.score if isinstance(event, Action) else None) or Score()
        self.context.store.put(key, [text, score.home, score.away])

    def _told(self, key: str) -> tuple[str, Score] | None:
        """Return what was sent about an event, and the score that stood then."""
        match self.context.store.get(key):
            case [str(text), int(home), int(away)]:
                return text, Score(home, away)
            case _:
                return None

    def _wants(self, action: Action | None) -> bool:
        return isinstance(action, self.rule.kinds) and self.rule.where.admits(action)

    def _text(self, event: Event, score: Score | None = None) -> str:
        """Fill in the message; where that fails, which no check could see, the alert still goes out, in plain words."""
        try:
            return render(self.rule.message, event, score)
        except TemplateError as error:
            if not self._failed:
                reason = str(error).splitlines()[0]
                self.context.log.error("message failed, the default is sent", alert=self.name, reason=reason)
            self._failed = True
            return render(DEFAULT_MESSAGE, event, score)

    async def _send(self, text: str) -> None:
        for sender in self.senders:
            await sender.send(f"ALERT {self.name}: {text}")


def _identity(event: Event) -> str:
    """Name what an event is about, whatever it says of it."""
    match event:
        case Action():
            return event.action_id
        case Moment():
            return f"{snake_name(type(event))}:{event.key}"
        case _:
            return event.id
