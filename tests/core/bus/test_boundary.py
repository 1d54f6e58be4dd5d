"""What a plugin raises is its own affair, but for what asks all of us to stop."""

from __future__ import annotations

import pytest

from actionbus.bus import is_own, leaves, part


class PanicError(BaseException):
    """What extension modules raise, and asyncio: no Exception."""


@pytest.mark.parametrize(
    "error",
    [
        ValueError(),
        SystemExit(1),
        PanicError(),
        ExceptionGroup("", [ValueError()]),
        BaseExceptionGroup("", [SystemExit(), BaseExceptionGroup("", [PanicError()])]),
    ],
    ids=repr,
)
def test_errors_and_exits_are_the_plugins_own(error: BaseException) -> None:
    assert is_own(error)
    own, others = part(error)
    assert own is not None
    assert list(leaves(own)) == list(leaves(error))
    assert others is None


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), GeneratorExit(), BaseExceptionGroup("", [KeyboardInterrupt()])], ids=repr
)
def test_ctrl_c_is_nobodys_own(error: BaseException) -> None:
    assert not is_own(error)
    own, others = part(error)
    assert own is None
    assert others is not None
    assert list(leaves(others)) == list(leaves(error))


def test_a_mixed_group_is_parted() -> None:
    own, interrupt = ValueError(), KeyboardInterrupt()
    mixed = BaseExceptionGroup("", [own, BaseExceptionGroup("", [interrupt])])
    assert not is_own(mixed)
    theirs, ours = part(mixed)
    assert theirs is not None
    assert ours is not None
    assert list(leaves(theirs)) == [own]
    assert list(leaves(ours)) == [interrupt]
