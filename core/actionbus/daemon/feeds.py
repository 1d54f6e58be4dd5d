"""The fixtures of a daemon, each followed in a task of its own."""

from __future__ import annotations

import random

import structlog
import trio
from attrs import define, evolve, field

from actionbus.daemon.setup import Source
from actionbus.errors import ActionbusError
from actionbus.events.base import FeedState
from actionbus.events.catalogue import Catalogue
from actionbus.feed import ConnectLimit, Ending, follow
from actionbus.host import GRACE, Host
from actionbus.session import FeedProfile

logger = structlog.get_logger()


@define(eq=False)
class _Followed:
    """A fixture's task."""

    scope: trio.CancelScope = field(factory=trio.CancelScope)
    ended: trio.Event = field(factory=trio.Event)


@define(eq=False, kw_only=True)
class Feeds:
    """Follows fixtures in ``nursery``; which ones may change."""

    host: Host
    catalogue: Catalogue
    source: Source
    profile: FeedProfile
    """Of the server, which is known by now also where it is the simulator."""
    nursery: trio.Nursery
    give_up_when_refused: bool
    endings: dict[str, Ending] = field(factory=dict[str, Ending])
    """How it ended to follow a fixture."""
    _connects: ConnectLimit = field(factory=ConnectLimit)
    _past: trio.CapacityLimiter = field(init=False)
    _another_token: trio.lowlevel.ParkingLot = field(init=False, factory=trio.lowlevel.ParkingLot)
    _followed: dict[str, _Followed] = field(init=False, factory=dict[str, _Followed])

    def __attrs_post_init__(self) -> None:
        self._past = trio.CapacityLimiter(1)

    def begin(self) -> None:
        """Follow the fixtures of the source."""
        for fixture in self.source.fixtures:
            self._begin(fixture)
        logger.info("following", fixtures=len(self.source.fixtures), server=self.profile.url)

    async def change(self, source: Source) -> None:
        """Go on with other fixtures, and another token from the next connection on; the rest is as it was.

        Feeds of fixtures that are in both go on; those that were refused are tried again at once. The lanes of one that
        is let go do what there is before it ends.
        """
        before, self.source = self.source.fixtures, source
        self._another_token.unpark_all()
        async with trio.open_nursery() as nursery:
            for fixture in set(before) - set(source.fixtures):
                nursery.start_soon(self._let_go, fixture)
        for fixture in source.fixtures:
            if fixture not in before:
                self._begin(fixture)

    def _begin(self, fixture: str) -> None:
        followed = _Followed()
        try:
            self.nursery.start_soon(self._run, fixture, followed, name=f"feed {fixture}")
        except RuntimeError:  # the nursery is closed: all fixtures have finished, and the daemon was to end then
            raise ActionbusError("the daemon is about to end") from None
        self._followed[fixture] = followed

    async def _run(self, fixture: str, followed: _Followed) -> None:
        try:
            with followed.scope:
                await self._follow(fixture)
            if not self.give_up_when_refused and all(self.endings.get(each) for each in self.source.fixtures):
                logger.info("all fixtures have finished; waiting for a signal")
        finally:
            followed.ended.set()

    async def _let_go(self, fixture: str) -> None:
        followed = self._followed.pop(fixture)
        followed.scope.cancel()
        await followed.ended.wait()
        self.endings.pop(fixture, None)
        pipeline = self.host.pipelines.get(fixture)
        if pipeline is not None:
            pipeline.clock.stop()
            await self.host.close_fixture(fixture, GRACE)
            del self.host.pipelines[fixture]
        logger.info("fixture is no longer followed", fixture=fixture)

    async def _follow(self, fixture: str) -> None:
        host = self.host
        try:
            if host.log.is_finished(fixture):
                self.endings[fixture] = Ending.FINISHED
                async with self._past:  # one after the other: there may be hundreds; those that run have right of way
                    if await host.has_more(fixture):
                        await host.open_fixture(fixture, catalogue=self.catalogue)
                        await host.close_fixture(fixture, GRACE)
                logger.info("fixture has finished before", fixture=fixture)
                return
            await self._connects.wait()  # before what the log holds is read: hundreds are not taken up all at once
            pipeline = await host.open_fixture(fixture, catalogue=self.catalogue)
            self.endings[fixture] = await follow(
                pipeline,
                self.profile,
                token=lambda: self.source.token(),  # which may be another one later
                connects=self._connects,
                rng=random.Random(),
                ssl_context=self.source.ssl_context,
                give_up_when_refused=self.give_up_when_refused,
                admitted=True,
                another_token=self._another_token.park,
            )
        except Exception:
            # The boundary around a fixture: what is wrong in our own code for one must not end the others.
            logger.exception("fixture failed, which is a mistake in actionbus; the others go on", fixture=fixture)
            self.endings.pop(fixture, None)
            if (opened := host.pipelines.get(fixture)) is not None:
                opened.clock.stop()
                opened.tell(FeedState.DOWN, "following it failed, which is a mistake in actionbus")
            return
        counts = pipeline.counts
        how = self.endings[fixture].value
        figures = {"packets": counts.packets, "bad": counts.bad, "gaps": counts.gaps, "odd": pipeline.timeline.odd}
        logger.info("fixture ended", fixture=fixture, how=how, **figures)
        if self.endings[fixture] is Ending.FINISHED:
            await host.close_fixture(fixture, GRACE)


def with_url(source: Source, url: str) -> FeedProfile:
    """Return how to reach the simulator, once it listens."""
    return evolve(source.profile, url=url)
