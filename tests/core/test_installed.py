"""What installed plugins announce, and whether plugins.toml makes use of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from actionbus.config import read_tree
from actionbus.events.catalogue import event_classes
from actionbus.installed import installed, missing_publisher

MOMENT = """\
from attrs import frozen

from actionbus import Moment


@frozen(kw_only=True, slots=False, eq=False)
class TestedEclipse(Moment):
    '''A moment of a plugin that is installed.'''
"""


def missing(text: str, name: str) -> str | None:
    return missing_publisher(read_tree(text, "plugins.toml"), name, installed())


@pytest.fixture
def eclipses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a distribution with a plugin ``eclipses`` that nobody has imported, and one that cannot be imported."""
    (tmp_path / "tested_eclipses.py").write_text(MOMENT)
    (tmp_path / "tested_wreck.py").write_text("raise RuntimeError('wrecked')\n")
    info = tmp_path / "tested_eclipses-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tested-eclipses\nVersion: 1.0\n")
    points = "[actionbus]\na_wreck = tested_wreck\neclipses = tested_eclipses\n"
    (info / "entry_points.txt").write_text(f"{points}\n[actionbus.tables]\nsun = tested_eclipses\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "tested_eclipses", raising=False)


@pytest.mark.usefixtures("eclipses")
def test_a_moment_is_looked_for_in_plugins_that_nobody_uses_and_one_that_cannot_be_imported_is_passed_over() -> None:
    assert {"a_wreck", "eclipses"} <= set(installed().plugins)
    assert missing("", "tested_eclipse") == "eclipses"
    assert "tested_eclipse" in event_classes()
    assert missing("", "tested_eclipse") == "eclipses"  # though it is imported


@pytest.mark.usefixtures("eclipses")
@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("[plugin.eclipses]", None),
        ("[plugin.eclipses]\nenabled = true", None),
        ("[plugin.eclipses]\nenabled = false", "eclipses"),
        ("[sun]\nspots = 3", None),
        ("[plugin.other]\npath = 'other.py'", "eclipses"),
    ],
)
def test_a_plugin_is_in_use_by_its_own_table_or_one_that_it_owns(text: str, lacking: str | None) -> None:
    missing("", "tested_eclipse")  # which imports it
    assert missing(text, "tested_eclipse") == lacking


def test_nothing_is_missing_for_what_the_core_announces_or_nothing_has() -> None:
    assert missing("", "steal") is None
    assert missing("", "feed_status") is None
    assert missing("", "no_such_class") is None


def test_the_moments_of_the_plugin_that_comes_with_actionbus_are_known_by_theirs() -> None:
    assert missing("", "lead_change") == "score_tracker"
    assert missing("[plugin.score_tracker]", "lead_change") is None
