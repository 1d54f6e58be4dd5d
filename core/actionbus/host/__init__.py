"""The host: finds, loads, sets up and runs plugins."""

from __future__ import annotations

from actionbus.host.hosting import hosting as hosting
from actionbus.host.loading import Broken as Broken
from actionbus.host.loading import Installed as Installed
from actionbus.host.loading import Loaded as Loaded
from actionbus.host.loading import Plugin as Plugin
from actionbus.host.loading import installed as installed
from actionbus.host.loading import load as load
from actionbus.host.running import GRACE as GRACE
from actionbus.host.running import Host as Host
from actionbus.host.settings import digest as digest
from actionbus.host.swapping import Swapped as Swapped
from actionbus.host.swapping import swap as swap
