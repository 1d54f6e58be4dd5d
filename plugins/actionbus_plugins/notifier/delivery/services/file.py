"""A file that grows by a line for each message, as text or as JSON."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import trio
from attrs import field, frozen

from actionbus_plugins.notifier.delivery.outcome import Arrived, Lost, Outcome, Sheet
from actionbus_plugins.notifier.delivery.services.webhook import as_body
from actionbus_plugins.notifier.delivery.steps import Ability, Step
from actionbus_plugins.notifier.notice import Notice

Format = Literal["jsonl", "text"]

_BREAKS = re.compile("[\x85\u2028\u2029]")  # what JSON leaves as it is, and some readers end a line at
_ABILITIES = {"text": Ability(edits=False), "jsonl": Ability(edits=True, follows=False, names=True)}
"""Text is for people, to whom another line says what is right; JSON for programs, which upsert by id."""


@frozen(kw_only=True)
class File:
    """A file. Lines are appended as a whole, and the file is open only meanwhile: it may be moved away at any time."""

    path: Path
    format: Format
    patience: float
    """Seconds that a line may take."""
    zone: ZoneInfo
    """Of the time of day that a line of text begins with."""
    joins: bool = False
    _one: trio.CapacityLimiter = field(init=False, factory=lambda: trio.CapacityLimiter(1))

    @property
    def ability(self) -> Ability:
        """What can be done about a line: nothing. Programs do not mind."""
        return _ABILITIES[self.format]

    async def send(self, step: Step, notice: Notice) -> Outcome:
        """Append a line."""
        return await self._append([self._line(step, notice)])

    async def send_sheet(self, sheet: Sheet) -> Outcome:
        """Append a line for each alert."""
        return await self._append([self._line(step, notice) for step, notice in sheet.parts])

    def _line(self, step: Step, notice: Notice) -> str:
        if self.format == "jsonl":
            return _BREAKS.sub(
                lambda found: f"\\u{ord(found[0]):04x}", json.dumps(as_body(step, notice), ensure_ascii=False)
            )
        when = datetime.now(self.zone).isoformat(sep=" ", timespec="seconds")
        plain = "".join(each if each.isprintable() else " " for each in step.text)
        return f"{when} {notice.rule}: {plain}"

    async def _append(self, lines: Sequence[str]) -> Outcome:
        content = "".join(f"{line}\n" for line in lines).encode(errors="replace")
        with trio.move_on_after(self.patience):
            try:
                await trio.to_thread.run_sync(append, self.path, content, abandon_on_cancel=True, limiter=self._one)
            except OSError as error:
                return Lost(words=f"{self.path} cannot be written: {error.strerror}", sure=True)
            return Arrived()
        return Lost(words=f"{self.path} took longer than {self.patience:g} s", sure=False)


def append(path: Path, content: bytes) -> None:
    """Append lines to a file, all of them or none; behind a line that a crash has cut off, on a new one."""
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o666)
    try:
        end = os.fstat(file).st_size
        if end and os.pread(file, 1, end - 1) != b"\n":
            content = b"\n" + content
        try:
            written = 0
            while written < len(content):
                written += os.write(file, content[written:])
        except OSError:
            with suppress(OSError):
                os.ftruncate(file, end)
            raise
    finally:
        os.close(file)
