"""A desk that sees what becomes of each alert of one rule, and by what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from attrs import define, field

from actionbus import Event, Happening, Turn
from actionbus_plugins.notifier.engine.alert import Alert, State, alert_id
from actionbus_plugins.notifier.engine.kept import load_alert, load_cooling, load_ledger, load_time
from actionbus_plugins.notifier.engine.single import identity
from actionbus_plugins.notifier.engine.subjects import Ledger, game_time
from actionbus_plugins.notifier.explaining.words import packet
from actionbus_plugins.notifier.notice import Kind, Notice
from actionbus_plugins.notifier.rehearsal import MemoryDesk

_HAPPENINGS: dict[Kind, Happening] = {
    Kind.SENT: "sent",
    Kind.UPDATED: "updated",
    Kind.CORRECTED: "corrected",
    Kind.WITHDRAWN: "withdrawn",
    Kind.RESTORED: "restored",
    Kind.LAPSED: "lapsed",
}


@define(eq=False)
class Life:
    """An alert, from when its rule found it to the end or until it was dropped."""

    key: str
    event: Event
    """With which it was found."""
    alert: Alert
    turns: list[Turn] = field(factory=list[Turn])
    events: list[Event] = field(factory=list[Event])
    """All that did something to it."""
    id: str = ""
    """Empty where it was dropped."""
    is_dropped: bool = False
    cooled: tuple[float | None, float | None] = (None, None)
    """For how long its rule had been cooling down: in seconds of the fixture clock, and of the game clock."""
    waited: float = 0.0
    """For how many seconds it was held."""


@define(eq=False)
class WatchingDesk(MemoryDesk):
    """Keeps what the engine gives it, and of each alert what happened."""

    fixture: str = field(kw_only=True)
    rule: str = field(kw_only=True)
    quarter: float = field(kw_only=True)
    """Seconds of a regular period, as far as is known."""
    muted: Collection[str] = field(kw_only=True, default=())
    """The keys of the alerts that were muted then."""
    cause: Event | None = field(init=False, default=None)
    """The event that the engine hears just now; None: a timer has run out."""
    stands: tuple[int | None, str] = field(init=False, default=(None, ""))
    """How far the game is: the period, and what is left of it."""
    lives: list[Life] = field(init=False, factory=list[Life])
    _living: dict[str, Life] = field(init=False, factory=dict[str, Life])
    _ledgers: dict[str, Callable[[], object]] = field(init=False, factory=dict[str, Callable[[], object]])
    _cooling: dict[str, tuple[float, float | None]] = field(init=False, factory=dict[str, tuple[float, float | None]])
    _said: list[Notice] = field(init=False, factory=list[Notice])

    @property
    def ledgers(self) -> dict[str, Ledger]:
        """What stands, by group."""
        return {group: load_ledger(value()) for group, value in self._ledgers.items()}

    def living(self, key: str) -> Life | None:
        """Return the alert that is kept under a key."""
        return self._living.get(key)

    def keep(self, key: str, value: Callable[[], object]) -> None:
        """See what has become of an alert or a ledger."""
        match key[:2]:
            case "a:":
                self._see(key, load_alert(value()))
            case "c:":
                self._cooling[key] = load_cooling(value())
            case "l:":
                self._ledgers[key.partition("\0")[2]] = value
            case _ if key == "quarter":
                self.quarter = load_time(value())
            case _:
                pass  # of a count: when things were first heard of

    def drop(self, key: str) -> None:
        """See that an alert that was held is not told."""
        life = self._living.pop(key, None)
        if life is not None:
            life.is_dropped, life.id = True, ""
            life.waited = self.now - life.alert.at
            self._happens(life, "dropped", life.alert.said)

    def is_muted(self, rule: str, who: Collection[str], key: str) -> bool:
        """Say what was."""
        return key in self.muted

    def say(self, notice: Notice, channels: Sequence[str]) -> None:
        """Note what people would have been told; the alert itself is kept right after."""
        super().say(notice, channels)
        self._said.append(notice)

    def _see(self, key: str, alert: Alert) -> None:
        life, before = self._living.get(key), None
        if life is None:
            assert self.cause is not None  # a timer tells what is held, and finds nothing new
            life = self._living[key] = Life(key, self.cause, alert)
            self.lives.append(life)
        else:
            before, life.alert = life.alert, alert
        life.id = alert_id(self.rule, self.fixture, alert.about, alert.first)
        is_new = before is None or before.state is not alert.state
        if is_new and before is not None and before.state is State.HELD:
            life.waited = self.now - before.at
        for notice in self._said:
            if notice.kind is not Kind.UPDATED or notice.text != notice.before:  # else it is for programs
                self._happens(life, _HAPPENINGS[notice.kind], notice.text)
        self._said.clear()
        if alert.state is State.HELD and (before is None or before.said != alert.said):
            self._happens(life, "held" if before is None else "changed", alert.said)
        if alert.state is State.PASSED and is_new:
            life.cooled = self._cooled(alert)
            self._happens(life, "passed", alert.said)

    def _cooled(self, alert: Alert) -> tuple[float | None, float | None]:
        told_at, told_game = self._cooling.get(f"c:{self.rule}\0{alert.group}", (None, None))
        game = game_time(alert.period or 0, alert.left, self.quarter)
        since = alert.at - told_at if told_at is not None else None
        return since, abs(game - told_game) if game is not None and told_game is not None else None

    def _happens(self, life: Life, what: Happening, text: str) -> None:
        cause = self.cause
        period, clock = self.stands
        life.turns.append(
            Turn(
                what=what,
                at=self.now,
                period=period,
                clock=clock,
                by=packet(cause) if cause is not None else "",
                action_id=identity(cause) if cause is not None else "",
                text=text,
            )
        )
        if cause is not None:
            life.events.append(cause)
