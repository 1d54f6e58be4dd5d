"""Plays a page from top to bottom, as a reader would: writes its files, runs its commands, compares what they print.

The rules that pages follow, by the language of a block; what follows the language are words that readers do not see:

- ``NAME`` behind python, toml, ini or json: the text is that file, from here on; ``>> NAME``: it is added to its end.
- ``toml``: a plugins.toml for itself, or one that is named, passes ``actionbus check``; with ``wrong`` behind the name
  it does not. A piece needs no more around it than the folder's files, see ``world``.
- ``python``: a module with hooks is a plugin, played over a recording; one with tests passes them; else it is a script
  that runs to its end. A module that is named is a file for the commands below it.
- ``sh``: each line is run, and ends with 0. What goes on until it is told to end is told so when it has begun.
- ``console``: the same for lines behind ``$``; the other lines are all that is printed, but for the log. ``...`` stands
  for anything, as a line of its own for any lines. What goes on until it is told to end prints at least these lines.
  With ``background`` it goes on until the page's end.
- ``js``: a file that is named, and that Node can read.
- ``ini`` with ``[Service]``: a unit of systemd whose command line is right. ``json``: has the shape of a real object.
- ``skip: REASON``: is not tried.

Ports in pages are replaced by free ones.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import define, field
from tests.docs.pages import Block
from tests.docs.showing import are_among, commands, is_shown, shape, shown
from tests.docs.world import World

from actionbus.cli.parser import make_parser

PATIENCE = 60.0  # seconds that a command may take before it counts as stuck
PORTS = ("8080", "8400", "8401", "8402", "8765")
FILE = re.compile(r"(>> )?([\w./-]+\.\w+)( wrong)?")
LASTING = re.compile(
    r"(?:actionbus|\./dev)(?: actionbus)? (?:run|simulate)\b(?!.*--(?:until-finished|help))"
    r"|actionbus log .*--follow|actionbus webhook listen\b(?!.*--(?:once|help))|python receiver\.py|node receiver\.mjs"
)


@define
class Program:
    """A command that goes on until it is told to end."""

    process: subprocess.Popen[bytes]
    output: Path

    def wait_for(self, expected: Sequence[str]) -> list[str]:
        """Wait until it has printed these lines, or at all, or has ended; return what it has printed."""
        until = time.monotonic() + PATIENCE
        while True:
            ended = self.process.poll() is not None
            text = self.output.read_text(encoding="utf-8")
            said = shown(text)
            if ended or (text and are_among(said, expected)) or time.monotonic() > until:
                return said
            try:
                self.process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue

    def end(self) -> int:
        """Press Ctrl-C; return how it ended."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(PATIENCE)


@define
class Story:
    """A page as far as it has been played."""

    world: World
    check: Callable[[Path], list[str]]
    """Runs ``actionbus check`` on a file; returns what it says is wrong."""
    objects: Callable[[], Sequence[object]]
    """What JSON in pages may show: real objects."""
    _cwd: Path = field(init=False)
    _ports: dict[str, str] = field(init=False)
    _background: list[Program] = field(factory=list[Program])
    _commands: int = 0

    def __attrs_post_init__(self) -> None:
        self._cwd = self.world.folder
        self._ports = {port: str(_free_port()) for port in PORTS}

    def play(self, block: Block) -> None:
        """Try one block. Raises AssertionError, and KeyError for a language without a rule."""
        runners = {
            "console": self._console,
            "ini": self._ini,
            "js": self._js,
            "json": self._json,
            "python": self._python,
            "sh": self._sh,
            "toml": self._toml,
        }
        runners[block.language](block)

    def end(self) -> None:
        """End what goes on in the background, in whichever way the page has ended."""
        ended = [(program.end(), program) for program in reversed(self._background)]
        self._background.clear()
        for code, program in ended:
            assert code == 0, program.output.read_text(encoding="utf-8")

    # --- files ---

    def _written(self, block: Block, text: str) -> Path | None:
        named = FILE.fullmatch(block.words)
        if named is None:
            assert not block.words, f"{block.place}: what is {block.words!r}?"
            return None
        path = self._cwd / named[2]
        with path.open("a" if named[1] else "w", encoding="utf-8") as file:
            file.write(f"\n{text}" if named[1] else text)
        return path

    def _toml(self, block: Block) -> None:
        text = self._with_ports(block.text)
        path = self._written(block, text)
        if path is None:
            path = self._cwd / "piece.toml"
            path.write_text(text, encoding="utf-8")
        assert bool(self.check(path)) == block.words.endswith(" wrong"), f"{block.place}: {self.check(path)}"

    def _ini(self, block: Block) -> None:
        self._written(block, block.text)
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.read_string(block.text)
        if "Service" not in unit:
            return
        assert unit["Service"].get("Type", "exec") == "exec", f"{block.place}: actionbus does not notify"
        program, *arguments = shlex.split(unit["Service"]["ExecStart"])
        assert Path(program).name == "actionbus"
        make_parser().parse_args(arguments)

    def _json(self, block: Block) -> None:
        self._written(block, block.text)
        seen = shape(json.loads(block.text))
        assert seen in [shape(each) for each in self.objects()], f"{block.place}: {seen}"

    def _python(self, block: Block) -> None:
        text = self._with_ports(block.text)
        compile(text, block.place, "exec")
        if self._written(block, text) is not None:
            return
        name = f"line_{block.line}"
        if "@hookimpl" in text:
            (self._cwd / f"{name}.py").write_text(text, encoding="utf-8")
            config = f'[plugin.{name}]\npath = "{name}.py"\n[plugin.score_tracker]\n'
            (self._cwd / "piece.toml").write_text(config, encoding="utf-8")
            self._succeed(block, "actionbus replay game.jsonl --config piece.toml")
        elif re.search(r"(?m)^(async )?def test_", text):
            (self._cwd / f"test_{name}.py").write_text(text, encoding="utf-8")
            (self._cwd / "pytest.ini").write_text("[pytest]\ntrio_mode = true\npythonpath = .\n", encoding="utf-8")
            self._succeed(block, f"python -m pytest -q -p no:cacheprovider test_{name}.py")
        else:
            (self._cwd / f"{name}.py").write_text(text, encoding="utf-8")
            self._succeed(block, f"python {name}.py")

    def _js(self, block: Block) -> None:
        path = self._written(block, self._with_ports(block.text))
        assert path is not None, f"{block.place}: a file without a name"
        self._succeed(block, f"node --check {path}")

    # --- commands ---

    def _sh(self, block: Block) -> None:
        for command in block.text.replace("\\\n", "").splitlines():
            if command.partition("#")[0].strip():
                self._succeed(block, self._with_ports(command))

    def _succeed(self, block: Block, command: str) -> None:
        if LASTING.search(command):
            self._see(block, command, [])
            return
        code, said = self._do(command)
        assert code == 0, f"{block.place}: {command} ends with {code}\n{_text(said)}"

    def _console(self, block: Block) -> None:
        assert block.words in ("", "background"), f"{block.place}: what is {block.words!r}?"
        for command, expected in commands(self._with_ports(block.text)):
            if LASTING.search(command):
                self._see(block, command, expected, until_the_end=block.words == "background")
                continue
            code, said = self._do(command)
            assert expected or code == 0, f"{block.place}: {command} ends with {code}\n{_text(said)}"
            assert is_shown(said, expected), f"{block.place}: {command} prints\n{_text(said)}"

    def _see(self, block: Block, command: str, expected: Sequence[str], *, until_the_end: bool = False) -> None:
        """Begin what goes on, and see it print what is expected."""
        program = self._begin(command)
        self._background.append(program)
        said = program.wait_for(expected)
        assert are_among(said, expected), f"{block.place}: {command} prints\n{_text(said)}"
        if not until_the_end:
            self._background.remove(program)
            assert program.end() == 0, f"{block.place}: {command}\n{_text(said)}"

    def _do(self, command: str) -> tuple[int, list[str]]:
        """Run a command to its end, in the folder where the one before it ended."""
        place = self.world.folder.with_name(f"{self.world.folder.name}-cwd")
        script = f"{command}\ncode=$?\npwd >{shlex.quote(str(place))}\nexit $code\n"
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=self._cwd,
            env=self.world.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        self._cwd = Path(place.read_text(encoding="utf-8").strip())
        return done.returncode, shown(done.stdout)

    def _begin(self, command: str) -> Program:
        self._commands += 1
        output = self.world.folder.with_name(f"{self.world.folder.name}-output-{self._commands}")
        with output.open("wb") as file:
            process = subprocess.Popen(
                ["sh", "-c", f"exec {command}"],
                cwd=self._cwd,
                env={**self.world.environ, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for all that the command has started
            )
        return Program(process, output)

    def _with_ports(self, text: str) -> str:
        for port, free in self._ports.items():
            text = re.sub(rf"\b{port}\b", free, text)
        return text


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
