"""Leave and its end: grants, revocations, removals, and what is kept."""

import pytest

from p2pevents.authority import Act, Answer, Authority, Standing, grant_of
from p2pevents.authority.acts import (
    GIVES_A_KEY_MAX,
    GIVES_MAX,
    KEEPS_A_KEY_MAX,
    KEEPS_MAX,
    Acts,
)
from p2pevents.errors import InputError, RecordError
from p2pevents.record.authority_kinds import KEEP_IDS_MAX, Grant, Keep, Revoke, keeps_of
from p2pevents.record.ids import ChapterId, EntryId, RecordId
from tests.authority.people import Chapter, Person, act, key_of, said

A, B, C = (Person(name) for name in "abc")
DELEGATE, OTHER = key_of("delegate"), key_of("other")
EVENTS = Grant(key=DELEGATE, kinds=("event", "session"))


def removed_with(chapter: Chapter, keeps: list[RecordId]) -> None:
    """Let A and B remove B."""
    chapter.offer(chapter.entry(A, by=(A, B), keeps=keeps))


def test_a_lead_writes_what_they_like_and_a_stranger_nothing() -> None:
    """CH-29, CH-32."""
    chapter = Chapter(A)
    judge = chapter.authority.judge
    for kind in ("event", "profile", "digest", "of-tomorrow"):
        assert judge(chapter.write(A.key, chapter.id, kind=kind).header) is Standing.BELONGS
    assert judge(chapter.write(DELEGATE, chapter.id).header) is Standing.REFUSED
    assert judge(chapter.write(A.lead.charter, chapter.id).header) is Standing.REFUSED
    assert judge(chapter.write(A.key, bytes(32)).header) is Standing.UNKNOWN
    other = said(chapter=ChapterId(bytes(32)), author=A.key, authority=chapter.id)
    assert judge(other.header) is Standing.REFUSED
    assert not chapter.authority.shows(other.header, chapter.genesis.id)


@pytest.mark.parametrize(
    ("kind", "path", "clock", "within"),
    [
        ("event", ("e",), 1000, True),
        ("session", ("e", "s"), 1000, True),
        ("session", ("e", "s"), 1001, False),
        ("session", ("e2", "s"), 1, False),
        ("profile", ("e",), 1, False),
        ("grant", ("e",), 1, False),
        ("keep", ("e",), 1, False),
    ],
)
def test_a_grant_holds_for_its_kinds_its_path_and_its_time(
    kind: str, path: tuple[str, ...], clock: int, *, within: bool
) -> None:
    """CH-30."""
    chapter = Chapter(A)
    grant = Grant(key=DELEGATE, path=("e",), kinds=("event", "session"), until=1000)
    granted = chapter.act(A, grant)
    record = chapter.write(DELEGATE, granted, kind=kind, path=path, clock=clock)
    expected = Standing.BELONGS if within else Standing.REFUSED
    assert chapter.authority.judge(record.header) is expected
    acting = chapter.authority.as_author(DELEGATE, kind=kind, path=path, clock=clock)
    assert acting == (granted if within else None)
    stolen = chapter.write(OTHER, granted, kind=kind, path=path, clock=clock)
    assert chapter.authority.judge(stolen.header) is Standing.REFUSED


def test_a_record_waits_for_its_grant_and_names_nothing_else() -> None:
    """CH-30, CH-32."""
    chapter = Chapter(A)
    grant = act(EVENTS, chapter=chapter.id, author=A.key, entry=chapter.id)
    record = chapter.write(DELEGATE, grant.id)
    assert chapter.authority.judge(record.header) is Standing.UNKNOWN
    assert chapter.authority.offer_record(grant) is Answer.NEW
    assert chapter.authority.offer_record(grant) is Answer.KNOWN
    assert chapter.authority.judge(record.header) is Standing.BELONGS
    keep = chapter.act(A, Keep(ids=(record.id,)))
    assert chapter.authority.judge(chapter.write(A.key, keep).header) is Standing.REFUSED


def test_a_grant_for_everything_is_not_for_authority() -> None:
    """CH-23, CH-30."""
    chapter = Chapter(A)
    granted = chapter.act(A, Grant(key=DELEGATE, kinds=("*",)))
    anything = chapter.write(DELEGATE, granted, kind="anything")
    assert chapter.authority.judge(anything.header) is Standing.BELONGS
    further = act(EVENTS, chapter=chapter.id, author=DELEGATE, entry=granted)
    assert chapter.authority.judge(further.header) is Standing.REFUSED
    assert chapter.authority.offer_record(further) is Answer.REFUSED


def test_acts_wait_for_their_entry_and_their_body_and_are_judged_whole() -> None:
    """CH-22, CH-23."""
    chapter = Chapter(A)
    grant = act(EVENTS, chapter=chapter.id, author=A.key, entry=bytes(32))
    assert chapter.authority.offer_record(grant) is Answer.UNKNOWN
    late = said(chapter=chapter.id, author=A.key, authority=chapter.id, kind="grant", body=None)
    assert chapter.authority.offer_record(late) is Answer.UNKNOWN
    by_other = act(EVENTS, chapter=chapter.id, author=OTHER, entry=chapter.id)
    assert chapter.authority.offer_record(by_other) is Answer.REFUSED
    elsewhere = act(EVENTS, chapter=ChapterId(bytes(32)), author=A.key, entry=chapter.id)
    assert chapter.authority.offer_record(elsewhere) is Answer.REFUSED
    event = chapter.write(A.key, chapter.id)
    assert chapter.authority.offer_record(event) is Answer.REFUSED
    bad = said(chapter=chapter.id, author=A.key, authority=chapter.id, kind="grant")
    with pytest.raises(RecordError, match="grant-shape"):
        chapter.authority.offer_record(bad)


def test_removing_a_lead_strikes_all_they_signed_save_what_is_kept() -> None:
    """CH-26 to CH-28, CH-31: the grant too, and what rests on it."""
    chapter = Chapter(A, B)
    genesis = chapter.genesis.id
    granted = chapter.act(B, EVENTS)
    kept, lost = (chapter.write(B.key, genesis, clock=clock) for clock in (1, 2))
    rests, rests_kept = (chapter.write(DELEGATE, granted, clock=clock) for clock in (3, 4))
    backdated = chapter.write(B.key, genesis, clock=0)
    keep = chapter.act(A, Keep(ids=tuple(sorted([kept.id, rests_kept.id]))))
    judge = chapter.authority.judge
    assert {judge(each.header) for each in (kept, lost, rests, rests_kept)} == {Standing.BELONGS}
    before = chapter.authority.epoch
    removed_with(chapter, [keep])
    assert chapter.authority.epoch > before
    assert {judge(each.header) for each in (kept, rests_kept)} == {Standing.BELONGS}
    assert {judge(each.header) for each in (lost, rests, backdated)} == {Standing.STRUCK}
    assert chapter.authority.as_author(B.key, kind="event", path=("e",), clock=9) is None
    assert chapter.authority.as_author(DELEGATE, kind="event", path=("e",), clock=9) is None
    # Adoption: a lead who remains may keep more, later.
    chapter.act(A, Keep(ids=(lost.id,)))
    assert judge(lost.header) is Standing.BELONGS
    # The acts themselves stay in the collection, without effect.
    assert {each.id for each in chapter.authority.acts} >= {granted, keep}
    (grant,) = [record for record in chapter.records if record.id == granted]
    assert judge(grant.header) is Standing.BELONGS
    assert not chapter.authority.shows(grant.header, chapter.authority.tip())


def test_a_stolen_key_fills_its_own_room_and_not_that_of_its_removal() -> None:
    """CH-24."""
    chapter = Chapter(A)
    for number in range(KEEPS_A_KEY_MAX):
        chapter.act(A, Keep(ids=(RecordId(number.to_bytes(32, "big")),)))
    mine = chapter.write(A.key, chapter.genesis.id)
    keep = act(Keep(ids=(mine.id,)), chapter=chapter.id, author=A.key, entry=chapter.id)
    assert chapter.authority.offer_record(keep) is Answer.FULL
    chapter.act(A, EVENTS)
    new = A.renewed()
    chapter.offer(chapter.entry(new, by=(A, new), keeps=[keep.id]))
    assert chapter.authority.offer_record(keep) is Answer.NEW
    assert chapter.authority.judge(mine.header) is Standing.BELONGS


def test_no_chapter_holds_more_acts_than_its_room_whoever_signs_them() -> None:
    """CH-24."""
    acts = Acts()

    def made(number: int, author: int, body: Grant | Keep) -> Act:
        return Act(
            id=RecordId(number.to_bytes(32, "big")),
            author=key_of(f"lead {author}"),
            entry=EntryId(bytes(32)),
            clock=0,
            body=body,
        )

    keep = Keep(ids=(RecordId(bytes(32)),))
    for body, a_key, in_all in (
        (keep, KEEPS_A_KEY_MAX, KEEPS_MAX),
        (EVENTS, GIVES_A_KEY_MAX, GIVES_MAX),
    ):
        start = len(acts)
        for number in range(in_all):
            one = made(start + number, number // a_key, body)
            assert acts.has_room(one)
            acts.add(one)
            if number % a_key == a_key - 1:
                assert not acts.has_room(made(0, number // a_key, body))
        assert not acts.has_room(made(0, in_all, body))
    assert len(acts) == len(list(acts)) == KEEPS_MAX + GIVES_MAX


def test_a_kept_grant_goes_on() -> None:
    """CH-27, CH-31."""
    chapter = Chapter(A, B)
    granted = chapter.act(B, EVENTS)
    keep = chapter.act(A, Keep(ids=(granted,)))
    removed_with(chapter, [keep])
    later = chapter.write(DELEGATE, granted, clock=99)
    assert chapter.authority.judge(later.header) is Standing.BELONGS
    assert chapter.authority.as_author(DELEGATE, kind="event", path=("e",), clock=9) == granted


def test_a_removal_takes_effect_only_with_its_keeps() -> None:
    """CH-26: a node that lacks one shows what the lead signed, until it comes."""
    chapter = Chapter(A, B)
    record, other = (chapter.write(B.key, chapter.genesis.id, clock=clock) for clock in (1, 2))
    keep = act(Keep(ids=(record.id,)), chapter=chapter.id, author=A.key, entry=chapter.id)
    removed_with(chapter, [keep.id])
    judge = chapter.authority.judge
    assert chapter.authority.awaited == {keep.id}
    assert [judge(each.header) for each in (record, other)] == [Standing.BELONGS] * 2
    assert chapter.authority.leads() == (A.lead,)
    chapter.authority.offer_record(keep)
    assert chapter.authority.awaited == set()
    assert [judge(each.header) for each in (record, other)] == [Standing.BELONGS, Standing.STRUCK]


def test_one_lead_with_a_stolen_laptop_replaces_their_keys_and_keeps_their_work() -> None:
    """CH-18, CH-27: the keep is signed with the old key, and the entry that lists it vouches."""
    chapter = Chapter(A)
    mine, thiefs = (chapter.write(A.key, chapter.genesis.id, clock=clock) for clock in (1, 2))
    keep = chapter.act(A, Keep(ids=(mine.id,)))
    forged = act(
        Keep(ids=(thiefs.id,)), chapter=chapter.id, author=A.key, entry=chapter.id, clock=1
    )
    new = A.renewed()
    chapter.offer(chapter.entry(new, by=(A, new), keeps=[keep]))
    assert chapter.authority.offer_record(forged) is Answer.NEW
    judge = chapter.authority.judge
    assert judge(mine.header) is Standing.BELONGS
    assert judge(thiefs.header) is Standing.STRUCK
    acting = chapter.authority.as_author(new.key, kind="event", path=("e",), clock=3)
    assert acting == RecordId(chapter.authority.tip())


def test_a_revocation_strikes_a_delegate_and_falls_with_the_thief_who_made_it() -> None:
    """CH-28, CH-31, CH-32: struck records come back."""
    chapter = Chapter(A, B)
    granted = chapter.act(A, EVENTS)
    kept, other = (chapter.write(DELEGATE, granted, clock=clock) for clock in (1, 2))
    keep = act(Keep(ids=(kept.id,)), chapter=chapter.id, author=B.key, entry=chapter.id)
    judge = chapter.authority.judge
    chapter.act(B, Revoke(key=DELEGATE, keeps=(keep.id,)))
    assert [judge(each.header) for each in (kept, other)] == [Standing.BELONGS] * 2
    assert chapter.authority.awaited == {keep.id}
    chapter.authority.offer_record(keep)
    assert [judge(each.header) for each in (kept, other)] == [Standing.BELONGS, Standing.STRUCK]
    assert chapter.authority.as_author(DELEGATE, kind="event", path=("e",), clock=9) is None
    removed_with(chapter, [])
    assert [judge(each.header) for each in (kept, other)] == [Standing.BELONGS] * 2


def test_a_revocation_that_lists_what_is_no_keep_never_takes_effect() -> None:
    """CH-28."""
    chapter = Chapter(A)
    granted = chapter.act(A, EVENTS)
    chapter.act(A, Revoke(key=DELEGATE, keeps=(granted,)))
    record = chapter.write(DELEGATE, granted)
    assert chapter.authority.judge(record.header) is Standing.BELONGS
    assert chapter.authority.awaited == set()


def test_a_revocation_touches_no_lead() -> None:
    """CH-31: one stolen daily key expels nobody."""
    chapter = Chapter(A, B)
    chapter.act(B, Revoke(key=A.key))
    record = chapter.write(A.key, chapter.genesis.id)
    assert chapter.authority.judge(record.header) is Standing.BELONGS
    acting = chapter.authority.as_author(A.key, kind="event", path=("e",), clock=9)
    assert acting == RecordId(chapter.genesis.id)


def test_of_several_grants_the_widest_is_acted_under() -> None:
    chapter = Chapter(A)
    french = chapter.act(A, Grant(key=DELEGATE, kinds=("event",), fields=("localizations/fr",)))
    acting = {"kind": "event", "path": ("e",), "clock": 9}
    who = chapter.authority.as_author
    assert who(DELEGATE, **acting) == french  # type: ignore[arg-type]
    short = chapter.act(A, Grant(key=DELEGATE, kinds=("event",), until=10))
    assert who(DELEGATE, **acting) == short  # type: ignore[arg-type]
    long = chapter.act(A, Grant(key=DELEGATE, kinds=("event",), until=1000))
    assert who(DELEGATE, **acting) == long  # type: ignore[arg-type]
    endless = chapter.act(A, Grant(key=DELEGATE, kinds=("event",)))
    assert who(DELEGATE, **acting) == endless  # type: ignore[arg-type]
    fields_of = chapter.authority.fields_of
    assert fields_of(french) == ("localizations/fr",)
    assert fields_of(endless) is None
    assert fields_of(RecordId(chapter.genesis.id)) is None


def test_many_kept_ids_are_split_into_as_few_records_as_hold_them() -> None:
    ids = [RecordId(number.to_bytes(32, "big")) for number in range(2 * KEEP_IDS_MAX + 1)]
    keeps = keeps_of(reversed(ids))
    assert [len(keep.ids) for keep in keeps] == [KEEP_IDS_MAX, KEEP_IDS_MAX, 1]
    assert sum((keep.ids for keep in keeps), ()) == tuple(ids)
    assert keeps_of([]) == ()
    for keep in keeps:
        keep.encode()


@pytest.mark.parametrize(
    ("role", "path", "languages"),
    [
        ("organiser", (), ()),
        ("editor", ("e",), ()),
        ("translator", (), ("fr", "en", "fr")),
        ("speaker", ("e", "s"), ()),
        ("importer", (), ()),
        ("witness", (), ()),
    ],
)
def test_every_role_makes_a_grant_that_can_be_signed(
    role: str, path: tuple[str, ...], languages: tuple[str, ...]
) -> None:
    """CH-22."""
    grant = grant_of(role, key=DELEGATE, path=path, languages=languages, until=5)
    assert grant.encode()
    assert (grant.role, grant.path, grant.until) == (role, path, 5)
    assert (grant.fields is not None) == bool(languages)


def test_a_translator_writes_the_fields_of_their_languages_alone() -> None:
    """CH-33."""
    grant = grant_of("translator", key=DELEGATE, languages=("fr", "en"))
    assert grant.fields == ("localizations/en", "localizations/fr")


def test_a_witness_signs_digests_and_nothing_else() -> None:
    chapter = Chapter(A)
    granted = chapter.act(A, grant_of("witness", key=DELEGATE))
    judge = chapter.authority.judge
    digest = chapter.write(DELEGATE, granted, kind="digest")
    assert judge(digest.header) is Standing.BELONGS
    assert judge(chapter.write(DELEGATE, granted, kind="event").header) is Standing.REFUSED


@pytest.mark.parametrize(
    ("role", "path", "languages", "message"),
    [
        ("king", (), (), "not a role"),
        ("speaker", ("e",), (), "path of one session"),
        ("translator", (), (), "needs languages"),
        ("editor", (), ("fr",), "has no languages"),
    ],
)
def test_a_role_that_cannot_be_given_is_said_in_a_persons_words(
    role: str, path: tuple[str, ...], languages: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        grant_of(role, key=DELEGATE, path=path, languages=languages)
    assert caught.value.hint


def test_a_chapter_that_nobody_wrote_in_says_who_leads_it() -> None:
    authority = Authority(Chapter(A, B).genesis)
    assert authority.leads() == tuple(sorted([A.lead, B.lead]))
    assert authority.leads(authority.chain.genesis) == authority.leads()
    assert authority.closed == ""
    assert authority.chapter == authority.chain.chapter
