"""What a daemon runs with: all that plugins.toml says, read and checked."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from attrs import field, frozen

from actionbus.config import Config
from actionbus.daemon.watch import digest
from actionbus.host import Loaded
from actionbus.secrets import Secret
from actionbus.session import FeedProfile
from actionbus.simulator import Simulation


@frozen(kw_only=True)
class Source:
    """Where the packets come from: a server and its fixtures; the simulator, where it is to be embedded."""

    profile: FeedProfile
    fixtures: tuple[str, ...]
    token: Callable[[], Secret] = field(repr=False)
    ssl_context: ssl.SSLContext | None = None
    simulation: Simulation | None = None


@frozen(kw_only=True)
class Setup:
    """One reading of plugins.toml with which nothing is wrong."""

    config: Config
    source: Source
    loaded: Loaded

    @property
    def files(self) -> dict[Path, str]:
        """What it was read from, plugins.toml and plugins of the user's own, and what they held: ``watch.digest``."""
        files = {Path(self.config.tree.file): digest(self.config.tree.text.encode())}
        return files | {Path(plugin.origin): plugin.source for plugin in self.loaded.plugins if plugin.source}
