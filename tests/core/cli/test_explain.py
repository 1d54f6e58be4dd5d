from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.core.cli import held
from tests.core.cli.conftest import Command
from tests.e2e.processes import actionbus

from actionbus.simulator import generate_match

RULES = """
[alert.steals]
on       = "steal"
cooldown = "10m"
message  = "{{ player.name }} steals"

[alert.late]
on      = "three_pointer_made"
when    = "period >= 4 and clock <= 120"
message = "{{ player.name }} late"

[alert.nobody]
on    = "block"
where = { player = "Clybrun" }
"""
EXPLAINED = ["rule", "fixture", "considered", "told", "missed", "others", "players", "teams"]
CONSIDERED = [
    *("what", "period", "clock", "at", "parts", "steps", "outcome", "nearness", "alert", "message", "life", "note")
]
RAISING = """
from actionbus import hookimpl


class Raising:
    kinds = ()

    def finish(self):
        return FINISHED


@hookimpl
def explain():
    return BEGIN
"""


def write(folder: Path, rules: str = RULES, more: str = "") -> None:
    (folder / "plugins.toml").write_text(more + rules, encoding="utf-8")


def test_without_games_those_of_the_simulator_are_explained(command: Command, tmp_path: Path) -> None:
    write(tmp_path, more="[simulator]\nseed = 5\ngames = 2\n")
    said = command("explain", "steals")
    assert said.code == 0
    assert "steals over generated match 5: 15 considered, 6 told\n" in said.out
    assert "steals over generated match 6: " in said.out


def test_games_are_recordings_folders_of_them_and_generated_ones(command: Command, tmp_path: Path, match: Path) -> None:
    write(tmp_path)
    games = tmp_path / "games"
    games.mkdir()
    for seed in (6, 7):
        (games / f"{seed}.jsonl").write_text("\n".join(generate_match(seed).packets), encoding="utf-8")
    said = command("explain", "steals", "--game", str(match), "--game", "games", "--seed", "5")
    heads = [line.partition(":")[0] for line in said.out.splitlines() if " over " in line]
    assert heads == [f"steals over {game}" for game in ("match.jsonl", "6.jsonl", "7.jsonl", "generated match 5")]


def test_near_misses_come_before_what_was_told_and_no_more_than_ten_of_each(command: Command, tmp_path: Path) -> None:
    write(tmp_path, RULES + '\n[alert.shots]\non = "shot"\nwhere = { period = 3 }\n')
    said = command("explain", "shots", "--seed", "5").out
    missed, _, told = said.partition("\ntold:\n")
    assert missed.count("stopped by where") == 10
    assert told.count("  sent  ") == 10
    assert said.count(": --all") == 2
    everything = command("explain", "shots", "--seed", "5", "--all").out
    assert everything.count("  sent  ") > 20
    assert "--all" not in everything
    assert "let through  where: period = 3: the period was 3" in everything


def test_what_is_stopped_alike_is_one_line(command: Command, tmp_path: Path) -> None:
    write(tmp_path, RULES.replace('"block"', '"steal"'))
    said = command("explain", "nobody", "--seed", "5").out
    assert "  2 times  Steal: Goran Rautala (Umberside Millers): Q1 00:29, Q4 00:59\n" in said


def test_a_question_may_be_about_a_player_a_team_and_a_period(command: Command, tmp_path: Path) -> None:
    write(tmp_path)
    said = command("explain", "steals", "--seed", "5", "--player", "rautala", "--period", "1").out
    assert said.splitlines()[0] == "steals over generated match 5: 1 considered, 1 told"
    assert "1 considered" in command("explain", "steals", "--seed", "5", "--player", "Goran Rautala", "--period=4").out
    assert "steals over" in command("explain", "steals", "--seed", "5", "--team", "Millers").out


def test_a_rule_that_is_not_about_what_there_was_says_what_there_was(command: Command, tmp_path: Path) -> None:
    write(tmp_path, '[alert.a]\non = "ejection"\n')
    said = command("explain", "a", "--seed", "5").out
    assert "0 considered, none told, it is not about what there was: 156 possession_gained, " in said


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["steels"], "explain steels: there is no such alert in plugins.toml; did you mean 'steals'?"),
        (
            ["x-1"],
            "explain x-1: there is no such alert in plugins.toml; there is steals, late, nobody; "
            'to look alerts up by their ids write path = "FILE" below [journal]',
        ),
        (["steals", "--game", "none.jsonl"], "none.jsonl: there is no such file; name a recording"),
        (["steals", "--seed", "5", "--player", "Rautola"], "is called 'Rautola'; did you mean 'Rautala'?"),
        (["steals", "--seed", "5", "--team", "Nobody"], "no team in these games is called 'Nobody'"),
    ],
)
def test_what_is_written_wrong_is_told_in_a_sentence(
    arguments: list[str], error: str, command: Command, tmp_path: Path
) -> None:
    write(tmp_path)
    said = command("explain", *arguments)
    assert (said.code, said.out) == (2, "")
    assert error in said.err
    assert said.err.count("\n") == 1


def test_a_rule_that_is_wrong_is_told_with_its_line_and_the_others_do_not_matter(
    command: Command, tmp_path: Path
) -> None:
    write(tmp_path, RULES + '\n[alert.wrong]\non = "steel"\n')
    said = command("explain", "wrong", "--seed", "5")
    assert said.code == 2
    assert "alert.wrong.on: there is no event class 'steel'" in said.err
    assert command("explain", "late", "--seed", "5").code == 0


@pytest.mark.parametrize(
    ("begin", "finished", "error"),
    [
        ("5", "None", "its hook explain() should return what begins to explain a rule, not 5"),
        ("lambda question: Raising()", "7", "its explain tells 7, should be an Explanation"),
        ("lambda question: 1 / 0", "None", "its explain failed: ZeroDivisionError"),
    ],
)
def test_a_plugin_that_explains_wrongly_is_named(
    begin: str, finished: str, error: str, command: Command, tmp_path: Path
) -> None:
    text = RAISING.replace("BEGIN", begin).replace("FINISHED", finished)
    (tmp_path / "bad.py").write_text(text, encoding="utf-8")
    write(tmp_path, more='[plugin.bad]\npath = "bad.py"\n')
    said = command("explain", "steals", "--seed", "5")
    assert said.code == 1
    assert "bad" in said.err
    assert error in said.err


PUBLISHING = """
from attrs import frozen
from actionbus import Declaration, Moment, Steal, hookimpl, on


@frozen(kw_only=True, slots=False, eq=False)
class ExplainTestOdds(Moment):
    points: int


@hookimpl
def declare():
    return Declaration(publishes=(ExplainTestOdds,))


@hookimpl
def subscriptions(context):
    async def hear(steal):
        context.publish(ExplainTestOdds(fixture=steal.fixture, key=steal.action_id, points=7))

    return [on(Steal, hear)]
"""


def test_what_plugins_publish_is_explained_out_of_the_journal_and_not_over_recordings(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "odds.py").write_text(PUBLISHING, encoding="utf-8")
    rule = '[plugin.odds]\npath = "odds.py"\n[alert.odds]\non = "explain_test_odds"\nwhen = "points > 7"\n'
    held.play(tmp_path, rule)
    refused = command("explain", "odds", "--seed", "5")
    assert refused.code == 2
    assert "explain_test_odds is announced by plugin odds while the daemon runs" in refused.err
    said = actionbus("explain", "odds", "--game", held.MATCH.fixture, cwd=tmp_path)
    assert "14 considered, none told" in said.out
    assert "  14 times  Explain test odds\n" in said.out
    assert "when: points > 7: points was 7" in said.out


def test_a_plugin_may_leave_a_rule_to_others(command: Command, tmp_path: Path) -> None:
    text = RAISING.replace("BEGIN", "lambda question: None")
    (tmp_path / "other.py").write_text(text, encoding="utf-8")
    write(tmp_path, more='[plugin.other]\npath = "other.py"\n')
    assert "15 considered" in command("explain", "steals", "--seed", "5").out


def test_a_game_of_the_journal_is_named_by_the_beginning_of_its_id(command: Command, tmp_path: Path) -> None:
    held.play(tmp_path, RULES)
    fixture = held.MATCH.fixture
    said = command("explain", "steals", "--game", fixture[:6])
    assert said.out.splitlines()[0] == f"steals over {fixture[:8]}: 15 considered, 6 told"
    assert said.out.partition("\n")[2] == command("explain", "steals", "--seed", "5").out.partition("\n")[2]
    unknown = command("explain", "steals", "--game", "nothing")
    assert (unknown.code, "there is no fixture 'nothing' in the journal" in unknown.err) == (2, True)


def test_an_alert_is_found_by_the_beginning_of_its_id(command: Command, tmp_path: Path) -> None:
    held.play(tmp_path, RULES)
    ambiguous = command("explain", "steals-")
    assert ambiguous.code == 2
    assert "several alerts begin with 'steals-': steals-" in ambiguous.err
    name = ambiguous.err.split("'steals-': ")[1].split(",")[0]
    said = command("explain", name[:-10])
    assert said.code == 0
    assert said.out.startswith(f"{name}: ")
    assert "steps:\n  let through  on: steal\n" in said.out
    missing = command("explain", "other-12345")
    assert (missing.code, "there is no alert 'other-12345'" in missing.err) == (2, True)


def test_where_a_daemon_on_the_simulator_keeps_a_journal_its_games_are_explained(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "plugins.toml").write_text(held.CONFIG + RULES, encoding="utf-8")
    (tmp_path / "match.jsonl").write_text("\n".join(held.MATCH.packets), encoding="utf-8")
    assert "steals over match.jsonl: " in command("explain", "steals").out
    held.play(tmp_path, RULES)
    assert f"steals over {held.MATCH.fixture[:8]}: " in command("explain", "steals").out
    assert "steals over generated match 5: " in command("explain", "steals", "--seed", "5").out


def test_an_alert_of_a_rule_that_words_it_otherwise_now_is_not_quoted_with_what_was_never_sent(
    command: Command, tmp_path: Path
) -> None:
    held.play(tmp_path, RULES)
    name = command("explain", "steals-").err.split("'steals-': ")[1].split(",")[0]
    sent = command("explain", name).out
    assert "its life:\n" in sent
    text = sent.splitlines()[1].strip()
    assert f'"{text}"' in sent
    rules = (tmp_path / "plugins.toml").read_text(encoding="utf-8")
    worded = re.sub(r'(?s)(\[alert\.steals\].*?message\s*=\s*)"[^"]*"', r'\1"never sent"', rules, count=1)
    assert "never sent" in worded
    (tmp_path / "plugins.toml").write_text(worded, encoding="utf-8")
    said = command("explain", name).out
    assert text in said
    assert "its life, by the rule as it is now, which words it otherwise:\n" in said
    assert '  "never sent"' not in said.partition("its life")[2]


def test_an_alert_whose_rule_has_changed_or_gone_says_so(command: Command, tmp_path: Path) -> None:
    held.play(tmp_path, RULES)
    name = command("explain", "steals-").err.split("'steals-': ")[1].split(",")[0]
    config = (tmp_path / "plugins.toml").read_text(encoding="utf-8")
    held.config(tmp_path, config.replace('"steal"', '"block"'))
    assert "the rule as it is now finds no such alert in this game" in command("explain", name).out
    held.config(tmp_path, config.replace("[alert.steals]", "[alert.others]"))
    assert "plugins.toml has no such rule any more" in command("explain", name).out


def test_the_json_has_all_there_is(tmp_path: Path) -> None:
    journal = held.play(tmp_path, RULES)
    done = actionbus("explain", "late", "--seed", "5", "--json", cwd=tmp_path)
    (game,) = json.loads(done.out)["games"]
    assert list(game) == ["game", *EXPLAINED]
    assert game["game"] == "generated match 5"
    assert all(list(each) == CONSIDERED for each in game["missed"])
    assert game["missed"][0]["steps"][-1]["key"] == "when"
    listed = json.loads(actionbus("alerts", "--json", "--journal", str(journal), cwd=tmp_path).out)
    done = actionbus("explain", listed["alerts"][0]["id"], "--json", cwd=tmp_path)
    found = json.loads(done.out)
    assert list(found) == ["alert", "rule", "explanation"]
    assert found["alert"] == listed["alerts"][0]
    assert found["rule"]["cooldown"] == "10m"
    assert list(found["explanation"]) == CONSIDERED
