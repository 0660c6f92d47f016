"""Attacks by who holds keys, over real nodes in virtual time: real bytes, real sessions.

Rollback, freeze, fast-forward and mix-and-match as The Update Framework names them; a stolen daily
key; leads who left and come back as a rival charter; a link that lies. Whatever is sent, every
node ends with the same set, and nobody's display goes anywhere by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest
from msgspec.structs import replace

from p2pevents.authority import Floor
from p2pevents.errors import RecordError
from p2pevents.log.local import Follow
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import LogStanding
from p2pevents.node import judging
from p2pevents.node.charters import Charters
from p2pevents.node.ingest import Ingest, Why
from p2pevents.node.ledger import Ledger
from p2pevents.node.reading import Reader
from p2pevents.record import entry, envelope
from p2pevents.record.authority_kinds import Grant, Keep, Revoke
from p2pevents.record.cbor import decode, encode
from p2pevents.record.draft.compose import compose
from p2pevents.record.entry import Entry, open_entry
from p2pevents.record.envelope import Verified, open_envelope, seal
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import RecordId
from p2pevents.record.kinds import Gathering
from p2pevents.testing import Manner, Simulation
from p2pevents.testing.invariants import _calendar
from p2pevents.testing.simulated_node import SimulatedNode
from p2pevents.view.freshness import Completeness
from tests.authority.people import Person
from tests.node.community import DAY_MS, HOUR_MS, NOW_MS, Community, item, key

SHUFFLES = 100
NODES = 5
QUIET_S = 3 * 3600

pytestmark = pytest.mark.timeout(120)


def offer(node: SimulatedNode, *items: Verified | Entry) -> list[Why]:
    """Offer items at one node's door; sync and gossip do the rest."""
    assert node.life is not None
    found = node.life.ingest.offer([item(each) for each in items], now_ms=node.life.now_ms())
    node.life.grown()
    return [each.why for each in found]


def followed(paris: Community, *, seed: int = 1, hostile: Iterable[Manner] = ()) -> Simulation:
    """Nodes whose people all follow one chapter, and have seen its genesis."""
    simulation = Simulation(seed=seed, nodes=NODES, hostile=list(hostile))
    for node in simulation.honest:
        node.log.local.set_follow(Follow(chapter=paris.chapter, petname="", since_ms=NOW_MS))
    simulation.run_for(30)
    offer(simulation.nodes["n00"], paris.genesis)
    simulation.run_for(600)
    return simulation


def edition(
    paris: Community,
    by: Person,
    path: str,
    clock: int,
    in_view: Iterable[Verified] = (),
    **said: str,
) -> Verified:
    """A version of an event, of a given clock."""
    header, body = compose(
        object_id=ObjectId(chapter=paris.chapter, kind="event", path=(path,)),
        changes=said,
        in_view=tuple(in_view),
        author=by.key,
        authority=RecordId(paris.genesis.id),
        now_ms=clock,
        salt=clock.to_bytes(16, "big"),
    )
    return seal(header, body, seed=by.daily)


def calendars(simulation: Simulation) -> set[bytes]:
    return {_calendar(node.log, now_ms=simulation.now_ms) for node in simulation.honest}


def fingerprint(log: MemoryLog) -> tuple[bytes, bytes]:
    snapshot = Ledger(log).snapshot()
    return snapshot.authority, snapshot.records


def titles(node: SimulatedNode, paris: Community, *, now_ms: int) -> list[str]:
    """What the person at a node is shown."""
    calendar = Reader(node.log, Charters(node.log), now_ms=lambda: now_ms).calendar([paris.chapter])
    return sorted(each.shown.title or "" for each in calendar if isinstance(each.shown, Gathering))


def standing(node: SimulatedNode, record: Verified) -> LogStanding | None:
    return node.log.has([record.id]).get(record.id)


# --- rollback -------------------------------------------------------------------------------------


def history() -> list[Verified | Entry]:
    """Two leads and a delegate change three events again and again; a lead takes the grant back."""
    paris = Community()
    ada, bob, _ = paris.leads
    grant = paris.grant("dora")
    said: list[Verified | Entry] = [paris.genesis, grant]
    for path in ("a", "b", "c"):
        versions: list[Verified] = []
        for number in range(6):
            by = (ada, bob)[number % 2]
            clock, title = NOW_MS + number * HOUR_MS, f"{path}{number}"
            versions.append(edition(paris, by, path, clock, versions, title=title))
        said += versions
    kept = paris.write("dora", under=grant.id, path=("d",))
    said += [kept, paris.write("dora", under=grant.id, path=("e",))]
    keep = paris.act(Keep(ids=(kept.id,)))
    said += [keep, paris.act(Revoke(key=key("dora"), keeps=(keep.id,)))]
    return said


def test_old_versions_replayed_in_any_order_change_nothing() -> None:
    """Rollback: a hundred orders of all that was ever said, each with all of it said again."""
    said, rng = history(), Random(20200108)
    shown: set[tuple[bytes, tuple[bytes, bytes]]] = set()
    for _ in range(SHUFFLES):
        log = MemoryLog(incarnation=rng.randbytes(16))
        door = Ingest(log)
        replayed = rng.sample(said, len(said)) + rng.sample(said, len(said))
        while replayed:
            size = rng.randint(1, 7)
            batch, replayed = replayed[:size], replayed[size:]
            door.offer([item(each) for each in batch], now_ms=NOW_MS + DAY_MS)
        shown.add((_calendar(log, now_ms=NOW_MS + DAY_MS), fingerprint(log)))
    assert len(shown) == 1


def test_unguarded_a_calendar_by_arrival_would_change_with_the_order() -> None:
    """Without the merge, each object as whoever came last said it: the test above can fail."""
    said, rng = [each for each in history() if isinstance(each, Verified)], Random(20200108)
    last = set()
    for _ in range(SHUFFLES):
        shown = {one.header.path: one.id for one in rng.sample(said, len(said))}
        last.add(tuple(sorted(shown.items())))
    assert len(last) > SHUFFLES // 2


def test_peers_that_repeat_lie_and_babble_roll_nothing_back() -> None:
    paris = Community()
    manners = [Manner.REPEATS, Manner.LIES, Manner.BABBLES]
    simulation = followed(paris, seed=3, hostile=manners)
    ada = paris.leads[0]
    versions: list[Verified] = []
    for number in range(5):
        versions.append(
            edition(paris, ada, "a", NOW_MS + number * HOUR_MS, versions, title=f"A{number}")
        )
        offer(simulation.nodes["n01"], versions[-1])
        simulation.run_for(1800)
    simulation.run_for(QUIET_S)
    assert simulation.breaches() == []
    for node in simulation.honest:
        assert titles(node, paris, now_ms=simulation.now_ms) == ["A4"]


# --- freeze ---------------------------------------------------------------------------------------


def test_who_hears_nothing_new_for_a_month_is_told_so() -> None:
    """Freeze: all that a node is given is true, and old."""
    paris = Community()
    simulation = followed(paris, seed=4)
    writer = simulation.nodes["n00"]
    chapter = writer.found("Lyon P2P")
    writer.add(chapter, "Monthly", "2027-02-03T18:30:00")
    writer.digest(chapter)
    simulation.run_for(QUIET_S)
    simulation.partition(["n00"])  # and whoever has its ear says no more

    def state(node: SimulatedNode, days: int) -> Completeness:
        now_ms = simulation.now_ms + days * DAY_MS
        return Reader(node.log, Charters(node.log), now_ms=lambda: now_ms).freshness(chapter).state

    away = [node for node in simulation.honest if node.name != "n00"]
    assert {state(node, 1) for node in away} == {Completeness.COMPLETE}
    assert {state(node, 31) for node in away} == {Completeness.STALE}


def test_unguarded_a_chapter_without_a_digest_that_freezes_looks_like_a_quiet_one() -> None:
    paris = Community()
    simulation = followed(paris, seed=4)
    log = simulation.nodes["n01"].log
    later_ms = simulation.now_ms + 31 * DAY_MS
    reader = Reader(log, Charters(log), now_ms=lambda: later_ms)
    assert reader.freshness(paris.chapter).state is not Completeness.STALE


# --- fast-forward ---------------------------------------------------------------------------------


def test_no_clock_and_no_number_of_an_entry_locks_honest_words_out() -> None:
    """Fast-forward: a thief writes with the greatest clock, and numbers an entry far ahead."""
    paris = Community()
    ada, bob, _ = paris.leads
    simulation = followed(paris, seed=5)
    honest = edition(paris, ada, "a", NOW_MS, title="Honest")
    far = edition(paris, bob, "a", 2**52, [honest], title="Stolen for ever")
    assert offer(simulation.nodes["n02"], honest, far) == [Why.NEW, Why.CLOCK]
    near = edition(paris, bob, "a", simulation.now_ms + 14 * 60_000, [honest], title="Stolen")
    offer(simulation.nodes["n02"], near)
    late = paris.entry(ada, bob, by=(ada, bob))
    snapshot = decode(late.snapshot.encode(), bytes_max=4096)
    forward = encode([encode({**snapshot, "seq": 1000}, bytes_max=4096), []], bytes_max=4096)
    with pytest.raises(RecordError):
        open_entry(forward)
    simulation.run_for(3600)
    # An hour later an honest word is later than the thief's.
    again = edition(paris, ada, "a", simulation.now_ms, [honest, near], title="Honest again")
    assert offer(simulation.nodes["n04"], again) == [Why.NEW]
    simulation.run_for(QUIET_S)
    assert simulation.breaches() == []
    for node in simulation.honest:
        assert titles(node, paris, now_ms=simulation.now_ms) == ["Honest again"]
        assert standing(node, far) is None


def test_unguarded_a_clock_of_any_height_has_the_last_word_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judging, "AHEAD_MS_MAX", 2**53)
    paris = Community()
    ada, bob, _ = paris.leads
    simulation = followed(paris, seed=5)
    honest = edition(paris, ada, "a", NOW_MS, title="Honest")
    far = edition(paris, bob, "a", 2**52, [honest], title="Stolen for ever")
    assert offer(simulation.nodes["n02"], honest, far) == [Why.NEW, Why.NEW]
    simulation.run_for(3600)
    again = edition(paris, ada, "a", simulation.now_ms, [honest], title="Honest again")
    offer(simulation.nodes["n04"], again)
    simulation.run_for(QUIET_S)
    assert titles(simulation.nodes["n00"], paris, now_ms=simulation.now_ms) == ["Stolen for ever"]


# --- mix and match --------------------------------------------------------------------------------


def test_parts_of_what_was_signed_make_nothing_new() -> None:
    """Mix-and-match: envelope and body, snapshot and signatures, chapter and grant, recombined."""
    paris, lyon = Community(), Community("lou", "mia", "noe")
    ada, bob, cleo = paris.leads
    one, two = paris.write(ada, path=("a",)), paris.write(ada, path=("b",))
    with pytest.raises(RecordError):
        open_envelope(one.envelope, two.body)
    with pytest.raises(RecordError):
        open_envelope(one.envelope[:-64] + two.envelope[-64:], one.body)
    first, second = paris.entry(ada, bob, by=(ada, bob)), paris.entry(bob, cleo, by=(bob, cleo))
    signed, rival = (decode(each.envelope, bytes_max=4096) for each in (first, second))
    simulation = followed(paris, seed=6)
    door = simulation.nodes["n03"]
    before = fingerprint(door.log)
    for mixed in ([rival[0], signed[1]], [signed[0], rival[1]]):
        try:
            entry = open_entry(encode(mixed, bytes_max=4096))
        except RecordError:
            continue
        assert offer(door, entry) == [Why.REFUSED]
    foreign = lyon.grant("dora")
    theirs = paris.write("dora", under=foreign.id)
    offer(door, theirs)
    simulation.run_for(3600)
    assert {fingerprint(node.log) for node in simulation.honest} == {before}
    assert simulation.breaches() == []


def test_unguarded_a_body_that_no_header_binds_shows_another_evenings_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the hash of the body, a true envelope and another record's body are shown as one."""
    monkeypatch.setattr(envelope, "_check_body", lambda _header, _body: None)
    paris = Community()
    ada = paris.leads[0]
    one = edition(paris, ada, "a", NOW_MS, title="Monthly")
    two = edition(paris, ada, "b", NOW_MS, title="Cancelled")
    simulation = followed(paris, seed=6)
    assert offer(simulation.nodes["n03"], open_envelope(one.envelope, two.body)) == [Why.NEW]
    simulation.run_for(3600)
    for node in simulation.honest:
        assert titles(node, paris, now_ms=simulation.now_ms) == ["Cancelled"]


def test_unguarded_signatures_that_nobody_checks_make_an_entry_of_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The snapshot of one entry under the signatures of another removes a lead, who kept quiet."""
    monkeypatch.setattr(entry, "is_signed", lambda **_of: True)
    paris = Community()
    ada, bob, cleo = paris.leads
    signed = decode(paris.entry(ada, bob, by=(ada, bob)).envelope, bytes_max=4096)
    rival = decode(paris.entry(ada, cleo, by=(ada, cleo)).envelope, bytes_max=4096)
    simulation = followed(paris, seed=6)
    mixed = open_entry(encode([rival[0], signed[1]], bytes_max=4096))
    assert offer(simulation.nodes["n03"], mixed) == [Why.NEW]
    simulation.run_for(3600)
    assert {node.log.local.pins()[paris.chapter] for node in simulation.honest} == {mixed.id}


# --- a stolen key ---------------------------------------------------------------------------------


def test_what_a_stolen_daily_key_did_falls_with_it_and_what_was_honest_stays() -> None:
    """It floods, backdates, grants to an accomplice and erases; two leads remove it everywhere.

    Until they do, all of it is shown: that is what the removal is for.
    """
    paris = Community()
    ada, bob, cleo = paris.leads
    simulation = followed(paris, seed=7)
    doors = [simulation.nodes[name] for name in ("n00", "n01", "n02")]
    by_ada = edition(paris, ada, "a", NOW_MS, title="By Ada")
    by_bob = edition(paris, bob, "b", NOW_MS, title="By Bob")
    offer(doors[0], by_ada, by_bob)
    simulation.run_for(1800)

    # The thief, at another node.
    flood = [edition(paris, bob, f"f{n}", NOW_MS + n, title=f"Spam {n}") for n in range(100)]
    backdated = edition(paris, bob, "a", NOW_MS + 1, [by_ada], title="Cancelled, go home")
    grant = paris.act(Grant(key=key("mallory"), kinds=("*",)), by=bob)
    accomplice = paris.write("mallory", under=grant.id, path=("m",))
    erase = paris.write(
        bob, kind="erase", path=("x",), fields={"ids": [NOW_MS, [by_ada.id]]}, clock=NOW_MS + 9
    )
    thief = [*flood, backdated, grant, accomplice, erase]
    offer(doors[2], *thief)
    simulation.run_for(QUIET_S)
    assert simulation.breaches() == []
    shown = titles(simulation.nodes["n04"], paris, now_ms=simulation.now_ms)
    assert "Cancelled, go home" in shown
    assert len(shown) > 100

    keep = paris.act(Keep(ids=(by_bob.id,)), by=ada)
    removal = paris.entry(ada, cleo, by=(ada, cleo), keeps=[keep.id])
    offer(doors[0], keep, removal)
    simulation.run_for(QUIET_S)
    # The thief goes on.
    offer(doors[2], edition(paris, bob, "late", NOW_MS + 5, title="Still here"))
    simulation.run_for(QUIET_S)

    assert simulation.breaches() == []
    assert len(calendars(simulation)) == 1
    for node in simulation.honest:
        assert titles(node, paris, now_ms=simulation.now_ms) == ["By Ada", "By Bob"]
        assert standing(node, by_ada) is LogStanding.IN_SET
        assert {standing(node, each) for each in thief if each is not grant} == {
            LogStanding.SET_ASIDE
        }


# --- forks and links ------------------------------------------------------------------------------


def test_leads_who_left_and_sign_a_rival_charter_switch_nobody() -> None:
    """A majority of the genesis has left by entry 1, and signs another entry 1 years later."""
    paris = Community()
    ada, bob, cleo = paris.leads
    dan, eve = Person("dan"), Person("eve")
    simulation = followed(paris, seed=8)
    handed_over = paris.entry(ada, dan, eve, by=(ada, bob, dan, eve))
    offer(simulation.nodes["n00"], handed_over)
    title: dict[str, object] = {"title": [NOW_MS, "Dan's"]}
    after = paris.write(dan, under=handed_over.id, path=("new",), fields=title)
    offer(simulation.nodes["n00"], after)
    simulation.run_for(QUIET_S)
    tips = {node.name: node.log.local.pins()[paris.chapter] for node in simulation.honest}
    assert set(tips.values()) == {handed_over.id}

    rival = paris.entry(bob, cleo, by=(bob, cleo))
    theirs = paris.write(bob, under=rival.id, path=("rival",), fields={"title": [NOW_MS, "Bob's"]})
    offer(simulation.nodes["n03"], rival, theirs)
    simulation.run_for(QUIET_S)

    assert simulation.breaches() == []
    for node in simulation.honest:
        assert node.log.local.pins()[paris.chapter] == tips[node.name]
        assert titles(node, paris, now_ms=simulation.now_ms) == ["Dan's"]
        entries = {stored.entry.id for stored in node.log.entries(paris.chapter)}
        assert entries >= {paris.genesis.id, handed_over.id, rival.id}  # the proof
        copy = node.log.copied(incarnation=bytes(16))
        copy.local.set_pin(paris.chapter, None)
        newcomer = Reader(copy, Charters(copy), now_ms=lambda: NOW_MS).showing(paris.chapter)
        assert newcomer is not None
        assert set(newcomer.shown.disputed) == {handed_over.id, rival.id}


def test_a_link_with_a_true_id_and_a_false_check_shows_nobody_elses_charter() -> None:
    """The chain is checked from the genesis: a check is a floor, and never its root."""
    paris, liars = Community(), Community("mallory")
    ada, bob, _ = paris.leads
    simulation = followed(paris, seed=9)
    reader = simulation.nodes["n04"]
    (follow,) = reader.log.local.follows()
    reader.log.local.set_follow(replace(follow, floor_seq=0, floor_hash=liars.genesis.id))
    lie = edition(liars, liars.leads[0], "l", NOW_MS, title="Lie")
    offer(simulation.nodes["n02"], liars.genesis, lie)
    offer(simulation.nodes["n00"], edition(paris, ada, "a", NOW_MS, title="True"))
    offer(simulation.nodes["n00"], edition(paris, bob, "b", NOW_MS, title="True too"))
    simulation.run_for(QUIET_S)
    assert len({fingerprint(node.log) for node in simulation.honest}) == 1
    now_ms = simulation.now_ms
    found = Reader(reader.log, Charters(reader.log), now_ms=lambda: now_ms).showing(paris.chapter)
    assert found is not None
    assert found.floor is not Floor.MET
    # Nothing of the liars; and of Paris, what is shown by the charter from its genesis, or nothing.
    assert titles(reader, paris, now_ms=now_ms) in ([], ["True", "True too"])
    others = [node for node in simulation.honest if node is not reader]
    assert {tuple(titles(node, paris, now_ms=now_ms)) for node in others} == {("True", "True too")}
