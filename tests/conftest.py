"""What all tests share: the real games, where they are at hand."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen
from hypothesis import HealthCheck, settings

from actionbus.cli import logs

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background job ignores Ctrl-C, and so would every process that the tests begin and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


# A property is right or wrong; how long it takes is the machine's affair.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

GAMES = Path(__file__).parents[2] / "shared" / "games"
WITHOUT = pytest.mark.skip(reason="the real games are not part of the project: there is no folder ../shared/games")


def _leave_logs(_level: str) -> None:
    """Stand in for what would send the logs of all later tests to the streams of the one that ran a command."""


@pytest.fixture(scope="session", autouse=True)
def logs_stay_as_they_are() -> Iterator[None]:
    """Commands that run in the process of the tests do not set up its logs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "set_up", _leave_logs)
        yield


@frozen
class RealGame:
    """A real game: its packets, one a line, and the official box score in JSON."""

    recording: Path

    @property
    def packets(self) -> list[str]:
        """The packets in the order of delivery."""
        return self.recording.read_text(encoding="utf-8").splitlines()

    @property
    def truth(self) -> str:
        """The official box score, as JSON."""
        return self.recording.with_suffix(".truth.json").read_text(encoding="utf-8")


_FOUND = [pytest.param(RealGame(path), id=path.stem) for path in sorted(GAMES.glob("*.jsonl"))]


def _fixture_value(request: pytest.FixtureRequest) -> RealGame:
    game: object = request.param
    assert isinstance(game, RealGame)
    return game


@pytest.fixture(params=_FOUND or [pytest.param(None, marks=WITHOUT, id="none")])
def real_game(request: pytest.FixtureRequest) -> RealGame:
    """Each of the real games in turn."""
    return _fixture_value(request)


@pytest.fixture(params=_FOUND[::8] or [pytest.param(None, marks=WITHOUT, id="none")])
def some_real_game(request: pytest.FixtureRequest) -> RealGame:
    """A few of the real games, for what takes long: one of each source, and some with overtime."""
    return _fixture_value(request)
