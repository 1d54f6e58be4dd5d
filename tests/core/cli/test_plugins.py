from __future__ import annotations

import re
from pathlib import Path

from tests.core.cli.conftest import Command
from tests.core.cli.test_check import GOOD_PLUGIN


def rows(text: str) -> dict[str, list[str]]:
    """Read the table: by name, state, origin and what is said."""
    return {name: cells for name, *cells in (re.split("  +", line) for line in text.splitlines())}


def test_without_a_file_the_installed_plugins_are_listed(command: Command) -> None:
    said = command("plugins")
    assert (said.code, said.err) == (0, "")
    listed = rows(said.out)
    assert listed.keys() == {"notifier", "score_tracker", "webhook"}
    assert listed["notifier"][0] == "installed"
    assert listed["score_tracker"][0] == "configured"  # what a replay uses where there is no file


def test_each_plugin_has_its_state_and_the_reason_for_it(command: Command) -> None:
    Path("good.py").write_text(GOOD_PLUGIN, encoding="utf-8")
    Path("broken.py").write_text("1 / 0\n", encoding="utf-8")
    Path("plugins.toml").write_text(
        '[plugin.good]\npath = "good.py"\n'
        '[plugin.broken]\npath = "broken.py"\n'
        '[plugin.off]\npath = "off.py"\nenabled = false\n'
        "[plugin.score_tracker]\nfile = 3\nfiel = 4\n"
        "[plugin.nowhere]\n",
        encoding="utf-8",
    )
    said = command("plugins")
    assert (said.code, said.err) == (1, "")
    listed = rows(said.out)
    assert listed["good"][:1] + listed["good"][2:] == ["configured", "hooks: subscriptions"]
    assert listed["broken"][0] == "broken"
    assert listed["broken"][2].startswith("ZeroDivisionError: division by zero (")
    assert (listed["off"][0], listed["off"][2]) == ("disabled", "enabled = false")
    assert listed["notifier"][0] == "installed"
    assert listed["score_tracker"][0] == "broken"
    assert listed["score_tracker"][2].startswith("plugins.toml:9: plugin.score_tracker.file: ")
    assert listed["score_tracker"][2].endswith("(and 1 more: actionbus check)")
    assert listed["nowhere"][0] == "broken"
    assert "no plugin of this name is installed" in listed["nowhere"][2]
