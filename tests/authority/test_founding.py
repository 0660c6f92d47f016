"""A chapter begins, its founder writes, and gives leave to others."""

from p2pevents.authority import Answer, Authority, Standing, found
from p2pevents.record.authority_kinds import Grant
from p2pevents.record.entry import open_entry
from p2pevents.record.envelope import Verified, body_hash, seal
from p2pevents.record.header import Header
from p2pevents.record.ids import Path, RecordId
from p2pevents.record.signature import public_key_of

CHARTER, DAILY, EDITOR = b"c" * 32, b"d" * 32, b"e" * 32
GENESIS = found(charter_seed=CHARTER, daily_seed=DAILY, salt=b"s" * 16)


def write(
    seed: bytes,
    authority: RecordId,
    *,
    kind: str,
    path: Path,
    body: bytes = b"\xa0",
    clock: int = 9,
) -> Verified:
    header = Header(
        kind=kind,
        chapter=GENESIS.chapter,
        path=path,
        author=public_key_of(seed),
        authority=authority,
        clock=clock,
        body_hash=body_hash(body),
        body_bytes=len(body),
    )
    return seal(header, body, seed=seed)


def test_what_a_lead_writes_belongs_and_a_strangers_word_is_refused() -> None:
    authority = Authority(open_entry(GENESIS.envelope))
    acting = authority.as_author(public_key_of(DAILY), kind="event", path=("e",), clock=9)
    assert acting == RecordId(GENESIS.id)
    assert authority.judge(write(DAILY, acting, kind="event", path=("e",)).header) is (
        Standing.BELONGS
    )
    stranger = write(EDITOR, acting, kind="event", path=("e",))
    assert authority.judge(stranger.header) is Standing.REFUSED
    assert authority.as_author(public_key_of(EDITOR), kind="event", path=("e",), clock=9) is None


def test_a_delegate_writes_within_the_grant_and_not_beyond() -> None:
    authority = Authority(GENESIS)
    acting = RecordId(GENESIS.id)
    body = Grant(key=public_key_of(EDITOR), path=("e",), kinds=("event", "session")).encode()
    grant = write(DAILY, acting, kind="grant", path=("g",), body=body)
    inside = write(EDITOR, grant.id, kind="session", path=("e", "s"))
    beside = write(EDITOR, grant.id, kind="session", path=("f", "s"))
    other = write(EDITOR, grant.id, kind="profile", path=("e",))
    assert authority.judge(inside.header) is Standing.UNKNOWN
    assert authority.offer_record(grant) is Answer.NEW
    assert authority.offer_record(grant) is Answer.KNOWN
    assert authority.judge(inside.header) is Standing.BELONGS
    assert authority.judge(beside.header) is Standing.REFUSED
    assert authority.judge(other.header) is Standing.REFUSED
    assert (
        authority.as_author(public_key_of(EDITOR), kind="session", path=("e", "s"), clock=9)
        == grant.id
    )
