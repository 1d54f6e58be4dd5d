"""The JSON Schema of plugins.toml, made from the classes that read it, so that editors know what `check` accepts."""

from __future__ import annotations

from actionbus.schema.document import DIALECT, make_schema
from actionbus.schema.walk import Walk

__all__ = ["DIALECT", "Walk", "make_schema"]
