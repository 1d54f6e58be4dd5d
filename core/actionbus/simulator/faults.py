"""The faults that a simulation can be asked for, and how they are written on a command line."""

from __future__ import annotations

import difflib
import math
from typing import TYPE_CHECKING

from attrs import evolve, fields, frozen

from actionbus.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

REFUSALS = {
    400: "Bad request",
    401: "The supplied authentication is invalid",
    403: "The supplied token has no access to this fixture",
    429: "Too many requests",
}


@frozen(kw_only=True)
class Faults:
    """What goes wrong, how often; each number is for one fixture, and the places are drawn from the seed.

    After all of them the list that was served gives the same final game as the recording (but for ``change``).
    """

    cut: int = 0
    """The connection breaks this many times in all, alternately by a TCP reset and by a close frame (1012)."""

    stall: int = 0
    """This many times the server falls silent without closing: no packets, no heartbeats."""

    refuse: int = 0
    """The first so many handshakes are answered 503; 400, 401, 403 or 429: all of them with that status."""

    bad: int = 0
    """So many extra packets are in the list that nobody can use: cut short, with flipped bits, of wrong types,
    with a number too big, nested deeply, not UTF-8 (in a binary or a text frame), of another fixture.

    A text frame that is not UTF-8 breaks the connection by the rules of websockets (close code 1007): who resumes
    behind it goes on.
    """

    repeat: int = 0
    """So many stretches of the list, of 1 to 20 packets, are in it twice, one right behind the other."""

    slow: float = 0.0
    """Seconds of waiting before each packet, whatever the speed."""

    change: int = 0
    """So many times, besides ``cut``, the connection breaks and the list was rewritten when it is back: some
    earlier actions (rebounds, assists, steals, blocks) are gone, another has another player, and all that followed
    has moved up by three places or more, so that a resume by place cannot fit."""


def parse_fault(text: str, others: Faults | None = None) -> Faults:
    """Add one fault, written ``NAME=NUMBER``, to ``others``.

    Raises ConfigError with a suggestion for a name that there is not, and for a number that makes no sense.
    """
    names = [attribute.name for attribute in fields(Faults)]
    name, equals, number = text.partition("=")
    name = name.strip()
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"
        raise ConfigError(f"fault {name!r}: there is no such fault; {hint}")
    if not equals:
        raise ConfigError(f"fault {name!r}: it needs a number, as in {name}={'0.05' if name == 'slow' else '3'}")
    faults = others or Faults()
    if name == "slow":
        return evolve(faults, slow=_seconds(number))
    counted = {name: _count(name, number)}
    return evolve(faults, **counted)


def parse_faults(texts: Iterable[str]) -> Faults:
    """Put faults together, each written ``NAME=NUMBER``; the last word on a name counts."""
    faults = Faults()
    for text in texts:
        faults = parse_fault(text, faults)
    return faults


def _seconds(number: str) -> float:
    try:
        seconds = float(number)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise ConfigError(f"fault slow={number}: write seconds, 0 or more, as in slow=0.05")
    return seconds


def _count(name: str, number: str) -> int:
    # isdecimal() and 4 digits: what int() takes besides ("1_0", "+3", a million faults) nobody means
    if not (number.isdecimal() and len(number) <= 4):
        raise ConfigError(f"fault {name}={number}: write a whole number from 0 to 9999, as in {name}=3")
    count = int(number)
    if name == "refuse" and count >= 100 and count not in REFUSALS:
        statuses = ", ".join(map(str, REFUSALS))
        raise ConfigError(
            f"fault refuse={number}: write how many handshakes to refuse with 503 (below 100),"
            f" or a status for all of them ({statuses})"
        )
    return count
