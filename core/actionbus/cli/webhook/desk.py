"""What ``actionbus webhook listen`` keeps of the requests that it gets, and how it shows them."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from attrs import asdict, define, field, frozen

from actionbus.cli.looking import printable
from actionbus.signing import examine

UNVERIFIED, ON_PURPOSE = 401, 503  # what is answered whatever --status says
_TYPE = 18  # columns: "action.dismissed" and a bit


@frozen(kw_only=True)
class Heard:
    """One request, and what was made of it. What of the body is not as actionbus writes it is empty or 0."""

    at: float
    """When it came, Unix seconds."""
    id: str
    type: str
    fixture: str
    subject: str
    version: int
    stands: bool
    verified: bool | None
    """None: there is no secret to verify it with."""
    wrong: tuple[str, ...]
    times: int
    """How often its id has come, this time included; 0 if it does not verify."""
    older: bool
    """Whether this version, or a newer one, had been kept before."""
    status: int
    """What it is answered."""
    standing: int
    """How many subjects stand after it."""


@define(kw_only=True)
class Desk:
    """Keeps the newest version of each subject of what verifies and is answered 2xx, as a receiver should."""

    secrets: Mapping[str, str] = field(repr=False)
    tolerance: float
    status: int = 200
    fail: float = 0.0
    """The share of requests that are answered 503."""
    rng: random.Random = field(factory=lambda: random.Random(1))
    requests: int = field(init=False, default=0)
    unverified: int = field(init=False, default=0)
    _times: dict[str, int] = field(init=False, factory=dict[str, int])
    _kept: dict[tuple[str, str], tuple[int, bool]] = field(
        init=False, factory=dict[tuple[str, str], "tuple[int, bool]"]
    )

    @property
    def subjects(self) -> int:
        """How many there are."""
        return len(self._kept)

    @property
    def standing(self) -> int:
        """How many of them stand."""
        return sum(stands for _, stands in self._kept.values())

    @property
    def repeats(self) -> int:
        """How many requests had an id that had come before."""
        return sum(self._times.values()) - len(self._times)

    def hear(self, headers: Sequence[tuple[str, str]], body: bytes, now: float) -> Heard:
        """Take a request in."""
        self.requests += 1
        message = _table(_parsed(body))
        data = _table(message.get("data"))
        fixture, subject = _text(data, "fixture"), _text(data, "subject")
        version = data.get("version")
        version = version if isinstance(version, int) else 0
        stands = data.get("stands") is True
        wrong: tuple[str, ...] = ()
        if self.secrets:
            verdict = examine(headers, body, self.secrets, now=now, tolerance=self.tolerance)
            wrong = tuple(map(str, verdict.flaws))
        status, times, older = UNVERIFIED, 0, False
        message_id = next((value for name, value in headers if name.lower() == "webhook-id"), _text(message, "id"))
        if wrong:
            self.unverified += 1
        else:
            status = ON_PURPOSE if self.rng.random() < self.fail else self.status
            times = self._times[message_id] = self._times.get(message_id, 0) + 1
            kept = self._kept.get((fixture, subject))
            older = kept is not None and kept[0] >= version
            if 200 <= status < 300 and subject and not older:
                self._kept[fixture, subject] = version, stands
        return Heard(
            at=now,
            id=message_id,
            type=_text(message, "type"),
            fixture=fixture,
            subject=subject,
            version=version,
            stands=stands,
            verified=not wrong if self.secrets else None,
            wrong=wrong,
            times=times,
            older=older,
            status=status,
            standing=self.standing,
        )

    def summary(self) -> str:
        """Say what has come in all."""
        said = f"{self.requests} requests, {self.repeats} of them repeats, {self.unverified} that do not verify"
        return f"{said}; {self.subjects} subjects, {self.standing} stand"


def as_line(heard: Heard) -> str:
    """Return a request in one line."""
    about = f"{heard.subject} of {heard.fixture}" if heard.subject else "no body of actionbus"
    said = "not verified" if heard.verified is None else "verified"
    if heard.wrong:
        said = f"WRONG: {'; '.join(heard.wrong)}"
    marks = [f"repeat {heard.times - 1}"] * (heard.times > 1)
    marks += ["not newer"] * (heard.older and heard.times == 1)
    marks += [f"answered {heard.status}"] * (not heard.wrong and not 200 <= heard.status < 300)
    marks += [f"{heard.standing} stand"]
    when = datetime.fromtimestamp(heard.at).strftime("%H:%M:%S")
    columns = [printable(each) for each in (heard.id, about, ", ".join((said, *marks)))]
    return "  ".join((when, f"{printable(heard.type):{_TYPE}}", *columns))


def as_json(heard: Heard) -> str:
    """Return a request as one JSON object; every key is always there."""
    return json.dumps(asdict(heard), ensure_ascii=False)


def _parsed(body: bytes) -> object:
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed


def _table(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""
