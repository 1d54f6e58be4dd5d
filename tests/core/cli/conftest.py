"""The command line within the process of the tests: its exit code and what it said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import frozen

from actionbus.cli import main, signals
from actionbus.simulator import generate_match


@frozen
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


def _leave_signals(*_: int, reloads: bool = False) -> None:
    """Stand in for handlers that would outlive the command."""


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Run a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signals, "obey", _leave_signals)
    monkeypatch.setattr(signals, "end_with", _leave_signals)

    def run(*arguments: str) -> Said:
        try:
            code = main(arguments)
        except SystemExit as end:  # as argparse ends
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def match(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of a generated match."""
    path = tmp_path_factory.mktemp("match") / "match.jsonl"
    path.write_text("\n".join(generate_match(5).packets), encoding="utf-8")
    return path
