"""The meetups of several cities in JSON: series, dates, events, and plain errors."""

import json
from dataclasses import replace
from typing import Any

import pytest

from p2pevents.errors import InputError
from p2pevents.importers.plan import Destination, Draft, Plan
from p2pevents.importers.reading import read_source
from p2pevents.record.draft import compose
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, PublicKey, RecordId

INTO = Destination(
    chapter=ChapterId(bytes(range(32))),
    chapter_name="Paris P2P (demo)",
    time_zone="Europe/Paris",
    history=True,
)
DAILY = "FREQ=DAILY, 18:30 to 20:00, from 1900-01-01"
EDITION = '[{"number": 0, "date": "2020-01-01"}]'


def of_kind(made: Plan, kind: str) -> list[Draft]:
    return [draft for draft in made.drafts if draft.kind == kind]


def plan(city: dict[str, Any], *, into: Destination = INTO, **document: Any) -> Plan:
    data = json.dumps({"paris": city, **document}).encode()
    return read_source(data, name="m.json").plan("paris", into)


def test_the_real_groups_are_three_cities(meetups: bytes) -> None:
    source = read_source(meetups, name="meetups.json")
    assert source.cities == ("paris", "lyon", "nantes")
    assert [each.where for each in source.findings] == [
        "meetups.json: proposed_chapters",
        "meetups.json: proposal_form",
        "meetups.json: founding_checklist",
    ]


def test_the_real_paris_is_a_series_with_ten_dates_and_a_skipped_one(meetups: bytes) -> None:
    made = read_source(meetups, name="meetups.json").plan("paris", INTO)
    (series,) = of_kind(made, "series")
    assert series.fields["title"] == "Paris P2P (demo)"
    assert series.fields["when"] == {
        "start": "2019-08-07T18:30:00",
        "timeZone": "Europe/Paris",
        "duration": "PT4H30M",
        "recurrenceRule": "FREQ=MONTHLY;BYDAY=1WE;UNTIL=20200506",
    }
    assert series.fields["where"] == {
        "name": "Ground Control",
        "address": "81 rue du Charolais, 75012 Paris, France",
        "city": "Paris",
    }
    dates = {draft.path[1]: draft.fields for draft in of_kind(made, "occurrence")}
    skipped = dates.pop("2020-01-01")
    assert skipped["status"] == {
        "is": "skipped",
        "reason": "absorbed by the festival, 8 to 12 January 2020",
        "movedTo": f"{series.path[0]}/2020-01-08",
    }
    assert [(day, fields["edition"]) for day, fields in sorted(dates.items())] == [
        ("2019-08-07", 0), ("2019-09-04", 1), ("2019-10-02", 2), ("2019-11-06", 3),
        ("2019-12-04", 4), ("2020-01-08", 5), ("2020-02-05", 6), ("2020-03-04", 7),
        ("2020-04-01", 8), ("2020-05-06", 9),
    ]  # fmt: skip
    assert [day for day, fields in dates.items() if "when" in fields] == ["2020-01-08"]
    assert dates["2020-04-01"]["where"] == {"name": "Online"}


def test_talks_that_say_their_minutes_follow_each_other(meetups: bytes) -> None:
    made = read_source(meetups, name="meetups.json").plan("paris", INTO)
    talks = [
        (draft.fields["title"], draft.fields["when"])
        for draft in of_kind(made, "session")
        if draft.path[1] == "2019-11-06" and draft.fields["type"] == "talk"
    ]
    zone = {"timeZone": "Europe/Paris"}
    assert talks == [
        ("DPOS under the hood", {"start": "2019-11-06T19:00:00", "duration": "PT15M", **zone}),
        ("Decentralized reputation", {"start": "2019-11-06T19:15:00", "duration": "PT10M", **zone}),
    ]


def test_the_real_lyon_and_nantes_are_events(meetups: bytes) -> None:
    source = read_source(meetups, name="meetups.json")
    lyon = source.plan("lyon", replace(INTO, chapter_name=""))
    events = of_kind(lyon, "event")
    assert [draft.fields["when"]["start"] for draft in events] == [  # type: ignore[index]
        "2019-10-23T18:30:00", "2019-12-11T18:30:00", "2020-01-23T18:30:00",
        "2020-03-12T18:30:00", "2020-04-08T18:30:00",
    ]  # fmt: skip
    assert [draft.fields["title"] for draft in events][:2] == [
        "P2P and education",
        "Lyon meetup #1",
    ]
    assert "where" not in events[0].fields  # the document's venue is in Paris
    assert [each.rule for each in lyon.findings] == ["hours"]
    (nantes,) = of_kind(source.plan("nantes", INTO), "event")
    assert nantes.fields["where"] == {
        "name": "Le Palace",
        "address": "4 rue Voltaire, Nantes, France",
        "city": "Nantes",
    }
    assert nantes.fields["status"] == {
        "is": "postponed",
        "reason": "cancelled the same day, then marked postponed",
    }


def test_every_draft_of_the_real_meetups_makes_a_record(meetups: bytes) -> None:
    source = read_source(meetups, name="meetups.json")
    paths = set()
    for city in source.cities:
        for draft in source.plan(city, INTO).drafts:
            paths.add((draft.kind, draft.path))
            compose(
                object_id=ObjectId(chapter=INTO.chapter, kind=draft.kind, path=draft.path),
                changes=draft.fields,
                author=PublicKey(b"a" * 32),
                authority=RecordId(b"b" * 32),
                now_ms=1_600_000_000_000,
                salt=bytes(16),
            )
    assert len(paths) == sum(len(source.plan(city, INTO).drafts) for city in source.cities)


def test_what_is_not_history_goes_on_by_its_rule() -> None:
    city = {
        "rule": "first Wednesday, 18:30 to 23:00",
        "editions": [{"number": 0, "date": "2020-02-05"}],
    }
    (series,) = of_kind(plan(city, into=replace(INTO, history=False)), "series")
    assert series.fields["when"]["recurrenceRule"] == "FREQ=MONTHLY;BYDAY=1WE"  # type: ignore[index]
    assert series.fields["imported"] == {"from": "m.json: paris"}


def test_a_date_of_the_rule_without_an_edition_is_said() -> None:
    editions = [{"number": 0, "date": "2020-02-05"}, {"number": 1, "date": "2020-04-01"}]
    made = plan({"rule": "first Wednesday, 18:30 to 23:00", "editions": editions})
    assert [each.message for each in made.findings] == [
        "the rule has 2020-03-04, and no edition is on that day"
    ]


def test_an_evening_without_hours_is_on_a_day() -> None:
    (event,) = of_kind(plan({"editions": [{"number": 0, "date": "2020-02-05"}]}), "event")
    assert event.fields["when"] == {"day": "2020-02-05", "timeZone": "Europe/Paris"}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "m.json: line 1: not JSON"),
        ("[]", "m.json: not an object"),
        ("{}", "m.json: no meetups"),
        ('{"paris": {"editions": [{"number": 0}]}}', "m.json: paris.editions[0]: "),
        ('{"paris": {"editions": [{"number": "0", "date": "2020-01-01"}]}}', "editions[0].number"),
        ('{"paris": {"editions": [{"number": true, "date": "2020-01-01"}]}}', "editions[0].number"),
        ('{"paris": {"editions": [{"number": 0, "date": "1 May"}]}}', "form YYYY-MM-DD"),
        ('{"paris": {"editions": [{"number": 0, "date": "2020-02-31"}]}}', "is not a day"),
        ('{"paris": {"editions": [], "rule": "now and then"}}', "m.json: paris.rule: "),
        ('{"paris": {"editions": [], "rule": "first Monday"}}', "no first date"),
        (f'{{"paris": {{"rule": "{DAILY}", "editions": {EDITION}}}}}', "more than 5000 dates"),
        ('{"paris": {"editions": [], "slots": []}}', "unknown field 'slots'"),
        ('{"paris": {"editions": []}, "slots": [{"start": "25:00"}]}', "m.json: slots[0]"),
        ('{"paris": {"editions": []}, "venue": 7}', "m.json: venue"),
        ("[" * 100_000, "m.json: "),
    ],
)
def test_a_document_that_cannot_be_used_names_file_and_key(document: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_source(document.encode(), name="m.json").plan("paris", INTO)
    assert caught.value.message.startswith("m.json: ")
    assert message in caught.value.message


RULE = "first Wednesday, 18:30 to 23:00"


@pytest.mark.parametrize(
    ("city", "message"),
    [
        (
            {"rule": "first Wednesday", "editions": [{"number": 0, "date": "2020-02-05"}]},
            "no hours",
        ),
        (
            {"rule": "first Wednesday, 18:30 to 25:00, from 2020-02-05", "editions": []},
            "time of day",
        ),
        ({"rule": "first, second, third", "editions": []}, "is not understood"),
        ({"rule": "FREQ=NOW, 18:30 to 19:00, from 2020-02-05", "editions": []}, "is not a rule"),
        (
            {
                "rule": RULE,
                "editions": [{"number": 0, "date": "2020-02-05"}],
                "exceptions": [{"skipped": "2020-02-05"}],
            },
            "2020-02-05 is skipped, and has an edition",
        ),
        (
            {
                "editions": [
                    {"number": 0, "date": "2020-02-05", "talks": [{"title": "T", "slides": "ftp"}]}
                ]
            },
            "edition 0.talks[0].slides",
        ),
    ],
)
def test_a_city_that_cannot_be_used_names_its_key(city: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(city)
    assert caught.value.message.startswith("m.json: paris")
    assert message in caught.value.message


def test_a_city_that_is_not_in_the_document_is_said() -> None:
    with pytest.raises(InputError, match="no city 'rome'"):
        read_source(b'{"paris": {"editions": []}}', name="m.json").plan("rome", INTO)


def test_a_date_that_the_rule_does_not_have_cannot_be_skipped_unseen() -> None:
    editions = [{"number": 0, "date": "2020-02-05"}]
    made = plan({"rule": RULE, "editions": editions, "exceptions": [{"skipped": "2020-02-06"}]})
    assert [each.message for each in made.findings] == ["2020-02-06 is no date of the rule"]


def test_hours_that_end_in_the_night_are_those_of_one_evening() -> None:
    editions = [{"number": 0, "date": "2020-02-05"}]
    (series,) = of_kind(
        plan({"rule": "first Wednesday, 20:00 to 2:00", "editions": editions}), "series"
    )
    assert series.fields["when"]["duration"] == "PT6H"  # type: ignore[index]


def test_a_slot_of_a_type_without_a_word_is_of_another() -> None:
    slots = [{"start": "18:30", "end": "23:00", "type": "quiz", "title": "Quiz"}]
    made = plan({"rule": RULE, "editions": [{"number": 0, "date": "2020-02-05"}]}, slots=slots)
    (quiz,) = of_kind(made, "session")
    assert quiz.fields["type"] == "other"


def test_two_editions_of_one_number_or_day_are_refused() -> None:
    twice = [{"number": 0, "date": "2020-02-05"}, {"number": 0, "date": "2020-03-04"}]
    with pytest.raises(InputError, match="edition 0 stands twice"):
        plan({"editions": twice})
    day = [{"number": 0, "date": "2020-02-05"}, {"number": 1, "date": "2020-02-05"}]
    with pytest.raises(InputError, match="two on one day"):
        plan({"rule": "first Wednesday, 18:30 to 23:00", "editions": day})


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.xyz", b"", "a.xyz: not a kind of file"),
        ("plain", b"", "plain: not a kind of file"),
        ("a.csv", b"title,start\nCaf\xe9,\n", "a.csv: line 2: not text in UTF-8"),
        ("a.csv", b"\xff\xfet", "a.csv: line 1: not text in UTF-16"),
        ("a.csv", b"title\0,start", "a.csv: not a text file"),
        ("a.csv", b" " * (100 * 1024 * 1024 + 1), "a.csv: larger than 100 MiB"),
    ],
)
def test_a_file_that_is_no_text_is_refused(name: str, data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_source(data, name=name)
    assert caught.value.message.startswith(message)
