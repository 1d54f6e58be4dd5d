"""What the doctor finds out: one sentence each, and what to do about it."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    SKIPPED = "skipped"
    """Not looked at: there is no need to, or no way."""
    WARNING = "warning"
    PROBLEM = "problem"


@frozen
class Finding:
    """What came of one check; ``advice`` is what to do, None where there is nothing to do."""

    check: str
    verdict: Verdict
    said: str
    advice: str | None = None

    def __str__(self) -> str:
        return f"{self.said}; {self.advice}" if self.advice else self.said


def ok(check: str, said: str) -> Finding:
    """All is well."""
    return Finding(check, Verdict.OK, said)


def skipped(check: str, said: str) -> Finding:
    """It was not looked at."""
    return Finding(check, Verdict.SKIPPED, said)


def warning(check: str, said: str, advice: str | None = None) -> Finding:
    """It works, though not as it should, or not for long."""
    return Finding(check, Verdict.WARNING, said, advice)


def problem(check: str, said: str, advice: str | None = None) -> Finding:
    """Something does not work."""
    return Finding(check, Verdict.PROBLEM, said, advice)
