"""What waits: each item for one id, and no stranger wakes it all or pushes others out."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from p2pevents.authority import Authority, succeed
from p2pevents.node import ingest as door_module, waiting
from p2pevents.node.ingest import AHEAD_MS_MAX, Ingest, Why
from p2pevents.record.entry import Entry, seal_entry
from p2pevents.record.envelope import Verified
from tests.node.community import NOW_MS, Community, door, in_set, offer

PARIS = Community()
ADA, BOB, CLEO = PARIS.leads
CHAIN_ENTRIES = 400  # more than the interpreter lets calls nest in each other


def chain(length: int) -> list[Entry]:
    """Entries one after the other, each replacing nothing."""
    lone = Community("ada")
    authority = Authority(lone.genesis)
    entries = [lone.genesis]
    for _ in range(length - 1):
        snapshot = succeed(
            authority.chain, after=[entries[-1].id], leads=[each.lead for each in lone.leads]
        )
        entry = seal_entry(snapshot, seeds=[lone.leads[0].charter])
        authority.offer_entry(entry)
        entries.append(entry)
    return entries


def test_a_chain_that_comes_backwards_is_taken_without_nesting_calls() -> None:
    entries = chain(CHAIN_ENTRIES)
    ingest = door()
    for entry in reversed(entries[1:]):
        assert offer(ingest, entry) == [Why.AUTHORITY]
    assert offer(ingest, entries[0]) == [Why.NEW]
    assert all(in_set(ingest, *entries))
    assert ingest.waiting.counts()["authority"] == 0


def test_what_waits_for_another_grant_is_not_judged_again_whenever_its_chapter_grows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ingest = door(PARIS.genesis)
    unknown = PARIS.grant("nobody yet")
    for _ in range(30):
        assert offer(ingest, PARIS.write("nobody yet", under=unknown.id)) == [Why.AUTHORITY]
    judged = 0
    judge = ingest.charters.judge

    def counted(*arguments: object) -> object:
        nonlocal judged
        judged += 1
        return judge(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ingest.charters, "judge", counted)
    for number in range(10):
        offer(ingest, PARIS.grant(f"somebody {number}"))
    assert judged == 10  # the grants themselves
    offer(ingest, unknown)
    assert judged == 10 + 1 + 30
    assert ingest.log.total().records == 10 + 1 + 30


def test_what_wakes_is_not_verified_again(monkeypatch: pytest.MonkeyPatch) -> None:
    grant = PARIS.grant("eve")
    ingest = door(PARIS.genesis)
    theirs = PARIS.write("eve", under=grant.id)
    offer(ingest, theirs)
    opened: list[object] = []

    def opening(envelope: bytes, body: bytes | None) -> Verified | Entry:
        opened.append(envelope)
        return door_module.open_item(envelope, body)

    monkeypatch.setattr(ingest._opener, "_opening", opening)
    ingest._opener._opened.clear()
    offer(ingest, grant)
    assert opened == [grant.envelope]
    assert in_set(ingest, theirs) == [True]


def test_an_act_that_came_without_its_body_does_not_bar_the_whole_one() -> None:
    grant, later = PARIS.grant("eve"), PARIS.genesis
    ingest = door()
    bare = grant.without_body()
    assert offer(ingest, bare) == [Why.AUTHORITY]
    assert offer(ingest, grant) == [Why.AUTHORITY]
    offer(ingest, later)
    assert in_set(ingest, grant) == [True]


def test_strangers_do_not_push_out_what_waits_for_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "AHEAD_RECORDS_MAX", 2)
    ahead_ms = NOW_MS + AHEAD_MS_MAX + 1
    ingest = door(PARIS.genesis)
    honest = PARIS.write(ADA, clock=ahead_ms)
    assert offer(ingest, honest) == [Why.CLOCK]
    strangers = [PARIS.write("stranger", clock=ahead_ms) for _ in range(5)]
    assert offer(ingest, *strangers) == [Why.REFUSED] * 5
    ingest.tick(now_ms=NOW_MS + 1)
    assert in_set(ingest, honest) == [True]


def test_a_record_ahead_of_the_clock_and_of_its_authority_waits_for_both() -> None:
    grant = PARIS.grant("eve")
    record = PARIS.write("eve", under=grant.id, clock=NOW_MS + AHEAD_MS_MAX + 1)
    ingest = door(PARIS.genesis)
    assert offer(ingest, record) == [Why.AUTHORITY]
    offer(ingest, grant)
    assert ingest.waiting.counts() == {"authority": 0, "clock": 1}
    ingest.tick(now_ms=NOW_MS + 1)
    assert in_set(ingest, record) == [True]


def test_what_is_held_is_known_though_this_nodes_clock_was_set_back() -> None:
    record = PARIS.write(ADA)
    ingest = door(PARIS.genesis, record)
    assert offer(ingest, record, now_ms=NOW_MS - 10 * AHEAD_MS_MAX) == [Why.KNOWN]


def test_the_room_for_unknown_authority_counts_what_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "UNKNOWN_BYTES_MAX", 2000)
    ingest = Ingest(door().log)
    records = [PARIS.write(ADA, fill=300) for _ in range(20)]
    offer(ingest, *records)
    assert 0 < ingest.waiting.counts()["authority"] <= 3
    offer(ingest, PARIS.genesis)
    assert (ingest.waiting._unknown_bytes, ingest.waiting._by_need) == (0, {})
    assert in_set(ingest, *records[-2:]) == [True, True]


def test_a_fifth_entry_at_one_number_is_kept_as_the_proof_that_closes_a_chapter() -> None:
    pairs = [(ADA, BOB), (ADA, CLEO), (BOB, CLEO)]
    forks = [PARIS.entry(*pair, by=pair) for pair in pairs]
    forks += [PARIS.entry(*PARIS.leads, by=pair) for pair in pairs[:1]]
    snapshot = replace(forks[-1].snapshot, removed=(Community("zed").leads[0].key,))
    fifth = seal_entry(snapshot, seeds=(ADA.charter, BOB.charter))
    sixth = seal_entry(
        replace(snapshot, removed=(Community("yan").leads[0].key,)),
        seeds=(ADA.charter, BOB.charter),
    )
    ingest = door(PARIS.genesis)
    assert offer(ingest, *forks) == [Why.NEW] * 4
    assert offer(ingest, fifth, sixth) == [Why.NEW, Why.CLOSED]
    assert in_set(ingest, fifth, sixth) == [True, False]
    assert offer(ingest, PARIS.write(ADA)) == [Why.CLOSED]
    # So it is after a restart: the proof is read again.
    assert offer(door(log=ingest.log), PARIS.write(BOB)) == [Why.CLOSED]
