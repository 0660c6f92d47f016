"""Whom to dial: flapping, slamming, hearsay, doors where nobody is, and crowds."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, strategies as st

from p2pevents.node.core.backoff import DELAY_MS_MAX, DELAY_MS_MIN, FAILURE_MS
from p2pevents.node.core.effects import HangUp
from p2pevents.node.core.inputs import Trust
from p2pevents.node.core.peers import (
    ADDRESSES_MAX,
    ANCHORS_MAX,
    GROUP_MAX,
    PEERS_MAX,
    TURN_MS,
    Peers,
)
from p2pevents.node.core.refusals import HOST_FAILURES_FREE, PLACES_MAX, Refusals
from p2pevents.record.places import group_of, is_public, place_of, public_addresses

PEER = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"


def address(host: str, *, port: int = 27410, peer: str = PEER) -> str:
    return f"/ip4/{host}/tcp/{port}/p2p/{peer}"


def waits_ms(*, lasted_ms: int, times: int, seed: int) -> list[int]:
    """How long each dial waits after connections that lasted so long."""
    peers, rng, now_ms = Peers(outbound_peers=8), Random(seed), 0
    peers.learn("p", (address("192.0.2.1"),), trust=Trust.CONFIGURED)
    waited = []
    for _ in range(times):
        assert peers.dials(now_ms=now_ms, rng=rng)
        peers.connected("p", is_outbound=True, now_ms=now_ms, address=address("192.0.2.1"))
        now_ms += lasted_ms
        peers.lost("p", now_ms=now_ms, rng=rng)
        due_ms = peers.due_ms()
        assert due_ms is not None
        waited.append(due_ms - now_ms)
        now_ms = due_ms
    return waited


@given(lasted_ms=st.integers(FAILURE_MS, 10**8), seed=st.integers(0, 99))
def test_who_loses_its_network_again_and_again_is_dialled_again_soon(
    lasted_ms: int, seed: int
) -> None:
    assert max(waits_ms(lasted_ms=lasted_ms, times=40, seed=seed)) <= 2 * DELAY_MS_MIN


@given(lasted_ms=st.integers(0, FAILURE_MS - 1), seed=st.integers(0, 99))
def test_who_slams_the_door_waits_longer_each_time(lasted_ms: int, seed: int) -> None:
    waited = waits_ms(lasted_ms=lasted_ms, times=12, seed=seed)
    assert waited[-1] >= DELAY_MS_MAX // 2


def test_a_connection_that_lasted_pays_for_failures_before_it() -> None:
    peers, rng, now_ms = Peers(outbound_peers=8), Random(1), 0
    peers.learn("p", (address("192.0.2.1"),), trust=Trust.CONFIGURED)
    for _ in range(400):
        peers.dials(now_ms=now_ms, rng=rng)
        peers.dial_failed("p", now_ms=now_ms, rng=rng)
        now_ms = peers.due_ms() or 0
    peers.dials(now_ms=now_ms, rng=rng)
    peers.connected("p", is_outbound=True, now_ms=now_ms)
    peers.lost("p", now_ms=now_ms + 60_000, rng=rng)
    assert (peers.due_ms() or 0) - now_ms - 60_000 <= DELAY_MS_MIN


def test_a_strangers_door_is_not_knocked_at_for_every_name_said_to_be_there() -> None:
    """One place, 1,000 names: a dial or two in the first minute, and ever fewer."""
    peers, rng, knocks, now_ms = Peers(outbound_peers=8), Random(1), 0, 0
    for number in range(1_000):
        peers.learn(f"p{number}", (address("8.8.8.8", peer=f"p{number}"),), trust=Trust.HEARSAY)
    while now_ms < 3_600_000:
        for dial in peers.dials(now_ms=now_ms, rng=rng):
            knocks += len(dial.addresses)
            peers.not_there(dial.addresses, now_ms=now_ms, rng=rng)
            peers.dial_failed(dial.peer, now_ms=now_ms, rng=rng)
        now_ms = max(now_ms + 1, peers.due_ms() or 0)
    assert knocks <= 40


def test_a_host_whose_ports_do_not_answer_rests_as_a_whole() -> None:
    refusals, rng = Refusals(), Random(1)
    for port in range(1, HOST_FAILURES_FREE + 1):
        refusals.failed([address("8.8.8.8", port=port)], now_ms=0, rng=rng)
    assert refusals.due_ms(address("8.8.8.8", port=99)) == 0
    refusals.failed([address("8.8.8.8", port=50)], now_ms=0, rng=rng)
    assert refusals.due_ms(address("8.8.8.8", port=99)) > 0
    assert refusals.due_ms(address("8.8.4.4", port=99)) == 0
    refusals.answered(address("8.8.8.8", port=98))
    assert refusals.due_ms(address("8.8.8.8", port=99)) == 0


def test_a_host_with_two_addresses_at_one_door_rests_no_longer_than_one_with_one() -> None:
    """Who is off for an hour is found again as soon by TCP and WebSocket as by one of them."""
    one, both, many = Refusals(), Refusals(), Refusals()
    door = "/ip4/8.8.8.8/tcp/27410"
    for _ in range(HOST_FAILURES_FREE + 1):
        one.failed([f"{door}/p2p/p"], now_ms=0, rng=Random(1))
        both.failed([f"{door}/p2p/p", f"{door}/ws/p2p/p"], now_ms=0, rng=Random(1))
        many.failed([address("8.8.8.8", port=port) for port in range(9)], now_ms=0, rng=Random(1))
    elsewhere = address("8.8.8.8", port=99)
    assert 0 < both.due_ms(elsewhere) <= 2 * one.due_ms(elsewhere)  # chance takes up to the half
    assert many.due_ms(elsewhere) > 4 * one.due_ms(elsewhere)


def test_only_so_many_refusals_are_remembered() -> None:
    refusals, rng = Refusals(), Random(1)
    for port in range(1, PLACES_MAX + 2):
        refusals.failed([address("8.8.8.8", port=port)], now_ms=0, rng=rng)
    assert refusals.due_ms(address("8.8.8.8", port=PLACES_MAX + 1)) > 0
    assert len(refusals._places) == PLACES_MAX


def test_one_part_of_the_internet_gets_only_so_many_connections_and_others_the_rest() -> None:
    peers, rng = Peers(outbound_peers=8), Random(1)
    for number in range(200):
        here = address(f"8.8.{number}.1", peer=f"crowd{number}")
        peers.learn(f"crowd{number}", (here,), trust=Trust.HEARSAY)
    for number in range(4):
        there = address(f"{20 + number}.1.1.1", peer=f"other{number}")
        peers.learn(f"other{number}", (there,), trust=Trust.HEARSAY)
    now_ms, held = 0, []
    for _ in range(40):
        for dial in peers.dials(now_ms=now_ms, rng=rng):
            peers.connected(dial.peer, is_outbound=True, now_ms=now_ms, address=dial.addresses[0])
            held.append(dial.peer)
        now_ms = max(now_ms + 1, peers.due_ms() or 0)
    assert sum(name.startswith("crowd") for name in held) == GROUP_MAX
    assert sum(name.startswith("other") for name in held) == 4


def test_no_number_of_names_crowds_out_who_was_met_before() -> None:
    peers, rng = Peers(outbound_peers=4), Random(1)
    for number in range(2):
        peers.learn(f"met{number}", (address(f"10.0.0.{number}"),), trust=Trust.MET)
    for number in range(2 * PEERS_MAX):
        name = f"sybil{number}"
        peers.learn(name, (address(f"10.1.{number % 250}.1", peer=name),), trust=Trust.HEARSAY)
    assert sum(1 for _ in peers) == PEERS_MAX
    dialled = {dial.peer for dial in peers.dials(now_ms=0, rng=rng)}
    assert {"met0", "met1"} <= dialled


def test_what_strangers_say_comes_after_what_is_known_and_has_an_end() -> None:
    peers, rng = Peers(outbound_peers=8), Random(1)
    own = address("192.0.2.1", peer="p")
    peers.learn("p", (own,), trust=Trust.MET)
    said = tuple(address(f"10.0.0.{number}", peer="p") for number in range(20))
    peers.learn("p", said, trust=Trust.HEARSAY)
    (dial,) = peers.dials(now_ms=0, rng=rng)
    assert dial.addresses[0] == own
    assert len(dial.addresses) == ADDRESSES_MAX


@pytest.mark.parametrize(
    ("said", "public"),
    [
        ("/ip4/8.8.8.8/tcp/1", True),
        ("/ip6/2606:4700::1/tcp/1", True),
        ("/dns4/paris.example.org/tcp/1", True),
        ("/ip4/192.168.1.7/tcp/1", False),
        ("/ip4/127.0.0.1/tcp/1", False),
        ("/ip4/10.0.0.1/tcp/1", False),
        ("/ip4/100.64.0.1/tcp/1", False),
        ("/ip4/169.254.169.254/tcp/80", False),
        ("/ip4/224.0.0.251/tcp/5353", False),
        ("/ip4/0.0.0.0/tcp/1", False),
        ("/ip6/::1/tcp/1", False),
        ("/ip6/fe80::1/tcp/1", False),
        ("/ip6/::ffff:192.168.1.7/tcp/1", False),
        ("/dns4/localhost/tcp/1", False),
        ("/dns/printer.local/tcp/1", False),
        ("/memory/7", False),
        ("", False),
    ],
)
def test_what_is_public(said: str, *, public: bool) -> None:
    assert is_public(said) is public


def test_of_what_strangers_say_only_whole_public_addresses_are_taken() -> None:
    good = address("8.8.8.8")
    said = (good, good, "rubbish", address("192.168.1.1"), "/ip4/8.8.8.8/tcp/27410")
    assert public_addresses(said, limit=8) == (good,)
    assert public_addresses((good, address("8.8.4.4")), limit=1) == (good,)


def test_a_place_is_an_address_without_its_peer_and_a_group_its_first_half() -> None:
    assert place_of(address("8.8.8.8")) == "/ip4/8.8.8.8/tcp/27410"
    assert place_of("/memory/1") == "/memory/1"
    assert group_of("/ip4/8.8.4.4/tcp/1") == group_of("/ip4/8.8.8.8/tcp/2")
    assert group_of("/ip4/8.9.8.8/tcp/1") != group_of("/ip4/8.8.8.8/tcp/1")
    assert group_of("/ip4/192.168.1.1/tcp/1") is None
    assert group_of("/dns4/a.b.example.org/tcp/1") == group_of("/dns/EXAMPLE.org./tcp/2")
    assert group_of("/dns4/example.org/tcp/1") != group_of("/dns4/example.net/tcp/1")
    assert group_of("/dns4/printer.local/tcp/1") is None


def held_by_eight(peers: Peers, rng: Random, *, trust: Trust = Trust.HEARSAY) -> list[str]:
    """Have eight peers of eight parts of the internet hold all outbound connections."""
    for number in range(8):
        peers.learn(f"p{number}", (address(f"{20 + number}.1.1.1"),), trust=trust)
    held: list[str] = []
    while len(held) < 8:
        for dial in peers.dials(now_ms=0, rng=rng):
            peers.connected(dial.peer, is_outbound=True, now_ms=0, address=dial.addresses[0])
            held.append(dial.peer)
    return held


def test_of_whom_nothing_new_has_come_longest_makes_way_for_another_and_rests() -> None:
    peers, rng = Peers(outbound_peers=8), Random(1)
    held = held_by_eight(peers, rng)
    for name in held[1:]:
        peers.brought(name, now_ms=1_000)
    peers.new_anchors()
    assert peers.turn(now_ms=0) is None
    assert peers.turn(now_ms=TURN_MS) is None  # nobody waits
    peers.learn("other", (address("99.1.1.1"),), trust=Trust.HEARSAY)
    turned = peers.turn(now_ms=2 * TURN_MS)
    assert turned == HangUp(peer=held[0])
    peers.lost(held[0], now_ms=2 * TURN_MS, rng=rng)
    assert [dial.peer for dial in peers.dials(now_ms=2 * TURN_MS + 60_000, rng=rng)] == ["other"]


def test_whom_the_person_named_never_makes_way() -> None:
    peers, rng = Peers(outbound_peers=8), Random(1)
    held_by_eight(peers, rng, trust=Trust.CONFIGURED)
    peers.learn("other", (address("99.1.1.1"),), trust=Trust.HEARSAY)
    assert all(peers.turn(now_ms=now_ms) is None for now_ms in range(0, 9 * TURN_MS, TURN_MS))


def test_who_brought_something_new_is_dialled_first_after_a_restart() -> None:
    peers, rng = Peers(outbound_peers=8), Random(1)
    held = held_by_eight(peers, rng)
    assert peers.new_anchors() is None
    for name in held[:5]:
        peers.brought(name, now_ms=1_000)
    kept = peers.new_anchors()
    assert kept is not None
    anchors = {name for name, _ in kept.peers}
    assert len(anchors) == ANCHORS_MAX
    assert anchors <= set(held[:5])
    assert peers.new_anchors() is None
    after = Peers(outbound_peers=8)
    for number in range(500):
        after.learn(f"s{number}", (address(f"{100 + number % 50}.2.2.2"),), trust=Trust.MET)
    for name, at in kept.peers:
        after.learn(name, (at,), trust=Trust.ANCHOR)
    first = [dial.peer for dial in after.dials(now_ms=0, rng=rng)]
    assert set(first) == anchors
    for dial in first:  # nobody is there any more: they are kept until others take their place
        after.dial_failed(dial, now_ms=0, rng=rng)
    assert after.new_anchors() is None


def test_what_a_peer_brought_that_has_left_the_book_is_kept_of_nobody() -> None:
    peers = Peers(outbound_peers=8)
    peers.brought("gone", now_ms=1_000)
    assert peers.due_ms() is None
