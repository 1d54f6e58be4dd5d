"""What the tests of channels share."""

from __future__ import annotations

import pytest
from trio.testing import MockClock


@pytest.fixture
def clock() -> MockClock:
    """Time that passes at once while nothing happens; sockets and disks need a moment for what they do."""
    return MockClock(autojump_threshold=0.02)
