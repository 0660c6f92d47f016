"""Nodes of one local network find each other, by multicast on loopback; what they say and take."""

import pytest
import trio

from p2pevents.errors import NetworkError
from p2pevents.net.nearby import ADDRESSES_MAX, PEERS_MAX, _Ear, _told, find_nearby, heard_of
from p2pevents.net.network import PeerId

A = PeerId("12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp")
B = PeerId("12D3KooWEbGxEbqJzXZgxHLQrAUY9T8JAJygGZjviMXsm2AoFGxK")
LOOPBACK = ("127.0.0.1",)


def at(peer: str, *, host: str = "192.168.1.5", port: int = 27410) -> str:
    return f"/ip4/{host}/tcp/{port}/p2p/{peer}"


async def test_two_nodes_find_each_other_and_are_told_of_once() -> None:
    heard: dict[str, list[tuple[PeerId, tuple[str, ...]]]] = {"a": [], "b": []}
    both = trio.Event()

    def hear(name: str, peer: PeerId, where: tuple[str, ...]) -> None:
        heard[name].append((peer, where))
        if all(heard.values()):
            both.set()

    async with trio.open_nursery() as nursery:
        try:
            for name, peer, port in (("a", A, 1), ("b", B, 2)):
                await nursery.start(
                    lambda task_status, name=name, peer=peer, port=port: find_nearby(
                        peer,
                        addresses=[at(peer, host="127.0.0.1", port=port)],
                        found=lambda other, where: hear(name, other, where),
                        interfaces=LOOPBACK,
                        task_status=task_status,
                    )
                )
        except* NetworkError as error:
            pytest.skip(f"no multicast on loopback here: {error.exceptions[0]}")
        with trio.move_on_after(10) as patience:
            await both.wait()
        nursery.cancel_scope.cancel()
    if patience.cancelled_caught:
        pytest.skip("multicast on loopback brings nothing here")
    assert heard == {
        "a": [(B, (at(B, host="127.0.0.1", port=2),))],
        "b": [(A, (at(A, host="127.0.0.1", port=1),))],
    }


def test_only_addresses_of_the_local_network_are_said_and_no_name() -> None:
    said = _told(A, [at(A, host="8.8.8.8"), at(A), at(A, host="10.0.0.1"), at(B)])
    assert said is not None
    assert sorted(value for value in said.properties.values() if value) == [
        at(A, host="10.0.0.1").encode(),
        at(A).encode(),
    ]
    again = _told(A, [at(A)])
    assert again is not None
    assert again.name != said.name
    assert _told(A, [at(A, host="8.8.8.8")]) is None


@pytest.mark.parametrize(
    "said",
    [
        {},
        {b"dnsaddr": None},
        {b"dnsaddr": b"\xff"},
        {b"dnsaddr": b"rubbish"},
        {b"other": at(A).encode()},
        {b"dnsaddr": at(A, host="8.8.8.8").encode()},
        {b"dnsaddr": at(A, host="224.0.0.251").encode()},
        {b"dnsaddr": f"/dns4/example.org/tcp/1/p2p/{A}".encode()},
        {b"dnsaddr": b"/ip4/192.168.1.5/tcp/27410"},
        {b"dnsaddr": b"x" * 300},
    ],
)
def test_what_says_nothing_of_a_node_nearby_is_not_taken(said: dict[bytes, bytes | None]) -> None:
    assert heard_of(said) is None


def test_a_node_speaks_of_itself_alone_and_briefly() -> None:
    said: dict[bytes, bytes | None] = {b"dnsaddr": at(A).encode(), b"dnsaddr1": at(B).encode()}
    assert heard_of(said) == (A, (at(A),))
    many = {b"dnsaddr%d" % n: at(A, port=n + 1).encode() for n in range(100)}
    heard = heard_of(dict(many))
    assert heard is not None
    assert len(heard[1]) == ADDRESSES_MAX


class _Names:
    """In zeroconf's place: a crowd of names."""

    def __init__(self) -> None:
        self.asked = 0

    def get_service_info(self, _type: str, name: str, timeout: int) -> object:
        del timeout
        self.asked += 1
        peer = f"12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6v{name}"
        return type("Info", (), {"properties": {b"dnsaddr": at(peer).encode()}})()


def test_a_prankster_is_asked_only_so_often() -> None:
    names, heard = _Names(), []
    ear = _Ear(A, lambda peer, where: heard.append((peer, where)))
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    for number in range(10 * PEERS_MAX):
        name = "aaaa" + letters[number // 24 % 24] + letters[number % 24]
        ear.add_service(names, "", name)  # type: ignore[arg-type]
    assert len(heard) == PEERS_MAX
