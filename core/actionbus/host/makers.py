"""Which plugin makes which moments: nobody else makes what a fold makes."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from actionbus.errors import PluginError
from actionbus.events.base import Moment
from actionbus.events.catalogue import snake_name
from actionbus.log import unkeepable


@define(eq=False)
class Makers:
    """The moment classes that each plugin makes, by snake_case name; None: a fold makes them."""

    _made: dict[str, dict[str, type[Moment] | None]] = field(init=False, factory=dict)

    def learn(self, plugin: str, folded: Sequence[type[Moment]], published: Sequence[type[Moment]]) -> None:
        """Learn the moments that a plugin makes. Raises PluginError where the log could not keep or tell them apart.

        Several plugins may publish moments of one class, but what a fold makes nobody else does.
        """
        for kind in (*folded, *published):
            if (why := unkeepable(kind)) is not None:
                raise PluginError(plugin, f"{kind.__name__}: {why}")
        known = {name: kind for made in self._made.values() for name, kind in made.items()}
        for kind in folded:
            if snake_name(kind) in known or folded.count(kind) > 1:
                raise PluginError(plugin, f"moments called {kind.__name__} are made by another fold or plugin already")
        for kind in published:
            if known.get(snake_name(kind), kind) is not kind or kind in folded:
                raise PluginError(
                    plugin, f"moments called {kind.__name__} are made by a fold or another plugin already"
                )
        made: dict[str, type[Moment] | None] = {snake_name(kind): kind for kind in published}
        self._made[plugin] = made | dict.fromkeys(map(snake_name, folded))

    def forget(self, plugin: str) -> None:
        """Forget a plugin."""
        self._made.pop(plugin, None)
