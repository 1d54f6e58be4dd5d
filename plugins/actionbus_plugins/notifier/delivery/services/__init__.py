"""The services that alerts go to, each in its own words; imported when a channel of theirs is opened."""

from __future__ import annotations
