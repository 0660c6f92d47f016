"""An event in several languages: written, shown with a fallback, and told where it lacks."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def event(run: Run, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LANGUAGE", "en")
    run("chapter", "found", "Paris P2P (demo)", "--city", "Paris", "--timezone", "Europe/Paris",
        "--languages", "fr,en")  # fmt: skip
    added = run("event", "add", "--title", "Soirée", "--description", "Venez nombreux", "--start",
                "2027-01-06 18:30", "--end", "23:00", "--locale", "fr", "--json")  # fmt: skip
    return str(added.json["id"])


def test_a_translation_is_shown_to_who_speaks_it_and_the_own_words_to_the_others(
    run: Run, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("event", "translate", event, "--json").json == {"fr": "own", "en": "not"}
    assert "Soirée  [not in en]" in run("event", "list").out
    run("event", "translate", event, "--into", "en", "--title", "Evening")
    assert run("event", "translate", event, "--json").json == {"fr": "own", "en": "partly"}
    assert "Evening  [partly in en]" in run("event", "list").out
    run("event", "translate", event, "--into", "en", "--description", "Come all")
    (row,) = run("event", "list", "--json").json
    assert row["translated"] == {"fr": "own", "en": "whole"}
    assert row["localizations"] == {"en": {"title": "Evening", "description": "Come all"}}
    assert (row["locale"], row["title"]) == ("fr", "Soirée")
    assert "en      translated" in run("event", "translate", event).out
    monkeypatch.setenv("LANGUAGE", "fr")
    assert "Soirée" in run("agenda").out
    monkeypatch.setenv("LANGUAGE", "en")
    assert "Evening" in run("agenda").out
    run("event", "translate", event, "--into", "en", "--title", "", "--description", "")
    assert run("event", "translate", event, "--json").json == {"fr": "own", "en": "not"}


def test_the_schedule_doctor_tells_what_is_not_translated(run: Run, event: str) -> None:
    (finding,) = run("check", event, "--json").json
    assert finding["message"] == "it has no title in en, which the chapter speaks"
    assert finding["hint"] == f"p2pevents event translate {event} --into en"
    run("event", "translate", event, "--into", "en", "--title", "Evening")
    assert run("check", event, "--json").json == []


def test_words_of_no_language_are_said_to_be_of_one_afterwards(run: Run) -> None:
    added = run("event", "add", "--title", "Party", "--start", "2027-01-07 18:30", "--json").json
    assert run("check", added["id"], "--json").json == []
    run("event", "translate", added["id"], "--from", "en")
    assert run("event", "translate", added["id"], "--json").json == {"fr": "not", "en": "own"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--title", "x"), "--into is missing"),
        (("--into", "en"), "nothing to translate"),
        (("--into", "English!", "--title", "x"), "into: 'English!' is not a language"),
    ],
)
def test_what_is_no_translation_is_refused(
    run: Run, event: str, words: tuple[str, ...], said: str
) -> None:
    refused = run("event", "translate", event, *words)
    assert (refused.code, said in refused.err) == (1, True)
