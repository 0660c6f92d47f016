"""What files say seldom: read as it is meant, or refused in one sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from p2pevents.errors import InputError
from p2pevents.importers.ics.source import DATES_MAX
from p2pevents.importers.plan import Destination, Trust
from p2pevents.importers.reading import read_source
from p2pevents.importers.repair import repaired
from p2pevents.importers.table import Role, read_table
from p2pevents.record.kept_object import PROPERTY
from p2pevents.record.kinds import Kind
from p2pevents.record.uid import uid_of
from tests.importers import test_ics, test_meetups, test_post, test_programme, test_schedule_xml

CHAPTER = test_ics.CHAPTER
INTO = Destination(chapter=CHAPTER, time_zone="Europe/Paris")
ONCE = "UID:one\nSUMMARY:One\nDTSTART;TZID=Europe/Paris:20200101T183000\nDURATION:PT1H"
OFTEN = f"{ONCE}\nRRULE:FREQ=MONTHLY"


def ics(*events: str, into: Destination = INTO) -> list[Any]:
    return list(test_ics.plan(*events, into=into).drafts)


# --- calendars -----------------------------------------------------------------------------------


def test_a_session_of_an_event_cannot_come_back() -> None:
    with pytest.raises(InputError, match="a session of an event cannot"):
        ics(OFTEN, into=replace(INTO, event=("fest",)))


def test_a_session_has_its_place_as_its_room() -> None:
    (draft,) = ics(f"{ONCE}\nLOCATION:Hackzone", into=replace(INTO, event=("fest",)))
    assert draft.fields["room"] == "Hackzone"
    assert "where" not in draft.fields


def test_dates_that_are_said_one_by_one_have_a_limit() -> None:
    days = ",".join(
        f"{2000 + n // 336}{n % 336 // 28 + 1:02}{n % 28 + 1:02}T183000"
        for n in range(DATES_MAX + 1)
    )
    with pytest.raises(InputError, match="dates that are said one by one"):
        ics(f"{OFTEN}\nEXDATE;TZID=Europe/Paris:{days}")


def test_a_session_s_uid_names_no_series() -> None:
    uid = uid_of(CHAPTER, ("evening", "talk"))
    with pytest.raises(InputError, match="names no series"):
        ics(OFTEN.replace("UID:one", f"UID:{uid}"))


@pytest.mark.parametrize(
    ("until", "rule"),
    [
        ("UNTIL=99991231T000000Z", "FREQ=MONTHLY"),
        ("UNTIL=20200601", "FREQ=MONTHLY;UNTIL=20200601"),
        ("UNTIL=20200601T120000", "FREQ=MONTHLY;UNTIL=20200601T120000"),
        ("UNTIL=20200601T120000Z", "FREQ=MONTHLY;UNTIL=20200601T140000"),
        ("WKST=MO;INTERVAL=1", "FREQ=MONTHLY"),
    ],
)
def test_the_end_of_a_rule_is_a_wall_time_and_the_year_9999_is_none(until: str, rule: str) -> None:
    (draft,) = ics(f"{OFTEN};{until}")
    assert draft.fields["when"]["recurrenceRule"] == rule


def test_a_zone_that_nobody_knows_is_that_of_the_chapter() -> None:
    (draft,) = ics(ONCE.replace("Europe/Paris", "Middle-earth/Shire"))
    assert draft.fields["when"]["timeZone"] == "Europe/Paris"


def test_a_status_that_there_is_none_of_is_said_and_left_out() -> None:
    made = test_ics.plan(f"{ONCE}\nSTATUS:PERHAPS\nURL:mailto:ana@example.org")
    assert [each.rule for each in made.findings] == ["left-out", "left-out"]


def test_lines_that_are_no_lines_of_a_calendar_make_no_event() -> None:
    with pytest.raises(InputError, match="not a calendar that can be read"):
        ics(f"{ONCE}\nDESCRIPTION:one\u2028BEGIN:VEVENT\u2028END:VEVENT")


def test_a_calendar_of_a_zone_that_nobody_knows_is_read_in_the_chapter_s() -> None:
    event = ONCE.replace(";TZID=Europe/Paris", "")
    made = test_ics.plan(event, head="X-WR-TIMEZONE:Middle-earth/Shire")
    assert test_ics.only(made).fields["when"]["timeZone"] == "Europe/Paris"  # type: ignore[index]


def test_what_this_program_kept_in_a_file_and_somebody_changed_is_refused() -> None:
    own = ONCE.replace("UID:one", f"UID:{uid_of(CHAPTER, ('meet',))}")
    with pytest.raises(InputError, match=PROPERTY):
        ics(f"{own}\n{PROPERTY}:garbage")


def test_a_session_that_names_its_event_is_a_session_of_it() -> None:
    (draft,) = ics(f"{ONCE}\nRELATED-TO:{uid_of(CHAPTER, ('meet',))}")
    assert draft.kind == Kind.SESSION
    assert draft.path[0] == "meet"


def test_dates_that_are_given_alone_make_a_series_without_a_rule() -> None:
    more = "20200101T183000,20200201T183000"
    series, date = ics(f"{ONCE}\nRDATE;TZID=Europe/Paris:{more}")
    assert "recurrenceRule" not in series.fields["when"]
    assert date.path[1] == "2020-02-01"


# --- cities --------------------------------------------------------------------------------------


def test_a_rule_that_ends_by_itself_gives_no_more_dates() -> None:
    editions = [{"number": n, "date": f"2020-{n + 1:02}-01"} for n in range(2)]
    rule = "FREQ=MONTHLY;BYMONTHDAY=1;COUNT=2, 18:30 to 20:00, from 2020-01-01"
    made = test_meetups.plan({"rule": rule, "editions": editions})
    assert len(test_meetups.of_kind(made, "occurrence")) == 2


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ({"name": "Bar"}, {"name": "Bar"}),
        ({"name": "Bar", "address": "1 quai"}, {"name": "Bar", "address": "1 quai"}),
    ],
)
def test_a_place_has_the_city_where_its_address_names_it(
    place: dict[str, str], where: dict[str, str]
) -> None:
    made = test_meetups.plan({"editions": [{"number": 0, "date": "2020-01-01", "venue": place}]})
    assert [each.fields.get("where") for each in made.drafts if "where" in each.fields] == [where]


def test_a_document_of_too_many_cities_is_refused() -> None:
    cities: dict[str, Any] = {f"c{n}": {"editions": []} for n in range(101)}
    with pytest.raises(InputError, match="more than 100 cities"):
        test_meetups.plan({"editions": []}, **cities)


# --- tables --------------------------------------------------------------------------------------


def test_a_time_without_an_offset_is_a_wall_time_whichever_reading_is_trusted() -> None:
    into = replace(test_programme.INTO, trust=Trust.OFFSET)
    rows = "1,,talk,2020-01-08T20:00,2020-01-08T21:00,A,,T\n"
    (talk,) = test_programme.sessions(test_programme.plan(rows, into=into))
    when = talk.fields["when"]
    assert isinstance(when, dict)
    assert when["start"] == "2020-01-08T20:00:00"


def test_a_column_of_a_language_that_is_no_word_of_a_session_is_left_out() -> None:
    made = read_source(b"title,start,fr_start\nT,2020-01-08T20:00,x\n", name="p.csv")
    (talk,) = test_programme.sessions(made.plan("", test_programme.INTO))
    assert talk.fields["title"] == "T"


def test_a_column_that_a_table_does_not_have_is_called_by_what_it_is() -> None:
    table = read_table("title,start\nT,2020-01-08T20:00\n", name="p.csv")
    assert table.column_of(Role.TITLE) == "title"
    assert table.column_of(Role.END) == "end"


def test_a_line_with_an_apple_that_was_not_misread_is_left_as_it_is() -> None:
    assert repaired("un \uf8ff et 日本", name="a") == ("un \uf8ff et 日本", ())


# --- posts ---------------------------------------------------------------------------------------


def test_links_of_a_post_have_a_limit_and_names_of_their_own() -> None:
    body = " ".join(f"[same](https://a.example/{n})" for n in range(40))
    source = read_source(
        f"---\ntitle: x\nurl: https://a.example/me\n---\n{body}".encode(), name="a.md"
    )
    made = source.plan("", test_post.INTO)
    links = made.drafts[0].fields["links"]
    assert isinstance(links, dict)
    assert len(links) == 32
    assert {"same", "link-1"} <= links.keys()
    assert any("all after the first" in each.message for each in made.findings)


def test_the_code_in_the_words_of_a_link_is_a_part_of_its_name() -> None:
    links = test_post.draft("title: x", "[the `log` room](https://a.example/)").fields["links"]
    assert links == {"the-log-room": {"href": "https://a.example/", "title": "the log room"}}


def test_a_picture_that_is_not_on_the_web_is_no_cover() -> None:
    made = test_post.draft("title: x\nimage: ./p.png", "![a](https://a.example/x.png)")
    assert made.fields["cover"] == "https://a.example/x.png"
    assert "cover" not in test_post.draft("title: x\nimage: ./p.png").fields


def test_a_long_post_is_cut_and_said() -> None:
    source = read_source(f"---\ntitle: x\n---\n{'word ' * 3_000}".encode(), name="a.md")
    assert [each.rule for each in source.plan("", test_post.INTO).findings] == ["cut"]


def test_an_author_without_a_name_is_nobody() -> None:
    assert "participants" not in test_post.draft("title: x\nauthors: ['', ' ']").fields


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("date: soon", "'soon' is not a day"),
        ("date: 0099-01-01", "not within 1900"),
        ("start: soon", "'soon' is not a time"),
        ("start: 2020-01-08T20:00\nend: 2020-01-08T19:00", "it is not after the start"),
    ],
)
def test_a_time_of_a_post_that_cannot_be_is_refused(front: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        test_post.draft(f"title: x\n{front}")


def test_a_post_whose_start_is_to_be_announced_says_nothing_of_when() -> None:
    assert "when" not in test_post.draft("title: x\nstart: TBA").fields


def test_a_post_that_starts_without_an_end_has_no_length() -> None:
    when = test_post.draft("title: x\nstart: 2020-01-08T20:00").fields["when"]
    assert when == {"start": "2020-01-08T20:00:00", "timeZone": "Europe/Paris"}


# --- schedule.xml --------------------------------------------------------------------------------


def xml(event: str) -> list[Any]:
    return list(test_schedule_xml.plan(event).drafts)


def test_an_event_of_a_conference_without_a_time_or_a_length_has_none() -> None:
    plain = '<event guid="a" id="1"><title>T</title>{}</event>'
    festival, session = xml(plain.format("<date>TBA</date>"))
    assert "when" not in session.fields
    assert "when" not in festival.fields
    date = "<date>2020-01-08T19:00:00+01:00</date>"
    festival, session = xml(plain.format(date))
    assert session.fields["when"] == {"start": "2020-01-08T19:00:00", "timeZone": "Europe/Paris"}
    assert festival.fields["when"] == session.fields["when"]


def test_a_link_without_words_is_called_by_its_number() -> None:
    link = '<date>TBA</date><links><link href="https://example.org/s"/></links>'
    _, session = xml(f'<event guid="a" id="1"><title>T</title>{link}</event>')
    assert session.fields["links"] == {"link-1": {"href": "https://example.org/s"}}


def test_a_conference_has_a_limit_and_an_event_a_name() -> None:
    with pytest.raises(InputError, match="more than 10000 events"):
        xml("".join(f'<event guid="a{n}"><date>TBA</date></event>' for n in range(10_001)))
    with pytest.raises(InputError, match="larger than"):
        read_source(b"<schedule>" + b" " * 40_000_000, name="schedule.xml")


# --- texts ---------------------------------------------------------------------------------------


def test_a_text_in_an_old_encoding_is_read_where_it_is_named() -> None:
    data = "title,start\nCafé,2020-01-08T20:00\n".encode("cp1252")
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_source(data, name="p.csv")
    made = read_source(data, name="p.csv", encoding="windows-1252").plan("", INTO)
    assert "Café" in [each.fields["title"] for each in made.drafts]
    with pytest.raises(InputError, match="not text in UTF-16") as caught:
        read_source(b"\xff\xfea", name="p.csv", encoding="utf-16")
    assert caught.value.hint == "name another --encoding"


@pytest.mark.parametrize("encoding", ["klingon", "rot13", "hex", "\0", "\udcff"])
def test_what_is_no_encoding_of_a_text_is_refused(encoding: str) -> None:
    with pytest.raises(InputError, match="is no encoding"):
        read_source(b"title,start\n", name="p.csv", encoding=encoding)


def test_a_file_that_was_mended_says_what_it_is_as_before() -> None:
    rows = "title,start,Öl\nCafé,2020-01-08T20:00,x\n"
    garbled = rows.encode().decode("cp1252").encode()
    source, whole = (read_source(data, name="p.csv") for data in (garbled, rows.encode()))
    assert (source.cities, source.columns) == (whole.cities, whole.columns)
    assert [each.rule for each in source.findings] == ["encoding", "left-out"]
    assert source.plan("", INTO) == whole.plan("", INTO)


def test_a_column_is_what_somebody_says_that_it_is() -> None:
    data = b"what,when,x,fin\nT,2020-01-08T20:00,Titre,late\n"
    said = {"what": "title", "when": "start", "x": "fr_title", "fin": ""}
    source = read_source(data, name="p.csv", columns=said)
    assert source.columns == (("what", "title"), ("when", "start"), ("x", "title (fr)"))
    with pytest.raises(InputError, match="no column 'who'") as caught:
        read_source(data, name="p.csv", columns={"who": "people"})
    assert caught.value.hint == "they are what, when, x, fin"
    with pytest.raises(InputError, match="not what a column can be"):
        read_source(data, name="p.csv", columns={"what": "nonsense"})


def test_a_file_that_is_no_table_has_no_columns() -> None:
    post = b"---\ntitle: x\n---\n"
    assert read_source(post, name="a.md").columns == ()
    assert read_source(b'{"editions": [], "paris": {"editions": []}}', name="a.json").columns == ()
    with pytest.raises(InputError, match="has no columns"):
        read_source(post, name="a.md", columns={"a": "title"})


def test_a_calendar_whose_zone_is_a_name_too_long_for_a_file_is_refused() -> None:
    with pytest.raises(InputError, match="names a time zone that there is none of"):
        ics(ONCE.replace("Europe/Paris", "a" * 5_000))


def test_a_document_that_is_nested_without_end_or_counts_without_end_is_refused() -> None:
    with pytest.raises(InputError, match="nested too deep"):
        read_source(b"[" * 100_000, name="a.json")
    with pytest.raises(InputError, match="a number that is too long"):
        read_source(b'{"a": ' + b"1" * 5_000 + b"}", name="a.json")


def test_a_file_of_changes_alone_stands_on_dates_of_a_series_that_is_here() -> None:
    (date,) = ics(f"{ONCE}\nRECURRENCE-ID;TZID=Europe/Paris:20200101T180000")
    assert date.kind == Kind.OCCURRENCE
    assert date.path[1] == "2020-01-01"
    assert date.fields["title"] == "One"
    assert date.fields["when"]["start"] == "2020-01-01T18:30:00"


def test_a_link_of_a_post_that_is_not_on_the_web_is_left_out_and_said() -> None:
    source = read_source(b"---\ntitle: x\n---\n[a](ftp://a.example/)", name="a.md")
    made = source.plan("", test_post.INTO)
    assert "links" not in made.drafts[0].fields
    assert [each.rule for each in made.findings] == ["left-out"]
