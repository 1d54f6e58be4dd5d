"""A thousand broken packets in a match: the daemon lives, sets each aside, and gets the rest right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.e2e.processes import TOKEN, actionbus, follow_config, scores, simulating

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
