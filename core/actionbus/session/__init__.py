"""The protocol of the feed without sockets and clocks: addresses, frames, and the place in the feed's list."""

from __future__ import annotations

from actionbus.session.frames import Accepted as Accepted
from actionbus.session.frames import Heartbeat as Heartbeat
from actionbus.session.frames import Notice as Notice
from actionbus.session.frames import Packet as Packet
from actionbus.session.frames import Refused as Refused
from actionbus.session.frames import Session as Session
from actionbus.session.place import Mismatch as Mismatch
from actionbus.session.place import Place as Place
from actionbus.session.profile import FeedProfile as FeedProfile
