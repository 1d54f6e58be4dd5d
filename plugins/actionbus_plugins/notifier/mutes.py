"""What nobody wants to hear of for a while: a rule, a player, a team, or anything."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from actionbus import ConfigError, PluginContext
from actionbus_plugins.conditions.where import folded
from actionbus_plugins.notifier.settings import wall_seconds

ALL = "all"
MUTE, UNMUTE = "mute:", "unmute:"  # what the keys of the shared values begin with
LONGEST = 366 * 86_400.0  # seconds


@frozen
class Mute:
    """Until when something is muted, in Unix seconds."""

    key: str
    what: str
    until: float


def standing(kept: Iterable[tuple[str, object]], now: float) -> list[Mute]:
    """Return the mutes that have neither run out nor been ended, of what the shared store holds; the newest last.

    Of two of the same thing the newer one holds, also where it ends sooner.
    """
    values = dict(kept)
    ended = {key.removeprefix(UNMUTE) for key in values if key.startswith(UNMUTE)}
    newest: dict[str, Mute] = {}
    for key, value in sorted(values.items()):
        if key.startswith(MUTE):
            what, until = cast("tuple[str, float]", value)
            newest.pop(folded(what), None)
            newest[folded(what)] = Mute(key, what, until)
    return [mute for mute in newest.values() if mute.key not in ended and mute.until > now]


def said(mutes: Sequence[Mute], zone: ZoneInfo) -> list[str]:
    """Say what is muted until when."""
    until = (datetime.fromtimestamp(mute.until, zone) for mute in mutes)
    return [
        f"{mute.what} is muted until {when:%Y-%m-%d %H:%M} {zone.key}" for mute, when in zip(mutes, until, strict=True)
    ]


@define(eq=False)
class Mutes:
    """The mutes of a daemon, kept in the plugin's shared store; ``wall`` tells Unix seconds."""

    context: PluginContext
    rules: Collection[str]
    zone: ZoneInfo
    wall: Callable[[], float] = time.time
    _standing: list[Mute] = field(init=False, factory=list[Mute])

    def __attrs_post_init__(self) -> None:
        self._read()
        self.context.answer("mute", self.mute)
        self.context.answer("unmute", self.unmute)
        self.context.answer("mutes", self.tell)

    def covers(self, rule: str, who: Collection[str]) -> bool:
        """Whether a rule, or one of the players and teams with these ids and names, is muted now."""
        now = self.wall()
        return any(mute.until > now and _covers(mute.what, rule, who) for mute in self._standing)

    async def mute(self, arguments: Mapping[str, Any]) -> object:
        """Mute ``what`` for ``long``, such as ``"2h"``. Raises ConfigError."""
        what, long = str(arguments["what"]), str(arguments["long"])
        seconds = wall_seconds(long)
        if not seconds or seconds > LONGEST:
            raise ConfigError(f'{long!r} is no time to mute for; write it as "45m", "2h" or "1d"')
        warning = self._unknown(what)
        now = self.wall()
        async with self.context.transaction():
            self.context.shared.put_if_absent(f"{MUTE}{now:017.6f}:{what}", (what, now + seconds))
        self._read()
        return {"said": said([mute for mute in self._standing if mute.what == what][-1:], self.zone) + warning}

    async def unmute(self, arguments: Mapping[str, Any]) -> object:
        """End the mutes of ``what``, or all. Raises ConfigError where there is none."""
        what = str(arguments["what"])
        ended = [mute for mute in self._now() if what == ALL or folded(mute.what) == folded(what)]
        if not ended:
            muted = ", ".join(dict.fromkeys(mute.what for mute in self._now()))
            raise ConfigError(f"{what!r} is not muted" + (f"; what is: {muted}" if muted else ", and nothing else is"))
        async with self.context.transaction():
            for mute in ended:
                self.context.shared.put_if_absent(f"{UNMUTE}{mute.key}", self.wall())
        self._read()
        return {"said": [f"{name} is no longer muted" for name in dict.fromkeys(mute.what for mute in ended)]}

    async def tell(self, _: Mapping[str, Any]) -> object:
        """Say what is muted."""
        mutes = self._now()
        listed = [{"what": mute.what, "until": mute.until} for mute in mutes]
        return {"mutes": listed, "said": said(mutes, self.zone) or ["nothing is muted"]}

    def _now(self) -> list[Mute]:
        return [mute for mute in self._standing if mute.until > self.wall()]

    def _read(self) -> None:
        shared = self.context.shared
        self._standing = standing([*shared.range(MUTE), *shared.range(UNMUTE)], self.wall())

    def _unknown(self, what: str) -> list[str]:
        """Warn of a name that is no rule's, and of nobody in the games that are on."""
        if what == ALL or what in self.rules:
            return []
        people = {name for fixture in self.context.fixtures for name in self._people(fixture)}
        if any(_is_named(what, name) for name in people):
            return []
        words = {word for name in people for word in (name, *name.split())}
        near = difflib.get_close_matches(what, [*self.rules, *words], 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return [f"no rule is called {what!r}, and nobody in the games that are on by now{hint}"]

    def _people(self, fixture: str) -> list[str]:
        game = self.context.game(fixture)
        if game is None:
            return []
        names: list[str] = []
        for number, box in game.teams.items():
            names += [number, *(each for line in box.players.values() for each in (line.player.id, line.player.name))]
        return [*names, game.home.name or "", game.away.name or ""]


def _covers(what: str, rule: str, who: Collection[str]) -> bool:
    return what in (ALL, rule) or any(_is_named(what, name) for name in who)


def _is_named(what: str, name: str) -> bool:
    """Whether this is an id or a name, or one whole word of the name."""
    asked, whole = folded(what), folded(name)
    return bool(asked) and (what == name or asked == whole or asked in whole.split())
