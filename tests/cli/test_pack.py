"""Records on a stick: `pack` and `unpack`."""

from __future__ import annotations

from pathlib import Path

from p2pevents.sync.pack import PACK_HEAD
from tests.cli.conftest import Run

PARIS = ("Paris P2P", "--city", "Paris", "--timezone", "Europe/Paris", "--languages", "fr,en")


def founded(run: Run, events: int = 3) -> None:
    assert run("chapter", "found", *PARIS).code == 0
    for number in range(events):
        title = f"Paris P2P #{number}"
        assert (
            run("event", "add", "--title", title, "--start", f"2027-01-0{number + 1} 18:30").code
            == 0
        )


def test_what_is_packed_is_there_after_unpacking(run: Run, tmp_path: Path) -> None:
    """PACK-4."""
    founded(run)
    stick, other = tmp_path / "stick.pack", tmp_path / "other"
    packed = run("pack", "-o", str(stick), "--json").json
    assert packed["items"] == 5  # the charter, the profile and three events
    first = run("unpack", str(stick), "--json", at=other).json
    assert (first["items"], first["found"]["new"], first["trouble"]) == (5, 5, None)
    second = run("unpack", str(stick), "--json", at=other).json
    assert (second["found"]["new"], second["found"]["known"]) == (0, 5)
    listed = ("event", "list", "--chapter", "Paris", "--json")
    titles = [row["title"] for row in run(*listed, at=other).json]
    assert titles == ["Paris P2P #0", "Paris P2P #1", "Paris P2P #2"]


def test_a_pack_in_another_order_is_taken_as_well(run: Run, tmp_path: Path) -> None:
    """PACK-4: a reader does not rely on the order."""
    founded(run)
    stick, other = tmp_path / "stick.pack", tmp_path / "other"
    run("pack", "-o", str(stick))
    from p2pevents.sync.pack import PackReader, pack_frames

    items = [item for bundle in PackReader().feed(stick.read_bytes()) for item in bundle]
    stick.write_bytes(PACK_HEAD + b"".join(pack_frames(reversed(items))))
    found = run("unpack", str(stick), "--json", at=other).json["found"]
    assert (found["new"], found["authority"]) == (5, 0)


def test_a_changed_byte_is_refused_and_the_rest_is_kept(run: Run, tmp_path: Path) -> None:
    """PACK-5."""
    founded(run)
    stick, other = tmp_path / "stick.pack", tmp_path / "other"
    run("pack", "-o", str(stick))
    data = bytearray(stick.read_bytes())
    data[-1] ^= 1  # in the body of the last record
    stick.write_bytes(data)
    found = run("unpack", str(stick), "--json", at=other).json["found"]
    assert (found["new"], found["malformed"]) == (4, 1)


def test_what_was_cut_short_is_told(run: Run, tmp_path: Path) -> None:
    """PACK-3."""
    founded(run)
    stick, other = tmp_path / "stick.pack", tmp_path / "other"
    run("pack", "-o", str(stick))
    stick.write_bytes(stick.read_bytes()[:-10])
    outcome = run("unpack", str(stick), at=other)
    assert outcome.code == 0
    assert "cut short" in outcome.err


def test_a_pack_below_a_file_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outcome = run("pack", "-o", str(tmp_path / "file" / "stick.pack"))
    assert outcome.code == 1
    assert "stick.pack: cannot be written: not a directory" in outcome.err


def test_what_is_no_pack_is_refused(run: Run, tmp_path: Path) -> None:
    """PACK-1."""
    stick = tmp_path / "stick.pack"
    stick.write_bytes(b"hello, this is no pack of anything")
    outcome = run("unpack", str(stick))
    assert outcome.code == 1
    assert "not a pack of records" in outcome.err
    assert run("unpack", str(tmp_path / "nowhere")).code == 1


def test_a_pack_without_a_name_is_refused(run: Run) -> None:
    run("chapter", "found", "Paris P2P")
    outcome = run("pack", "-o", "")
    assert outcome.code == 2
    assert "--output: empty" in outcome.err


def test_nothing_is_written_over(run: Run, tmp_path: Path) -> None:
    founded(run, events=0)
    stick = tmp_path / "stick.pack"
    stick.write_bytes(b"holiday pictures")
    assert run("pack", "-o", str(stick)).code == 1
    assert stick.read_bytes() == b"holiday pictures"


def test_unpacking_follows_nobody(run: Run, tmp_path: Path) -> None:
    """PACK-5 and PACK-6."""
    founded(run)
    stick, other = tmp_path / "stick.pack", tmp_path / "other"
    run("pack", "-o", str(stick))
    run("unpack", str(stick), at=other)
    assert run("following", "--json", at=other).json == []
    again = tmp_path / "again.pack"
    assert run("pack", "-o", str(again), "--json", at=other).json["items"] == 5
