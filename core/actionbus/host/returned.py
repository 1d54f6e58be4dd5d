"""What a plugin's hooks return: checked, and entered where it is a context manager."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar, cast

from actionbus.bus import Subscription
from actionbus.errors import PluginError
from actionbus.pipeline import Fold

T = TypeVar("T")

_AS_CONTEXT_MANAGER = "make it an async context manager (@asynccontextmanager) that yields the list"


@asynccontextmanager
async def entered(plugin: str, result: Any) -> AsyncGenerator[Sequence[Subscription]]:
    """Enter what a plugin's ``subscriptions`` hook returned: a list, or a context manager that yields one."""
    if isinstance(result, AbstractAsyncContextManager):
        async with cast("AbstractAsyncContextManager[object]", result) as subscriptions:
            yield check_subscriptions(plugin, subscriptions)
    else:
        yield check_subscriptions(plugin, result)


def check_subscriptions(plugin: str, result: object) -> Sequence[Subscription]:
    """Check what a hook returned. Raises PluginError with advice."""
    return _check(plugin, "subscriptions", result, Subscription, "on(...)")


def check_folds(plugin: str, result: object) -> Sequence[Fold]:
    """Check what a hook returned. Raises PluginError with advice."""
    return _check(plugin, "folds", result, Fold, "fold(...)")


def _check(plugin: str, hook: str, result: object, kind: type[T], made_by: str) -> Sequence[T]:
    if inspect.iscoroutine(result):
        result.close()
        raise PluginError(plugin, f"its hook {hook}() is `async def`; write `def`, or {_AS_CONTEXT_MANAGER}")
    if inspect.isasyncgen(result):
        raise PluginError(plugin, f"its hook {hook}() yields but is no context manager; {_AS_CONTEXT_MANAGER}")
    if result is None:
        return ()
    if not isinstance(result, list | tuple):
        raise PluginError(plugin, f"its hook {hook}() should return a list of {made_by}, not {type(result).__name__}")
    found = cast("Sequence[object]", result)
    for each in found:
        if not isinstance(each, kind):
            raise PluginError(plugin, f"its hook {hook}() should return a list of {made_by}, not of {each!r}")
    return cast("Sequence[T]", found)
