"""An alert and its life: sent once, corrected when what it said changes, taken back when it never happened."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from actionbus import Action, Change, Event, Moment, PluginContext, Subscription, on
from actionbus_plugins.notifier.channels import Sender
from actionbus_plugins.notifier.messages import render
from actionbus_plugins.notifier.rules import Rule

HEARD = frozenset({Change.ADDED, Change.AMENDED, Change.WITHDRAWN})


@frozen(eq=False)
class Alert:
    """One rule at work. What it has sent of an action is in the plugin's store, under the rule's name and the action's.

    The filter of a rule is finer than its event classes: an amendment out of it takes the alert back, one into it is
    news. An action whose type changes within the rule is corrected, not taken back and sent again.
    """

    name: str
    rule: Rule
    senders: Sequence[Sender]
    context: PluginContext

    def subscriptions(self) -> list[Subscription]:
        """Listen to the classes that the rule names."""
        kinds = self.rule.kinds
        apart = [kind for kind in kinds if not any(kind is not other and issubclass(kind, other) for other in kinds)]
        return [on(kind, self.hear, changes=HEARD) for kind in dict.fromkeys(apart)]

    async def hear(self, event: Event) -> None:
        """Decide what one event means for what was sent."""
        key = f"{self.name}:{_identity(event)}"
        sent = self.context.store.get(key)
        stands = event.change is not Change.WITHDRAWN
        if not stands and isinstance(event, Action) and event.successor is not None and self._wants(event.successor):
            return  # the same row brings it again, as what it is now
        if stands and self.rule.where.admits(event):
            text = render(self.rule.message, event)
            if sent is None:
                await self._send(text)
            elif text != sent:
                await self._send(f"corrected: {text} (was: {sent})")
            self.context.store.put(key, text)
        elif sent is not None:
            await self._send(f"taken back: {sent}")
            self.context.store.delete(key)

    def _wants(self, action: Action) -> bool:
        return isinstance(action, self.rule.kinds) and self.rule.where.admits(action)

    async def _send(self, text: str) -> None:
        for sender in self.senders:
            await sender.send(f"ALERT {self.name}: {text}")


def _identity(event: Event) -> str:
    match event:
        case Action():
            return event.action_id
        case Moment():
            return event.key
        case _:
            return event.id
