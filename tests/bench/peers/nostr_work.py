"""The work of a bench by nostr-relay: run by the Python that has it installed (`.venv` beside).

    .venv/bin/python nostr_work.py FOLDER EVENTS BYTES

Starts a relay over SQLite in FOLDER, and says in one line of JSON how many events a second it
takes in, how long they took to come to a client that had none, how long a new one takes from
sending it until another client has it, and the relay's memory. It takes in with up to 100 events
on their way, and is asked for 500 at a time.
"""

import asyncio
import hashlib
import json
import socket
import subprocess
import sys
import time
from pathlib import Path

from coincurve import PrivateKey
from websockets.asyncio.client import (  # type: ignore[import-not-found]
    ClientConnection,
    connect,
)

UNDER_WAY = 100
PAGE = 500
LIVE = 15
START_S_MAX = 30.0
CONFIG = """
storage:
  sqlalchemy.url: sqlite+aiosqlite:///{folder}/nostr.sqlite3
  validators:
    - nostr_relay.validators.is_not_too_large
    - nostr_relay.validators.is_signed
verification:
  nip05_verification: disabled
gunicorn:
  bind: 127.0.0.1:{port}
  workers: 1
  loglevel: error
purple:
  host: 127.0.0.1
  port: {port}
  workers: 1
max_limit: 6000
authentication:
  enabled: false
"""
TEXT = "Meet the people who build the peer-to-peer web, over soup and bread. "


def event_of(key: PrivateKey, number: int, size: int) -> dict[str, object]:
    """A signed event, whose JSON has about so many bytes."""
    public = key.public_key_xonly.format().hex()
    created = int(time.time()) - 20_000 + number
    content = f"{number} {TEXT * 20}"[: size - 330]
    said = [0, public, created, 1, [], content]
    encoded = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()
    digest = hashlib.sha256(encoded).digest()
    return {
        "id": digest.hex(),
        "pubkey": public,
        "created_at": created,
        "kind": 1,
        "tags": [],
        "content": content,
        "sig": key.sign_schnorr(digest).hex(),
    }


async def taken_in(relay: ClientConnection, events: list[dict[str, object]]) -> float:
    """Seconds until the relay has said OK to each."""
    began = time.perf_counter()
    sent = answered = 0
    while answered < len(events):
        while sent < len(events) and sent - answered < UNDER_WAY:
            await relay.send(json.dumps(["EVENT", events[sent]]))
            sent += 1
        said = json.loads(await relay.recv())
        if said[0] == "OK":
            if not said[2]:
                raise SystemExit(f"refused: {said}")
            answered += 1
    return time.perf_counter() - began


async def fetched(relay: ClientConnection, count: int) -> float:
    """Seconds until a client has so many events, asked for a page at a time."""
    began = time.perf_counter()
    found: set[str] = set()
    until = None
    while len(found) < count:
        asked: dict[str, object] = {"kinds": [1], "limit": PAGE}
        if until is not None:
            asked["until"] = until
        await relay.send(json.dumps(["REQ", "all", asked]))
        before = len(found)
        while True:
            said = json.loads(await relay.recv())
            if said[0] == "EVENT":
                found.add(said[2]["id"])
                created = said[2]["created_at"]
                until = created if until is None else min(until, created)
            elif said[0] == "EOSE":
                break
        await relay.send(json.dumps(["CLOSE", "all"]))
        if len(found) == before:
            raise SystemExit(f"only {len(found)} of {count} came")
    return time.perf_counter() - began


async def live_ms(place: str, events: list[dict[str, object]]) -> list[float]:
    """For each event: how long from sending it until another client has it."""
    took = []
    async with connect(place) as reader, connect(place) as writer:
        await reader.send(json.dumps(["REQ", "live", {"kinds": [1], "limit": 1}]))
        while json.loads(await reader.recv())[0] != "EOSE":
            pass
        for event in events:
            began = time.perf_counter()
            await writer.send(json.dumps(["EVENT", event]))
            while True:
                said = json.loads(await reader.recv())
                if said[0] == "EVENT" and said[2]["id"] == event["id"]:
                    break
            took.append(1000 * (time.perf_counter() - began))
            await asyncio.sleep(0.2)
    return took


async def answers(place: str) -> None:
    """Wait until the relay answers."""
    began = time.perf_counter()
    while True:
        try:
            async with connect(place):
                return
        except OSError:
            if time.perf_counter() - began > START_S_MAX:
                raise
            await asyncio.sleep(0.1)


async def main(folder: Path, count: int, size: int) -> None:
    """Start a relay, have it work, and print what came of it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(folder=folder, port=port), "utf-8")
    program = Path(sys.executable).parent / "nostr-relay"
    relay = subprocess.Popen(  # noqa: ASYNC220 - before anything else is to be done
        [program, "-c", config, "serve"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        place = f"ws://127.0.0.1:{port}"
        await answers(place)
        key = PrivateKey(b"\x07" * 32)
        events = [event_of(key, number, size) for number in range(count)]
        async with connect(place) as client:
            ingest_s = await taken_in(client, events)
        async with connect(place) as client:
            fetch_s = await fetched(client, count)
        fresh = [event_of(key, count + number, size) for number in range(LIVE)]
        live = sorted(await live_ms(place, fresh))
        said = {"ingest": count / ingest_s, "fetch_s": fetch_s, "live_ms": live[len(live) // 2]}
        print(json.dumps(said))
    finally:
        relay.terminate()
        relay.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
