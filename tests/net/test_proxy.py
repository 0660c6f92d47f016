"""With a proxy set, nothing is dialled and no name is resolved beside it."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import trio

from p2pevents.errors import InputError, NetworkError
from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.peer_id import peer_id_of_seed
from p2pevents.net.proxy import Proxy, parse_proxy
from tests.net.socks import SocksServer
from tests.net.worlds import free_port, over_sockets, seed

NAME = "hidden.example.org"


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names that this machine is asked to resolve, by whatever way Python has."""
    names: list[str] = []
    for module, name in ((socket, "getaddrinfo"), (socket, "gethostbyname")):
        real = getattr(module, name)

        def asked(host: Any, *rest: Any, real: Any = real, **more: Any) -> Any:
            if not str(host).replace(".", "").isdigit():
                names.append(str(host))
            return real(host, *rest, **more)

        monkeypatch.setattr(module, name, asked)
    return names


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Return where sockets of trio are connected to."""
    places: list[tuple[str, int]] = []
    kind: Any = trio._socket._SocketType
    real = kind.connect

    async def connect(self: Any, address: Any) -> None:
        places.append(tuple(address[:2]))
        await real(self, address)

    monkeypatch.setattr(kind, "connect", connect)
    return places


@over_sockets
async def test_a_name_is_handed_to_the_proxy_and_nothing_is_dialled_beside_it(
    name: str,
    nursery: trio.Nursery,
    resolved: list[str],
    connected: list[tuple[str, int]],
) -> None:
    socks = SocksServer(password="let me in")
    await nursery.start(socks.run)
    proxy = Proxy(host="127.0.0.1", port=socks.port, user="a node", password="let me in")
    async with (
        open_libp2p_network(seed=seed("a")) as there,
        open_libp2p_network(seed=seed("b"), proxy=proxy) as here,
    ):
        end = "/ws" if name == "ws" else ""
        await there.listen([f"/ip4/127.0.0.1/tcp/0{end}"])
        port = int(there.addresses()[0].split("/")[4])
        kept = f"/dns4/{NAME}/tcp/{port}{end}/p2p/{there.peer_id}"
        assert await here.dial(kept) == there.peer_id
        assert socks.asked == [(NAME, port)]
        assert socks.users == [("a node", "let me in")]
        await here.probe(f"/ip4/192.0.2.7/tcp/{port}{end}/p2p/{there.peer_id}")
        assert socks.asked[1:] == [("192.0.2.7", port)]
        assert resolved == []
        assert {place for place in connected if place[1] != port} == {("127.0.0.1", socks.port)}
        # Who leads there is the proxy: no connection to the peer is this host's own.
        assert len([place for place in connected if place[1] == port]) == len(socks.asked)
        await here.disconnect(there.peer_id)
    nursery.cancel_scope.cancel()


@over_sockets
async def test_where_the_proxy_is_not_there_nothing_else_is_tried(
    name: str, resolved: list[str], connected: list[tuple[str, int]]
) -> None:
    proxy = Proxy(host="127.0.0.1", port=free_port())
    async with (
        open_libp2p_network(seed=seed("a")) as there,
        open_libp2p_network(seed=seed("b"), proxy=proxy) as here,
    ):
        end = "/ws" if name == "ws" else ""
        await there.listen([f"/ip4/127.0.0.1/tcp/0{end}"])
        address = there.addresses()[0]
        with pytest.raises(NetworkError) as error:
            await here.dial(f"{address.partition('/p2p/')[0]}/p2p/{there.peer_id}")
        said = f"{address}: cannot connect: the proxy at 127.0.0.1:{proxy.port} is not there"
        assert error.value.message == said
        assert "start it" in error.value.hint
        with pytest.raises(NetworkError):
            await here.dial(f"/dnsaddr/{NAME}/p2p/{there.peer_id}")
    assert resolved == []
    assert {place[1] for place in connected} == {proxy.port}


@over_sockets
async def test_a_proxy_that_leads_nowhere_is_told_from_one_that_is_not_there(
    name: str, nursery: trio.Nursery
) -> None:
    socks = SocksServer()
    await nursery.start(socks.run)
    proxy = Proxy(host="127.0.0.1", port=socks.port)
    end = "/ws" if name == "ws" else ""
    nobody = f"/ip4/127.0.0.1/tcp/{free_port()}{end}/p2p/{peer_id_of_seed(seed('a'))}"
    async with open_libp2p_network(seed=seed("b"), proxy=proxy) as here:
        with pytest.raises(NetworkError) as error:
            await here.dial(nobody)
    assert f"the proxy at 127.0.0.1:{socks.port} does not lead there: " in error.value.message
    assert error.value.hint == ""
    nursery.cancel_scope.cancel()


@over_sockets
async def test_without_a_proxy_the_same_dial_resolves_the_name_here(
    name: str, resolved: list[str]
) -> None:
    """The check can fail: what it looks for is what happens without the proxy."""
    if name == "tcp":
        pytest.skip("TCP's names are resolved by dnspython, over UDP of its own")
    async with open_libp2p_network(seed=seed("b")) as here:
        with pytest.raises(NetworkError):
            await here.dial(f"/dns4/nowhere.invalid/tcp/9/ws/p2p/{peer_id_of_seed(seed('a'))}")
    assert resolved


def test_a_proxy_is_read_and_never_shows_its_password() -> None:
    found = parse_proxy("socks5://me:s%20cret@[::1]:9050")
    assert (found.host, found.port, found.user, found.password) == ("::1", 9050, "me", "s cret")
    assert "cret" not in f"{found!r} {found}"
    for text in (
        "http://127.0.0.1:1", "socks5://127.0.0.1", "socks5://:1", "socks5://h:1/x",
        "socks5://h:99999", "socks4://h:1", "9050", "socks5://user:hunter2@h:1?x",
    ):  # fmt: skip
        with pytest.raises(InputError) as error:
            parse_proxy(text)
        assert "hunter2" not in error.value.message
