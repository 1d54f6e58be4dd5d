"""How one fixture's feed fares, in numbers."""

from __future__ import annotations

from attrs import define


@define(eq=False)
class FeedCounts:
    """Counted from the start of following; always up to date."""

    connects: int = 0
    """Attempts to connect; all but the first are ``reconnects``."""
    refusals: int = 0
    """How often the server did not want us."""
    refetches: int = 0
    """How often the list had changed and was fetched again from its start."""
    last_frame: float | None = None
    """When the last frame came, heartbeats included, in Unix seconds."""

    @property
    def reconnects(self) -> int:
        """Attempts to connect again."""
        return max(0, self.connects - 1)
