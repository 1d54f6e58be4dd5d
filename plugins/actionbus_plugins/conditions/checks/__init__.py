"""The checks of what people write about alerts, before there is a game; the only modules that need jinja2."""

from __future__ import annotations
