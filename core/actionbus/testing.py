"""What authors test their plugins with: run one as the daemon does, give it actions, look at what it did."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar
from uuid import uuid4

import pluggy
import trio
from attrs import define

from actionbus.bus import FixtureClock, HandlerFailure
from actionbus.config import read_tree
from actionbus.errors import ConfigError, PluginError
from actionbus.events.base import Action, FeedState, Player, Score, SendType, Summary, Team
from actionbus.game import Game
from actionbus.hookspecs import PROJECT, Hooks
from actionbus.host import Host, Plugin, hosting, swap
from actionbus.host.loading import register
from actionbus.log import MemoryLog
from actionbus.pipeline import Pipeline

A = TypeVar("A", bound=Action)

FIXTURE = "fixture-1"
HOME = Team(id="home", name="Harbor Gulls", home=True)
AWAY = Team(id="away", name="Iron Foxes", home=False)
TIP_OFF = 1_767_290_400.0  # Unix seconds; made actions begin here, a second apart

_numbers = count(1)


def make(
    kind: type[A],
    *,
    player: str | Player | None = "Player One",
    team: Team | None = HOME,
    score: tuple[int, int] | None = None,
    **fields: Any,
) -> A:
    """Make an action as the feed would send it: Confirmed, in the first period, unless ``fields`` say otherwise.

    Each has an ``action_id`` of its own; give the id of an earlier one to make a later revision of it.
    """
    number = next(_numbers)
    who = Player(id=player.casefold().replace(" ", "-"), name=player) if isinstance(player, str) else player
    defaults: dict[str, Any] = {
        "fixture": FIXTURE,
        "action_id": str(uuid4()),
        "send_type": SendType.CONFIRMED,
        "period": 1,
        "clock": "10:00",
        "sequence": Decimal(number),
        "fixture_seq": number,
        "timestamp": TIP_OFF + number,
    }
    summary = Summary(score=Score(*score)) if score is not None else None
    return kind(player=who, team=team, summary=summary, **(defaults | fields))


@define(eq=False)
class Bench:
    """A plugin that runs, and the fixture that it is given. Made by ``running``."""

    pipeline: Pipeline
    failures: list[HandlerFailure]
    """What handlers raised."""
    _host: Host
    _plugin: Plugin
    _raising: bool
    _raised: int = 0

    @property
    def game(self) -> Game:
        """The fixture's game as it stands."""
        return self.pipeline.game

    @property
    def broken(self) -> str | None:
        """Why the plugin is left out or paused; None while it works."""
        return self._host.broken[0].reason if self._host.broken else None

    async def deliver(self, *actions: Action) -> None:
        """Give the plugin revisions of actions, in this order, and wait until it has handled what follows from them.

        Raises what a handler raised, and PluginError where the plugin's own tasks failed.
        """
        for action in actions:
            self.pipeline.take(action, "", action.timestamp or TIP_OFF)
        await self.settled()

    async def finish(self) -> None:
        """End the fixture: the timers that remain run out. Raises as ``deliver`` does."""
        self.pipeline.tell(FeedState.FINISHED)
        await self.settled()

    async def reload(self, config: str) -> None:
        """Let the plugin leave and be set up again with another plugins.toml, as a reload of the daemon does.

        Raises ConfigError for what it finds wrong with its tables, and PluginError where it cannot be set up: then it
        goes on as it was.
        """
        tree = read_tree(config, self._host.tree.file)
        swapped = await swap(self._host, tree, [self._plugin.name], [self._plugin], back=[self._plugin])
        if swapped.problems:
            raise ConfigError(*swapped.problems)
        for broken in swapped.broken:
            raise PluginError(broken.name, broken.reason)
        await self.settled()

    async def ask(self, request: str, arguments: Mapping[str, Any]) -> Any:
        """Ask the plugin what a command would ask it: see ``PluginContext.answer``. Raises what that raises."""
        return await self._host.members[self._plugin.name].context.answers[request](arguments)

    async def settled(self) -> None:
        """Wait until the plugin has handled all that there is. Raises as ``deliver`` does."""
        await self._host.caught_up()
        if not self._raising:
            return
        if self._raised < len(self.failures):
            failure = self.failures[self._raised]
            self._raised = len(self.failures)
            raise failure.error
        if self._host.broken:
            raise PluginError(self._host.broken[0].name, self._host.broken[0].reason)


@asynccontextmanager
async def running(
    plugin: ModuleType | Callable[..., Any],
    *more: Callable[..., Any],
    config: str = "",
    folder: Path | None = None,
    raising: bool = True,
    clock: FixtureClock | None = None,
) -> AsyncGenerator[Bench]:
    """Run a plugin as the daemon does: a module, or its hook functions. ``config`` is the text of a plugins.toml.

    The plugin's table is ``[plugin.NAME]`` with the module's last name, or ``[plugin.test]`` for functions; relative
    paths start at ``folder``. With ``raising`` a handler's exception comes out of ``deliver``, once. With ``clock`` the
    fixture clock can run: make it of ``trio.current_time``, call its ``run()``, and let pytest-trio's clock jump.
    """
    module = plugin if isinstance(plugin, ModuleType) else _module(plugin, *more)
    name = module.__name__.rpartition(".")[2]
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    loaded = register(manager, name, getattr(module, "__file__", None) or name, module)
    tree = read_tree(config, str((folder or Path()) / "plugins.toml"))
    failures: list[HandlerFailure] = []
    async with hosting([loaded], tree, MemoryLog(whole=True), failures.append) as host:
        if host.broken:
            raise PluginError(name, host.broken[0].reason)
        pipeline = await host.open_fixture(FIXTURE, clock if clock is not None else FixtureClock(trio.current_time))
        yield Bench(pipeline, failures, host, loaded, raising)


def _module(*hooks: Callable[..., Any]) -> ModuleType:
    module = ModuleType("test")
    for hook in hooks:
        setattr(module, hook.__name__, hook)
    return module
