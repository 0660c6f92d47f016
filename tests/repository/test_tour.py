"""The tour's pictures: each is there, shown, told in words, small, and of no certain machine."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from tests.repository.pictures import PICTURE_BYTES_MAX, PICTURES

TOUR = PICTURES.parent / "tour.md"
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
ALT_CHARACTERS_MIN = 40
SHOWN = IMAGE.findall(TOUR.read_text("utf-8"))
PATHS = sorted(PICTURES.iterdir())


def test_the_tour_shows_every_picture_once_and_no_other() -> None:
    assert sorted(path for _, path in SHOWN) == [f"pictures/{path.name}" for path in PATHS]
    assert 5 <= len(SHOWN) <= 9


@pytest.mark.parametrize(("alt", "path"), SHOWN, ids=[path for _, path in SHOWN])
def test_each_picture_says_in_words_what_is_to_be_seen(alt: str, path: str) -> None:
    assert len(alt) >= ALT_CHARACTERS_MIN
    assert alt[0].isupper()


@pytest.mark.parametrize("path", PATHS, ids=[path.name for path in PATHS])
def test_each_picture_is_small_and_is_what_it_is_called(path: Path) -> None:
    data = path.read_bytes()
    assert 1_000 < len(data) <= PICTURE_BYTES_MAX
    begins = {".png": b"\x89PNG\r\n\x1a\n", ".svg": b"<svg "}[path.suffix]
    assert data.startswith(begins)


@pytest.mark.parametrize("path", sorted(PICTURES.glob("*.svg")), ids=lambda path: path.name)
def test_no_picture_of_a_terminal_tells_of_a_machine_or_of_a_fault(path: Path) -> None:
    text = path.read_text("utf-8").replace("&#160;", " ").replace("\xa0", " ")
    for word in ("/tmp", "/home/", "/root", "error:", "http://", "https://", socket.gethostname()):
        assert word not in text.replace("http://www.w3.org/2000/svg", ""), word
