"""What is told of peers: since when, how it went, and what went wrong."""

from __future__ import annotations

from p2pevents.node.encounters import PEERS_MAX, WORDS_CHARACTERS_MAX, Encounters, ended_words
from p2pevents.sync.effects import Ended, Outcome


def test_what_went_wrong_is_told_until_it_goes_well() -> None:
    book = Encounters()
    book.failed("p", "nobody listens there", now_ms=1)
    book.connected("p", now_ms=2)
    facts = book.facts()["p"]
    assert (facts["since_ms"], facts["trouble"], facts["trouble_ms"]) == (
        2,
        "nobody listens there",
        1,
    )
    book.compared("p", Ended(outcome=Outcome.UNFINISHED, why="stream-ended"), now_ms=3)
    assert book.facts()["p"]["trouble"] == "it ended the exchange before it was done"
    assert book.facts()["p"]["lastSync_ms"] is None
    book.compared("p", Ended(outcome=Outcome.EQUAL, new=2), now_ms=4)
    facts = book.facts()["p"]
    assert (facts["lastSync_ms"], facts["lastOutcome"], facts["trouble"]) == (
        4,
        "2 new, equal",
        None,
    )
    book.lost("p")
    assert book.facts()["p"]["since_ms"] is None


def test_strangers_fill_no_memory() -> None:
    book = Encounters()
    for number in range(PEERS_MAX + 9):
        book.failed(f"p{number}", "x" * 9_999, now_ms=number)
    facts = book.facts()
    assert len(facts) == PEERS_MAX
    assert "p0" not in facts
    assert all(len(each["trouble"]) == WORDS_CHARACTERS_MAX for each in facts.values())


def test_an_outcome_nobody_has_words_for_is_said_all_the_same() -> None:
    assert ended_words(Ended(outcome=Outcome.UNFINISHED, why="odd")) == (
        "the exchange was not finished (odd)"
    )
    assert ended_words(Ended(outcome=Outcome.SETTLED, left_out={"full": 2})) == (
        "nothing new, settled, 2 left out"
    )
