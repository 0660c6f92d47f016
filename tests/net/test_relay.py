"""Being reached through another node, over real sockets: circuit relay v2 by our own streams."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trio

from p2pevents.errors import NetworkError
from p2pevents.log.sqlite import SqliteLog
from p2pevents.net.libp2p.network import Libp2pNetwork
from p2pevents.net.libp2p.opening import open_network
from p2pevents.net.libp2p.relay import offer, wire
from p2pevents.net.network import PeerStream
from p2pevents.record.ids import RecordId, from_text
from tests.net.worlds import Listener, seed, until
from tests.sockets.daemon import Daemon, command, command_json, stop_all, wait_until

ANYWHERE = "/ip4/127.0.0.1/tcp/0"
ECHO = "/echo/1"
WHEN = ("--start", "2027-01-06 18:30", "--end", "23:00")


async def echo(stream: PeerStream) -> None:
    async for data in stream:
        await stream.send_all(data)


@asynccontextmanager
async def three(*, places: int = 2) -> AsyncIterator[tuple[Libp2pNetwork, ...]]:
    """A relay, one behind it who listens nowhere and holds a place, and one who dials."""
    async with (
        open_network(seed=seed("r")) as relay,
        open_network(seed=seed("h")) as hidden,
        open_network(seed=seed("d")) as dialler,
    ):
        relay.offer_places(places)
        await relay.listen([ANYWHERE])
        hidden.serve(ECHO, echo)
        await hidden.dial(relay.addresses()[0])
        await until(lambda: bool(relay.peers()))
        await hidden.reserve(relay.addresses()[0])
        yield relay, hidden, dialler


async def test_who_listens_nowhere_is_dialled_through_a_relay() -> None:
    async with three() as (relay, hidden, dialler):
        (address,) = hidden.addresses()
        assert address == f"{relay.addresses()[0]}/p2p-circuit/p2p/{hidden.peer_id}"
        assert await dialler.dial(address) == hidden.peer_id
        async with await dialler.open_stream(hidden.peer_id, ECHO) as stream:
            await stream.send_all(b"x" * 300_000)
            got = 0
            while got < 300_000:
                got += len(await stream.receive_some())
        # The relay's address is nobody's: nothing is dialled back to it, nobody banned for it.
        (inbound,) = [p for p in hidden.peers() if p.peer_id == dialler.peer_id]
        assert "/ip4/" not in inbound.address
        await dialler.disconnect(hidden.peer_id)
        await until(lambda: all(p.peer_id != dialler.peer_id for p in hidden.peers()))
        await dialler.dial(address)


async def test_gossip_goes_through_a_relay() -> None:
    async with three() as (_, hidden, dialler):
        heard = Listener()
        await hidden.subscribe("t", heard)
        await dialler.subscribe("t", Listener())
        await dialler.dial(hidden.addresses()[0])
        await until(lambda: any("t" in peer.topics for peer in dialler.peers()))
        await trio.sleep(1.5)
        await dialler.publish("t", b"through")
        await until(lambda: [data for _, data in heard.heard] == [b"through"])


async def test_a_relay_cannot_be_somebody_else_than_whom_it_leads_to() -> None:
    async with three() as (relay, hidden, dialler), open_network(seed=seed("o")) as other:
        address = hidden.addresses()[0].replace(str(hidden.peer_id), str(other.peer_id))
        with pytest.raises(NetworkError):
            await dialler.dial(address)
        assert [peer.peer_id for peer in dialler.peers()] == [relay.peer_id]


async def test_without_a_place_nobody_is_led_to() -> None:
    async with three() as (relay, _, dialler), open_network(seed=seed("o")) as other:
        await other.dial(relay.addresses()[0])
        with pytest.raises(NetworkError, match="does not lead"):
            await dialler.dial(f"{relay.addresses()[0]}/p2p-circuit/p2p/{other.peer_id}")


async def test_places_are_as_many_as_were_offered_and_one_that_left_makes_room() -> None:
    async with three(places=1) as (relay, hidden, dialler):
        address = relay.addresses()[0]
        await hidden.reserve(address)  # the same once more
        await dialler.dial(address)
        with pytest.raises(NetworkError, match="no place left"):
            await dialler.reserve(address)
        await hidden.disconnect(relay.peer_id)
        assert hidden.addresses() == ()
        await until(lambda: len(relay.peers()) == 1)
        await dialler.reserve(address)


async def test_who_offers_none_has_none() -> None:
    async with open_network(seed=seed("a")) as a, open_network(seed=seed("b")) as b:
        await a.listen([ANYWHERE])
        await b.dial(a.addresses()[0])
        with pytest.raises(NetworkError, match="relay"):
            await b.reserve(a.addresses()[0])


async def test_a_circuit_ends_after_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offer, "CIRCUIT_BYTES_MAX", 100_000)
    async with three() as (_, hidden, dialler):
        await dialler.dial(hidden.addresses()[0])
        stream = await dialler.open_stream(hidden.peer_id, ECHO)

        async def talk() -> None:
            while True:
                await stream.send_all(b"x" * 10_000)
                assert await stream.receive_some() != b""

        with trio.fail_after(10), pytest.raises(trio.BrokenResourceError):
            await talk()
        await until(lambda: hidden.peer_id not in {p.peer_id for p in dialler.peers()})


async def test_a_circuit_ends_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offer, "CIRCUIT_S_MAX", 1.0)
    async with three() as (_, hidden, dialler):
        await dialler.dial(hidden.addresses()[0])
        await until(lambda: hidden.peer_id not in {p.peer_id for p in dialler.peers()})


async def test_so_many_circuits_lead_to_one_place_and_no_more() -> None:
    async with three() as (_, hidden, _dialler):
        arrived = 0
        async with trio.open_nursery() as nursery:
            done = trio.Event()

            async def come(number: int, task_status: trio.TaskStatus[bool]) -> None:
                async with open_network(seed=bytes([number + 1]) * 32) as one:
                    try:
                        await one.dial(hidden.addresses()[0])
                        task_status.started(True)
                    except NetworkError:
                        task_status.started(False)
                    await done.wait()

            for number in range(offer.CIRCUITS_MAX + 1):
                arrived += await nursery.start(come, number)
            done.set()
        assert arrived == offer.CIRCUITS_MAX


async def test_a_circuit_that_was_not_asked_for_is_refused() -> None:
    """Anybody may speak of circuits; taken are those of relays alone that this node chose."""
    async with three() as (_, hidden, dialler):
        await hidden.listen([ANYWHERE])
        await dialler.dial(hidden.addresses()[0])
        stream = await dialler.open_stream(hidden.peer_id, wire.STOP)
        with pytest.raises(trio.BrokenResourceError):
            await stream.receive_some()


@pytest.mark.parametrize("protocol", [wire.HOP, wire.STOP])
@pytest.mark.parametrize(
    "rubbish", [b"\xff\xff\xff\xff", b"\x05\x00\x00\x00\x00\x00", b"\x01", b""]
)
async def test_rubbish_costs_a_stream(protocol: str, rubbish: bytes) -> None:
    async with three() as (relay, hidden, _):
        speaker, at = (hidden, relay) if protocol == wire.HOP else (relay, hidden)
        stream = await speaker.open_stream(at.peer_id, protocol)
        await stream.send_all(rubbish)
        await stream.send_eof()
        with trio.fail_after(5):
            with suppress(trio.BrokenResourceError):
                assert await stream.receive_some() != b"anything"
        await stream.aclose()
        assert relay.peers()
        assert hidden.peers()


def test_a_daemon_behind_a_relay_is_dialled_through_it_and_syncs(tmp_path: Path) -> None:
    """Three processes: nothing leads to the speaker but its place at the relay."""
    started: list[Daemon] = []
    try:
        homes = {name: tmp_path / name for name in ("relay", "paris", "reader")}
        homes["relay"].mkdir()
        (homes["relay"] / "config.toml").write_text("relay_places = 2\n")
        relay = Daemon.start(homes["relay"])
        started.append(relay)
        command(homes["paris"], "chapter", "found", "Paris", "--timezone", "Europe/Paris")
        # It listens, as every daemon does; only the address through the relay is told on.
        (homes["paris"] / "config.toml").write_text(f'relays = ["{relay.address}"]\n')
        started.append(Daemon.start(homes["paris"]))
        through: list[str] = []

        def is_reached() -> bool:
            told = command_json(homes["paris"], "status")["addresses"]
            through[:] = [address for address in told if "/p2p-circuit/" in address]
            return bool(through)

        wait_until(is_reached, seconds=30)
        done = command_json(homes["paris"], "event", "add", "--title", "Meetup", *WHEN)
        command(homes["reader"], "sync", through[0])
        log = SqliteLog(homes["reader"] / "log.sqlite3")
        assert log.has([RecordId(from_text(done["record"]))])
        log.close()
    finally:
        stop_all(started)
