"""The real ./dev in a copy of its folder; Python's part, and so the network's, is a script that keeps a diary."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).parents[1]
SPREAD = "--numprocesses auto --dist worksteal"
TOOLS = ("ruff", "mypy", "basedpyright", "lint-imports", "pytest", "sphinx-build")

# `-m venv` makes an environment whose python is this script again; `-m pip install -e` puts the commands into it. A
# line of the diary for each call of pip and of a command. With a file named `no-ensurepip`, `pip-fails`, `TOOL-fails`
# or `TOOL-warns` beside the diary things go wrong. All other questions are answered by the real interpreter.
FAKE_PYTHON = """\
#!/bin/sh
place={place}
case "$*" in
    *_base_executable*) printf '%s\\n' "$0" ;;
    *ensurepip*) [ ! -e "$place/no-ensurepip" ] ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m docs."*) printf '%s\\n' "$*" >>"$place/diary" ;;
    "-m pip "*)
        printf '%s\\n' "$*" >>"$place/diary"
        echo "chatter of pip"
        [ ! -e "$place/pip-fails" ] || exit 7
        case "$*" in *" -e "*)
            for tool in actionbus {tools}; do
                cp "$place/tool" "$(dirname "$0")/$tool"
            done ;;
        esac ;;
    *) exec {python} "$@" ;;
esac
"""
FAKE_TOOL = """\
#!/bin/sh
tool=$(basename "$0")
printf '%s\\n' "$tool $*" >>{place}/diary
[ ! -e {place}/"$tool-warns" ] || echo "warning: something odd" >&2
[ ! -e {place}/"$tool-fails" ] || exit 3
"""


@frozen
class Copy:
    """A copy of the project's folder, without its code, and a PATH with one Python on it."""

    root: Path
    place: Path
    bin: Path

    def start(self, *args: str, cwd: Path | None = None, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["sh", str(self.root / "dev"), *args],
            cwd=cwd or self.root,
            env={"PATH": f"{self.bin}:{os.environ['PATH']}", "TMPDIR": str(self.place), **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def dev(self, *args: str, cwd: Path | None = None, **environ: str) -> tuple[int, str, str]:
        process = self.start(*args, cwd=cwd, **environ)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    def diary(self) -> list[str]:
        """What was called since this was last asked, without the options that only quieten pip."""
        path = self.place / "diary"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return [line.replace("-m pip --disable-pip-version-check --no-input", "pip") for line in lines]

    def goes_wrong(self, what: str) -> None:
        (self.place / what).touch()


def write_script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    root, place, programs = tmp_path / "a folder" / "actionbus", tmp_path / "a place", tmp_path / "bin"
    for folder in (root / ".ci", root / "requirements", place, programs):
        folder.mkdir(parents=True)
    for name in ("dev", ".ci/run", "pyproject.toml", "requirements/run.txt", "requirements/dev.txt"):
        shutil.copy(ROOT / name, root / name)
    python = FAKE_PYTHON.format(
        place=shlex.quote(str(place)), tools=" ".join(TOOLS), python=shlex.quote(sys.executable)
    )
    write_script(programs / "python3.13", python)  # the first that ./dev looks for
    write_script(place / "tool", FAKE_TOOL.format(place=shlex.quote(str(place))))
    return Copy(root, place, programs)


def installs(copy: Copy, kind: str) -> list[str]:
    return [
        f"pip install --require-hashes -r {copy.root}/requirements/{kind}.txt",
        f"pip install --no-index --no-deps --no-build-isolation -e {copy.root}",
    ]


# --- what ./dev says ---


def test_without_a_command_it_names_the_commands(copy: Copy) -> None:
    code, out, err = copy.dev()
    assert (code, err) == (0, "")
    assert re.findall(r"^\./dev (\w+)", out, re.MULTILINE) == [
        "run",
        "actionbus",
        "test",
        "docs",
        "setup",
        "lock",
        "python",
        "help",
    ]


def test_an_unknown_command_is_refused_in_one_sentence(copy: Copy) -> None:
    assert copy.dev("tets") == (2, "", "dev: there is no command 'tets': ./dev help names them\n")


def dev_alone(copy: Copy, command: str, *programs: str) -> tuple[int, str, str]:
    """Run ./dev where nothing but these programs, and the copy's own, can be found."""
    for program in programs:
        (copy.bin / program).symlink_to(str(shutil.which(program)))
    process = subprocess.run(
        ["/bin/sh", copy.root / "dev", command],
        env={"PATH": str(copy.bin)},
        capture_output=True,
        text=True,
        check=False,
    )
    return process.returncode, process.stdout, process.stderr


@pytest.mark.parametrize("command", ["run", "test", "setup", "lock", "python"])
def test_a_python_without_ensurepip_is_told_in_one_sentence_and_leaves_no_venv(copy: Copy, command: str) -> None:
    copy.goes_wrong("no-ensurepip")
    said = (
        f"dev: {copy.bin}/python3.13 lacks ensurepip, which makes .venv: "
        "apt-get install python3-venv (or your system's package for it)\n"
    )
    assert dev_alone(copy, command, "dirname") == (2, "", said)
    assert not (copy.root / ".venv").exists()


def test_no_python_at_all_is_told_in_one_sentence(copy: Copy) -> None:
    (copy.bin / "python3.13").unlink()
    code, out, err = dev_alone(copy, "setup", "dirname")
    assert (code, out) == (2, "")
    assert err == (
        "dev: no Python 3.11 or newer was found: apt-get install python3 python3-venv, "
        "or name one with PYTHON=/path/to/python3\n"
    )


def test_a_wrong_PYTHON_is_told_in_one_sentence(copy: Copy) -> None:
    code, _, err = copy.dev("setup", PYTHON="/bin/cat")
    assert (code, err) == (2, "dev: PYTHON=/bin/cat is not a Python 3.11 or newer: name another, or unset it\n")


def test_a_failed_install_shows_what_pip_said_and_is_tried_again(copy: Copy) -> None:
    copy.goes_wrong("pip-fails")
    code, out, err = copy.dev("run")
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "setting up .venv (once; about a minute)",
        "chatter of pip",
        "dev: installing requirements/run.txt failed, as said above",
    ]
    (copy.place / "pip-fails").unlink()
    copy.diary()
    assert copy.dev("run")[0] == 0
    assert copy.diary()[:2] == installs(copy, "run")


# --- the set-up ---


def test_run_installs_by_hash_and_the_project_without_an_index(copy: Copy) -> None:
    code, out, err = copy.dev("run", "--until-finished")
    assert (code, out, err) == (0, "", "setting up .venv (once; about a minute)\n")
    assert copy.diary() == [*installs(copy, "run"), "actionbus run --config plugins.toml --until-finished"]


def test_a_second_call_installs_nothing(copy: Copy) -> None:
    copy.dev("setup")
    assert copy.diary() == installs(copy, "dev")
    assert copy.dev("setup") == (0, "", "")
    assert copy.dev("run")[0] == 0  # what the tests need includes what a run needs
    assert copy.diary() == ["actionbus run --config plugins.toml"]


def test_from_another_folder_the_configuration_is_still_the_projects(copy: Copy) -> None:
    copy.dev("run", cwd=copy.place)
    assert copy.diary()[-1] == f"actionbus run --config {copy.root}/plugins.toml"


def test_what_was_set_up_for_a_run_grows_for_the_tests_and_does_not_shrink_again(copy: Copy) -> None:
    copy.dev("run")
    copy.diary()
    assert copy.dev("setup")[2] == "updating .venv\n"
    assert copy.diary() == installs(copy, "dev")
    (copy.root / "pyproject.toml").write_text("# edited\n")
    assert copy.dev("run")[2] == "updating .venv\n"
    assert copy.diary()[:2] == installs(copy, "dev")


@pytest.mark.parametrize("what", ["new lock", "interrupted", "interpreter gone", "folder moved"])
def test_a_venv_that_cannot_be_trusted_is_made_anew(copy: Copy, what: str) -> None:
    copy.dev("setup")
    old = copy.root / ".venv" / "old"
    old.touch()
    copy.diary()
    match what:
        case "new lock":
            (copy.root / "requirements" / "run.txt").write_text("attrs==1\n")
        case "interrupted":
            (copy.root / ".venv" / "dev-stamp").unlink()
        case "interpreter gone":
            (copy.root / ".venv" / "bin" / "python").unlink()
        case _:
            copy = Copy(copy.root.rename(copy.root.with_name("elsewhere")), copy.place, copy.bin)
    assert copy.dev("setup")[2] == "setting up .venv (once; about a minute)\n"
    assert copy.diary() == installs(copy, "dev")
    assert not (copy.root / ".venv" / "old").exists()


def test_two_at_once_set_up_once(copy: Copy) -> None:
    processes = [copy.start("setup") for _ in range(4)]
    said = [process.communicate(timeout=30)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert sorted(said) == ["", "", "", "setting up .venv (once; about a minute)\n"]
    assert copy.diary() == installs(copy, "dev")


# --- ./dev test ---

STEPS = ["ruff check", "ruff format --check", "mypy", "basedpyright --warnings", "lint-imports"]


def test_test_runs_every_check_and_gives_its_arguments_to_pytest(copy: Copy) -> None:
    copy.dev("setup")
    copy.diary()
    code, out, err = copy.dev("test", "-k", "two words", cwd=copy.place)
    assert (code, err) == (0, "")
    assert out.splitlines() == [f"dev: {step}" for step in [*STEPS, "pytest"]]
    assert [line.strip() for line in copy.diary()] == [*STEPS, f"pytest {SPREAD} -k two words"]


@pytest.mark.parametrize(("what", "code"), [("mypy-fails", 3), ("mypy-warns", 1)])
def test_test_stops_at_the_first_failure_or_warning(copy: Copy, what: str, code: int) -> None:
    copy.dev("setup")
    copy.goes_wrong(what)
    got, out, err = copy.dev("test")
    assert got == code
    assert [line for line in out.splitlines() if line.startswith("dev: ")] == [f"dev: {step}" for step in STEPS[:3]]
    assert err == "dev: mypy found something to mend, as said above\n"


def test_ci_runs_the_tests(copy: Copy) -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    copy.goes_wrong("pytest-fails")
    process = subprocess.run(
        ["bash", copy.root / ".ci" / "run"],
        env={"PATH": f"{copy.bin}:{os.environ['PATH']}", "CI": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 3
    assert copy.diary()[-1].strip() == f"pytest {SPREAD}"


# --- ./dev docs ---


def test_docs_writes_the_generated_parts_and_then_builds_all_pages(copy: Copy) -> None:
    copy.dev("setup")
    copy.diary()
    code, out, err = copy.dev("docs", cwd=copy.place)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "dev: docs are in build/docs/index.html"
    generated, built = copy.diary()
    assert generated == "-m docs.generate"
    assert built.startswith("sphinx-build --fail-on-warning ")
    assert built.endswith(" docs build/docs")


def test_docs_with_a_warning_fail(copy: Copy) -> None:
    copy.dev("setup")
    copy.goes_wrong("sphinx-build-warns")
    code, _, err = copy.dev("docs")
    assert (code, err) == (1, "dev: sphinx-build found something to mend, as said above\n")


# --- the lock files ---

PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^ ]+)(?: ; [^\\]+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def pins(kind: str) -> dict[str, str]:
    """Versions by name; anything but names, versions, markers and hashes fails."""
    found: dict[str, str] = {}
    for line in (ROOT / "requirements" / f"{kind}.txt").read_text().splitlines():
        text = line.removesuffix("\\").strip()
        if not HASH.fullmatch(text):
            pin = PIN.fullmatch(text)
            assert pin, line
            found[pin["name"]] = pin["version"]
    return found


@pytest.mark.parametrize("kind", ["run", "dev"])
def test_a_lock_file_holds_names_versions_and_hashes_and_what_builds_the_project(kind: str) -> None:
    assert {"hatchling", "editables"} <= pins(kind).keys()


def test_the_tests_run_with_the_versions_of_a_run() -> None:
    assert pins("run").items() <= pins("dev").items()


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {kind: project["dependency-groups"][group] for kind, group in {"run": "build", "dev": "dev"}.items()}
    for kind, extra in wanted.items():
        requirements = [*project["project"]["dependencies"], *(r for r in extra if isinstance(r, str))]
        names = {re.split("[^a-z0-9-]", requirement)[0] for requirement in requirements}
        assert names <= pins(kind).keys()
