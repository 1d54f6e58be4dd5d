"""``actionbus check`` on rules: what newcomers write wrong is told with its line and advice, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TypedDict

import pytest
from attrs import frozen
from tests.plugins.notifier.checked import said_of

from actionbus import Duration, Moment
from actionbus.cli import main
from actionbus_plugins.notifier.settings import Defaults, Quiet, Rule


class Wrong(TypedDict):
    """A case of the corpus."""

    name: str
    text: str
    says: str


CORPUS: list[Wrong] = tomllib.loads((Path(__file__).parent / "wrong_rules.toml").read_text())["wrong"]
# Of each way to be wrong one: of TOML, of a key, of a type, of a rule, of a text, of several.
AS_A_COMMAND = ("an open quote", "a misspelt key of a rule", "a duration without a unit", "two mistakes at once")


@pytest.mark.parametrize("wrong", CORPUS, ids=[each["name"] for each in CORPUS])
def test_what_newcomers_write_wrong_is_told_with_its_line_and_advice(
    wrong: Wrong, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plugins.toml").write_text(wrong["text"])
    code = main(["check"])
    said = capsys.readouterr()
    assert said.err.splitlines() == [f"plugins.toml:{line}" for line in wrong["says"].splitlines()]
    assert (code, said.out) == (2, "")


def test_the_corpus_is_large_and_no_case_is_in_it_twice() -> None:
    assert len({each["name"] for each in CORPUS}) == len({each["text"] for each in CORPUS}) == len(CORPUS) >= 60


@pytest.mark.parametrize("name", AS_A_COMMAND)
def test_the_command_exits_with_2_and_no_traceback(name: str, tmp_path: Path) -> None:
    (wrong,) = (each for each in CORPUS if each["name"] == name)
    (tmp_path / "plugins.toml").write_text(wrong["text"])
    command = [sys.executable, "-c", "import sys; from actionbus.cli import main; sys.exit(main(['check']))"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stderr.splitlines() == [f"plugins.toml:{line}" for line in wrong["says"].splitlines()]
    assert (run.returncode, run.stdout) == (2, "")


RIGHT = (
    'on = "steal"',
    'on = ["steal", "block"]\nwhere = { player = "Ann", team = ["Gulls", "@mine"], period = [4, 5] }',
    'on = "shot"\nwhen = "period >= 4 and 0 < clock <= 120 and score.margin|abs <= 3 and not tentative"',
    'on = ["steal", "lead_change"]\nwhen = "team.home and player.name in lists.mine"\nper = ["player", "period"]',
    'on = "shot"\nstreak = { of = "three_pointer_made", n = 3 }\nmessage = "{{ streak.n }} {{ streak.text }}"',
    'on = "three_pointer_made"\nstreak = { n = 3 }\nper = "player"',
    'on = "steal"\nstreak = { n = 3, broken_by = ["turnover", "timeout"] }\nonce = "per-period"',
    'on = "steal"\ncount = { at_least = 3, within_game = "3:00" }\nmessage = "{{ count }}"\ncooldown = "5:00 game"',
    'on = "feed_status"\nfor = "20s"\nwhere = { state = ["stale", "down"] }\ncooldown = "10m"',
    "on = \"feed_status\"\nwhere = { state = \"Stale\" }\nwhen = \"state in ['down', 'stale'] and 'live' != state\"",
    'on = "steal"\nmax_age = "none"\ncooldown = "none"\nquiet = "none"',
    'on = "lead_change"\nmax_age = "none"',
    'on = "action"\nphase = "pending"\nmax_age = "60s"\nmessage = "{{ type_text }}{% if tentative %}?{% endif %}"',
    'on = "game_moment"\nwhere = { action_ids = "1" }\nquiet = { from = "23:30", to = "07:00" }',
    'on = "milestone"\nwhere = { stat = "points", "player.name" = "Ann" }\nwhen = "threshold is divisibleby(20)"',
    'on = "final_score"\nwhere = { winner = "Gulls", "home.name" = "Gulls", "score.margin" = 3 }',
    'on = "free_throws_awarded"\nwhen = "subtype|int >= 2"',
    'on = "steal"\nmessage = "{player} {{ player.name }} 100% } { # %}"',
    "on = \"steal\"\nmessage = \"{{ subtype or 'clean' }} {{ lists.mine|join(', ') }} {{ 'home' if team.home }}\"",
)


@pytest.mark.parametrize("rule", RIGHT)
def test_nothing_is_said_of_a_rule_that_is_right(rule: str) -> None:
    around = '[lists]\nmine = ["Ann", "Bo"]\n\n[plugin.score_tracker]\n\n[defaults]\ncooldown = "2m"\n\n'
    assert said_of(f"{around}[alert.a]\n{rule}\n") == []


def test_a_rule_can_switch_off_what_the_defaults_say() -> None:
    defaults = Defaults(max_age=Duration(60), cooldown="10m", quiet=Quiet(from_="23:30", to="07:00"), priority="low")
    full = Rule(on="steal", max_age="none", cooldown="none", quiet="none").with_defaults(defaults)
    assert (full.max_age, full.cooldown, full.quiet, full.priority) == (None, None, None, "low")
    plain = Rule(on="steal").with_defaults(defaults)
    assert (plain.max_age, plain.cooldown, plain.quiet) == (defaults.max_age, defaults.cooldown, defaults.quiet)
    none = Rule(on="steal", cooldown="5m").with_defaults(Defaults(max_age="none", cooldown="none", quiet="none"))
    assert (none.max_age, none.cooldown, none.quiet) == (None, "5m", None)


HOSTILE = (
    "{{ range(1000000000)|list }}",
    "{% for i in range(1000000000) %}x{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{{ i * j }}{% endfor %}{% endfor %}",
    "{%- set x = [1] -%}" + "{% set x = [x, x] %}" * 40 + "{{ x }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{{ [1] * 100000000 }}",
    "{{ 2 in ([1] * 100000000) }}",
    "{{ 'x' * 1000000000 }}",
    "{{ 1000000000 * 'x' }}",
    "{{ 'x' ** 1000000000 }}",
    "{{ 9999999 ** 9999999 }}",
    "{{ 10 ** 10 ** 10 ** 10 }}",
    "{{ " + "9" * 900 + " }}",
    "{{ " + "9" * 2_000 + " }}",
    "{{ '" + "x" * 2_000 + "' }}",
    "{{ " + "(" * 400 + "1" + ")" * 400 + " }}",
    "{{ " + "[" * 400 + "]" * 400 + " }}",
    "{{ " + "-" * 900 + "1 }}",
    "{{ " + "not " * 200 + "true }}",
    "{{ " + "1 if true else " * 60 + "player }}",
    "{{ " + "{'a':" * 150 + "1" + "}" * 150 + " }}",
    "{{ " + "1+" * 480 + "'x' }}",
    "{% if true %}" * 45 + "x" + "{% endif %}" * 10,
    "{{ player" + ".a" * 450 + " }}",
    "{{ player.name" + "|replace('', 'aaaaaaaaaa')" * 30 + " }}",
    "{{ lists.mine|join(player.name)" + "|join('aaaaaaaaaa')" * 30 + " }}",
    "{{ 'x'" + "|replace('', 'aaaaaaaaaa')" * 30 + " }}",
    "{{ ['x', 'y']|join('" + "a" * 400 + "')|replace('', '" + "a" * 400 + "')|replace('', 'aaaaaaaaaa') }}",
    "{{ '%1000000000d'|format(1) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'x'|indent(1000000000) }}",
    "{{ 'x'|center(1000000000) }}",
    "{{ player.name|list|batch(1)|list }}",
    "{{ lipsum(n=100000) }}",
    "{{ namespace() }}",
    "{{ cycler('a') }}",
    "{{ debug() }}",
    "{{ player|tojson }}",
    "{{ lists|tojson(indent=100000) }}",
    "{{ player.__class__.__mro__ }}",
    "{{ player['__class__'] }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ self.__init__.__globals__ }}",
    "{{ player.name|attr('__class__') }}",
    "{{ player.name.format(player) }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% extends 'x' %}",
)


@pytest.mark.parametrize("message", HOSTILE)
def test_a_hostile_message_is_refused_with_the_name_of_its_rule(message: str) -> None:
    said = said_of(f'[lists]\nmine = ["Ann"]\n\n[alert.evil]\non = "steal"\nmessage = {json.dumps(message)}\n')
    assert said
    assert all(line.startswith("6: alert.evil.message: ") for line in said)


@pytest.mark.parametrize("message", [each for each in HOSTILE if each.startswith("{{")])
def test_a_hostile_condition_is_refused_with_the_name_of_its_rule(message: str) -> None:
    condition = json.dumps(message.removeprefix("{{ ").removesuffix(" }}"))
    said = said_of(f'[lists]\nmine = ["Ann"]\n\n[alert.evil]\non = "steal"\nwhen = {condition}\n')
    assert said
    assert all(line.startswith("6: alert.evil.when: ") for line in said)


@frozen(kw_only=True, slots=False, eq=False)
class CheckTestOddity(Moment):
    """A moment whose own words need what no sample has."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        return self.parts[7]


def test_a_moment_that_cannot_be_put_in_words_as_a_sample_does_not_make_the_rule_wrong() -> None:
    assert said_of('[alert.a]\non = "check_test_oddity"\nmessage = "{{ parts|join }}"\n') == []
    assert said_of('[alert.a]\non = "check_test_oddity"\nmessage = "{{ prats|join }}"\n') == [
        "3: alert.a.message: check_test_oddity has no 'prats'; did you mean 'parts'?"
    ]


def test_one_rule_that_cannot_be_read_hides_no_problem_of_another() -> None:
    assert said_of('[alert.a]\nno = "steal"\n\n[alert.b]\non = "stael"\n\n[defaults]\npriorty = "low"\n') == [
        "1: alert.a.on: is missing",
        "2: alert.a.no: unknown key",
        "8: defaults.priorty: unknown key; did you mean 'priority'?",
        "5: alert.b.on: there is no event class 'stael'; did you mean 'steal'?",
    ]
