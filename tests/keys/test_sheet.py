"""The charter sheet: docs/spec/keys.md, KEY-3 to KEY-5."""

import html
import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from p2pevents.errors import KeyFileError
from p2pevents.keys.secret import Secret
from p2pevents.keys.sheet import QR_PREFIX, CharterSheet, letters_of
from p2pevents.keys.sheet_file import load_sheet_file, write_sheet_file
from p2pevents.keys.sheet_reader import SHEET_CHARACTERS_MAX, read_sheet
from p2pevents.keys.words import words_of
from p2pevents.record.ids import ChapterId, to_text

SECRET = Secret(bytes(range(32)))
SPEC = Path(__file__).parents[2] / "docs" / "spec" / "keys.md"
seeds = st.binary(min_size=32, max_size=32).map(Secret)


def sheet_of(secret: Secret = SECRET, name: str = "Paris P2P") -> CharterSheet:
    return CharterSheet(secret=secret, chapter=ChapterId(bytes(32)), name=name, day="2020-01-02")


@settings(max_examples=40)  # each key's fingerprint takes 10 ms on purpose
@given(secret=seeds, name=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"])))
def test_a_sheet_is_read_back_in_every_form(secret: Secret, name: str) -> None:
    """KEY-5."""
    sheet = sheet_of(secret, name[:200])
    assert read_sheet(sheet.text) == secret
    assert read_sheet(sheet.html) == secret
    assert read_sheet(sheet.text.replace("\n", "\r\n")) == secret


@given(secret=seeds)
def test_words_letters_and_code_are_read_alone(secret: Secret) -> None:
    """KEY-3 to KEY-5."""
    words, letters = words_of(secret), letters_of(secret)
    numbered = "\n".join(f"{place}. {word.title()}," for place, word in enumerate(words, 1))
    grouped = " - ".join(letters[i : i + 4] for i in range(0, 56, 4))
    for typed in (
        " ".join(words),
        "\n".join(words).upper(),
        numbered,
        letters,
        grouped.upper(),
        QR_PREFIX + letters.upper(),
        f"  {QR_PREFIX.lower()}{letters}\n",
    ):
        assert read_sheet(typed) == secret


def test_the_sheet_is_the_documented_one() -> None:
    """KEY-1, KEY-3: the vectors of the page."""
    page = SPEC.read_text()
    assert letters_of(SECRET) in page
    assert " ".join(words_of(SECRET)) in " ".join(page.split())


def test_the_code_says_prefix_and_letters_to_a_scanner(monkeypatch: pytest.MonkeyPatch) -> None:
    """KEY-4: what is handed to the encoder, and that both drawings are of that code."""
    import segno

    code = segno.make_qr(QR_PREFIX + letters_of(SECRET).upper(), error="m")
    assert code.mode == "alphanumeric"
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", scale=4, border=4, xmldecl=False)
    assert sheet_of().svg == drawn.getvalue().decode()
    assert sheet_of().svg in sheet_of().html
    # The blocks of the text, taken apart again into the dark and light of the code.
    halves = {" ": (0, 0), "\u2580": (1, 0), "\u2584": (0, 1), "\u2588": (1, 1)}
    lines = sheet_of().text.rstrip("\n").split("\n\n")[-1].split("\n")
    size = len(code.matrix)
    rows: list[list[int]] = []
    for line in [line for line in lines if set(line) <= set(halves)]:
        pairs = [halves[sign] for sign in line.ljust(size + 8)]
        rows += [[upper for upper, _ in pairs], [lower for _, lower in pairs]]
    dark = [place for place, row in enumerate(rows) if any(row)]
    seen = [row[4 : 4 + size] for row in rows[dark[0] : dark[0] + size]]
    assert seen == [[int(module) for module in row] for row in code.matrix]


def test_a_sheet_changed_at_any_byte_is_read_right_or_refused() -> None:
    """KEY-5."""
    text = sheet_of().text.split("\u2580")[0]
    refused = 0
    for place, character in enumerate(text):
        put = "b" if character == "a" else "a"
        try:
            assert read_sheet(text[:place] + put + text[place + 1 :]) == SECRET
        except KeyFileError:
            refused += 1
    # All of words, letters, headings, title and the key's text form are looked at.
    assert refused > sum(map(len, words_of(SECRET))) + 56 + 53


@given(text=st.text() | st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567 \n-"))
def test_whatever_is_typed_nothing_but_a_key_file_error_is_raised(text: str) -> None:
    for typed in (text, QR_PREFIX + text, sheet_of().text + text, text + sheet_of().html):
        try:
            assert read_sheet(typed) == SECRET
        except KeyFileError:
            continue


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no words and no letters"),
        ("1 2 3 ...", "no words and no letters"),
        (" ".join(words_of(SECRET)[:-1]), "23 words, where a sheet has 24"),
        (" ".join(words_of(SECRET)).replace("liar", "lair"), "word 3, 'lair', is not on the list"),
        (letters_of(SECRET)[:-1], "letters: 55, where a sheet has 56"),
        (letters_of(SECRET).replace("o", "0", 1), "letters: '0' in group 4 is none of"),
        ("b" + letters_of(SECRET)[1:], "letters: one is wrong, or groups changed places"),
        (QR_PREFIX, "letters: 0, where a sheet has 56"),
        ("x" * (SHEET_CHARACTERS_MAX + 1), "larger than 16384 characters: no sheet"),
        ("p2pevents charter sheet 1\n", "0 words, where a sheet has 24"),
    ],
)
def test_a_mistake_is_named(text: str, message: str) -> None:
    """KEY-1, KEY-3, KEY-5."""
    with pytest.raises(KeyFileError, match=f"^sheet: {message}"):
        read_sheet(text)


def test_a_sheet_that_contradicts_itself_is_refused() -> None:
    """KEY-5: words, letters and public key of two sheets put together."""
    ours, other = sheet_of().text, sheet_of(Secret(bytes(32))).text
    parts = {
        heading: (
            re.search(rf"{heading}\n(    .*\n)+", ours),
            re.search(rf"{heading}\n(    .*\n)+", other),
        )
        for heading in ("Words", "Letters", "Public key")
    }
    for heading, (mine, theirs) in parts.items():
        assert mine is not None
        assert theirs is not None
        message = "the public key is not that" if heading == "Public key" else "different keys"
        with pytest.raises(KeyFileError, match=message):
            read_sheet(ours.replace(mine[0], theirs[0]))
    with pytest.raises(KeyFileError, match="the public key is not that"):
        read_sheet(ours.replace("Public key", "Public"))


@pytest.mark.parametrize("name", ["two\nlines", "turned\u202e", "x" * 201])
def test_no_sheet_is_made_for_a_name_that_is_no_line(name: str) -> None:
    with pytest.raises(KeyFileError, match="cannot be printed on one line"):
        sheet_of(name=name)


def test_a_name_is_only_text_on_the_page() -> None:
    page = sheet_of(name="<script>alert(1)</script> & co").html
    assert "<script" not in page
    assert html.escape("<script>alert(1)</script> & co") in page
    assert not re.search(r"(?:src|href)=", page)


def test_no_sheet_shows_its_key_by_accident() -> None:
    """KEY-10."""
    assert repr(sheet_of()).count("hidden") == 1
    assert "abandon" not in repr(sheet_of())
    assert to_text(SECRET.reveal())[:12] not in repr(sheet_of())


@pytest.mark.parametrize("name", ["charter-sheet.txt", "charter-sheet", "charter-sheet.HTML"])
def test_a_sheet_is_written_for_its_user_alone_and_read_back(tmp_path: Path, name: str) -> None:
    """KEY-9."""
    path = tmp_path / name
    write_sheet_file(path, sheet_of())
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_sheet_file(path) == SECRET
    assert path.read_text().startswith("<!doctype") == (path.suffix == ".HTML")
    with pytest.raises(KeyFileError, match="stands there already"):
        write_sheet_file(path, sheet_of())
    path.chmod(0o755)  # as every file on a stick seems to be
    assert load_sheet_file(path) == SECRET


def test_the_image_is_the_code_and_no_sheet_to_read(tmp_path: Path) -> None:
    path = tmp_path / "code.svg"
    write_sheet_file(path, sheet_of())
    assert path.read_text() == sheet_of().svg
    with pytest.raises(KeyFileError, match=r"code.svg: "):
        load_sheet_file(path)
    with pytest.raises(KeyFileError, match="none: cannot be read: no such file"):
        load_sheet_file(tmp_path / "none")


def test_every_rule_of_the_page_is_named_by_a_test() -> None:
    rules = set(re.findall(r"\*\*(KEY-\d+)\*\*", SPEC.read_text()))
    assert rules == {f"KEY-{number}" for number in range(1, 13)}
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert rules <= set(re.findall(r"KEY-\d+", tests))
