"""The fold agrees with the rules written out slowly, on random histories; one seed replays any."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from p2pevents.authority import Authority, Standing
from p2pevents.record.header import Header
from p2pevents.record.ids import EntryId
from tests.authority.histories import History, deliver, history_of
from tests.authority.model import Model
from tests.authority.people import said


def arrived(history: History, rng: Random) -> History:
    """Return the history as one node has it: now and then something never came."""
    if rng.random() < 0.5:
        return history
    return History(
        history.genesis,
        history.people,
        [entry for entry in history.entries if rng.random() > 0.05],
        [record for record in history.records if rng.random() > 0.1],
    )


def compare(seed: int) -> Counter[Standing]:
    """Compare fold and model on one history; return how the records stand."""
    rng = Random(seed)
    whole = history_of(seed)
    history = arrived(whole, rng)
    authority = deliver(history.genesis, history.entries, history.records, rng)
    model = Model(history.genesis, history.entries, history.records)
    assert {entry.id for entry in authority.chain} == set(model.entries)
    assert set(authority.chain.tips) == model.tips()
    assert {act.id for act in authority.acts} == set(model.acts)
    standings: Counter[Standing] = Counter()
    for record in whole.records:
        standing = model.standing(record)
        standings[standing] += 1
        assert authority.judge(record.header) is standing
        assert authority.judge(record.header, record.id) is standing
        for tip in (entry.id for entry in authority.chain):
            told = standing in (Standing.BELONGS, Standing.STRUCK)
            assert authority.shows(record.header, tip) is (told and model.admits(record, tip))
    return standings


@given(seed=st.integers(0, 2**32))
def test_the_fold_agrees_with_the_model_on_every_record_and_branch(seed: int) -> None:
    """CH-14, CH-17, CH-19 to CH-27."""
    compare(seed)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_five_thousand_histories_agree() -> None:
    for seed in range(5000):
        compare(seed)


def test_random_histories_reach_every_standing_forks_heals_and_recoveries() -> None:
    """The comparison would say little if the histories were tame."""
    standings: Counter[Standing] = Counter()
    forks = heals = recoveries = longest = 0
    for seed in range(60):
        standings += compare(seed)
        history = history_of(seed)
        chain = deliver(history.genesis, history.entries, []).chain
        forks += len(chain.tips) > 1
        heals += any(len(entry.snapshot.prev) == 2 for entry in chain)
        recoveries += any(entry.snapshot.recovery for entry in chain)
        longest = max(longest, *(entry.snapshot.seq for entry in chain))
    assert all(standings[standing] > 20 for standing in Standing)
    assert forks > 10
    assert heals > 3
    assert recoveries > 3
    assert longest > 3


def words_of(authority: Authority, history: History) -> object:
    """Return all that an authority says, in one comparable value."""
    return (
        authority.chain.tips,
        sorted(entry.id for entry in authority.chain),
        sorted(act.id for act in authority.acts),
        authority.awaited,
        authority.tip(),
        authority.leads(),
        [authority.judge(record.header) for record in history.records],
        [
            [authority.shows(record.header, tip) for record in history.records]
            for tip in authority.chain.tips
        ],
    )


@given(seed=st.integers(0, 2**32), order=st.integers(0, 2**32))
def test_the_order_of_arrival_leaves_no_trace(seed: int, order: int) -> None:
    """CH-27."""
    history = history_of(seed)
    as_said = deliver(history.genesis, history.entries, history.records)
    shuffled = deliver(history.genesis, history.entries, history.records, Random(order))
    assert words_of(as_said, history) == words_of(shuffled, history)


def naming(header: Header, authority: bytes) -> Header:
    return said(
        chapter=header.chapter,
        author=header.author,
        authority=authority,
        kind=header.kind,
        path=header.path,
        clock=header.clock,
        body=b"\x80",  # a new record: no keep names it
    ).header


@given(seed=st.integers(0, 2**32))
@settings(max_examples=30)
def test_who_may_write_is_told_before_writing(seed: int) -> None:
    history = history_of(seed)
    authority = deliver(history.genesis, history.entries, history.records)
    for tip in authority.chain.tips:
        for record in history.records:
            header = record.header
            acting = authority.as_author(
                header.author, kind=header.kind, path=header.path, clock=header.clock, tip=tip
            )
            if acting is not None:
                assert authority.shows(naming(header, acting), tip)
                continue
            wider: list[bytes] = [EntryId(tip), *(act.id for act in authority.acts)]
            assert not any(authority.shows(naming(header, each), tip) for each in wider)
