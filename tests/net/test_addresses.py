"""Where a node says that it can be dialled."""

from __future__ import annotations

import pytest

from p2pevents.net.libp2p import addresses


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[int, list[str]]:
    """The addresses of this machine, by family: none."""
    has: dict[int, list[str]] = {4: [], 6: []}
    monkeypatch.setattr(addresses, "get_network_addrs", lambda family: has[family])
    return has


def test_every_address_of_the_machine_stands_for_what_it_has(
    machine: dict[int, list[str]],
) -> None:
    machine[4] = ["172.17.0.1", "8.8.4.4", "192.168.1.5"]
    assert addresses.dialable("/ip4/0.0.0.0/tcp/27411/ws") == [
        "/ip4/8.8.4.4/tcp/27411/ws",
        "/ip4/172.17.0.1/tcp/27411/ws",
        "/ip4/192.168.1.5/tcp/27411/ws",
    ]
    machine[6] = ["2001:4860:4860::8844"]
    assert addresses.dialable("/ip6/::/tcp/1") == ["/ip6/2001:4860:4860::8844/tcp/1"]


@pytest.mark.usefixtures("machine")
def test_a_machine_without_a_network_is_dialled_from_itself() -> None:
    assert addresses.dialable("/ip4/0.0.0.0/tcp/1") == ["/ip4/127.0.0.1/tcp/1"]
    assert addresses.dialable("/ip6/::/tcp/1") == ["/ip6/::1/tcp/1"]


@pytest.mark.usefixtures("machine")
def test_a_single_address_is_itself() -> None:
    for place in ("/ip4/127.0.0.1/tcp/1", "/ip6/::1/tcp/1/ws", "/ip4/10.0.0.1/tcp/1"):
        assert addresses.dialable(place) == [place]
