"""Run the plugins: one task each, around its resources; inside it, a lane for each fixture."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from functools import partial

import attrs
import structlog
import trio
from attrs import define, field

from actionbus.bus import Apart, FixtureClock, HandlerFailure, HandlerTable, Lane, Subscriber, leaves, part, share
from actionbus.config import Tree
from actionbus.errors import ConfigError, PluginError, Problem
from actionbus.events.base import Change, Event
from actionbus.events.catalogue import Catalogue
from actionbus.game import Game
from actionbus.hookspecs import PluginContext
from actionbus.host.describe import describe
from actionbus.host.loading import Broken, Plugin
from actionbus.host.makers import Makers
from actionbus.host.returned import check_folds, entered
from actionbus.host.settings import digest, starts_with_fixture
from actionbus.log import Log
from actionbus.pipeline import Fold, Pipeline

READY = 30.0  # seconds that a plugin has to enter its resources
ROWS = 256  # of the past that are read at a time
GRACE = 10.0  # seconds that plugins have to finish what is in the log and to leave their resources

logger = structlog.get_logger()


def log_failure(failure: HandlerFailure) -> None:
    """Report a handler's failure where people look: in the log, with the plugin's traceback."""
    logger.error(
        "handler failed, plugin is paused" if failure.paused else "handler failed",
        plugin=failure.plugin,
        fixture=failure.fixture,
        event_id=failure.event.id,
        exc_info=failure.error,
    )


@define(eq=False, repr=False)
class Member:
    """A plugin that is set up: its subscriptions as the lanes see them, and the nursery its lanes run in."""

    plugin: Plugin
    subscriber: Subscriber
    lanes: trio.Nursery
    context: PluginContext
    scope: trio.CancelScope
    """Around all of it, from its set-up on."""
    finishing: trio.Event = field(factory=trio.Event)
    """Set when it is to leave."""


@define(eq=False, repr=False)
class Host:
    """The plugins of one daemon, and the pipelines of its fixtures. Made by ``hosting``."""

    tree: Tree
    log: Log
    nursery: trio.Nursery
    report: Callable[[HandlerFailure], None] = log_failure
    replaying: bool = False
    whole: bool = False
    """Whether folds are asked that nobody listens to, so that who listens later finds their moments in the log."""
    broken: list[Broken] = field(init=False, factory=list[Broken])
    """Plugins that could not be set up, whose own tasks or folds failed, or that are paused; each once."""
    problems: list[Problem] = field(init=False, factory=list[Problem])
    """What plugins found wrong with their tables of plugins.toml when they were set up."""
    pipelines: dict[str, Pipeline] = field(init=False, factory=dict[str, Pipeline])
    leaving: set[str] = field(init=False, factory=set[str])
    """Plugins that are to leave while the others go on."""
    held_back: set[str] = field(init=False, factory=set[str])
    """Plugins that are set up and may neither hear nor write anything until others are, too."""
    members: dict[str, Member] = field(init=False, factory=dict[str, Member])
    _subscribers: dict[str, Subscriber] = field(init=False, factory=dict[str, Subscriber])
    _tables: dict[str, HandlerTable] = field(init=False, factory=dict[str, HandlerTable])
    """What each plugin of this run hears, or heard last."""
    _folds: list[Fold] = field(init=False, factory=list[Fold])
    _makers: Makers = field(init=False, factory=Makers)
    _origins: dict[str, str] = field(init=False, factory=dict[str, str])
    _setting_up: dict[str, trio.lowlevel.Task] = field(init=False, factory=dict[str, trio.lowlevel.Task])
    _adding: trio.Lock = field(init=False, factory=trio.Lock)
    _one_is_set_up: trio.lowlevel.ParkingLot = field(init=False, factory=trio.lowlevel.ParkingLot)
    _apart: Apart = field(init=False)
    _finishing: trio.Event = field(init=False, factory=trio.Event)
    _running: set[str] = field(init=False, factory=set[str])
    _one_has_left: trio.lowlevel.ParkingLot = field(init=False, factory=trio.lowlevel.ParkingLot)

    def __attrs_post_init__(self) -> None:
        self._apart = Apart(self.log)

    async def open_fixture(
        self, fixture: str, clock: FixtureClock | None = None, catalogue: Catalogue | None = None
    ) -> Pipeline:
        """Make the pipeline of a fixture, with a lane for each plugin, as the log has left them."""
        clock = clock if clock is not None else FixtureClock(trio.current_time)
        pipeline = Pipeline(fixture, self.log, clock, self.folds(), catalogue or Catalogue(), self._fold_failed)
        held = await self.log.held(fixture)
        if held is not None:
            pipeline.restore(held)
        await self._apart.is_left(fixture)
        self.pipelines[fixture] = pipeline
        for name in tuple(self.members):
            if (member := self.members.get(name)) is not None:
                await self.add_lane(pipeline, member)
        return pipeline

    async def add_lane(self, pipeline: Pipeline, member: Member) -> None:
        """Open the lane of a plugin on a fixture, unless it is there."""
        async with self._adding:
            name = member.plugin.name
            is_there = self.members.get(name) is member and name not in self.held_back
            if is_there and not pipeline.route.serves(member.subscriber):
                await pipeline.route.add(member.subscriber, member.lanes)

    async def close_fixture(self, fixture: str, grace: float) -> None:
        """Let the lanes of a fixture do what there is, for ``grace`` seconds at most, and end its pipeline."""
        pipeline = self.pipelines[fixture]
        with trio.move_on_after(grace):  # a lane that is stuck keeps its rows, and nothing else
            await pipeline.route.caught_up()
        pipeline.close()

    def folds(self) -> list[Fold]:
        """Return the folds of all plugins that are to be asked."""
        return [each for each in self._folds if self.whole or self._is_heard(each)]

    def _is_heard(self, fold: Fold) -> bool:
        """Whether any plugin listens to the moments of a fold; one that nobody hears is not asked and costs nothing."""
        tables = [member.subscriber.handlers for member in self.members.values()]
        return any(table[fold.kind, change] for table in tables for change in Change)

    async def has_more(self, fixture: str) -> bool:
        """Whether a plugin has something before it in what the log holds of a fixture, or wants to hear it again."""
        subscribers = [member.subscriber for member in self.members.values()]
        if any(each.history is not None for each in subscribers):
            return True
        cursors, head = await self.log.cursors(fixture), self.log.head(fixture)
        present = [(cursors.get(each.name), each.from_start) for each in subscribers]
        return any(cursor < head if cursor is not None else from_start for cursor, from_start in present)

    async def caught_up(self, *, publishers: bool = False) -> None:
        """Wait until no lane has anything left to do, or no lane of a plugin that publishes moments."""
        for pipeline in tuple(self.pipelines.values()):
            await pipeline.route.caught_up(publishers=publishers)

    def progress(self) -> list[int | None]:
        """Return how far each lane has come, to be compared with a later answer."""
        return [lane.needs for pipeline in self.pipelines.values() for lane in pipeline.route.lanes]

    def give_up_waiting(self, seconds: float) -> None:
        """Pause the plugins that have not finished a row for ``seconds``, and record them as broken."""
        for _, lane in self._busy_lanes():
            lane.subscriber.pause()
            name = lane.subscriber.name
            reason = f"a handler has been stuck in an await for {seconds:g} s"
            self._record(name, reason)
            logger.error("plugin is stuck and left out", plugin=name, reason=reason)

    def context(self, plugin: Plugin) -> PluginContext:
        """Make what a plugin's hooks get."""
        return PluginContext(
            plugin.name,
            self.tree,
            shared=self.log.shared(plugin.name),
            game=self._game,
            publishes=plugin.declaration.publishes,
            replaying=self.replaying,
            transaction=partial(self._transaction, plugin.name),
            stored=partial(self.log.stored, plugin.name),
            past=self._past,
            fixtures=lambda: list(self.pipelines),
            now=self._now,
            heard=self._has_hearer,
        )

    def _has_hearer(self, kind: type[Event]) -> bool:
        """Whether a plugin of this run listens to what is new of a class, be it one that is set up anew just now."""
        return any(table[kind, Change.ADDED] for table in self._tables.values())

    async def _past(self, fixture: str, until: int, kinds: tuple[type[Event], ...]) -> list[Event]:
        """Return the events of some classes in the rows of a fixture up to a position."""
        found: list[Event] = []
        after = 0
        while rows := await self.log.read(fixture, after, ROWS, until=until):
            found += (event for row in rows for event in row.events if isinstance(event, kinds))
            after = rows[-1].position
        return found

    @asynccontextmanager
    async def _transaction(self, plugin: str, fixture: str | None) -> AsyncGenerator[None]:
        subscriber = await self._set_up(plugin)
        if fixture is None:
            transaction = share(plugin, self.log)
        elif fixture in self.pipelines:
            transaction = self.pipelines[fixture].route.transaction(subscriber)
        elif self.log.holds(fixture):
            transaction = self._apart.transaction(fixture, subscriber)
        else:
            raise PluginError(plugin, f"context.transaction: fixture {fixture} is not followed")
        async with transaction:
            yield

    async def _set_up(self, plugin: str) -> Subscriber:
        """Let a task that a plugin has started while it is set up wait until it is."""
        while (subscriber := self._subscribers.get(plugin)) is None:
            if self._setting_up.get(plugin) in (None, trio.lowlevel.current_task()):
                raise PluginError(plugin, "context.transaction can be used only when the plugin is set up")
            await self._one_is_set_up.park()
        while plugin in self.held_back:
            await self._one_is_set_up.park()
        return subscriber

    def let_go(self) -> None:
        """Let plugins hear and write that were held back."""
        self.held_back.clear()
        self._one_is_set_up.unpark_all()

    def _now(self, fixture: str) -> float | None:
        pipeline = self.pipelines.get(fixture)
        return pipeline.clock.now() if pipeline is not None and not self.log.is_finished(fixture) else None

    def _game(self, fixture: str) -> Game | None:
        pipeline = self.pipelines.get(fixture)
        return pipeline.game if pipeline is not None else None

    async def run(self, plugin: Plugin, *, task_status: trio.TaskStatus[None]) -> None:
        """Set a plugin up, say so, and keep its resources open until it is told to finish.

        What goes wrong is the plugin's own and is recorded, whatever it raises; Ctrl-C and cancellation go on.
        """
        setting_up = trio.CancelScope(deadline=trio.current_time() + READY)
        self._running.add(plugin.name)
        self._setting_up[plugin.name] = trio.lowlevel.current_task()
        try:
            with setting_up:
                await self._live(plugin, setting_up, task_status)
            if setting_up.cancelled_caught and plugin.name not in self.leaving:
                raise PluginError(plugin.name, f"it was not ready after {READY:g} s")
            if not (self._finishing.is_set() or plugin.name in self.leaving):
                raise PluginError(plugin.name, "its context manager ended before it was told to finish")
        except BaseException as error:
            own, others = part(error)
            if own is not None:
                self._leave_out(plugin, own, ready=setting_up.deadline == math.inf)
            if others is not None:
                raise others from None
        finally:
            self._running.discard(plugin.name)
            del self._setting_up[plugin.name]
            self._one_has_left.unpark_all()
        if setting_up.deadline < math.inf:
            task_status.started()

    async def _live(self, plugin: Plugin, setting_up: trio.CancelScope, task_status: trio.TaskStatus[None]) -> None:
        self._origins[plugin.name] = plugin.origin
        await self.log.prepare(plugin.name)
        context = self.context(plugin)
        folds = check_folds(plugin.name, plugin.hook("folds", context=context))
        publishes = plugin.declaration.publishes
        folded = [each.kind for each in folds]
        self._makers.learn(plugin.name, folded, publishes)
        self.log.know((*folded, *publishes))
        settings, from_start = digest(self.tree, plugin), starts_with_fixture(self.tree, plugin)
        async with entered(plugin.name, plugin.hook("subscriptions", context=context)) as subscriptions:
            subscriber = Subscriber(
                plugin.name, HandlerTable(subscriptions), self._handler_failed, bool(publishes), settings, from_start
            )
            async with trio.open_nursery() as lanes:
                self._folds += [
                    attrs.evolve(each, plugin=plugin.name, settings=settings, from_start=from_start) for each in folds
                ]
                self._subscribers[plugin.name] = subscriber
                self._tables[plugin.name] = subscriber.handlers
                self._one_is_set_up.unpark_all()
                member = self.members[plugin.name] = Member(plugin, subscriber, lanes, context, setting_up)
                if self._finishing.is_set():
                    member.finishing.set()
                setting_up.deadline = math.inf
                task_status.started()
                try:
                    await member.finishing.wait()
                finally:
                    del self.members[plugin.name]  # from now on the nursery may close: no lane can be added
                async with self._adding:
                    pass  # a lane that is being opened is there before the nursery may close
                for pipeline in self.pipelines.values():
                    if context.restarting:
                        pipeline.route.leave(subscriber)
                    else:
                        pipeline.route.close(subscriber)

    def finish(self) -> None:
        """Let every plugin do what there is to do and then leave its resources."""
        self._finishing.set()
        for member in self.members.values():
            member.finishing.set()

    async def all_have_left(self) -> None:
        """Wait until no plugin runs any more."""
        while self._running:
            await self._one_has_left.park()

    async def have_left(self, names: Collection[str]) -> None:
        """Wait until none of these plugins runs any more."""
        while any(name in self._running for name in names):
            await self._one_has_left.park()

    def is_running(self, name: str) -> bool:
        """Whether a plugin is set up, or is being set up or left."""
        return name in self._running

    async def start(self, plugin: Plugin) -> None:
        """Set a plugin up; what goes wrong is recorded."""
        await self.nursery.start(self.run, plugin, name=f"plugin {plugin.name}")

    def forget(self, name: str) -> None:
        """Forget a plugin that has left."""
        subscriber = self._subscribers.pop(name, None)
        if subscriber is not None:
            for pipeline in self.pipelines.values():
                pipeline.route.forget(subscriber)
        self._folds = [each for each in self._folds if each.plugin != name]
        self._makers.forget(name)
        self.broken = [each for each in self.broken if each.name != name]

    def give_up_leaving(self, seconds: float) -> None:
        """Record the plugins that have not finished within ``seconds`` after they were told to."""
        stuck = {lane.subscriber.name: fixture for fixture, lane in self._busy_lanes()}
        for name in sorted(self._running - {each.name for each in self.broken}):
            fixture = stuck.get(name)
            who = "its context manager" if fixture is None else f"a handler, for fixture {fixture},"
            reason = f"{who} did not finish within {seconds:g} s"
            self._record(name, reason)
            logger.error("plugin did not finish in time and was stopped", plugin=name, reason=reason)

    def _busy_lanes(self) -> list[tuple[str, Lane]]:
        routes = ((fixture, pipeline.route) for fixture, pipeline in self.pipelines.items())
        return [(fixture, lane) for fixture, route in routes for lane in route.lanes if lane.needs is not None]

    def _handler_failed(self, failure: HandlerFailure) -> None:
        self.report(failure)
        if failure.paused:
            self._note(failure.plugin, "paused after failures in a row, the last: ", failure.error)

    def _fold_failed(self, fold: Fold, error: BaseException) -> None:
        self._note(fold.plugin, f"its fold of {fold.kind.__name__} failed and is left out: ", error)

    def _note(self, plugin: str, what: str, error: BaseException) -> str:
        """Record why a plugin is broken, once: what it does in one fixture it does in the others, too."""
        reason = what + describe(error, self._origins[plugin])
        self._record(plugin, reason)
        return reason

    def _record(self, plugin: str, reason: str) -> None:
        if all(each.name != plugin for each in self.broken):
            self.broken.append(Broken(plugin, self._origins[plugin], reason))

    def _leave_out(self, plugin: Plugin, error: BaseException, *, ready: bool) -> None:
        wrong = [problem for leaf in leaves(error) if isinstance(leaf, ConfigError) for problem in leaf.problems]
        if wrong and not ready:
            self.problems += wrong
            return
        reason = self._note(plugin.name, "", error)
        came_of_it = "not taken over" if plugin.name in self.held_back else "left out"
        logger.error(f"plugin failed and is {came_of_it}", plugin=plugin.name, reason=reason)
