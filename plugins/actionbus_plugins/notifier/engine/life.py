"""The lives of alerts: what an alert does when what it is about comes, changes and goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import define, field, frozen
from minijinja import TemplateError

from actionbus import Event, FeedStatus, Score, snake_name
from actionbus_plugins.conditions.names import values
from actionbus_plugins.notifier.engine.alert import UNCONFIRMED, Alert, State, alert_id
from actionbus_plugins.notifier.engine.desk import Desk
from actionbus_plugins.notifier.engine.kept import dump_alert, load_alert, load_cooling
from actionbus_plugins.notifier.engine.plan import Plan
from actionbus_plugins.notifier.engine.subjects import game_time
from actionbus_plugins.notifier.notice import Kind, Notice

FEED_STATUS = snake_name(FeedStatus)  # which is made of no actions


@frozen(kw_only=True)
class Finding:
    """What a rule finds to stand: what its alert is to say."""

    group: str
    about: str
    evidence: tuple[str, ...]
    text: str
    tentative: bool
    as_pending: str | None = None
    """What it would say if it were still pending, where that differs by more than the mark."""
    period: int | None
    clock: str
    left: float | None
    kind: str
    score: tuple[int, int] | None
    who: tuple[str, ...]
    """The ids and names of the players and teams that it is about."""

    @property
    def first(self) -> str:
        """The first evidence; empty for what is made of no actions."""
        return self.evidence[0] if self.evidence else ""


@define(eq=False)
class Lives:
    """The alerts of one fixture by key, ``a:RULE`` and what tells them apart; kept by the desk."""

    fixture: str
    desk: Desk
    quarter: float
    """Seconds of a regular period."""
    _alerts: dict[str, Alert] = field(init=False)
    _cooling: dict[str, tuple[float, float | None]] = field(init=False)
    """When an alert was told last, on the fixture clock and in seconds of game clock; by ``c:RULE`` and group."""

    def __attrs_post_init__(self) -> None:
        """Take up what is kept."""
        self._alerts = {key: load_alert(kept) for key, kept in self.desk.held("a:")}
        self._cooling = {key: load_cooling(kept) for key, kept in self.desk.held("c:")}

    def get(self, key: str) -> Alert | None:
        """Return an alert."""
        return self._alerts.get(key)

    def of(self, plan: Plan) -> list[tuple[str, Alert]]:
        """Return a rule's alerts with their keys, sorted by these."""
        prefix = f"a:{plan.name}\0"
        return sorted((key, alert) for key, alert in self._alerts.items() if key.startswith(prefix))

    def values_of(self, plan: Plan, event: Event, score: tuple[int, int] | None = None) -> dict[str, object]:
        """Return what the rule's condition and message may name of an event."""
        named = values(event, Score(*score) if score is not None else None)
        if plan.lists:
            named["lists"] = plan.lists
        return named

    def holds(self, plan: Plan, named: Mapping[str, object]) -> bool:
        """Ask ``when``; a condition that fails does not hold."""
        try:
            return plan.condition is None or plan.condition.holds(named)
        except TemplateError as error:
            self.desk.failed(plan.name, f"its condition failed: {_reason(error)}")
            return False

    def say(self, plan: Plan, named: Mapping[str, object]) -> str:
        """Fill the message in; where that fails, the alert still goes out, in plain words."""
        try:
            return plan.message.render(named)
        except TemplateError as error:
            self.desk.failed(plan.name, f"its message failed, the default is sent: {_reason(error)}")
            return str(named["type_text"])

    def stand(self, plan: Plan, key: str, finding: Finding, event: Event, *, late: bool = False) -> None:
        """Let an alert say what its rule finds now."""
        alert = self._alerts.get(key)
        if alert is None:
            self._begin(plan, key, finding, event, late=late)
            return
        before, grew = alert.said, set(alert.evidence) < set(finding.evidence)
        confirmed = alert.tentative and not finding.tentative and alert.text in (finding.text, finding.as_pending)
        changed = alert.evidence != finding.evidence or alert.kind != finding.kind
        alert.evidence, alert.kind, alert.score = finding.evidence, finding.kind, finding.score
        alert.text, alert.tentative, alert.who = finding.text, finding.tentative, finding.who
        match alert.state:
            case State.HELD:
                alert.first, alert.group, alert.about = finding.first, finding.group, finding.about
                alert.period, alert.clock, alert.left = finding.period, finding.clock, finding.left
                changed = True
            case State.TOLD if alert.said != before:
                self._notify(plan, alert, Kind.UPDATED if grew or confirmed else Kind.CORRECTED, before)
            case State.TOLD if changed:  # for programs: people read what they have read
                self._notify(plan, alert, Kind.UPDATED, before)
            case State.GONE:
                alert.state = State.TOLD
                self._notify(plan, alert, Kind.RESTORED, before)
            case _:
                if not changed:
                    return
        self._keep(key, alert)

    def fall(self, plan: Plan, key: str) -> None:
        """Let an alert go: its rule finds nothing any more."""
        alert = self._alerts.get(key)
        if alert is None:
            return
        if alert.state is State.HELD:
            self._forget(key)
        elif alert.state is State.TOLD:
            alert.state = State.GONE
            self._notify(plan, alert, Kind.WITHDRAWN, alert.said)
            self._keep(key, alert)

    def lapse(self, plan: Plan, key: str) -> None:
        """End the stretch that an alert is about: where it is held back still, it is not told."""
        alert = self._alerts.get(key)
        if alert is None:
            return
        if alert.state is State.HELD:
            self._forget(key)
        elif alert.state is State.TOLD and alert.holds_on_the_wall:
            alert.holds_on_the_wall = False
            self._notify(plan, alert, Kind.LAPSED, alert.said)
            self._keep(key, alert)

    def tell_held(self, plan: Plan, key: str, at: float) -> None:
        """Tell an alert whose time has come."""
        alert = self._alerts.get(key)
        if alert is not None and alert.state is State.HELD:
            alert.at = at
            self._tell(plan, key, alert)

    def _begin(self, plan: Plan, key: str, finding: Finding, event: Event, *, late: bool) -> None:
        alert = self._alerts[key] = Alert(
            state=State.HELD,
            group=finding.group,
            about=finding.about,
            first=finding.first,
            evidence=finding.evidence,
            text=finding.text,
            tentative=finding.tentative,
            mark="" if "tentative" in plan.message.names else UNCONFIRMED,
            at=event.at,
            period=finding.period,
            clock=finding.clock,
            left=finding.left,
            kind=finding.kind,
            score=finding.score,
            who=finding.who,
        )
        hold, on_the_wall = plan.hold_of(event)
        if late:
            self._pass(key, alert, "max_age")
        elif hold:
            self.desk.wake(event.at + hold, key)
            self._keep(key, alert)
        else:
            self._tell(plan, key, alert, on_the_wall)

    def _tell(self, plan: Plan, key: str, alert: Alert, on_the_wall: float = 0.0) -> None:
        """Tell an alert for the first time, unless it is quiet, it is muted or the rule cools down."""
        time_of_day = datetime.fromtimestamp(alert.at, plan.zone).time()
        if plan.quiet is not None and plan.quiet.holds(time_of_day, plan.priority):
            self._pass(key, alert, "quiet")
            return
        if self.desk.is_muted(plan.name, alert.who, key):
            self._pass(key, alert, "muted")
            return
        if (plan.cooldown or plan.cooldown_game) and not on_the_wall:  # else nobody knows here whether it is told
            cooling, game = f"c:{plan.name}\0{alert.group}", game_time(alert.period or 0, alert.left, self.quarter)
            if self._is_cooling(plan, cooling, alert.at, game):
                self._pass(key, alert, "cooldown")
                return
            self._cooling[cooling] = told = (alert.at, game)
            self.desk.keep(cooling, lambda: told)
        alert.state, alert.holds_on_the_wall = State.TOLD, on_the_wall > 0
        self._notify(plan, alert, Kind.SENT, "", on_the_wall)
        self._keep(key, alert)

    def _is_cooling(self, plan: Plan, cooling: str, at: float, game: float | None) -> bool:
        told_at, told_game = self._cooling.get(cooling, (None, None))
        if plan.cooldown:
            return told_at is not None and at - told_at < plan.cooldown
        return game is not None and told_game is not None and abs(game - told_game) < plan.cooldown_game

    def _pass(self, key: str, alert: Alert, reason: str) -> None:
        alert.state, alert.reason = State.PASSED, reason
        self._keep(key, alert)

    def _forget(self, key: str) -> None:
        del self._alerts[key]
        self.desk.let_sleep(key)
        self.desk.drop(key)

    def _keep(self, key: str, alert: Alert) -> None:
        self.desk.keep(key, lambda: dump_alert(alert))

    def _notify(self, plan: Plan, alert: Alert, kind: Kind, before: str, hold: float = 0.0) -> None:
        alert.version += 1
        notice = Notice(
            id=alert_id(plan.name, self.fixture, alert.about, alert.first),
            version=alert.version,
            kind=kind,
            rule=plan.name,
            fixture=self.fixture,
            text=alert.said,
            before=before,
            at=alert.at,
            period=alert.period,
            clock=alert.clock,
            action_ids=alert.evidence if alert.kind != FEED_STATUS else (),
            priority=plan.priority,
            on_correction=plan.on_correction,
            hold=hold,
        )
        self.desk.say(notice, plan.channels)


def _reason(error: TemplateError) -> str:
    return str(error).splitlines()[0]
