"""The daemon's ear for commands: a socket, one for each plugins.toml, that takes requests and answers them."""

from __future__ import annotations

from actionbus.control.client import NobodyThere as NobodyThere
from actionbus.control.client import ask as ask
from actionbus.control.place import control_place as control_place
