"""What the tests of channels share."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from tests.plugins.notifier.delivery.places import SECRETS
from trio.testing import MockClock

from actionbus_plugins.notifier.delivery import courier


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> MockClock:
    """Time that passes at once while nothing happens; sockets and disks need a moment for what they do."""
    return MockClock(autojump_threshold=0.06 if "tmp_path" in request.fixturenames else 0.02)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sets the clock: it need not be looked at every minute."""
    monkeypatch.setattr(courier, "LOOK_AGAIN", math.inf)


@pytest.fixture(autouse=True, scope="session")
def secrets() -> Iterator[None]:
    """The environment holds what channels need, also where tests begin anew within one."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        yield
