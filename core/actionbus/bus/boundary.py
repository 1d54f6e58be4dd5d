"""The boundary around a plugin's code: what it raises is its own affair, but for what asks all of us to stop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import trio

NOT_ITS_OWN = (KeyboardInterrupt, trio.Cancelled, GeneratorExit)


def is_own(error: BaseException) -> bool:
    """Whether an exception is the affair of the plugin that raised it: all but Ctrl-C and cancellation.

    ``sys.exit()`` is, and so are exceptions that are no ``Exception``, such as a panic in an extension module.
    """
    return not any(isinstance(leaf, NOT_ITS_OWN) for leaf in leaves(error))


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Walk over the exceptions that a group holds, however deep; one that is no group is its own only leaf."""
    if isinstance(error, BaseExceptionGroup):
        for each in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from leaves(each)
    else:
        yield error


def part(error: BaseException) -> tuple[BaseException | None, BaseException | None]:
    """Part what a plugin's task raised into what is its own and what is not."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        others, own = group.split(NOT_ITS_OWN)
        return own, others
    return (error, None) if is_own(error) else (None, error)
