"""A conference's schedule.xml: read, refused, and written back as it was."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from p2pevents.errors import InputError
from p2pevents.importers.plan import Destination, Draft, Plan, Trust
from p2pevents.importers.reading import read_source
from p2pevents.record.ids import ChapterId
from p2pevents.record.kinds import Kind
from p2pevents.view.calendar import fold
from p2pevents.view.entries import Entry, entry_of
from p2pevents.view.schedule_xml import schedule_xml
from tests.view.making import CHAPTER, event, profile, record, sealed

INTO = Destination(chapter=CHAPTER, time_zone="Europe/Paris")
EVENT = """<event guid="aaaa-1" id="7"><date>2020-01-08T19:00:00+01:00</date><start>19:00</start>
<duration>01:30</duration><room>Hackzone</room><title>Gossip</title><subtitle>Softly</subtitle>
<track>Network</track><type>Workshop</type><language>fr</language><abstract>Short.</abstract>
<description>Long.</description><persons><person id="1">Ada</person><person>TBA</person></persons>
<links><link href="https://example.org/s">Slides</link><link href="javascript:x">No</link></links>
<recording><license/><optout>true</optout></recording></event>"""


def document(*events: str, head: str = "<title>Festival</title>") -> str:
    inside = "".join(events)
    return (
        f"<schedule><conference>{head}</conference>"
        f'<day index="1" date="2020-01-08"><room name="Hall">{inside}</room></day></schedule>'
    )


def plan(*events: str, into: Destination = INTO) -> Plan:
    return read_source(document(*events).encode(), name="schedule.xml").plan("", into)


def sessions(made: Plan) -> list[Draft]:
    return [draft for draft in made.drafts if draft.kind == Kind.SESSION]


def test_an_event_of_the_file_is_a_session_of_one_event() -> None:
    made = plan(EVENT)
    festival, session = made.drafts
    assert festival.fields == {
        "title": "Festival",
        "when": {"start": "2020-01-08T19:00:00", "timeZone": "Europe/Paris", "duration": "PT1H30M"},
        "languages": ["fr"],
        "imported": {"from": "schedule.xml"},
    }
    assert session.path[0] == festival.path[0]
    assert session.fields == {
        "title": "Gossip",
        "description": "Softly\n\nShort.\n\nLong.",
        "when": {"start": "2020-01-08T19:00:00", "timeZone": "Europe/Paris", "duration": "PT1H30M"},
        "type": "workshop",
        "room": "Hackzone",
        "languages": ["fr"],
        "participants": {"ada": {"name": "Ada", "roles": ["speaker"]}},
        "keywords": {"network": True},
        "links": {"slides": {"href": "https://example.org/s", "title": "Slides"}},
        "recording": "no",
        "imported": {"from": "schedule.xml"},
    }
    assert [(each.rule, each.where) for each in made.findings] == [
        ("left-out", "schedule.xml: event 7: link")
    ]


def test_the_name_of_a_session_is_its_guid_whatever_else_changes() -> None:
    (one,) = sessions(plan(EVENT))
    (other,) = sessions(plan(EVENT.replace("19:00", "20:00").replace('id="7"', 'id="8"')))
    assert one.path == other.path


def test_an_offset_that_is_not_the_zones_is_asked_about() -> None:
    lying = EVENT.replace("+01:00", "+02:00")
    with pytest.raises(InputError) as caught:
        plan(lying)
    assert caught.value.message.startswith("schedule.xml: event 7: date: the time says +02:00")
    (wall,) = sessions(plan(lying, into=replace(INTO, trust=Trust.WALL)))
    (offset,) = sessions(plan(lying, into=replace(INTO, trust=Trust.OFFSET)))
    assert wall.fields["when"]["start"] == "2020-01-08T19:00:00"  # type: ignore[index]
    assert offset.fields["when"]["start"] == "2020-01-08T18:00:00"  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<a/>", "schedule.xml: begins with <a>"),
        ("<schedule/>", "schedule.xml: no <conference>"),
        (document(), "schedule.xml: no event in it"),
        (document(EVENT)[:-30], "schedule.xml: line 6: not XML"),
        ("", "schedule.xml: line 1: not XML"),
        (document(EVENT, EVENT), "schedule.xml: event 7: the same guid or id as"),
        (document(EVENT.replace("01:30", "soon")), "schedule.xml: event 7: duration: 'soon'"),
        (document(EVENT.replace("01:30", "-1:30")), "schedule.xml: event 7: duration: '-1:30'"),
        (document(EVENT.replace("2020-01-08T", "x")), "schedule.xml: event 7: date: 'x19:00:00"),
        (document("<event/>"), "schedule.xml: event 1: neither guid nor id"),
        (
            '<!DOCTYPE a [<!ENTITY b "c">]>' + document(EVENT),
            "schedule.xml: it defines entities or a document type",
        ),
        (
            '<!DOCTYPE a SYSTEM "file:///etc/passwd">' + document(EVENT),
            "schedule.xml: it defines entities or a document type",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_source(text.encode(), name="schedule.xml").plan("", INTO)
    assert caught.value.message.startswith(message)


def festival() -> Entry:
    when = {"start": "2020-01-08T23:30:00", "timeZone": "Europe/Paris", "duration": "PT2H"}
    calendar = fold(
        [
            profile(),
            event("fest", title="Festival", languages=["fr"]),
            record(
                "session",
                ("fest", "party"),
                {"title": "Party <&> ]]>", "when": when, "type": "party", "room": "Avion"},
            ),
            record(
                "session",
                ("fest", "talk"),
                {
                    "title": "Talk",
                    "description": "Two\nlines.",
                    "when": {**when, "start": "2020-01-09T01:00:00", "duration": "PT45M"},
                    "type": "talk",
                    "languages": ["en"],
                    "keywords": {"crypto": True},
                    "participants": {"ada": {"name": "Ada", "roles": ["speaker"]}},
                    "links": {"slides": {"href": "https://example.org/s", "title": "Slides"}},
                    "recording": "no",
                },
            ),
            record("session", ("fest", "tba"), {"title": "Later", "when": {}}),
        ]
    )
    merged = next(iter(calendar.of_kind(Kind.EVENT)))
    entry = entry_of(calendar, merged)
    assert entry is not None
    return entry


def test_what_is_written_comes_back_as_the_same_objects_with_the_same_words() -> None:
    entry = festival()
    data, count = schedule_xml(entry)
    assert count == 2
    made = read_source(data, name="schedule.xml").plan("", INTO)
    by_path = {draft.path: draft for draft in made.drafts}
    assert set(by_path) == {("fest", "party"), ("fest", "talk")}
    talk = by_path["fest", "talk"].fields
    assert talk == {
        "title": "Talk",
        "description": "Two\nlines.",
        "when": {"start": "2020-01-09T01:00:00", "timeZone": "Europe/Paris", "duration": "PT45M"},
        "type": "talk",
        "languages": ["en"],
        "keywords": {"crypto": True},
        "participants": {"ada": {"name": "Ada", "roles": ["speaker"]}},
        "links": {"slides": {"href": "https://example.org/s", "title": "Slides"}},
        "recording": "no",
    }
    assert by_path["fest", "party"].fields["title"] == "Party <&> ]]>"
    elsewhere = read_source(data, name="schedule.xml").plan(
        "", replace(INTO, chapter=ChapterId(bytes(32)))
    )
    assert {draft.path[0] for draft in elsewhere.drafts} != {"fest"}


def test_what_begins_after_midnight_stands_under_the_evening_before() -> None:
    root = ET.fromstring(schedule_xml(festival())[0])  # written a line above
    (day,) = root.findall("day")
    assert day.get("date") == "2020-01-08"
    assert day.get("end") == "2020-01-09T01:45:00+01:00"
    dates = [each.findtext("date") for each in day.iter("event")]
    assert sorted(filter(None, dates)) == ["2020-01-08T23:30:00+01:00", "2020-01-09T01:00:00+01:00"]


def test_the_real_programme_is_written_with_every_hour_that_is_known(
    festival: bytes,
) -> None:
    made = read_source(festival, name="festival-0.csv").plan("", replace(INTO, trust=Trust.WALL))
    calendar = fold([profile(), *sealed(made)])
    entry = entry_of(calendar, next(iter(calendar.of_kind(Kind.EVENT))))
    assert entry is not None
    data, count = schedule_xml(entry)
    assert count == 52  # of 63: nine to be announced, two without an end
    root = ET.fromstring(data)  # written a line above
    ids = [each.get("id") for each in root.iter("event")]
    guids = [each.get("guid") for each in root.iter("event")]
    slugs = [each.findtext("slug") for each in root.iter("event")]
    assert len(set(ids)) == len(set(guids)) == len(set(slugs)) == 52
    for each in root.iter("event"):
        for name in ("room", "title", "type", "date", "start", "duration", "abstract", "slug"):
            assert each.find(name) is not None
    again = read_source(data, name="schedule.xml").plan("", INTO)
    before = {draft.path: draft.fields.get("when") for draft in made.drafts}
    assert all(before[draft.path] == draft.fields["when"] for draft in again.drafts)
