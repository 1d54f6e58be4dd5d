"""Standard output and error that may go away: the pipe's reader leaves, the disk is full, they were never open."""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False  # as in typing, which is slow to import
if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Stream(io.FileIO):
    """A file descriptor that is written to until it refuses; what comes after that is dropped.

    A daemon goes on without its terminal, and no plugin is at fault because nobody reads what it prints.
    """

    refusal: OSError | None = None
    loud = False
    """Whether to say at once, on standard error, that nothing is printed any more."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, or drop what nobody can read."""
        if self.refusal is None:
            try:
                return super().write(data) or 0
            except OSError as error:
                self.refusal = error
                if self.loud:
                    print(f"actionbus: {self._sentence}; what is printed from now on is dropped", file=sys.stderr)
        return memoryview(data).nbytes

    def failed(self) -> bool:
        """Whether something was dropped; says why, unless the reader left, which is no news to who runs `| head`."""
        if self.refusal is None:
            return False
        if not isinstance(self.refusal, BrokenPipeError):
            print(f"actionbus: {self._sentence}", file=sys.stderr)
        return True

    @property
    def _sentence(self) -> str:
        reason = self.refusal.strerror if self.refusal is not None else None
        return f"cannot write to standard output: {reason}"


def prepare() -> Stream:
    """Make the standard streams safe to print to, closed ones too; return the one behind standard output.

    Streams that somebody has put in their place (a test) are left alone.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # the lowest number that is free, which is this one: else the next file opened would get it, and the prints
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    stdout = Stream(1, "w", closefd=False)
    if sys.stdout is sys.__stdout__:
        sys.stdout = as_text(stdout, getattr(sys.stdout, "encoding", "utf-8"))
    if sys.stderr is sys.__stderr__:
        sys.stderr = as_text(Stream(2, "w", closefd=False), getattr(sys.stderr, "encoding", "utf-8"))
        sys.stderr.reconfigure(line_buffering=True)
    return stdout


def as_text(stream: Stream, encoding: str = "utf-8") -> io.TextIOWrapper:
    """Wrap a stream for text; a character that the terminal's encoding lacks becomes a question mark."""
    return io.TextIOWrapper(io.BufferedWriter(stream), encoding, errors="replace", line_buffering=stream.isatty())


def stdout_alone() -> Stream:
    """Keep standard output for what we print: from now on what is written to it by number goes to standard error.

    By plugins, by what they import and by their subprocesses, to the end of the process.
    """
    sys.stdout.flush()
    alone = Stream(os.dup(1), "w", closefd=False)  # not inherited by subprocesses
    os.dup2(2, 1)
    return alone
