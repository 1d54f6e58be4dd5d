"""The daemon: who lives inside whom, how it changes while it runs, and how it ends."""

from __future__ import annotations

from actionbus.daemon.changes import not_while_it_runs as not_while_it_runs
from actionbus.daemon.running import Ears as Ears
from actionbus.daemon.running import run as run
from actionbus.daemon.setup import Setup as Setup
from actionbus.daemon.setup import Source as Source
