"""A made game with something for each question that people ask, and a daemon that has followed it to its end."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.core.feed.packets import make_packet
from tests.e2e.processes import actionbus

CLYBURN = {"id": "p7", "name": "Will Clyburn"}
LARKIN = {"id": "p0", "name": "Shane Larkin"}
IDS = {
    **{"3PT Made": 2903, "3PT Missed": 2904, "2PT Made": 2901, "Foul": 2908, "Steal": 222, "Turnover": 201},
    **{"Timeout": 52, "Block": 223, "Jump Ball": 2910},
}

_PACKETS: list[tuple[str, int, str, str, dict[str, Any]]] = [
    # what, period, clock, when it came, more
    ("3PT Made", 2, "08:00", "18:20:00", {"player": CLYBURN}),
    ("3PT Made", 2, "06:30", "18:22:00", {"player": CLYBURN}),
    ("3PT Missed", 2, "04:12", "18:25:00", {"player": CLYBURN}),
    ("3PT Made", 2, "03:00", "18:27:00", {"player": CLYBURN, "action": "foot"}),
    ("2PT Made", 2, "03:00", "18:29:00", {"player": CLYBURN, "action": "foot", "sendType": "Updated", "sendTypeId": 2}),
    ("Steal", 3, "09:00", "18:40:00", {"player": LARKIN}),
    ("Steal", 3, "07:00", "18:43:10", {"player": CLYBURN}),
    ("Foul", 3, "06:00", "18:45:00", {"player": LARKIN, "action": "light"}),
    ("Foul", 3, "06:00", "18:45:02", {"player": LARKIN, "action": "light", "sendType": "Deleted", "sendTypeId": 4}),
    ("Jump Ball", 3, "00:45", "18:50:00", {"player": LARKIN}),
    ("Turnover", 4, "08:00", "18:55:00", {"player": LARKIN}),
    ("Timeout", 4, "07:00", "18:56:00", {"player": None}),
    ("Block", 4, "05:00", "19:05:00", {"player": LARKIN}),
]

RULES = """
[notify.phone]
use = "webhook"
url = "SERVER/phone"

[notify.broken]
use = "webhook"
url = "SERVER/broken"

[notify.stream]
use   = "console"
delay = "1h"

[alert.heat_check]
on      = ["three_pointer_made", "three_pointer_missed"]
per     = "player"
streak  = { of = "three_pointer_made", n = 3 }
message = "{{ player.name }} has hit {{ streak.n }} threes in a row"

[alert.my_man]
on      = "three_pointer_made"
where   = { player = "Clybrun" }
message = "{{ player.name }} for three"

[alert.threes]
on      = "three_pointer_made"
notify  = "phone"
message = "{{ player.name }} for three at {{ clock_text }}"

[alert.steals]
on       = "steal"
cooldown = "10m"
notify   = "phone"
message  = "{{ player.name }} takes the ball"

[alert.fouls]
on      = "foul"
settle  = "4s"
message = "{{ player.name }} fouls"

[alert.crunch]
on      = "jump_ball"
when    = "period >= 4 and clock <= 120"
message = "jump ball"

[alert.careless]
on      = "turnover"
notify  = "broken"
message = "{{ player.name }} loses the ball"

[alert.breaks]
on      = "timeout"
notify  = "stream"
message = "timeout"

[alert.blocks]
on      = "block"
quiet   = { from = "19:00", to = "07:00" }
message = "{{ player.name }} blocks"
"""


def write_night(folder: Path, server: str) -> None:
    """Write the game and a plugins.toml whose channels are at a server."""
    packets: list[str] = []
    for number, (what, period, clock, when, more) in enumerate(_PACKETS):
        said: dict[str, Any] = {"fixtureActionType": what, "fixtureActionTypeId": IDS[what]}
        said |= {"period": period, "clockTime": clock}
        said |= {"timestamp": f"2026-01-01T{when}.000000Z", **more}
        packets.append(make_packet(number, finished=number == len(_PACKETS) - 1, **said))
    (folder / "night.jsonl").write_text("\n".join(packets), encoding="utf-8")
    config = '[simulator]\nspeed = "max"\nrecordings = ["night.jsonl"]\n[journal]\npath = "journal.db"\n'
    (folder / "plugins.toml").write_text(config + RULES.replace("SERVER", server), encoding="utf-8")


def live_through(folder: Path) -> None:
    """Let a daemon follow the game to its end."""
    with serving() as server:
        write_night(folder, server)
        done = actionbus("run", "--until-finished", cwd=folder)
    assert done.code == 0, done.err


def alert_of(folder: Path, rule: str) -> str:
    """Return the id of the first alert of a rule."""
    done = actionbus("alerts", "--json", "--rule", rule, cwd=folder)
    name: str = json.loads(done.out)["alerts"][0]["id"]
    return name


@contextmanager
def serving() -> Generator[str]:
    """Run a server that takes what comes, but for what is sent to ``/broken``; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(400 if self.path == "/broken" else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
