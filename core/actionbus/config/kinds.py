"""Kinds of values that TOML has no type for: durations, speeds, and where a secret is kept."""

from __future__ import annotations

import math
import re
from typing import Literal, NewType, get_args

from attrs import frozen

from actionbus.config.keys import is_table
from actionbus.config.wrong import Wrong, WrongType, WrongValue, did_you_mean

Duration = NewType("Duration", float)
"""A length of time in seconds; in TOML a text such as ``"35s"``, ``"2m"``, ``"1h30m"`` or ``"500ms"``."""

Keep = NewType("Keep", Duration)
"""How long something is kept, in seconds, above 0; ``"forever"`` in TOML is ``math.inf``."""

Speed = NewType("Speed", float)
"""How many times faster than life, above 0; ``"max"`` in TOML is ``math.inf``."""

SecretKind = Literal["env", "file", "credential"]

_NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
DURATION = re.compile(rf"(?:{_NUMBER}d)?(?:{_NUMBER}h)?(?:{_NUMBER}m)?(?:{_NUMBER}s)?(?:{_NUMBER}ms)?", re.ASCII)
_SECONDS = (86_400.0, 3_600.0, 60.0, 1.0, 0.001)  # of each unit in DURATION
_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}  # the same, in milliseconds


@frozen(kw_only=True)
class SecretSource:
    """Where a secret is kept, never the secret.

    In TOML ``{ env = "NAME" }``, ``{ file = "path" }`` or ``{ credential = "name" }``.
    ``name`` is the environment variable, the path, or the name of a systemd credential. It is not in the ``repr``,
    because a secret is easily put there by mistake.
    """

    kind: SecretKind
    name: str

    def __repr__(self) -> str:
        return f"SecretSource(kind={self.kind!r})"


def duration(value: object, _: object = None) -> Duration:
    """Read a duration. Raises Wrong."""
    expected = 'a duration such as "35s", "2m", "1h30m" or "500ms"'
    if not isinstance(value, str):
        raise WrongType(value, expected)
    found = DURATION.fullmatch(value)
    if not value or found is None:
        raise WrongValue(expected, "units are d, h, m, s and ms, the largest first")
    parts = zip(found.groups(), _SECONDS, strict=True)
    return Duration(sum(float(number) * seconds for number, seconds in parts if number is not None))


def duration_text(seconds: Duration) -> str:
    """Write a duration as ``duration`` reads it, to the millisecond: ``1m30s``."""
    left, parts = round(seconds * 1_000), list[str]()
    for unit, size in _UNITS.items():
        number, left = divmod(left, size)
        parts += [f"{number}{unit}"] if number else []
    return "".join(parts) or "0s"


def keep(value: object, _: object = None) -> Keep:
    """Read how long something is kept. Raises Wrong."""
    expected = 'a duration above 0 such as "14d", or "forever"'
    if value == "forever":
        return Keep(Duration(math.inf))
    if not isinstance(value, str):
        raise WrongType(value, expected)
    try:
        seconds = duration(value)
    except Wrong as wrong:
        raise Wrong(f"should be {expected}", did_you_mean(value, ["forever"]) or wrong.hint) from None
    if not seconds:
        raise Wrong(f"should be {expected}")
    return Keep(seconds)


def speed(value: object, _: object = None) -> Speed:
    """Read a speed. Raises Wrong."""
    if value == "max":
        return Speed(math.inf)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongType(value, 'a number above 0 or "max"')
    if not 0 < value < 1e9:
        raise Wrong('should be a number above 0 or "max"', 'for as fast as it goes write "max"')
    return Speed(float(value))


def secret_source(value: object, _: object = None) -> SecretSource:
    """Read where a secret is kept. Raises Wrong, which shows nothing of what was written: it may be the secret."""
    kinds: tuple[SecretKind, ...] = get_args(SecretKind)
    hint = 'write { env = "NAME" } or { file = "path" }'
    if isinstance(value, str):
        raise Wrong("a secret may not stand here in clear", hint)
    if not is_table(value):
        raise WrongType(value, '{ env = "NAME" } or { file = "path" }')
    if len(value) != 1:
        raise Wrong("should have exactly one of env, file and credential", hint)
    ((kind, name),) = value.items()
    if kind not in kinds:
        raise Wrong("should have one of env, file and credential", did_you_mean(kind, kinds) or hint)
    if not isinstance(name, str):
        raise _inside(kind, WrongType(name, "text"))
    if not name.strip() or "\0" in name:
        raise Wrong("is empty", at=(kind,))
    if kind == "env" and ("=" in name or name != name.strip()):
        raise Wrong("is not the name of an environment variable", at=(kind,))
    if kind == "credential" and "/" in name:
        raise Wrong("is the name of a credential and no path: it may have no slash", at=(kind,))
    return SecretSource(kind=kind, name=name)


def _inside(key: str, wrong: Wrong) -> Wrong:
    return Wrong(wrong.what, wrong.hint, at=(key, *wrong.at))
