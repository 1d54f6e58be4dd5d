"""What the tests of channels share."""

from __future__ import annotations

import math

import pytest
from trio.testing import MockClock

from actionbus_plugins.notifier.delivery import courier


@pytest.fixture
def clock() -> MockClock:
    """Time that passes at once while nothing happens; sockets and disks need a moment for what they do."""
    return MockClock(autojump_threshold=0.02)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sets the clock: it need not be looked at every minute."""
    monkeypatch.setattr(courier, "LOOK_AGAIN", math.inf)
