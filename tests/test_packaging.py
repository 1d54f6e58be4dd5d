"""What people get who install actionbus: built here from the tree, without an index."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


def tops(names: list[str]) -> set[str]:
    return {name.split("/")[0] for name in names}


def test_the_wheel_installs_two_packages_with_their_types_and_nothing_else(built: Path) -> None:
    (path,) = built.glob("*.whl")
    names = zipfile.ZipFile(path).namelist()
    assert {top for top in tops(names) if not top.endswith(".dist-info")} == {"actionbus", "actionbus_plugins"}
    assert {"actionbus/py.typed", "actionbus_plugins/py.typed"} <= set(names)


def test_the_wheel_asks_for_a_lower_bound_of_each_dependency_and_not_for_what_only_tests_need(built: Path) -> None:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        (metadata,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        lines = wheel.read(metadata).decode().splitlines()
    asked = {line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")}
    assert all(">=" in requirement for requirement in asked)
    assert not [requirement for requirement in asked if requirement.startswith(("pytest", "hatchling", "ruff"))]


def test_the_sdist_holds_what_is_written_by_hand_and_no_caches(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        inside = [name.split("/", 1)[1] for name in sdist.getnames()]
    assert {"dev", "LICENSE", "pyproject.toml", "requirements/run.txt", "tests/test_packaging.py"} <= set(inside)
    assert not [name for name in inside if "cache" in name or name.endswith(".pyc") or name.startswith(".venv")]


def test_the_tables_of_a_plugin_belong_to_a_plugin_that_is_installed() -> None:
    plugins = {entry.value for entry in entry_points(group="actionbus")}
    tables = {entry.name: entry.value for entry in entry_points(group="actionbus.tables")}
    assert tables.keys() == {"alert", "defaults", "lists", "notify", "webhook"}
    assert set(tables.values()) <= plugins


def test_the_installed_project_is_the_one_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for group, entries in project["entry-points"].items():
        assert {entry.name: entry.value for entry in entry_points(group=group)} == entries
