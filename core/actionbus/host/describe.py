"""Say in one sentence what went wrong in a plugin's code."""

from __future__ import annotations

import os
import sysconfig
import traceback
from pathlib import Path

from actionbus.bus import leaves
from actionbus.errors import PluginError

_CORE = str(Path(__file__).parents[1]) + os.sep
_NOT_THE_PLUGIN = (_CORE, "<", *{sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")})


def describe(error: BaseException, origin: str) -> str:
    """Say what went wrong, and the line of the plugin where it did; ``origin`` is its file, if it is a single one.

    Of a group of exceptions, that is the first one.
    """
    first = next(leaves(error))
    if isinstance(first, PluginError):
        return first.what
    if isinstance(first, SyntaxError) and first.filename:
        return f"{first.msg} ({first.filename}:{first.lineno})"
    said = f"{type(first).__name__}: {first}" if str(first) else type(first).__name__
    return " ".join(said.split()) + _place(first, origin)


def _place(error: BaseException, origin: str) -> str:
    """Find the innermost line that is the plugin's; one that is installed lives among other packages."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith((_CORE, "<"))
    ]
    own = [frame for frame in frames if frame.filename == origin or not frame.filename.startswith(_NOT_THE_PLUGIN)]
    found = own or frames
    return f" ({found[-1].filename}:{found[-1].lineno})" if found else ""
