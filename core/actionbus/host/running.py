"""Run the plugins: one task each, around its resources; inside it, a lane for each fixture."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

import attrs
import structlog
import trio
from attrs import define, field

from actionbus.bus import FixtureClock, HandlerFailure, HandlerTable, Subscriber, Subscription
from actionbus.config import Tree
from actionbus.errors import ConfigError, PluginError
from actionbus.events.catalogue import Catalogue
from actionbus.game import Game
from actionbus.hookspecs import PluginContext
from actionbus.host.loading import Broken, Plugin, describe
from actionbus.log import Log
from actionbus.pipeline import Fold, Pipeline

GRACE = 10.0  # seconds that plugins have to finish what is in the log and to leave their resources

logger = structlog.get_logger()


def log_failure(failure: HandlerFailure) -> None:
    """Report a handler's failure where people look: in the log, with the plugin's traceback."""
    logger.error(
        "handler failed, plugin is paused" if failure.paused else "handler failed",
        plugin=failure.plugin,
        fixture=failure.fixture,
        event=failure.event.id,
        exc_info=failure.error,
    )


@define(eq=False)
class _Member:
    """A plugin that is set up: its subscriptions as the lanes see them, and the nursery its lanes run in."""

    subscriber: Subscriber
    lanes: trio.Nursery


@define(eq=False)
class Host:
    """The plugins of one daemon, and the pipelines of its fixtures. Made by ``hosting``."""

    tree: Tree
    log: Log
    report: Callable[[HandlerFailure], None] = log_failure
    replaying: bool = False
    broken: list[Broken] = field(init=False, factory=list[Broken])
    """Plugins that could not be set up or whose own tasks failed."""
    pipelines: dict[str, Pipeline] = field(init=False, factory=dict[str, Pipeline])
    _members: dict[str, _Member] = field(init=False, factory=dict[str, _Member])
    _folds: list[Fold] = field(init=False, factory=list[Fold])
    _finishing: trio.Event = field(init=False, factory=trio.Event)

    async def open_fixture(
        self, fixture: str, clock: FixtureClock | None = None, catalogue: Catalogue | None = None
    ) -> Pipeline:
        """Make the pipeline of a fixture, with a lane for each plugin."""
        clock = clock if clock is not None else FixtureClock(trio.current_time)
        pipeline = Pipeline(fixture, self.log, clock, tuple(self._folds), catalogue or Catalogue())
        self.pipelines[fixture] = pipeline
        for member in self._members.values():
            await pipeline.route.add(member.subscriber, member.lanes)
        return pipeline

    async def caught_up(self) -> None:
        """Wait until no lane has anything left to do."""
        for pipeline in self.pipelines.values():
            await pipeline.route.caught_up()

    def context(self, plugin: Plugin) -> PluginContext:
        """Make what a plugin's hooks get."""
        return PluginContext(
            plugin.name,
            self.tree,
            shared=self.log.shared(plugin.name),
            game=self._game,
            publishes=plugin.declaration.publishes,
            replaying=self.replaying,
        )

    def _game(self, fixture: str) -> Game | None:
        pipeline = self.pipelines.get(fixture)
        return pipeline.game if pipeline is not None else None

    async def run(self, plugin: Plugin, *, task_status: trio.TaskStatus[None]) -> None:
        """Set a plugin up, say so, and keep its resources open until it is told to finish.

        Raises ConfigError for wrong settings; everything else that goes wrong is the plugin's own and is recorded.
        """
        started = False
        try:
            context = self.context(plugin)
            folds = check_folds(plugin.name, plugin.hook("folds", context=context))
            async with entered(plugin.name, plugin.hook("subscriptions", context=context)) as subscriptions:
                self._folds += [attrs.evolve(each, plugin=plugin.name) for each in folds]
                publishes = bool(plugin.declaration.publishes)
                subscriber = Subscriber(plugin.name, HandlerTable(subscriptions), self.report, publishes)
                async with trio.open_nursery() as lanes:
                    self._members[plugin.name] = _Member(subscriber, lanes)
                    started = True
                    task_status.started()
                    await self._finishing.wait()
                    for pipeline in self.pipelines.values():
                        pipeline.route.close(subscriber)
        except Exception as error:
            # The boundary around a plugin's own task: setting up, background tasks, leaving its resources.
            config_errors = _config_errors(error)
            if config_errors and not started:
                raise config_errors[0] from None
            self._break(plugin, error)
            if not started:
                task_status.started()

    def finish(self) -> None:
        """Let every plugin do what there is to do and then leave its resources."""
        self._finishing.set()

    def _break(self, plugin: Plugin, error: BaseException) -> None:
        self._members.pop(plugin.name, None)
        reason = error.what if isinstance(error, PluginError) else describe(error, plugin.origin)
        self.broken.append(Broken(plugin.name, plugin.origin, reason))
        logger.error("plugin failed and is left out", plugin=plugin.name, reason=reason)


def _config_errors(error: Exception) -> list[ConfigError]:
    if isinstance(error, ExceptionGroup):
        group = cast("ExceptionGroup[Exception]", error)
        return [found for each in group.exceptions for found in _config_errors(each)]
    return [error] if isinstance(error, ConfigError) else []


@asynccontextmanager
async def hosting(
    plugins: Sequence[Plugin],
    tree: Tree,
    log: Log,
    report: Callable[[HandlerFailure], None] = log_failure,
    grace: float = GRACE,
    replaying: bool = False,
) -> AsyncGenerator[Host]:
    """Set the plugins up, one after the other; at the end let them finish, for at most ``grace`` seconds."""
    host = Host(tree, log, report, replaying)
    async with trio.open_nursery() as nursery:
        for plugin in plugins:
            await nursery.start(host.run, plugin, name=f"plugin {plugin.name}")
        yield host
        host.finish()
        nursery.cancel_scope.deadline = trio.current_time() + grace


@asynccontextmanager
async def entered(plugin: str, result: Any) -> AsyncGenerator[Sequence[Subscription]]:
    """Enter what a plugin's ``subscriptions`` hook returned: a list, or a context manager that yields one."""
    if isinstance(result, AbstractAsyncContextManager):
        async with cast("AbstractAsyncContextManager[object]", result) as subscriptions:
            yield check_subscriptions(plugin, subscriptions)
    else:
        yield check_subscriptions(plugin, result)


def check_subscriptions(plugin: str, result: object) -> Sequence[Subscription]:
    """Check what a hook returned. Raises PluginError with advice."""
    return _check(plugin, "subscriptions", result, Subscription, "on(...)")


def check_folds(plugin: str, result: object) -> Sequence[Fold]:
    """Check what a hook returned. Raises PluginError with advice."""
    return _check(plugin, "folds", result, Fold, "fold(...)")


def _check(plugin: str, hook: str, result: object, kind: type[Any], made_by: str) -> Sequence[Any]:
    if inspect.iscoroutine(result):
        result.close()
        advice = "write `def`, or make it an async context manager (@asynccontextmanager) that yields the list"
        raise PluginError(plugin, f"its hook {hook}() is `async def`; {advice}")
    if result is None:
        return ()
    if not isinstance(result, list | tuple) or not all(isinstance(each, kind) for each in result):  # pyright: ignore[reportUnknownVariableType]
        raise PluginError(plugin, f"its hook {hook}() should return a list of {made_by}, not {type(result).__name__}")  # pyright: ignore[reportUnknownArgumentType]
    return result  # pyright: ignore[reportUnknownVariableType]
