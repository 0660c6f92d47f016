"""Links: docs/spec/link.md, LINK-1 to LINK-10."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import InputError, LinkError
from p2pevents.record.address import (
    ADDRESS_CHARACTERS_MAX,
    check_dial_address,
    check_listen_address,
)
from p2pevents.record.ids import ChapterId, EntryId, to_text
from p2pevents.record.link import (
    ADDRESSES_MAX,
    CHECK_NUMBER_MAX,
    LINK_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    Link,
    parse_link,
)

CHAPTER = ChapterId(bytes(range(32)))
ENTRY = EntryId(bytes(range(32, 64)))
PEER = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"
ADDRESS = f"/dns4/paris.example.org/tcp/27410/p2p/{PEER}"
TEXT = f"p2pevents://{to_text(CHAPTER)}/"
SPEC = Path(__file__).parents[2] / "docs" / "spec" / "link.md"

hosts = st.one_of(
    st.ip_addresses(v=4).map(lambda address: f"/ip4/{address}"),
    st.ip_addresses(v=6).map(lambda address: f"/ip6/{address}"),
    st.tuples(
        st.sampled_from(["dns", "dns4", "dns6"]),
        st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{2,9}){0,3}", fullmatch=True),
    )
    .map("/".join)
    .map("/".__add__),
)
peers = st.text(
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", min_size=46, max_size=60
)
addresses = st.builds(
    "{}/{}/p2p/{}".format,
    hosts,
    st.one_of(
        st.integers(1, 65535).map("tcp/{}".format),
        st.integers(1, 65535).map("tcp/{}/ws".format),
        st.integers(1, 65535).map("udp/{}/quic-v1".format),
    ),
    peers,
)
names = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]), max_size=NAME_CHARACTERS_MAX
)
links = st.builds(
    Link,
    chapter=st.binary(min_size=32, max_size=32).map(ChapterId),
    at=st.lists(addresses, max_size=ADDRESSES_MAX, unique=True).map(tuple),
    name=names,
    check=st.none()
    | st.tuples(st.integers(0, CHECK_NUMBER_MAX), st.binary(min_size=32, max_size=32).map(EntryId)),
)


@given(link=links)
def test_a_link_is_read_back_from_its_text(link: Link) -> None:
    """LINK-1: one text form; LINK-9: within the limit."""
    assert parse_link(link.text) == link
    assert len(link.text) <= LINK_CHARACTERS_MAX
    assert re.fullmatch(r"[!-~]+", link.text)


@given(link=links, page=st.sampled_from(["https://paris.example.org", "http://127.0.0.1:8080/"]))
def test_a_link_is_read_back_from_the_address_of_a_web_page(link: Link, page: str) -> None:
    """LINK-8."""
    text = link.web_text(page)
    assert text.startswith(page.rstrip("/") + "/join#p2pevents://")
    assert parse_link(text) == link


@given(text=st.text() | st.text().map(TEXT.__add__) | st.text().map((TEXT + "?").__add__))
def test_whatever_the_text_nothing_but_a_link_error_is_raised(text: str) -> None:
    try:
        link = parse_link(text)
    except LinkError:
        return
    assert parse_link(link.text) == link


@given(link=links, data=st.data())
def test_a_link_with_one_character_changed_is_read_or_refused(
    link: Link, data: st.DataObject
) -> None:
    text = link.text
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + data.draw(st.characters()) + text[place + 1 :]
    try:
        parse_link(changed)
    except LinkError:
        return


def test_the_text_form_is_the_documented_one() -> None:
    """LINK-1: order and escapes, as the example in the page has them."""
    link = Link(
        chapter=CHAPTER,
        at=(ADDRESS, f"/ip6/2001:db8::1/tcp/27411/ws/p2p/{PEER}"),
        name="Paris P2P & amis é",
        check=(3, ENTRY),
    )
    assert link.text == (
        f"{TEXT}?at={ADDRESS}&at=/ip6/2001:db8::1/tcp/27411/ws/p2p/{PEER}"
        f"&name=Paris%20P2P%20%26%20amis%20%C3%A9&check=3.{to_text(ENTRY)}"
    )
    assert link.text in SPEC.read_text()


def test_a_link_may_hold_a_chapter_alone() -> None:
    """LINK-1: made before the node ever ran."""
    assert Link(chapter=CHAPTER).text == TEXT
    assert parse_link(TEXT) == Link(chapter=CHAPTER)


@pytest.mark.parametrize(
    "text",
    [TEXT[:-1], TEXT + "?", f"  {TEXT}\n", TEXT.upper(), TEXT + "#part", TEXT + "?&&"],
)
def test_forms_that_other_programs_make_of_a_link_are_read(text: str) -> None:
    """LINK-2: any case of scheme and chapter, with or without the slash."""
    assert parse_link(text) == Link(chapter=CHAPTER)


def test_a_letter_beyond_ascii_does_not_become_one_of_the_alphabet() -> None:
    """LINK-2: the Kelvin sign is k in lower case."""
    chapter = ChapterId(b"\x50" + bytes(31))
    assert "k" in to_text(chapter)
    with pytest.raises(LinkError, match="chapter: "):
        parse_link(f"p2pevents://{to_text(chapter)}/".replace("k", "\u212a"))


def test_unknown_parameters_are_for_newer_programs() -> None:
    """LINK-6."""
    text = f"{TEXT}?color=red&name=Paris&at2=%zz&flag"
    assert parse_link(text) == Link(chapter=CHAPTER, name="Paris")


def test_a_repeated_address_counts_once() -> None:
    """LINK-3."""
    assert parse_link(f"{TEXT}?at={ADDRESS}&at={ADDRESS}").at == (ADDRESS,)


def test_a_plus_is_a_plus() -> None:
    """LINK-7."""
    assert parse_link(f"{TEXT}?name=Lyon+P2P").name == "Lyon+P2P"


def test_a_name_that_a_browser_shows_unescaped_is_read() -> None:
    """LINK-7."""
    assert parse_link(f"{TEXT}?name=Orl\u00e9ans%20\U0001f600").name == "Orl\u00e9ans \U0001f600"


def test_a_fragment_escaped_once_more_is_read() -> None:
    """LINK-8."""
    fragment = Link(chapter=CHAPTER, name="Paris").text.replace(":", "%3A").replace("/", "%2F")
    assert parse_link(f"https://example.org/join#{fragment}").name == "Paris"


def test_a_name_proves_nothing() -> None:
    """LINK-10: the same chapter under any name, so a reader shows it only once the charter did."""
    true, false = (parse_link(f"{TEXT}?name={name}") for name in ("Paris%20P2P", "Paris%20p2p"))
    assert true.chapter == false.chapter
    assert true != false


def test_a_check_names_an_entry_and_not_the_chapter() -> None:
    """LINK-5: a floor, read apart from the root that the chapter id is."""
    link = parse_link(f"{TEXT}?check=12.{to_text(ENTRY)}")
    assert (link.chapter, link.check) == (CHAPTER, (12, ENTRY))


TOO_MANY = "&".join(f"at=/ip4/127.0.0.1/tcp/{port}/p2p/{PEER}" for port in range(1, 10))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # LINK-1
        ("", "is not a link to a chapter"),
        ("https://paris.example.org/join", "nothing after a '#'"),
        ("https://paris.example.org/join#next", "is not a link to a chapter"),
        ("https://paris.example.org/join#%zz", "link: a '%' without"),
        (f"{TEXT}event?name=x", "'event' stands between chapter and '[?]'"),
        # LINK-2
        ("p2pevents://", "chapter: '' is not an id"),
        ("p2pevents://paris/", "chapter: 'paris' is not an id"),
        (f"p2pevents://b{'a' * 51}b/", "last character cannot be 'b'"),
        # LINK-3
        (f"{TEXT}?at=127.0.0.1", "at: '127.0.0.1' is not an address"),
        (f"{TEXT}?at=/ip4/127.0.0.1/tcp/1", "does not end in /p2p/PEERID"),
        (f"{TEXT}?at=/ip4/127.0.0.1/tcp/1/p2p/O0Il", "'O0Il' is not a peer id"),
        (f"{TEXT}?at=/ip4/127.0.0.1/tcp/0/p2p/{PEER}", "port 0 cannot be dialled"),
        (f"{TEXT}?at=/ip4/127.0.0.1/tcp/65536/p2p/{PEER}", "65536 is not a port"),
        (f"{TEXT}?at=/ip4/127.0.0.01/tcp/1/p2p/{PEER}", "not an IPv4 address"),
        (f"{TEXT}?at=/ip4/paris.example.org/tcp/1/p2p/{PEER}", "not an IPv4 address"),
        (f"{TEXT}?at=/ip6/1::2::3/tcp/1/p2p/{PEER}", "not an IPv6 address"),
        (f"{TEXT}?at=/ip6/fe80::1%25eth0/tcp/1/p2p/{PEER}", "an interface of one machine"),
        (f"{TEXT}?at=/dns4/a..b/tcp/1/p2p/{PEER}", "'a..b' is not a host name"),
        (f"{TEXT}?at=/ip4/127.0.0.1/tcp/1/a/b/c/d/e/p2p/{PEER}", "is not an address"),
        (f"{TEXT}?at=/dns4/{'a' * 257}/tcp/1/p2p/{PEER}", "where 256 are allowed"),
        (f"{TEXT}?{TOO_MANY}", "9 addresses, where a link holds at most 8"),
        # LINK-4
        (f"{TEXT}?name={'n' * 201}", "name: 201 characters, where 200 are allowed"),
        (f"{TEXT}?name=a%00b", "name: holds U[+]0000, which cannot be shown"),
        (f"{TEXT}?name=a%E2%80%AEb", "name: holds U[+]202E"),
        (f"{TEXT}?name=\ud800", "name: holds U[+]D800"),
        # LINK-5
        (f"{TEXT}?check=3", "check: '3' is not NUMBER.ENTRY"),
        (f"{TEXT}?check=03.{to_text(ENTRY)}", "is not NUMBER.ENTRY"),
        (f"{TEXT}?check=10000.{to_text(ENTRY)}", "is not NUMBER.ENTRY"),
        (f"{TEXT}?check=3.{to_text(ENTRY)[:-1]}", "is not NUMBER.ENTRY"),
        (f"{TEXT}?check=3.b{'a' * 51}b", "check: .* last character cannot be 'b'"),
        # LINK-6
        (f"{TEXT}?name=a&name=b", "name: said 2 times"),
        # LINK-7
        (f"{TEXT}?name=%4", "name: a '%' without two hexadecimal digits"),
        (f"{TEXT}?name=%ff", "name: its escapes are not UTF-8"),
        # LINK-9
        (f"{TEXT}?x={'y' * LINK_CHARACTERS_MAX}", "where a link has at most 8192"),
        (f"{TEXT}?name=Paris P2P", "broken by a space or a line end"),
    ],
)
def test_a_link_that_breaks_a_rule_is_refused_by_name(text: str, message: str) -> None:
    """LINK-1 to LINK-9."""
    with pytest.raises(LinkError, match=message) as caught:
        parse_link(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Link(chapter=CHAPTER, at=("/ip4/x",)), "at: '/ip4/x' is not an address"),
        (lambda: Link(chapter=CHAPTER, at=(ADDRESS, ADDRESS)), "the same address twice"),
        (lambda: Link(chapter=CHAPTER, check=(-1, ENTRY)), "check: entry -1"),
        (lambda: Link(chapter=CHAPTER, check=(CHECK_NUMBER_MAX + 1, ENTRY)), "entry 10000"),
    ],
)
def test_no_link_is_made_that_would_be_refused_when_read(
    make: Callable[[], Link], message: str
) -> None:
    with pytest.raises(LinkError, match=message):
        make()


def test_the_longest_link_is_within_the_limit() -> None:
    """LINK-9: at the limit of every part."""
    tail = f"/tcp/65535/wss/p2p/{PEER}"
    label = "a" * 60
    longest = f"/dns4/{label}.{label}.".ljust(ADDRESS_CHARACTERS_MAX - len(tail), "a") + tail
    assert len(longest) == ADDRESS_CHARACTERS_MAX
    link = Link(
        chapter=CHAPTER,
        at=tuple(longest.replace("65535", str(65535 - i)) for i in range(ADDRESSES_MAX)),
        name="\U0001f600" * NAME_CHARACTERS_MAX,
        check=(CHECK_NUMBER_MAX, ENTRY),
    )
    assert len(link.text) <= LINK_CHARACTERS_MAX
    assert parse_link(link.text) == link


@given(address=addresses)
def test_an_address_to_dial_names_its_peer_and_one_to_listen_on_does_not(address: str) -> None:
    """LINK-3."""
    assert check_dial_address(address) == address
    listening = address.partition("/p2p/")[0]
    assert check_listen_address(listening) == listening
    with pytest.raises(InputError, match="names a peer"):
        check_listen_address(address)
    with pytest.raises(InputError, match="does not end in"):
        check_dial_address(listening)


def test_every_rule_of_the_page_is_named_here() -> None:
    rules = set(re.findall(r"\*\*(LINK-\d+)\*\*", SPEC.read_text()))
    assert rules == {f"LINK-{number}" for number in range(1, 11)}


def test_a_link_may_lead_through_a_relay() -> None:
    """LINK-3: the relay's place and id, p2p-circuit, and who is behind it."""
    through = f"{ADDRESS}/p2p-circuit/p2p/{PEER}"
    assert check_dial_address(through) == through
    for wrong in (
        f"{ADDRESS}/p2p-circuit",
        f"{ADDRESS}/p2p-circuit/p2p/nobody",
        f"{ADDRESS}/p2p-circuit/p2p/{PEER}/p2p-circuit/p2p/{PEER}",
        f"/ip4/192.0.2.1/tcp/1/p2p-circuit/p2p/{PEER}",
        f"/ip4/192.0.2.1/tcp/1/p2p/x/p2p-circuit/p2p/{PEER}",
    ):
        with pytest.raises(InputError):
            check_dial_address(wrong)
