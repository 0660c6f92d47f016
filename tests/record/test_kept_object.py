"""An object as an exported calendar keeps it: read back whole, or refused."""

from datetime import datetime, timedelta, timezone

import pytest

from p2pevents.errors import RecordError
from p2pevents.record.fields import Event
from p2pevents.record.ids import ChapterId
from p2pevents.record.kept_object import KEPT_CHARACTERS_MAX, keep_text, read_kept, stamp_of
from p2pevents.record.uid import guid_of, path_of_uid, read_uid, uid_of
from p2pevents.record.values import When

CHAPTER = ChapterId(bytes(range(32)))


def test_what_is_kept_is_read_as_it_was() -> None:
    shown = Event(title="Meetup", when=When(day="2020-01-08", time_zone="Europe/Paris"))
    kept = read_kept(keep_text("event", ("meet",), shown))
    assert kept.kind == "event"
    assert kept.path == ("meet",)
    assert kept.fields == {
        "title": "Meetup",
        "when": {"day": "2020-01-08", "timeZone": "Europe/Paris"},
    }


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "kept-form"),
        ("[]", "kept-form"),
        ('{"kind": "event", "path": ["a"], "fields": {}, "x": 1}', "kept-form"),
        ('{"kind": "event", "path": ["A"], "fields": {}}', "header-path"),
        ('{"kind": "odd", "path": ["a"], "fields": {}}', "void-kind"),
        ('{"kind": "grant", "path": ["a"], "fields": {}}', "void-kind"),
        ('{"kind": "event", "path": ["a"], "fields": {"odd": 1}}', "kept-field"),
        ('{"kind": "event", "path": ["a"], "fields": {"title": 1}}', "void-value"),
        ("[" * 100_000, "kept-form"),
        (" " * (KEPT_CHARACTERS_MAX + 1), "kept-size"),
    ],
)
def test_what_no_record_may_say_is_refused(text: str, rule: str) -> None:
    with pytest.raises(RecordError) as caught:
        read_kept(text)
    assert caught.value.rule == rule


def test_a_uid_says_chapter_and_path_and_no_other_text_does() -> None:
    uid = uid_of(CHAPTER, ("fest", "talk"))
    assert read_uid(uid) == (CHAPTER, ("fest", "talk"))
    assert path_of_uid(uid, CHAPTER) == ("fest", "talk")
    assert path_of_uid(uid, ChapterId(bytes(32))) == ()
    for text in ("", "a@b", uid.upper(), f".{uid}", uid + "a", "fest.talk"):
        assert read_uid(text) is None


def test_a_guid_is_the_same_for_one_object_and_differs_between_two() -> None:
    assert guid_of(CHAPTER, ("a",)) == guid_of(CHAPTER, ("a",))
    assert (
        len(
            {
                guid_of(CHAPTER, ("a",)),
                guid_of(CHAPTER, ("b",)),
                guid_of(ChapterId(bytes(32)), ("a",)),
            }
        )
        == 3
    )


def test_an_instant_is_kept_as_that_of_utc() -> None:
    paris = datetime(2020, 1, 8, 18, 30, tzinfo=timezone(timedelta(hours=1)))
    assert stamp_of(paris) == "2020-01-08T17:30:00+00:00"
