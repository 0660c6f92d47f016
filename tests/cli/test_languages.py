"""Commands in a person's language: what changes, and what programs may rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from p2pevents.cli.peers import _outcome
from p2pevents.words import speak
from tests.cli.outcome import Run

COMMANDS = (
    (),
    ("agenda",),
    ("agenda", "--help"),
    ("event", "--help"),
    ("following",),
    ("status",),
    ("remind",),
    ("event", "list"),
    ("agnda",),
    ("agenda", "--frm", "x"),
    ("agenda", "--to", "1999-01-01"),
    ("event", "show", "k3x7"),
    ("follow", "p2pevents://abc"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_commands_speak_french_with_the_same_exit_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    english = run(*words)
    monkeypatch.setenv("LANGUAGE", "fr")
    french = run(*words)
    assert french.code == english.code
    assert (french.out, french.err) != (english.out, english.err)
    assert "Traceback" not in french.err


def test_json_is_the_same_in_every_language(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "fr")
    facts = run("chapter", "found", "Paris P2P", "--timezone", "Europe/Paris", "--json")
    assert facts.code == 0
    status = json.loads(run("status", "--json").out)
    assert status["chapters"][0]["state"].startswith("unchecked")
    failed = run("--json", "event", "show", "k3x7")
    assert "p2pevents: error: no event or series here" in failed.err


def test_what_the_system_says_of_a_file_is_said_in_french(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LANGUAGE", "fr")
    people = ("pairings", "--rounds", "1", "--people", str(tmp_path / "none"))
    absent = run(*people).err.replace("\xa0", " ")
    assert "none : ne peut pas être lu : aucun fichier ni dossier de ce nom" in absent
    folder = run("check", str(tmp_path)).err.replace("\xa0", " ")
    assert "ne peut pas être lu : est un dossier" in folder


def test_names_are_said_in_french_and_stay_as_they_are_in_json(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("chapter", "found", "Paris P2P", "--timezone", "Europe/Paris")
    event = run("event", "add", "--title", "Fête", "--start", "2030-07-14 18:30", "--json").json
    programme = ("--event", event["id"], "--start", "18:30", "--room", "A", "--type", "workshop")
    for title in ("Un", "Deux"):
        run("session", "add", *programme, "--end", "19:30", "--title", title)
    monkeypatch.setenv("LANGUAGE", "fr")
    assert "responsable" in run("organiser", "list").out
    assert run("organiser", "list", "--json").json[0]["role"] == "lead"
    odd = run("check").out
    assert "chevauchement" in odd
    assert "de 2030-07-14 18:30 à 19:30" in odd
    assert {row["rule"] for row in run("check", "--json").json} >= {"overlap"}
    assert "atelier" in run("session", "list", "--event", event["id"], "--by", "room").out
    assert "journal" in run("doctor").out
    assert {row["check"] for row in run("doctor", "--json").json["findings"]} >= {"log", "keys"}
    assert "événement ou série" in run("event", "show", "zzzz").err
    with speak("fr"):
        assert _outcome("nothing new, equal") == "rien de nouveau, égaux"
        assert _outcome("3 new, settled, 2 left out") == "3 nouveaux, accordés, 2 laissés de côté"


def test_why_a_peer_is_not_reached_is_said_in_french(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = "/ip4/127.0.0.1/tcp/9/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
    home.mkdir()
    monkeypatch.setenv("LANGUAGE", "fr")
    refused = run("sync", nobody)
    assert refused.code == 3
    assert "connexion impossible : personne n’écoute là" in refused.out.replace("\xa0", " ")
    assert "vérifiez que son nœud tourne" in refused.err
    (home / "config.toml").write_text('proxy = "socks5://127.0.0.1:9"\n')
    behind = run("sync", nobody)
    assert "le proxy 127.0.0.1:9 n’est pas là" in behind.out
    assert "démarrez-le (c’est peut-être Tor)" in behind.err
    monkeypatch.setenv("LANGUAGE", "en")
    assert "hint: start it (it may be Tor), or take proxy out" in run("sync", nobody).err


def test_the_configuration_goes_before_the_environment(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    (home / "config.toml").write_text('network = "demo"\nlanguage = "fr"\n')
    assert "jamais" in run("status").out
    assert "Ne plus suivre" in run("unfollow", "--help").out
    (home / "config.toml").write_text("")
    assert "Stop following" in run("unfollow", "--help").out
    monkeypatch.setenv("LANGUAGE", "fr")
    (home / "config.toml").write_text('language = "en"\n')
    assert "never" in run("status").out


def test_days_are_of_the_language_that_is_spoken(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("chapter", "found", "Paris P2P", "--timezone", "Europe/Paris")
    run("event", "add", "--title", "Fête", "--start", "2030-07-14 18:30")
    monkeypatch.setenv("LANGUAGE", "fr")
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert "Dimanche 14 juillet 2030" in run("agenda", "--from", "2030-07-01").out
    monkeypatch.setenv("LANGUAGE", "en")
    assert "Sunday, July 14, 2030" in run("agenda", "--from", "2030-07-01").out
    for nobodys in ("C.UTF-8", "C", "POSIX"):  # as a server has it: no country's way
        monkeypatch.setenv("LC_ALL", nobodys)
        assert "Sunday, 14 July 2030" in run("agenda", "--from", "2030-07-01").out
