"""The alerts that are kept, as lists show them: how each stands, and what became of it on its channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

from attrs import define, field

from actionbus import AlertState, ChannelState, KeptState, KnownAlert, KnownAlerts, OnChannel
from actionbus_plugins.notifier.delivery.entry import KEPT, Entry, as_entry, split_key
from actionbus_plugins.notifier.engine.alert import Alert, State, alert_id
from actionbus_plugins.notifier.engine.kept import load_alert
from actionbus_plugins.notifier.engine.life import FEED_STATUS
from actionbus_plugins.notifier.takeover import LEFT

_TIME = "%H:%M:%S"
_CLOSED: dict[str, str] = {
    "expired": "expired, it could not be told in time",
    "quiet": "not told, the channel was quiet",
    "failed": "failed, the service did not want it",
    "lapsed": "not told, it was over before its time had come",
    "withdrawn": "taken back before it was told",
}


@define(eq=False)
class _Kept:
    """What is kept of one alert."""

    rule: str
    alert: Alert | None = None
    channels: list[tuple[str, Entry]] = field(factory=list[tuple[str, Entry]])


def list_alerts(kept: KeptState, muted: Sequence[str]) -> KnownAlerts:
    """List the alerts of the plugin's stores; ``muted`` says what is muted."""
    found: dict[tuple[str, str], _Kept] = {}
    for fixture, key, value in kept.stores:
        if key.startswith("a:"):
            rule, alert = key.removeprefix("a:").partition("\0")[0], load_alert(value)
            name = alert_id(rule, fixture, alert.about, alert.first)
            _of(found, fixture, name, rule).alert = alert
        elif key.startswith(LEFT):
            left = cast("dict[str, Any]", value)
            _of(found, fixture, key.removeprefix(LEFT), left["rule"]).alert = load_alert(left["alert"])
        elif key.startswith(KEPT) and (entry := as_entry(value)) is not None:
            channel, name = split_key(key)
            _of(found, fixture, name, entry.notice.rule).channels.append((channel, entry))
    alerts = [_known(fixture, name, each) for (fixture, name), each in found.items()]
    return KnownAlerts(alerts=tuple(sorted(alerts, key=lambda alert: alert.at)), muted=tuple(muted))


def _of(found: dict[tuple[str, str], _Kept], fixture: str, name: str, rule: str) -> _Kept:
    return found.setdefault((fixture, name), _Kept(rule))


def _known(fixture: str, name: str, kept: _Kept) -> KnownAlert:
    alert = kept.alert
    channels = tuple(_on_channel(channel, entry) for channel, entry in kept.channels)
    if alert is not None:
        ids = alert.evidence if alert.kind != FEED_STATUS else ()
        text, period, clock, at = alert.said, alert.period, alert.clock, alert.at
    else:  # its rule is gone, and it was taken back after that
        notice = kept.channels[0][1].notice
        text, period, clock, at, ids = notice.text, notice.period, notice.clock, notice.at, notice.action_ids
    return KnownAlert(
        id=name,
        rule=kept.rule,
        fixture=fixture,
        state=_state(kept, channels),
        reason=alert.reason if alert is not None and alert.state is State.PASSED else "",
        text=text,
        period=period,
        clock=clock,
        at=at,
        action_ids=ids,
        channels=channels,
    )


def _state(kept: _Kept, channels: Sequence[OnChannel]) -> AlertState:
    alert = kept.alert
    stands = alert.state is State.TOLD if alert is not None else any(entry.stands for _, entry in kept.channels)
    match alert.state if alert is not None else None:
        case State.PASSED:
            return "passed"
        case State.HELD:
            return "held"
        case _ if not stands:
            return "withdrawn"
        case _ if any(each.state == "told" for each in channels):
            return "sent"
        case _:
            return "waiting" if any(each.state == "waiting" for each in channels) else "untold"


def _on_channel(channel: str, entry: Entry) -> OnChannel:
    told = entry.told
    state, said = _became(entry)
    text = told.text if told is not None and told.form != "gone" else ""
    return OnChannel(channel=channel, state=state, said=said, text=text, until=entry.ready)


def _became(entry: Entry) -> tuple[ChannelState, str]:
    """Say what became of an alert on a channel."""
    told = entry.told
    if told is None:
        if entry.closed:
            return entry.closed, _CLOSED[entry.closed] + (f" ({entry.why})" if entry.why else "")
        return "waiting", ", ".join(_waiting(entry, "waits"))
    state: ChannelState = "told" if told.form == "plain" else "withdrawn"
    said = {"plain": "told", "back": "told and taken back", "gone": "told and deleted"}[told.form]
    if told.form == "plain" and told.version > 1:
        said = "told, with the changes since"
    more = ["in a digest"] if told.digest else []
    more += ["by further messages"] if told.followed else []
    return state, ", ".join([said, *more, *(_waiting(entry, "a change waits") if entry.due is not None else ())])


def _waiting(entry: Entry, what: str) -> Iterator[str]:
    when = entry.ready
    yield f"{what} until {datetime.fromtimestamp(when).strftime(_TIME)}" if when is not None else what
    if entry.tries:
        yield f"tried {entry.tries} times" if entry.tries > 1 else "tried once"
    if entry.why:
        yield entry.why
    if entry.doubt is not None:
        yield "nobody knows whether it arrived"
