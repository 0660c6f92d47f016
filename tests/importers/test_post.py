"""Posts in Markdown: front matter into a recap or an event, and misread text put right."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import InputError
from p2pevents.importers.plan import Destination, Draft, Trust
from p2pevents.importers.reading import read_source
from p2pevents.importers.repair import repaired
from p2pevents.record.draft import compose
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, PublicKey, RecordId
from p2pevents.record.kinds import Kind

CHAPTER = ChapterId(bytes(range(32)))
INTO = Destination(chapter=CHAPTER, time_zone="Europe/Paris", trust=Trust.WALL)
DATA = Path(__file__).parents[2].parent / "shared" / "data"


def draft(front: str, body: str = "Words.", *, into: Destination = INTO) -> Draft:
    source = read_source(f"---\n{front}\n---\n{body}\n".encode(), name="post.md")
    (made,) = source.plan("", into).drafts
    return made


def test_a_post_is_a_recap_with_its_title_author_day_cover_tags_and_links() -> None:
    made = draft(
        "title: One year\nauthor: camille\ndate: 2020-05-11\nimage: https://a.example/p.jpg\n"
        "tags:\n  - Meetup\n  - crypto\ncategories: [meetup]",
        "See [the *talks*](https://a.example/t), [again](https://a.example/t).\n\n"
        "![picture](https://a.example/x.png)\n\n[bad](javascript:alert(1))",
    )
    assert made.kind == Kind.RECAP
    assert made.fields == {
        "title": "One year",
        "description": "See [the *talks*](https://a.example/t), [again](https://a.example/t)."
        "\n\n[bad](javascript:alert(1))",
        "day": "2020-05-11",
        "cover": "https://a.example/p.jpg",
        "keywords": {"meetup": True, "crypto": True},
        "links": {"the-talks": {"href": "https://a.example/t", "title": "the talks"}},
        "participants": {"camille": {"name": "camille", "roles": ["author"]}},
        "imported": {"from": "post.md"},
    }


def test_a_post_that_says_when_it_starts_is_an_event() -> None:
    made = draft(
        "title: Meetup\nstart: 2020-02-05T18:30\nend: 2020-02-05T23:00\nvenue: Hall\ncity: Paris"
    )
    assert made.kind == Kind.EVENT
    assert made.fields["when"] == {
        "start": "2020-02-05T18:30:00",
        "timeZone": "Europe/Paris",
        "duration": "PT4H30M",
    }
    assert made.fields["where"] == {"name": "Hall", "city": "Paris"}


def test_a_picture_beside_the_file_gives_way_to_the_first_in_the_text() -> None:
    made = draft("title: A\nimage: here.jpg", "![p](https://a.example/x.png)")
    assert made.fields["cover"] == "https://a.example/x.png"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no front matter", "post.md: line 1: no front matter"),
        ("---\ntitle: [a\n---\n", "post.md: line 2: front matter: "),
        ("---\n- a\n---\n", "post.md: line 1: front matter without keys"),
        ("---\nauthor: a\n---\n", "post.md: title: missing"),
        ("---\ntitle: a\ndate: soon\n---\n", "post.md: date: 'soon' is not a day"),
        ("---\ntitle: a\nstart: soon\n---\n", "post.md: start: 'soon' is not a time"),
        (
            "---\ntitle: a\nstart: 2020-02-05T18:30\nend: 2020-02-05T18:00\n---\n",
            "post.md: end: it is not after the start",
        ),
        (
            "---\na: &a [x, x]\nb: &b [*a, *a]\ntitle: t\n---\n",
            "post.md: line 3: front matter: an alias (*) is not read",
        ),
        ("---\ntitle: a\n" + "x: y\n" * 4000 + "---\n", "post.md: front matter of more than"),
        ("---\ntitle: a\n---\n" + "x" * 2**20, "post.md: larger than 1 MiB"),
    ],
)
def test_a_post_that_cannot_be_used_is_refused_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_source(text.encode(), name="post.md").plan("", INTO)
    assert caught.value.message.startswith(message)


def test_no_object_is_made_by_a_tag_of_front_matter() -> None:
    with pytest.raises(InputError, match="title: missing"):
        draft("title: !!python/object/apply:os.system [ls]")


@pytest.mark.skipif(not DATA.exists(), reason="the real data is not beside the project")
def test_the_communitys_own_post_comes_in_with_its_thirteen_lines_put_right() -> None:
    data = (DATA / "paris-p2p.md").read_bytes()
    source = read_source(data, name="paris-p2p.md")
    made = source.plan("", INTO).drafts[0]
    assert [each.rule for each in source.findings] == ["encoding"]
    assert source.findings[0].message.startswith("13 lines")
    assert made.kind == Kind.RECAP
    assert made.fields["title"] == "Paris P2P x Berty"
    assert made.fields["day"] == "2020-05-11"
    assert "prywatność" in made.fields["keywords"]  # type: ignore[operator]
    assert "👉" in str(made.fields["description"])
    assert "camille" in made.fields["participants"]  # type: ignore[operator]
    assert str(made.fields["cover"]).startswith("https://")
    assert len(made.fields["links"]) > 10  # type: ignore[arg-type]


def misread(text: str, encoding: str = "mac_roman") -> str:
    return text.encode().decode(encoding)


@pytest.mark.parametrize("encoding", ["mac_roman", "latin-1", "cp1252"])
@pytest.mark.parametrize("text", ["prywatność", "café ouvert", "Zürich – Genève", "It’s here"])
def test_text_that_was_misread_is_put_right(text: str, encoding: str) -> None:
    try:
        garbled = misread(text, encoding)
    except UnicodeDecodeError:
        pytest.skip("this encoding has no character for one of its bytes")
    mended, findings = repaired(f"good\n{garbled}\n", name="a.csv")
    assert mended == f"good\n{text}\n"
    assert findings[0].where == "a.csv: line 2"


@pytest.mark.parametrize(
    "text",
    ["café", "Événement à l’école – « été »", "Москва", "日本語", "🇫🇷 👉 ok", "naïve Ångström"],
)
def test_text_that_is_right_is_left_as_it_is(text: str) -> None:
    assert repaired(text, name="a") == (text, ())


def _tried(front: str, body: str) -> tuple[Draft | None, str]:
    try:
        return draft(f"title: x\n{front}", body), ""
    except InputError as refused:
        return None, refused.message


@given(
    st.text(st.characters(codec="utf-8"), max_size=200),
    st.text(st.characters(codec="utf-8"), max_size=200),
)
def test_whatever_a_post_says_becomes_a_draft_that_can_be_written_or_one_error(
    front: str, body: str
) -> None:
    made, refused = _tried(front, body)
    if made is None:
        assert refused.startswith("post.md: ")
        return
    compose(
        object_id=ObjectId(chapter=CHAPTER, kind=made.kind.value, path=made.path),
        changes=made.fields,
        author=PublicKey(bytes(32)),
        authority=RecordId(bytes(32)),
        now_ms=1,
        salt=bytes(16),
    )
