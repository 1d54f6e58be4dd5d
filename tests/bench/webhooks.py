"""What the outbox costs: messages a second at 64 in flight, beside bare httpx2 posting the same bodies.

Run it as ``python -m tests.bench.webhooks [ROUNDS]``, with nothing else running: 5 rounds are the default. Both send
to one receiver, a process of its own that answers at once; every round takes each in turn, and the ratio is the median
of the ratios within one round. The forwarder is the real plugin on a real journal (sync "full"): from the first event
to the last entry of the ledger on the disk.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import httpx2
import pluggy
import trio

from actionbus.config import read_tree
from actionbus.events.catalogue import Catalogue
from actionbus.hookspecs import PROJECT, Hooks
from actionbus.host import hosting
from actionbus.host.loading import register
from actionbus.log.journal import open_journal
from actionbus.recording import fixture_of
from actionbus.simulator import generate_match

ROUNDS = 5
IN_FLIGHT = 64
MATCHES = 4
ENDS = ("delivered", "replaced", "dead", "expired")
SECRET = "whsec_" + "YmVuY2htYXJrcyBuZWVkIG5vIHNlY3JldCBhdCBhbGw="
DAY = 86_400.0

# A receiver that reads requests and answers each at once, and does nothing else.
RECEIVER = """
import asyncio
class Answering(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.held = transport, b""
    def data_received(self, data):
        self.held += data
        while (end := self.held.find(b"\\r\\n\\r\\n")) >= 0:
            head = self.held[:end].lower()
            at = head.index(b"content-length:") + 15
            whole = end + 4 + int(head[at:].split(b"\\r\\n")[0])
            if len(self.held) < whole:
                return
            self.held = self.held[whole:]
            self.transport.write(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
async def main():
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


@contextmanager
def receiving() -> Generator[str]:
    """Let the receiver run; yield its URL."""
    with subprocess.Popen([sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/hook"
        finally:
            process.terminate()


def config(url: str) -> str:
    """Write the configuration of the forwarder."""
    return f"""
        [webhook.bench]
        url = "{url}"
        secret = {{ env = "BENCH_SECRET" }}
        on = "action"
        order = "none"
        in_flight = {IN_FLIGHT}
        allow_http = true
        allow_networks = ["127.0.0.0/8"]
    """


async def forwarded(url: str, games: Sequence[Sequence[str]]) -> tuple[float, list[bytes]]:
    """Return the messages a second of the forwarder, and their bodies."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    plugin = register(manager, "webhook", "bench", import_module("actionbus_plugins.webhook"))
    tree = read_tree(config(url), "plugins.toml")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "journal.db")
        async with (
            open_journal(path, sync="full", keep=14 * DAY, catalogue=Catalogue()) as log,
            hosting([plugin], tree, log) as host,
        ):
            pipelines = [await host.open_fixture(fixture_of(game[0]) or "") for game in games]
            context = host.members["webhook"].context
            shared = context.shared
            start = perf_counter()
            for number in range(max(map(len, games))):
                for pipeline, game in zip(pipelines, games, strict=True):
                    if number < len(game):
                        pipeline.accept(game[number], 0.0)
                if log.crowded:
                    await log.room()
            await host.caught_up()
            while sum(shared.sum(f"bench:{how}") for how in ENDS) < shared.sum("bench:queued"):  # noqa: ASYNC110  (sums have no event)
                await trio.sleep(0.002)
            await log.durable()
            took = perf_counter() - start
            kept = [cast("dict[str, Any]", value) for _, _, value in await context.kept("d:")]
    bodies = [str(each["body"]).encode() for each in kept if each["state"] == "delivered"]
    return len(bodies) / took, bodies


async def bare(url: str, bodies: Sequence[bytes]) -> float:
    """Return the messages a second of httpx2 alone."""
    limits = httpx2.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    headers = {"content-type": "application/json", "webhook-id": "x" * 40, "webhook-signature": "v1," + "x" * 44}
    async with httpx2.AsyncClient(limits=limits, trust_env=False, timeout=None) as client:
        waiting = list(bodies)

        async def post() -> None:
            while waiting:
                (await client.post(url, content=waiting.pop(), headers=headers)).raise_for_status()

        start = perf_counter()
        async with trio.open_nursery() as nursery:
            for _ in range(IN_FLIGHT):
                nursery.start_soon(post)
        return len(bodies) / (perf_counter() - start)


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    os.environ["BENCH_SECRET"] = SECRET
    games = [generate_match(seed).packets for seed in range(MATCHES)]
    ratios: list[float] = []
    with receiving() as url:
        for number in range(rounds):
            ours, bodies = trio.run(forwarded, url, games)
            theirs = trio.run(bare, url, bodies)
            ratios.append(ours / theirs)
            print(f"round {number}: {len(bodies)} messages, forwarder {ours:.0f}/s, httpx2 alone {theirs:.0f}/s")
    print(f"forwarder over httpx2 alone: {statistics.median(ratios):.2f} (at least 0.80)")


if __name__ == "__main__":
    main()
