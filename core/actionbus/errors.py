"""What can go wrong, named for the person or the loop that must act."""

from __future__ import annotations

from attrs import frozen


class ActionbusError(Exception):
    """The base of all errors that actionbus raises on purpose; ``str()`` of one is a sentence for people."""


@frozen
class Problem:
    """One thing that is wrong in a file that a user wrote.

    ``line`` counts from 1; ``path`` is the dotted name of the key (``alert.steals.on``); either may be unknown.
    ``environment`` says that not the file is wrong but the environment of this process; the daemon's may be another.
    """

    file: str
    line: int | None
    path: str
    what: str
    hint: str | None = None
    environment: bool = False

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        said = f"{self.path}: {self.what}" if self.path else self.what
        return f"{where}: {said}; {self.hint}" if self.hint else f"{where}: {said}"


class ConfigError(ActionbusError):
    """A file or an argument is wrong: the user edits it. Carries every problem that was found, not the first."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(
            sorted(
                (p if isinstance(p, Problem) else Problem("", None, "", p) for p in problems),
                key=lambda problem: (problem.file, problem.line or 0),
            )
        )
        super().__init__(*problems)

    def __str__(self) -> str:
        return "\n".join(str(problem).removeprefix(": ") for problem in self.problems)


class PluginError(ActionbusError):
    """A plugin cannot be loaded or set up: its author mends it, or the user removes it."""

    def __init__(self, plugin: str, what: str) -> None:
        self.plugin = plugin
        self.what = what
        super().__init__(plugin, what)  # as they are: it may come from another process

    def __str__(self) -> str:
        return f"plugin {self.plugin}: {self.what}"


class FeedError(ActionbusError):
    """A connection to the feed failed or ended: the feed reconnects."""


class FeedRefused(FeedError):
    """The server does not want us, in its own words: somebody mends the token, the fixture or the address."""


class BadPacket(ActionbusError):
    """A packet that cannot be used: kept aside with this reason; asking for it again would bring it again."""
