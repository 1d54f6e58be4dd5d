"""A thousand broken packets in a match: the daemon lives, sets aside those that are bad, and gets the rest right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from tests.e2e.processes import TOKEN, actionbus, follow_config, scores, simulating

from actionbus.config.keys import is_list, is_table
from actionbus.simulator import generate_match

SEED = 4711
BAD = 1000
Packet = dict[str, Any]


def truncated(packet: str, rng: Random) -> bytes:
    return packet[: rng.randrange(1, len(packet) - 1)].encode()


def bits_flipped(packet: str, rng: Random) -> bytes:
    """Flip bits of bytes that hold the structure, so that what comes out is never JSON."""
    spoilt = bytearray(packet.encode())
    places = [index for index, byte in enumerate(spoilt) if byte in b"{}"]
    spoilt[rng.choice(places)] ^= 1 << rng.randrange(5)
    return bytes(spoilt)


def not_utf8(packet: str, rng: Random) -> bytes:
    raw = packet.encode()
    place = rng.randrange(len(raw))
    return raw[:place] + bytes([rng.choice((0xC0, 0xFF, 0x80))]) + raw[place:]


def deeply_nested(packet: str, rng: Random) -> bytes:
    depth = rng.randrange(2_000, 20_000)
    return packet.replace('"relatedFixtureActionIds":[', '"relatedFixtureActionIds":[' + "[" * depth, 1).encode()


def changed(change: Callable[[Packet, Random], None]) -> Callable[[str, Random], bytes]:
    def spoil(packet: str, rng: Random) -> bytes:
        whole: Packet = json.loads(packet)
        change(whole["fixtureAction"], rng)
        return json.dumps(whole).encode()

    return spoil


def type_swapped(action: Packet, rng: Random) -> None:
    field = rng.choice(("actionId", "fixtureId", "period", "clockTime", "sendType", "fixtureActionType", "timestamp"))
    others: tuple[Any, ...] = ([], {}, True, 1.5)
    action[field] = rng.choice(others)


def huge_number(action: Packet, rng: Random) -> None:
    action[rng.choice(("period", "fixtureSeqNum", "timelineSequence"))] = 10 ** rng.randrange(40, 4_000)


def of_another_fixture(action: Packet, rng: Random) -> None:
    action["fixtureId"] = "another-fixture"


MUTATIONS = (
    truncated,
    bits_flipped,
    not_utf8,
    deeply_nested,
    changed(type_swapped),
    changed(huge_number),
    changed(of_another_fixture),
)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A recording, and the same with broken packets between its own."""
    rng = Random(SEED)
    packets = list(generate_match(SEED).packets)
    folder = tmp_path_factory.mktemp("recordings")
    clean, broken = folder / "clean.jsonl", folder / "broken.jsonl"
    clean.write_text("\n".join(packets) + "\n", encoding="utf-8")
    lines = [packet.encode() for packet in packets]
    for number in range(BAD):
        bad = MUTATIONS[number % len(MUTATIONS)](rng.choice(packets), rng)
        lines.insert(rng.randrange(1, len(lines)), bad)  # never first: that packet names the recording's fixture
    broken.write_bytes(b"\n".join(lines) + b"\n")
    return clean, broken


def box(recording: Path, folder: Path) -> dict[str, Any]:
    done = actionbus("replay", str(recording), "--box", "--json", cwd=folder)
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    read: dict[str, Any] = json.loads(done.out)
    return read


def test_a_replay_sets_broken_packets_aside_and_gets_the_game_right(spoilt: tuple[Path, Path], tmp_path: Path) -> None:
    clean, broken = (box(recording, tmp_path) for recording in spoilt)
    assert broken.pop("packets") == clean.pop("packets") + BAD
    assert broken.pop("bad") == BAD
    assert clean.pop("bad") == 0
    assert broken == clean


def test_the_daemon_sets_broken_packets_aside_and_gets_the_game_right(
    spoilt: tuple[Path, Path], tmp_path: Path
) -> None:
    clean = box(spoilt[0], tmp_path)
    with simulating(str(spoilt[1]), "--speed", "max") as url:
        config = follow_config(tmp_path, url, [clean["fixture"]])
        done = actionbus("run", "--until-finished", "--config", str(config), env={"TEST_TOKEN": TOKEN})
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    followed = scores(tmp_path)[clean["fixture"]]
    assert followed["bad"] == BAD
    assert followed["home"] == clean["home"]
    assert followed["away"] == clean["away"]


LISTENER = """
import json
from actionbus import ALL_CHANGES, Action, Subscription, hookimpl, on

FIELDS = ("id", "change", "type_name", "send_type", "period", "clock", "sequence", "team", "player", "score")
heard = open("heard.jsonl", "w", encoding="utf-8")

async def hear(action: Action) -> None:
    said = [[type(each).__name__, *(str(getattr(each, name)) for name in FIELDS)] if each else None
            for each in (action, action.previous, action.successor)]
    heard.write(json.dumps([action.action_id, said]) + "\\n")
    heard.flush()

@hookimpl
def subscriptions() -> list[Subscription]:
    return [on(Action, hear, changes=ALL_CHANGES)]
"""
LISTENERS = """
[plugin.listener]
path = "listener.py"
[plugin.score_tracker]
[alert.all]
on = "action"
message = "{{ type_text }} {{ score.text }} {{ clock_text }} {{ period_text }}"
"""
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**18, 10**300, -(10**40), 1e308, "", "x", "\u0000", "\ud83c\udfc0", "9" * 400),
    *([], {}, [None], [[]], {"id": 1}, {"": {}}, "10:00", "2024-13-45T99:99:99Z", "Infinity", "NaN", "null"),
)


def any_bits_flipped(packet: Packet, rng: Random) -> bytes:
    """Flip one to three bits, wherever they are; a line stays a line."""
    raw = json.dumps(packet, ensure_ascii=False).encode()
    spoilt = bytearray(b"\n")
    while b"\n" in spoilt:
        spoilt = bytearray(raw)
        for _ in range(rng.randrange(1, 4)):
            spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value: the table or list that holds it, and its key there."""
    found: list[tuple[Any, Any]] = []
    for key, inner in value.items() if is_table(value) else enumerate(value) if is_list(value) else ():
        found += [(value, key), *places(inner)]
    return found


def any_type_swapped(packet: Packet, rng: Random) -> bytes:
    """Put another value, or none at all, in one to three places of a packet, wherever they are."""
    for _ in range(rng.randrange(1, 4)):
        table, key = rng.choice(places(packet))
        if rng.random() < 0.2:
            del table[key]
        else:
            table[key] = rng.choice(VALUES)
    return json.dumps(packet).encode()


def is_bad(line: bytes, fixture: str) -> bool:
    """Whether a line is certainly no packet of the fixture: it is no JSON, or names another."""
    try:
        return bool(json.loads(line.decode())["fixtureAction"]["fixtureId"] != fixture)
    except (ValueError, KeyError, TypeError):
        return True


def heard(folder: Path, lines: list[bytes], known: set[str]) -> tuple[list[Any], dict[str, Any]]:
    """Replay lines; return what a plugin heard of the known actions, and the box score."""
    folder.mkdir()
    (folder / "listener.py").write_text(LISTENER, encoding="utf-8")
    (folder / "plugins.toml").write_text(LISTENERS, encoding="utf-8")
    (folder / "game.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    read = box(folder / "game.jsonl", folder)
    text = (folder / "heard.jsonl").read_text(encoding="utf-8")
    return [said for action, said in map(json.loads, text.splitlines()) if action in known], read


@pytest.mark.parametrize("seed", range(3))
def test_what_any_mutated_packet_says_changes_no_other_action(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    recording = generate_match(SEED)
    good = [packet.encode() for packet in recording.packets]
    lines, bad = list(good), 0
    for number in range(BAD):
        packet: Packet = json.loads(rng.choice(good))
        packet["fixtureAction"]["actionId"] = str(UUID(int=rng.getrandbits(128)))
        mutated = (any_bits_flipped, any_type_swapped)[number % 2](packet, rng)
        bad += is_bad(mutated, recording.fixture)
        lines.insert(rng.randrange(1, len(lines)), mutated)  # never first: that packet names the recording's fixture
    known = {str(json.loads(packet)["fixtureAction"]["actionId"]) for packet in good}
    clean, _ = heard(tmp_path / "clean", good, known)
    spoilt, told = heard(tmp_path / "spoilt", lines, known)
    assert len(clean) > len(known) / 2
    assert spoilt == clean
    assert told["packets"] == len(good) + BAD
    assert BAD / 10 < bad <= told["bad"] < BAD, "some are bad and some are not"
