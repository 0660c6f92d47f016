"""The core's parts one by one: back-off, outbox, peers, schedule, what is passed on, diagrams."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, strategies as st

from p2pevents.node.core import effects as do, inputs as told
from p2pevents.node.core.backoff import DELAY_MS_MAX, DELAY_MS_MIN, Backoff
from p2pevents.node.core.core import Core
from p2pevents.node.core.inputs import Trust
from p2pevents.node.core.outbox import (
    BURST_RECORDS_MAX,
    GOSSIP_AGE_MS_MAX,
    PUBLISH_PAUSE_MS,
    Outbox,
)
from p2pevents.node.core.passing import FRESH_MS_MAX, PASSED_MAX, Judged, Passing
from p2pevents.node.core.peers import DIALS_MAX, PEER_TABLE, PEERS_MAX, PeerPhase, Peers
from p2pevents.node.core.schedule import (
    COMPARING_INBOUND_MAX,
    COMPARING_MAX,
    INBOUND_GRACE_MS,
    PAUSE_DOUBLINGS_MAX,
    SESSION_TABLE,
    Schedule,
    SessionPhase,
)
from p2pevents.node.core.table import mermaid
from p2pevents.record.verdict import Verdict
from p2pevents.sync.bundle import BUNDLE_ITEMS_MAX, decode_bundle
from p2pevents.sync.effects import Outcome

ROOT = Path(__file__).parents[2]
NOW_MS = 1_700_000_000_000
PAUSE_MS = 60_000


def own(number: int, *, clock: int = NOW_MS, size: int = 10) -> told.OwnRecord:
    return told.OwnRecord(
        id=number.to_bytes(32, "big"), clock=clock, item=(b"E%d" % number, bytes(size))
    )


def written(*records: told.OwnRecord, is_history: bool = False) -> told.Written:
    return told.Written(records=records, is_history=is_history)


# --- back-off -----------------------------------------------------------------------------------


@given(failures=st.integers(0, 10**6), seed=st.integers())
def test_the_wait_stays_within_its_bounds(failures: int, seed: int) -> None:
    after = Backoff(failures=failures).failed(now_ms=NOW_MS, rng=Random(seed))
    assert NOW_MS + DELAY_MS_MIN // 2 <= after.due_ms <= NOW_MS + DELAY_MS_MAX
    assert after.failures == failures + 1


# --- outbox -------------------------------------------------------------------------------------


def test_own_records_go_out_in_bundles_one_after_the_other_with_a_pause() -> None:
    """GOSSIP-6."""
    outbox, rng = Outbox(), Random(1)
    outbox.add(written(*(own(n) for n in range(BUNDLE_ITEMS_MAX + 1))), now_ms=NOW_MS)
    first = outbox.next_bundle(now_ms=NOW_MS)
    assert first is not None
    assert len(decode_bundle(first.data)) == BUNDLE_ITEMS_MAX
    assert outbox.next_bundle(now_ms=NOW_MS) is None
    assert outbox.published(3, now_ms=NOW_MS, rng=rng) == do.MarkAnnounced(ids=first.ids, peers=3)
    assert outbox.due_ms == NOW_MS + PUBLISH_PAUSE_MS
    assert outbox.next_bundle(now_ms=NOW_MS) is None
    second = outbox.next_bundle(now_ms=NOW_MS + PUBLISH_PAUSE_MS)
    assert second is not None
    assert len(second.ids) == 1


def test_what_nobody_heard_is_published_again_and_at_once_when_somebody_comes() -> None:
    """GOSSIP-6."""
    outbox, rng = Outbox(), Random(1)
    outbox.add(written(own(1)), now_ms=NOW_MS)
    first = outbox.next_bundle(now_ms=NOW_MS)
    assert outbox.published(0, now_ms=NOW_MS, rng=rng) is None
    assert outbox.due_ms is not None
    assert outbox.due_ms >= NOW_MS + DELAY_MS_MIN // 2
    outbox.heard()
    assert outbox.next_bundle(now_ms=NOW_MS + PUBLISH_PAUSE_MS) == first


def test_what_is_a_day_old_or_an_import_is_left_to_sync() -> None:
    """GOSSIP-7."""
    old = own(1, clock=NOW_MS - GOSSIP_AGE_MS_MAX)
    many = [own(n) for n in range(BURST_RECORDS_MAX + 1)]
    for given_ in (written(old), written(*many), written(own(2), is_history=True)):
        outbox = Outbox()
        assert outbox.add(given_, now_ms=NOW_MS) == ()
        assert outbox.due_ms is None
    outbox = Outbox()
    assert len(outbox.add(written(*many[1:]), now_ms=NOW_MS)) == BURST_RECORDS_MAX


def test_what_grows_old_while_nobody_hears_is_not_gossiped_any_more() -> None:
    outbox = Outbox()
    outbox.add(written(own(1)), now_ms=NOW_MS)
    assert outbox.next_bundle(now_ms=NOW_MS + GOSSIP_AGE_MS_MAX) is None
    assert outbox.due_ms is None


def test_what_a_peer_left_out_is_not_announced() -> None:
    core, rng = Core(outbound_peers=1, sync_interval_ms=60_000), Random(1)
    core.step(told.Connected(peer="p", is_outbound=True), now_ms=NOW_MS, rng=rng)
    core.step(told.SessionOpened(peer="p"), now_ms=NOW_MS, rng=rng)
    core.step(written(own(1), is_history=True), now_ms=NOW_MS, rng=rng)

    def announced(left_out_there: int) -> list[do.Effect]:
        compared = told.Compared(
            peer="p", outcome=Outcome.SETTLED, new=0, left_out_there=left_out_there
        )
        effects = core.step(compared, now_ms=NOW_MS, rng=rng)
        return [each for each in effects if isinstance(each, do.MarkAnnounced)]

    assert announced(0) == []  # it may have begun before the record was written
    assert announced(1) == []
    assert announced(0) == [do.MarkAnnounced(ids=(own(1).id,), peers=1)]


def test_a_comparison_announces_what_was_written_before_it_began() -> None:
    outbox = Outbox()
    outbox.add(written(own(1), own(2), is_history=True), now_ms=NOW_MS)
    began = outbox.written
    outbox.add(written(own(3), is_history=True), now_ms=NOW_MS)
    assert outbox.compared(covered=began) == do.MarkAnnounced(ids=(own(1).id, own(2).id), peers=1)
    assert outbox.compared(covered=began) is None
    assert outbox.compared(covered=outbox.written) == do.MarkAnnounced(ids=(own(3).id,), peers=1)


def test_what_a_reader_gossips_and_pushes_is_announced_by_a_comparison_alone() -> None:
    outbox = Outbox(waits_for_comparison=True)
    outbox.add(written(own(1)), now_ms=NOW_MS)
    assert outbox.next_bundle(now_ms=NOW_MS) is not None
    assert outbox.published(3, now_ms=NOW_MS, rng=Random(1)) is None
    assert outbox.due_ms is None
    assert outbox.announced((own(1).id,)) is None
    assert outbox.compared(covered=outbox.written) == do.MarkAnnounced(ids=(own(1).id,), peers=1)


def test_an_answer_that_belongs_to_nothing_announces_nothing() -> None:
    assert Outbox().published(3, now_ms=NOW_MS, rng=Random(1)) is None


def test_no_more_own_records_are_watched_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("p2pevents.node.core.outbox.OWN_RECORDS_MAX", 2)
    outbox = Outbox()
    outbox.add(written(own(1), own(2), own(3), is_history=True), now_ms=NOW_MS)
    marked = outbox.compared(covered=outbox.written)
    assert marked is not None
    assert marked.ids == (own(2).id, own(3).id)


# --- what is passed on --------------------------------------------------------------------------


def judged(
    number: int,
    *,
    verdict: Verdict = Verdict.ACCEPT,
    is_new: bool = True,
    age_ms: int = 0,
) -> Judged:
    return Judged(
        id=number.to_bytes(32, "big"), verdict=verdict, is_new=is_new, clock=NOW_MS - age_ms
    )


def test_one_malformed_item_rejects_a_bundle() -> None:
    """GOSSIP-3."""
    bundle = [judged(1), judged(2, verdict=Verdict.REJECT)]
    assert Passing().verdict(bundle, now_ms=NOW_MS) is Verdict.REJECT


def test_items_that_cannot_be_judged_here_are_ignored_and_nobody_is_blamed() -> None:
    """GOSSIP-4."""
    passing = Passing()
    ignored = judged(1, verdict=Verdict.IGNORE)
    assert passing.verdict([ignored], now_ms=NOW_MS) is Verdict.IGNORE
    assert passing.verdict([ignored, judged(2)], now_ms=NOW_MS) is Verdict.ACCEPT


def test_what_is_known_is_passed_on_once_while_it_is_fresh() -> None:
    """GOSSIP-5."""
    passing = Passing()
    known = judged(1, is_new=False)
    assert passing.verdict([known], now_ms=NOW_MS) is Verdict.ACCEPT
    assert passing.verdict([known], now_ms=NOW_MS) is Verdict.IGNORE
    stale = judged(2, is_new=False, age_ms=FRESH_MS_MAX + 1)
    assert passing.verdict([stale], now_ms=NOW_MS) is Verdict.IGNORE
    assert passing.verdict([judged(3, age_ms=10 * FRESH_MS_MAX)], now_ms=NOW_MS) is Verdict.ACCEPT


def test_only_so_many_are_remembered_as_passed_on() -> None:
    passing = Passing()
    for number in range(PASSED_MAX + 1):
        passing.verdict([judged(number)], now_ms=NOW_MS)
    assert passing.verdict([judged(1, is_new=False)], now_ms=NOW_MS) is Verdict.IGNORE
    assert passing.verdict([judged(0, is_new=False)], now_ms=NOW_MS) is Verdict.ACCEPT


# --- peers --------------------------------------------------------------------------------------


def book(count: int, *, outbound_peers: int = 8, configured: int = 0) -> Peers:
    peers = Peers(outbound_peers=outbound_peers)
    for number in range(count):
        peers.learn(
            f"p{number}",
            (f"/a/{number}",),
            trust=Trust.CONFIGURED if number < configured else Trust.MET,
        )
    return peers


def test_configured_peers_are_dialled_first_and_only_so_many_at_once() -> None:
    peers = book(20, configured=2)
    dials = peers.dials(now_ms=NOW_MS, rng=Random(3))
    assert len(dials) == DIALS_MAX
    assert {dial.peer for dial in dials[:2]} == {"p0", "p1"}
    assert peers.dials(now_ms=NOW_MS, rng=Random(3)) == []
    assert peers.due_ms() is None


def test_no_more_are_dialled_than_wanted() -> None:
    peers = book(20, outbound_peers=2)
    for dial in peers.dials(now_ms=NOW_MS, rng=Random(3)):
        assert peers.connected(dial.peer, is_outbound=True, now_ms=NOW_MS)
        assert not peers.connected(dial.peer, is_outbound=True, now_ms=NOW_MS)
    assert peers.dials(now_ms=NOW_MS, rng=Random(3)) == []


def test_a_peer_that_fails_rests_and_one_that_stayed_is_dialled_soon_again() -> None:
    peers, rng = book(1), Random(1)
    now_ms = NOW_MS
    waits = []
    for _ in range(5):
        assert peers.dials(now_ms=now_ms, rng=rng)
        peers.dial_failed("p0", now_ms=now_ms, rng=rng)
        due_ms = peers.due_ms()
        assert due_ms is not None
        waits.append(due_ms - now_ms)
        now_ms = due_ms
    assert waits[-1] > waits[0]
    peers.dials(now_ms=now_ms, rng=rng)
    peers.connected("p0", is_outbound=True, now_ms=now_ms)
    peers.lost("p0", now_ms=now_ms + 3_600_000, rng=rng)
    due_ms = peers.due_ms()
    assert due_ms is not None
    assert due_ms - now_ms - 3_600_000 <= DELAY_MS_MIN


def test_who_was_never_told_of_may_come_and_go() -> None:
    peers = book(0)
    assert peers.connected("stranger", is_outbound=False, now_ms=NOW_MS)
    peers.lost("stranger", now_ms=NOW_MS, rng=Random(1))
    peers.lost("nobody", now_ms=NOW_MS, rng=Random(1))
    peers.dial_failed("nobody", now_ms=NOW_MS, rng=Random(1))
    assert list(peers) == []


def test_the_book_is_bounded_and_forgets_who_failed_most() -> None:
    peers, rng = book(PEERS_MAX, configured=1, outbound_peers=64), Random(1)
    failed = peers.dials(now_ms=NOW_MS, rng=rng)[-1].peer
    peers.dial_failed(failed, now_ms=NOW_MS, rng=rng)
    peers.learn("new", ("/a/new",), trust=Trust.MET)
    names = {peer.name for peer in peers}
    assert len(names) == PEERS_MAX
    assert failed not in names
    assert {"p0", "new"} <= names


def test_configured_peers_are_never_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("p2pevents.node.core.peers.PEERS_MAX", 1)
    assert len(list(book(3, configured=3))) == 3


# --- schedule -----------------------------------------------------------------------------------


def live(schedule: Schedule, peer: str, *, new: int = 0, now_ms: int = NOW_MS) -> int | None:
    return schedule.compared(peer, Outcome.EQUAL, new, written=7, now_ms=now_ms, rng=Random(1))


def test_who_dialled_begins_and_the_other_waits_a_while() -> None:
    schedule = Schedule(pause_ms=PAUSE_MS)
    schedule.connected("out", is_outbound=True, now_ms=NOW_MS)
    schedule.connected("in", is_outbound=False, now_ms=NOW_MS)
    assert schedule.begin(written=0, now_ms=NOW_MS) == [do.OpenSession(peer="out")]
    assert schedule.due_ms() == NOW_MS + INBOUND_GRACE_MS
    later = schedule.begin(written=0, now_ms=NOW_MS + INBOUND_GRACE_MS)
    assert later == [do.OpenSession(peer="in")]


def test_pauses_double_while_both_agree_and_start_over_when_something_is_new() -> None:
    schedule = Schedule(pause_ms=PAUSE_MS)
    schedule.connected("p", is_outbound=True, now_ms=NOW_MS)
    now_ms, waits = NOW_MS, []
    schedule.begin(written=0, now_ms=now_ms)
    schedule.opened("p", written=0)
    for _ in range(10):
        live(schedule, "p", now_ms=now_ms)
        due_ms = schedule.due_ms()
        assert due_ms is not None
        waits.append(due_ms - now_ms)
        now_ms = due_ms
        assert schedule.begin(written=0, now_ms=now_ms) == [do.BeginCompare(peer="p")]
    assert waits[0] <= PAUSE_MS
    assert PAUSE_MS * 2**PAUSE_DOUBLINGS_MAX / 2 <= waits[-1] <= PAUSE_MS * 2**PAUSE_DOUBLINGS_MAX
    live(schedule, "p", new=1, now_ms=now_ms)
    due_ms = schedule.due_ms()
    assert due_ms is not None
    assert due_ms - now_ms <= PAUSE_MS


def test_so_many_comparisons_run_at_once_and_no_more() -> None:
    """SYNC-29."""
    schedule = Schedule(pause_ms=PAUSE_MS)
    for number in range(COMPARING_INBOUND_MAX + 1):
        schedule.connected(f"p{number}", is_outbound=True, now_ms=NOW_MS)
    begun = schedule.begin(written=0, now_ms=NOW_MS)
    assert len(begun) == COMPARING_MAX
    assert schedule.due_ms() is None
    assert schedule.begin(written=0, now_ms=NOW_MS) == []
    for number in range(COMPARING_MAX, COMPARING_INBOUND_MAX):
        assert schedule.opened(f"p{number}", written=0) is None
    last = f"p{COMPARING_INBOUND_MAX}"
    assert schedule.opened(last, written=0) == do.CloseSession(peer=last)
    assert schedule.opened("gone", written=0) is None


def test_a_comparison_covers_what_was_written_when_it_was_begun_here() -> None:
    schedule = Schedule(pause_ms=PAUSE_MS)
    schedule.connected("p", is_outbound=True, now_ms=NOW_MS)
    schedule.begin(written=3, now_ms=NOW_MS)
    schedule.opened("p", written=5)
    assert live(schedule, "p") == 3
    assert live(schedule, "p") == 7  # the peer began this one, after the last had ended
    assert live(schedule, "nobody") is None


def test_an_unfinished_comparison_covers_nothing_and_is_tried_again() -> None:
    schedule, rng = Schedule(pause_ms=PAUSE_MS), Random(1)
    schedule.connected("p", is_outbound=True, now_ms=NOW_MS)
    schedule.begin(written=3, now_ms=NOW_MS)
    schedule.opened("p", written=3)
    covered = schedule.compared("p", Outcome.UNFINISHED, 0, written=3, now_ms=NOW_MS, rng=rng)
    assert covered is None
    assert schedule.live() == ["p"]
    schedule.closed("p", now_ms=NOW_MS, rng=rng)
    assert schedule.live() == []
    due_ms = schedule.due_ms()
    assert due_ms is not None
    assert due_ms <= NOW_MS + DELAY_MS_MIN
    schedule.lost("p")
    schedule.closed("p", now_ms=NOW_MS, rng=rng)
    assert schedule.due_ms() is None


@pytest.mark.parametrize(("new", "gave"), [(0, 0), (1, 0), (0, 1)])
def test_a_slow_peer_that_is_cut_off_each_time_is_asked_again_soon_while_it_gets_on(
    new: int, gave: int
) -> None:
    """What brings nothing either way is asked ever more rarely: every 15 minutes at the least."""
    schedule, rng, now_ms = Schedule(pause_ms=PAUSE_MS), Random(1), NOW_MS
    schedule.connected("slow", is_outbound=True, now_ms=now_ms)
    waits = []
    for _ in range(15):
        assert schedule.begin(written=0, now_ms=now_ms) == [do.OpenSession(peer="slow")]
        schedule.opened("slow", written=0)
        schedule.compared(
            "slow", Outcome.UNFINISHED, new, gave=gave, written=0, now_ms=now_ms, rng=rng
        )
        schedule.closed("slow", now_ms=now_ms, rng=rng)
        due_ms = schedule.due_ms()
        assert due_ms is not None
        waits.append(due_ms - now_ms)
        now_ms = due_ms
    assert (max(waits) <= DELAY_MS_MIN) is bool(new or gave)
    assert max(waits) <= DELAY_MS_MAX


def test_unfinished_comparisons_that_bring_nothing_grow_rarer_too() -> None:
    schedule, rng = Schedule(pause_ms=PAUSE_MS), Random(1)
    schedule.connected("p", is_outbound=True, now_ms=NOW_MS)
    schedule.opened("p", written=0)
    for _ in range(2 * PAUSE_DOUBLINGS_MAX):
        schedule.compared("p", Outcome.UNFINISHED, 0, written=0, now_ms=NOW_MS, rng=rng)
    due_ms = schedule.due_ms()
    assert due_ms is not None
    assert due_ms >= NOW_MS + PAUSE_MS * 2**PAUSE_DOUBLINGS_MAX // 2
    schedule.compared("p", Outcome.EQUAL, 0, gave=1, written=0, now_ms=NOW_MS, rng=rng)
    due_ms = schedule.due_ms()
    assert due_ms is not None
    assert due_ms >= NOW_MS + PAUSE_MS * 2**PAUSE_DOUBLINGS_MAX // 2  # it has all of ours now
    for new, gave in ((1, 0), (0, 1)):
        schedule.compared(
            "p", Outcome.UNFINISHED, new, gave=gave, written=0, now_ms=NOW_MS, rng=rng
        )
        due_ms = schedule.due_ms()
        assert due_ms is not None
        assert due_ms <= NOW_MS + PAUSE_MS
        schedule.compared("p", Outcome.UNFINISHED, 0, written=0, now_ms=NOW_MS, rng=rng)


# --- the core as a whole ------------------------------------------------------------------------


def test_fresh_own_records_are_pushed_to_every_open_session_and_published() -> None:
    core, rng = Core(outbound_peers=2, sync_interval_ms=PAUSE_MS), Random(1)
    core.step(told.Connected(peer="p", is_outbound=True), now_ms=NOW_MS, rng=rng)
    core.step(told.SessionOpened(peer="p"), now_ms=NOW_MS, rng=rng)
    effects = core.step(written(own(1)), now_ms=NOW_MS, rng=rng)
    assert [type(effect) for effect in effects] == [do.PushTo, do.Publish]
    marked = core.step(told.Announced(peer="p", ids=(own(1).id,)), now_ms=NOW_MS, rng=rng)
    assert marked == [do.MarkAnnounced(ids=(own(1).id,), peers=1)]
    assert core.step(told.Tick(), now_ms=NOW_MS, rng=rng) == []


def test_a_dial_that_fails_is_tried_again_when_the_core_says() -> None:
    core, rng = Core(outbound_peers=2, sync_interval_ms=PAUSE_MS), Random(1)
    known = told.PeersKnown(addresses=(("p", ("/a",)),), trust=Trust.MET)
    assert core.step(known, now_ms=NOW_MS, rng=rng) == [do.Dial(peer="p", addresses=("/a",))]
    core.step(told.DialFailed(peer="p"), now_ms=NOW_MS, rng=rng)
    due_ms = core.due_ms
    assert due_ms is not None
    again = core.step(told.Tick(), now_ms=due_ms, rng=rng)
    assert again == [do.Dial(peer="p", addresses=("/a",))]


# --- pages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("peer", mermaid(PEER_TABLE, start=PeerPhase.RESTING)),
        ("session", mermaid(SESSION_TABLE, start=SessionPhase.NONE)),
    ],
)
def test_the_diagrams_of_the_page_are_drawn_from_the_tables(name: str, drawn: str) -> None:
    page = (ROOT / "docs/node.md").read_text("utf-8")
    found = re.search(rf"<!-- {name} -->\n```mermaid\n(.*?)```\n<!-- /{name} -->", page, re.DOTALL)
    assert found
    assert found[1] == drawn


def test_the_protocol_and_the_topic_are_called_as_the_pages_say() -> None:
    """SYNC-1, GOSSIP-1."""
    from p2pevents.node.config import Config
    from p2pevents.node.node import topic_of
    from p2pevents.sync.messages import SYNC_PROTOCOL

    assert SYNC_PROTOCOL == "/p2pevents/sync/1.0.0"
    assert topic_of(Config(network="net", shard="s")) == "/p2pevents/1/net/s"


def test_where_nobody_was_nobody_else_is_looked_for_at_once() -> None:
    core, rng = Core(outbound_peers=8, sync_interval_ms=PAUSE_MS), Random(1)

    def learn(peer: str, *places: str) -> list[do.Effect]:
        addresses = tuple(f"/ip4/{each}/tcp/27410/p2p/{peer}" for each in places)
        known = told.PeersKnown(addresses=((peer, addresses),), trust=Trust.HEARSAY)
        return core.step(known, now_ms=NOW_MS, rng=rng)

    (dial,) = learn("p", "192.0.2.1", "192.0.2.2")
    assert isinstance(dial, do.Dial)
    assert core.step(told.NotThere(addresses=dial.addresses[:1]), now_ms=NOW_MS, rng=rng) == []
    assert learn("q", "192.0.2.1") == []
    assert [type(each) for each in learn("r", "192.0.2.3")] == [do.Dial]


def test_who_brings_something_new_by_gossip_is_remembered_for_the_next_start() -> None:
    core, rng = Core(outbound_peers=2, sync_interval_ms=PAUSE_MS), Random(1)
    address = "/ip4/192.0.2.1/tcp/27410/p2p/p"
    core.step(
        told.PeersKnown(addresses=(("p", (address,)),), trust=Trust.MET), now_ms=NOW_MS, rng=rng
    )
    core.step(told.Connected(peer="p", is_outbound=True, address=address), now_ms=NOW_MS, rng=rng)
    effects = core.step(told.Brought(peer="p"), now_ms=NOW_MS + 1, rng=rng)
    assert [type(each) for each in effects] == [do.KeepAnchors]
