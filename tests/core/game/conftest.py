from __future__ import annotations

import pytest
from tests.core.game.feed import Feed


@pytest.fixture
def feed() -> Feed:
    return Feed()
