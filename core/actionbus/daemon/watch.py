"""Notice that plugins.toml, or a plugin of the user's own, was written."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path

import trio
import watchfiles

LETS_GO = 200  # milliseconds: how long its thread goes on after it was cancelled; by default up to 5 s
SETTLES = 0.1  # seconds in which a file that is being written changes again
GONE = 2.0  # seconds for which a file may be empty, or not there, before it counts as written so
LINKED = "..data"  # what Kubernetes replaces when it mounts a file of a ConfigMap


async def changes(files: Callable[[], Mapping[Path, str]]) -> AsyncGenerator[None]:
    """Yield whenever the content of the files is another one than what was read, once they are no longer being written.

    ``files`` gives them and what their content was when they were read (``digest``); it is asked anew each time. A
    first file that is empty, or gone, is taken for one that is still to be written, for two seconds. Their folders are
    watched, not they themselves: editors put another file in their place.
    """
    seen = dict(files())
    while True:
        watched = list(files())
        names = {LINKED, *(path.name for path in watched)}
        folders = list(dict.fromkeys(path.resolve().parent for path in watched))
        watching = False  # what was written before it was is not told
        async for changed in watchfiles.awatch(
            *folders,
            watch_filter=lambda _, path: Path(path).name in names,  # noqa: B023  (called while this round lasts)
            rust_timeout=LETS_GO,
            yield_on_timeout=True,
            recursive=False,
        ):
            if watching and not changed:
                continue
            watching = True
            now = await _settled(watched)
            if now != seen and not now[watched[0]]:
                await trio.sleep(GONE)
                now = await _settled(watched)
            if now != seen:
                seen = now
                yield
            if list(files()) != watched:
                seen |= files()
                break


async def _settled(files: Sequence[Path]) -> dict[Path, str]:
    now = await _contents(files)
    while True:
        await trio.sleep(SETTLES)
        before, now = now, await _contents(files)
        if before == now:
            return now


async def _contents(files: Sequence[Path]) -> dict[Path, str]:
    return await trio.to_thread.run_sync(lambda: {path: _content(path) for path in files})


def _content(path: Path) -> str:
    """Return what tells a file's content from another; empty for an empty one, and where there is none."""
    try:
        content = path.read_bytes()
    except OSError:
        return ""
    return digest(content) if content else ""


def digest(content: bytes) -> str:
    """Return what tells a content from another."""
    return hashlib.sha256(content).hexdigest()
