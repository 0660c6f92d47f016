"""A programme in CSV: its rows, the mends of its times, and what is said about them."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import InputError
from p2pevents.importers.plan import Destination, Draft, Plan, Trust
from p2pevents.importers.reading import read_source
from p2pevents.record.draft import compose
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, PublicKey, RecordId

INTO = Destination(
    chapter=ChapterId(bytes(range(32))), time_zone="Europe/Paris", trust=Trust.WALL, history=True
)
WRITTEN = st.characters(codec="utf-8")
HEAD = "id,day,type,start,end,room,speaker,title\n"


def plan(rows: str, *, into: Destination = INTO, head: str = HEAD, name: str = "p.csv") -> Plan:
    return read_source((head + rows).encode(), name=name).plan("", into)


def sessions(made: Plan) -> list[Draft]:
    return [draft for draft in made.drafts if draft.kind == "session"]


def when_of(row: str, **changes: object) -> object:
    return sessions(plan(row, into=replace(INTO, **changes)))[0].fields.get("when")  # type: ignore[arg-type]


def test_every_row_of_the_real_festival_becomes_a_session_of_one_event(festival: bytes) -> None:
    made = read_source(festival, name="festival-0.csv").plan("", INTO)
    event, *rest = made.drafts
    assert event.kind == "event"
    assert event.fields["title"] == "Festival"
    assert event.fields["when"] == {
        "start": "2020-01-08T18:00:00",
        "timeZone": "Europe/Paris",
        "duration": "P4DT2H",  # until the 12th at 20:00
    }
    assert len(rest) == 63
    assert {draft.path[0] for draft in rest} == {event.path[0]}
    assert len({draft.path for draft in rest}) == 63
    counts: dict[object, int] = {}
    for draft in rest:
        counts[draft.fields["type"]] = counts.get(draft.fields["type"], 0) + 1
    assert counts == {
        "talk": 24, "stand": 11, "projection": 10, "workshop": 9, "party": 5, "meetup": 3,
        "hackathon": 1,
    }  # fmt: skip


def test_the_real_festival_has_its_wall_times(festival: bytes) -> None:
    made = read_source(festival, name="festival-0.csv").plan("", INTO)
    when = {draft.where.rsplit(" ", 1)[1]: draft.fields.get("when") for draft in sessions(made)}

    def at(start: str, duration: str) -> dict[str, str]:
        return {"start": start, "timeZone": "Europe/Paris", "duration": duration}

    assert when["2"] == at("2020-01-08T19:00:00", "PT30M")
    assert when["5"] == at("2020-01-08T20:00:00", "PT4H30M")  # past midnight
    assert when["31"] == at("2020-01-10T22:00:00", "PT2H30M")
    assert when["40"] == at("2020-01-10T20:00:00", "PT1H15M")  # not on the day column's Saturday
    assert when["9"] == {"day": "2020-01-09", "timeZone": "Europe/Paris"}
    assert when["63"] == {"day": "2020-01-12", "timeZone": "Europe/Paris"}
    assert when["22"] == {"start": "2020-01-10T18:00:00", "timeZone": "Europe/Paris"}
    assert sum("day" in (each or {}) for each in when.values()) == 9  # type: ignore[operator]


def test_what_is_mended_in_the_real_festival_is_said(festival: bytes) -> None:
    source = read_source(festival, name="festival-0.csv")
    made = source.plan("", INTO)

    def rows(rule: str) -> list[str]:
        return [each.where.split(": ")[1] for each in made.findings if each.rule == rule]

    assert rows("midnight") == ["row 5", "row 31", "row 50"]
    assert rows("day") == ["row 40", "row 43", "row 50"]
    assert rows("speaker") == ["row 44", "row 45", "row 46"]
    assert rows("zone") == ["row 1"]
    (zone,) = (each for each in made.findings if each.rule == "zone")
    assert "54 times say +02:00 where Europe/Paris is at +01:00" in zone.message
    assert "18:30 by the wall, or 17:30 by its offset" in zone.message
    assert any(
        each.rule == "space" and each.where == "festival-0.csv: row 19: language"
        for each in made.findings
    )
    assert {each.where.split(": ")[1] for each in source.findings} == {"k_icon", "image"}


def test_every_draft_of_the_real_festival_makes_a_record(festival: bytes) -> None:
    for draft in read_source(festival, name="festival-0.csv").plan("", INTO).drafts:
        make_record(draft)


def make_record(draft: Draft) -> None:
    compose(
        object_id=ObjectId(chapter=INTO.chapter, kind=draft.kind, path=draft.path),
        changes=draft.fields,
        author=PublicKey(b"a" * 32),
        authority=RecordId(b"b" * 32),
        now_ms=1_600_000_000_000,
        salt=bytes(16),
    )


def test_words_of_the_real_festival_are_kept_in_both_languages(festival: bytes) -> None:
    drafts = sessions(read_source(festival, name="festival-0.csv").plan("", INTO))
    talk = drafts[1].fields
    assert talk["locale"] == "fr"
    assert talk["localizations"]["en"]["title"].startswith("A History of")  # type: ignore[index]
    assert talk["participants"] == {"weedcoder": {"name": "Weedcoder", "roles": ["speaker"]}}
    assert drafts[43].fields["locale"] == "en"  # row 44 has no French title
    assert drafts[14].fields["languages"] == ["en"]  # row 15: EN (VOSTFR)
    assert drafts[14].fields["keywords"] == {"vostfr": True}
    assert [*drafts[7].fields["participants"]] == [  # type: ignore[misc]
        "attilax-toile-francilienne",
        "paulart-toile-francilienne",
    ]
    assert "room" not in drafts[62].fields  # row 63: TBA


def test_offsets_that_disagree_are_refused_until_one_reading_is_trusted() -> None:
    row = "1,,talk,2020-01-08T18:30:00+02:00,2020-01-08T19:00:00+02:00,A,,T\n"
    with pytest.raises(InputError) as caught:
        plan(row, into=replace(INTO, trust=None))
    assert "p.csv: row 1: start" in caught.value.message
    assert "--trust wall" in caught.value.hint
    zone = {"timeZone": "Europe/Paris", "duration": "PT30M"}
    assert when_of(row, trust=Trust.WALL) == {"start": "2020-01-08T18:30:00", **zone}
    assert when_of(row, trust=Trust.OFFSET) == {"start": "2020-01-08T17:30:00", **zone}


def test_offsets_that_agree_ask_for_no_trust() -> None:
    row = "1,,talk,2020-01-08T18:30:00+01:00,,A,,T\n"
    made = plan(row, into=replace(INTO, trust=None))
    assert not [each for each in made.findings if each.rule == "zone"]


def test_a_second_import_meets_the_first_and_another_chapter_does_not() -> None:
    row = "7,,talk,2020-01-08T18:30,,A,,T\n"
    first, again = plan(row), plan(row.replace("T\n", "Another title\n"))
    assert [each.path for each in first.drafts] == [each.path for each in again.drafts]
    other = plan(row, into=replace(INTO, chapter=ChapterId(b"x" * 32)))
    assert not {each.path for each in first.drafts} & {each.path for each in other.drafts}
    renamed = plan(row, name="other.csv")
    assert not {each.path for each in first.drafts} & {each.path for each in renamed.drafts}


def test_sessions_go_to_the_event_that_is_named() -> None:
    made = plan("7,,talk,2020-01-08T18:30,,A,,T\n", into=replace(INTO, event=("fest",)))
    assert [each.path[0] for each in made.drafts] == ["fest"]


@pytest.mark.parametrize(
    ("start", "end", "duration", "rule"),
    [
        ("2020-01-08T20:00", "2020-01-08T00:30", "PT4H30M", "midnight"),
        ("2020-01-08T20:00", "2020-01-08T08:00", "PT12H", "midnight"),
        ("2020-01-08T20:00", "2020-01-08T08:01", None, "order"),
        ("2020-01-08T20:00", "2020-01-08T20:00", None, "order"),
        ("2020-01-08T20:00", "2020-01-07T23:00", None, "order"),
        ("2020-01-08T20:00", "2020-01-08T20:01", "PT1M", None),
        ("2020-03-28T23:00", "2020-03-29T04:00", "PT4H", None),  # the clocks go forward
        ("2020-01-08T20:00", "2020-01-10T20:30", "P2DT30M", None),
    ],
)
def test_an_end_is_mended_only_where_it_is_plain(
    start: str, end: str, duration: str | None, rule: str | None
) -> None:
    made = plan(f"1,,talk,{start},{end},A,,T\n")
    when = sessions(made)[0].fields["when"]
    assert isinstance(when, dict)
    assert when.get("duration") == duration
    assert [each.rule for each in made.findings] == ([rule] if rule else [])


def test_a_day_column_stands_until_the_next_one_and_takes_hours_alone() -> None:
    made = plan("1,2020-01-08,talk,18:30,19h00,A,,T\n2,,talk,TBA,,A,,U\n3,,talk,20:00,,A,,V\n")
    assert [each.fields["when"] for each in sessions(made)] == [
        {"start": "2020-01-08T18:30:00", "timeZone": "Europe/Paris", "duration": "PT30M"},
        {"day": "2020-01-08", "timeZone": "Europe/Paris"},
        {"start": "2020-01-08T20:00:00", "timeZone": "Europe/Paris"},
    ]


def test_a_session_of_which_no_day_is_known_says_nothing_of_when() -> None:
    made = plan("1,mardi 7,talk,TBA,TBA,A,,T\n")
    assert "when" not in sessions(made)[0].fields
    assert "when" not in made.drafts[0].fields


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column for the title"),
        ("title,start\n", "no rows"),
        ("id,start\n1,2020-01-08T18:30\n", "no column for the title"),
        ("id,title\n1,T\n", "no column for the start"),
        ("title,start,begin\nT,,\n", "are both the start"),
        ("title,start\nT,yesterday\n", "row 1: start: 'yesterday' is not a time"),
        ("title,start\nT,2020-13-01T00:00\n", "row 1: start"),
        ("title,start\nT,0001-01-01T00:00+14:00\n", "row 1: start"),
        ("title,start\nT\n", "row 1: 1 cells, where the first line has 2"),
        ("id,title,start\n1,T,\n1,U,\n", "row 1: another row has this id"),
        ('title,start\n"T,\n', "line 2"),
        ("title,start" + ",x" * 200 + "\n", "more than 200 columns"),
        ("title,start\n" + "T,\n" * 10_001, "more than 10000 rows"),
        ("title,start,end\nT,2020-01-08T18:30,2022-01-08T18:30\n", "days after the start"),
    ],
)
def test_a_table_that_cannot_be_used_names_file_and_place(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_source(text.encode(), name="p.csv").plan("", INTO)
    assert caught.value.message.startswith("p.csv: ")
    assert message in caught.value.message


def test_semicolons_and_a_byte_order_mark_are_read() -> None:
    text = "\ufefftitle;start\r\nA, B;2020-01-08 18:30\r\n"
    made = read_source(text.encode(), name="p.csv").plan("", INTO)
    assert sessions(made)[0].fields["title"] == "A, B"


def test_a_text_that_is_too_long_or_not_allowed_is_made_to_fit() -> None:
    made = plan("1,,talk,2020-01-08T18:30,,A,,\u202eT\x07" + "x" * 300 + "\n")
    title = sessions(made)[0].fields["title"]
    assert isinstance(title, str)
    assert title.startswith("Tx")
    assert len(title) == 200
    make_record(sessions(made)[0])


@given(cells=st.lists(st.text(WRITTEN, max_size=30), min_size=8, max_size=8))
def test_any_row_makes_records_or_a_plain_error(cells: list[str]) -> None:
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    try:
        made = plan(quoted + "\n")
    except InputError as error:
        message = error.message
    else:
        message = "p.csv: fine"
        for draft in made.drafts:
            make_record(draft)
    assert message.startswith("p.csv: ")
