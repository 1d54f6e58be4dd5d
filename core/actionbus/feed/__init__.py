"""The client of the feed: one task a fixture, from the socket to the fixture's pipeline."""

from __future__ import annotations

from actionbus.feed.counts import FeedCounts as FeedCounts
from actionbus.feed.follow import Ending as Ending
from actionbus.feed.follow import follow as follow
from actionbus.feed.pace import ConnectLimit as ConnectLimit
from actionbus.feed.stream import OpenStream as OpenStream
from actionbus.feed.stream import open_stream as open_stream
