"""Calendar files: what is read of them, what is left out, and what is refused in one sentence."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import InputError
from p2pevents.importers.ics.file import EVENTS_MAX, ICS_BYTES_MAX
from p2pevents.importers.plan import Destination, Draft, Plan
from p2pevents.importers.reading import read_source
from p2pevents.record.draft import compose
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, PublicKey, RecordId, to_text

CHAPTER = ChapterId(bytes(range(32)))
INTO = Destination(chapter=CHAPTER, time_zone="Europe/Paris")


def calendar(*events: str, head: str = "") -> bytes:
    blocks = [f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT" for event in events]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x//EN", head, *blocks]
    return "\r\n".join("\n".join([*filter(None, lines), "END:VCALENDAR", ""]).split("\n")).encode()


def plan(*events: str, into: Destination = INTO, name: str = "a.ics", head: str = "") -> Plan:
    return read_source(calendar(*events, head=head), name=name).plan("", into)


def only(made: Plan) -> Draft:
    (draft,) = made.drafts
    return draft


def refusal(*events: str) -> str:
    with pytest.raises(InputError) as caught:
        plan(*events)
    return caught.value.message


MEETUP = """UID:one@example.org
SUMMARY:Meetup
DTSTART;TZID=Europe/Paris:20200205T183000
DTEND;TZID=Europe/Paris:20200205T230000"""

MONTHLY = """UID:monthly
SUMMARY:Monthly
DTSTART;TZID=Europe/Paris:20200101T183000
DURATION:PT4H30M
RRULE:FREQ=MONTHLY;BYDAY=1WE;UNTIL=20200601T163000Z"""


def test_an_event_has_its_words_and_its_wall_time() -> None:
    draft = only(
        plan(
            MEETUP + "\nDESCRIPTION:One\\, two\\nthree\nLOCATION:Bar (1 rue de Lyon\\, Paris)\n"
            "CATEGORIES:p2p,Crypto\nURL:https://example.org/1\nSTATUS:TENTATIVE\n"
            "CONFERENCE;VALUE=URI:https://meet.example.org/x"
        )
    )
    assert draft.kind == "event"
    assert draft.fields == {
        "title": "Meetup",
        "description": "One, two\nthree",
        "where": {"name": "Bar", "address": "1 rue de Lyon, Paris"},
        "keywords": {"p2p": True, "crypto": True},
        "links": {"page": {"href": "https://example.org/1"}},
        "stream": {"uri": "https://meet.example.org/x"},
        "status": {"is": "tentative"},
        "when": {"start": "2020-02-05T18:30:00", "timeZone": "Europe/Paris", "duration": "PT4H30M"},
        "imported": {"from": "a.ics"},
    }


@pytest.mark.parametrize(
    ("start", "when"),
    [
        ("DTSTART:20200205T173000Z", {"start": "2020-02-05T18:30:00", "timeZone": "Europe/Paris"}),
        ("DTSTART:20200205T183000", {"start": "2020-02-05T18:30:00", "timeZone": "Europe/Paris"}),
        (
            "DTSTART;TZID=Europe/London:20200205T183000",
            {"start": "2020-02-05T18:30:00", "timeZone": "Europe/London"},
        ),
        (
            "DTSTART;TZID=Romance Standard Time:20200205T183000",
            {"start": "2020-02-05T18:30:00", "timeZone": "Europe/Paris"},
        ),
        ("DTSTART;VALUE=DATE:20200205", {"day": "2020-02-05", "timeZone": "Europe/Paris"}),
        (
            "DTSTART;VALUE=DATE:20200205\nDTEND;VALUE=DATE:20200206",
            {"day": "2020-02-05", "timeZone": "Europe/Paris"},
        ),
        (
            "DTSTART;VALUE=DATE:20200205\nDTEND;VALUE=DATE:20200210",
            {"start": "2020-02-05T00:00:00", "timeZone": "Europe/Paris", "duration": "P5D"},
        ),
        (
            "DTSTART:20200205T183000Z\nDTEND:20200205T183000Z",
            {"start": "2020-02-05T19:30:00", "timeZone": "Europe/Paris"},
        ),
    ],
)
def test_times_are_read_by_the_zone_that_they_name(start: str, when: dict[str, str]) -> None:
    assert only(plan(f"UID:1\nSUMMARY:x\n{start}")).fields["when"] == when


def test_the_zone_of_the_calendar_holds_where_a_time_names_none() -> None:
    made = plan("UID:1\nSUMMARY:x\nDTSTART:20200205T183000", head="X-WR-TIMEZONE:Asia/Tokyo")
    assert only(made).fields["when"] == {"start": "2020-02-05T18:30:00", "timeZone": "Asia/Tokyo"}


def test_a_zone_that_nobody_knows_is_said() -> None:
    made = plan("UID:1\nSUMMARY:x\nDTSTART;TZID=Mars/Olympus:20200205T183000")
    assert [finding.rule for finding in made.findings] == ["zone"]
    assert "Europe/Paris" in made.findings[0].message


def test_a_rule_makes_a_series_whose_excepted_dates_are_skipped_and_not_absent() -> None:
    made = plan(
        MONTHLY + "\nEXDATE;TZID=Europe/Paris:20200101T183000\n"
        "RDATE;TZID=Europe/Paris:20200108T183000",
        """UID:monthly
SUMMARY:Online
RECURRENCE-ID;TZID=Europe/Paris:20200401T183000
DTSTART;TZID=Europe/Paris:20200401T200000
DURATION:PT1H""",
        """UID:monthly
SUMMARY:Monthly
STATUS:CANCELLED
RECURRENCE-ID:20200304T173000Z
DTSTART:20200304T173000Z
DURATION:PT4H30M""",
    )
    series, *dates = made.drafts
    assert series.kind == "series"
    assert series.fields["when"] == {
        "start": "2020-01-01T18:30:00",
        "timeZone": "Europe/Paris",
        "duration": "PT4H30M",
        "recurrenceRule": "FREQ=MONTHLY;BYDAY=1WE;UNTIL=20200601T183000",
    }
    by_day = {draft.path[1]: draft.fields for draft in dates}
    assert {draft.path[0] for draft in dates} == {series.path[0]}
    assert by_day["2020-01-01"]["status"] == {"is": "skipped"}
    assert by_day["2020-01-08"]["when"] == {
        "start": "2020-01-08T18:30:00",
        "timeZone": "Europe/Paris",
        "duration": "PT4H30M",
    }
    assert by_day["2020-03-04"]["status"] == {"is": "cancelled"}
    # What the date says again of its series is not said for it: a later edit would not show.
    assert set(by_day["2020-03-04"]) == {"status", "imported"}
    assert by_day["2020-04-01"]["title"] == "Online"
    assert by_day["2020-04-01"]["when"] == {
        "start": "2020-04-01T20:00:00",
        "timeZone": "Europe/Paris",
        "duration": "PT1H",
    }


def test_a_rule_until_the_end_of_all_years_has_no_end() -> None:
    made = plan(MONTHLY.replace("20200601T163000Z", "99991231T235959Z"))
    assert only(made).fields["when"] == {
        "start": "2020-01-01T18:30:00",
        "timeZone": "Europe/Paris",
        "duration": "PT4H30M",
        "recurrenceRule": "FREQ=MONTHLY;BYDAY=1WE",
    }


def test_what_a_uid_names_is_the_same_object_whatever_the_file_is_called() -> None:
    one, other = plan(MEETUP), plan(MEETUP, name="export (2).ics")
    assert only(one).path == only(other).path
    elsewhere = plan(MEETUP, into=replace(INTO, chapter=ChapterId(bytes(32))))
    assert only(elsewhere).path != only(one).path


def test_a_uid_that_this_program_wrote_names_the_object_that_it_came_from() -> None:
    uid = f"abcdefgh@{to_text(CHAPTER)}"
    draft = only(plan(MEETUP.replace("one@example.org", uid)))
    assert draft.path == ("abcdefgh",)
    assert "imported" not in draft.fields
    foreign = only(
        plan(
            MEETUP.replace("one@example.org", uid), into=replace(INTO, chapter=ChapterId(bytes(32)))
        )
    )
    assert foreign.path != ("abcdefgh",)
    assert "imported" in foreign.fields
    odd = only(plan(MEETUP.replace("one@example.org", f"a..b@{to_text(CHAPTER)}")))
    assert odd.path != ("a", "", "b")


def test_what_is_related_to_an_event_of_the_file_is_a_session_of_it() -> None:
    talk = """UID:talk
RELATED-TO:one@example.org
SUMMARY:Talk
LOCATION:Room 2
DTSTART;TZID=Europe/Paris:20200205T190000"""
    event, session = plan(MEETUP, talk).drafts
    assert session.kind == "session"
    assert session.path[0] == event.path[0]
    assert session.fields["room"] == "Room 2"
    assert only(plan(talk)).kind == "event"  # its event is not in the file


def test_with_an_event_named_everything_is_a_session_of_it() -> None:
    made = plan(MEETUP, into=replace(INTO, event=("fest",)))
    assert only(made).path[0] == "fest"
    with pytest.raises(InputError, match="cannot"):
        plan(MONTHLY, into=replace(INTO, event=("fest",)))


def test_of_two_revisions_the_later_is_taken_and_that_is_said() -> None:
    source = read_source(
        calendar(MEETUP + "\nSEQUENCE:2", MEETUP.replace("Meetup", "Older") + "\nSEQUENCE:1"),
        name="a.ics",
    )
    assert only(source.plan("", INTO)).fields["title"] == "Meetup"
    assert [finding.rule for finding in source.findings] == ["twice"]


def test_people_and_mail_addresses_are_left_out_and_that_is_said() -> None:
    made = plan(MEETUP + "\nATTENDEE:mailto:a@example.org\nATTENDEE:mailto:b@example.org")
    assert "example.org" not in str(only(made).fields)
    assert [(each.rule, each.where) for each in made.findings] == [("left-out", "a.ics: ATTENDEE")]


def test_a_link_that_runs_a_script_is_left_out() -> None:
    made = plan(MEETUP + "\nURL:javascript:alert(1)")
    assert "links" not in only(made).fields
    assert made.findings[0].where == "a.ics: line 4: URL"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("UID:1\nSUMMARY:x", "a.ics: line 4: DTSTART: an event without a start"),
        ("UID:1\nDTSTART:2020", "a.ics: line 4: DTSTART: '2020' cannot be read"),
        (
            "UID:1\nDTSTART:20200205T183000\nDTEND:20200205T170000",
            "a.ics: line 4: DTEND: 2020-02-05 17:00 is before the start, 2020-02-05 18:30",
        ),
        (
            "UID:1\nDTSTART:20200205T183000\nDTEND:20300205T170000",
            "a.ics: line 4: DTEND: more than 365 days after the start",
        ),
        ("UID:1\nDTSTART:00010205T183000", "a.ics: line 4: DTSTART: the year is not within 1900"),
        (
            MONTHLY.replace("MONTHLY", "HOURLY"),
            "a.ics: line 4: RRULE: recurrenceRule: 'FREQ=HOURLY' is not a part",
        ),
        (
            MONTHLY.replace(";TZID=Europe/Paris:20200101T183000\nDURATION:PT4H30M", ":20200101"),
            "a.ics: line 4: DTSTART: it comes back, and has no hour",
        ),
        (MONTHLY + "\nRRULE:FREQ=DAILY", "a.ics: line 4: RRULE: 2 of them"),
        (
            MEETUP.replace("DTEND", "DURATION").replace(
                ";TZID=Europe/Paris:20200205T230000", ":P99999999D"
            ),
            "a.ics: line 4: DURATION: too long",
        ),
    ],
)
def test_a_time_that_cannot_be_used_is_refused_with_its_line(event: str, message: str) -> None:
    assert refusal(event).startswith(message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a.ics: empty"),
        (b"<html>", "a.ics: line 1: not a calendar"),
        (calendar(MEETUP)[:120], "a.ics: line 4: BEGIN:VEVENT is never ended: the file is cut off"),
        (calendar(), "a.ics: no event in it"),
        (b"BEGIN:VCALENDAR\nEND:VEVENT\n", "a.ics: line 2: END:VEVENT ends nothing"),
        (b"BEGIN:VCALENDAR\n" * 9, "a.ics: line 9: too many components"),
        (b" " * (ICS_BYTES_MAX + 1), "a.ics: larger than 16 MiB"),
        (
            b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * (EVENTS_MAX + 1),
            f"a.ics: more than {EVENTS_MAX} events",
        ),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\nX\n", "a.ics: not a calendar"),
    ],
)
def test_a_file_that_is_no_calendar_is_refused_in_one_sentence(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_source(data, name="a.ics")
    assert caught.value.message.startswith(message)


_LINES = st.sampled_from(
    [
        *MONTHLY.splitlines(), *MEETUP.splitlines(), "EXDATE:20200101T183000", "RDATE:20200102",
        "RDATE;VALUE=PERIOD:20200101T100000Z/PT1H", "RECURRENCE-ID:20200304T183000", "SEQUENCE:x",
        "RECURRENCE-ID;VALUE=DATE:20200304", "RELATED-TO:monthly", "CATEGORIES:a,,b", "URL:x",
        "DTSTART:99991231T235959Z", "DURATION:-PT1H", "DURATION:PT0S", "LOCATION:, ", "SUMMARY:",
        "BEGIN:VALARM\nTRIGGER:-PT1H\nEND:VALARM", "STATUS:ODD", "X-Y:\\", "GARBAGE", "A;B=:C",
        "DTSTART;TZID=UTC:20200101T000000", "DTEND;VALUE=DATE:20200101", "RRULE:FREQ=DAILY;COUNT=3",
    ]
)  # fmt: skip


def _tried(events: list[str]) -> tuple[Plan | None, str]:
    try:
        return plan(*events), ""
    except InputError as refused:
        return None, refused.message


@given(st.lists(st.lists(_LINES, max_size=8).map("\n".join), max_size=4))
def test_whatever_a_calendar_says_becomes_drafts_that_can_be_written_or_one_error(
    events: list[str],
) -> None:
    made, refused = _tried(events)
    assert made or refused.startswith("a.ics: ")
    for draft in made.drafts if made else ():
        compose(
            object_id=ObjectId(chapter=CHAPTER, kind=draft.kind.value, path=draft.path),
            changes=draft.fields,
            author=PublicKey(bytes(32)),
            authority=RecordId(bytes(32)),
            now_ms=1,
            salt=bytes(16),
        )
