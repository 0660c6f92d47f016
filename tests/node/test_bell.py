"""The bell of a home: who has written rings, and the node that runs there looks at its log."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import pytest
import trio

from p2pevents.node.bell import hang_bell, hush, ring
from p2pevents.node.desk import open_desk
from p2pevents.node.founding import draft_chapter, found_chapter
from p2pevents.node.home import Home
from p2pevents.node.node import Node
from p2pevents.node.running import answer_bell

NOW_MS = 1_800_000_000_000
SOON_S = 2.0


class Hearing:
    """Stands where a node would: it is told that its log has grown."""

    def __init__(self) -> None:
        self.grown_at = trio.Event()
        self.times = 0

    def grown(self) -> None:
        self.times += 1
        self.grown_at.set()


async def test_whoever_rings_isanswer_belld_at_once_and_many_rings_are_one(tmp_path: Path) -> None:
    node = Hearing()
    with hang_bell(tmp_path) as bell:
        assert bell is not None
        for _ in range(10_000):  # more than a pipe holds
            ring(tmp_path)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(answer_bell, bell, cast("Node", node))
            for times in (1, 2):
                with trio.fail_after(SOON_S):
                    await node.grown_at.wait()
                assert node.times == times
                node.grown_at = trio.Event()
                await trio.sleep(0.05)
                assert node.times == times  # all that was rung was taken
                ring(tmp_path)
            nursery.cancel_scope.cancel()


async def test_what_is_written_at_a_desk_rings(tmp_path: Path) -> None:
    home = Home(folder=tmp_path)
    with hang_bell(tmp_path) as bell, open_desk(home, now_ms=lambda: NOW_MS) as desk:
        assert bell is not None
        with trio.move_on_after(0.05) as silence:
            await trio.lowlevel.wait_readable(bell)
        assert silence.cancelled_caught
        found_chapter(desk, draft_chapter(desk, {"name": "Paris", "timeZone": "Europe/Paris"}))
        with trio.fail_after(SOON_S):
            await trio.lowlevel.wait_readable(bell)
        hush(bell)


def test_where_no_node_runs_or_something_else_lies_there_ringing_does_nothing(
    tmp_path: Path,
) -> None:
    ring(tmp_path)
    ring(tmp_path / "nowhere")
    with hang_bell(tmp_path):
        pass
    assert not list(tmp_path.iterdir())
    file = tmp_path / "node.bell"
    file.write_bytes(b"mine")
    ring(tmp_path)
    assert file.read_bytes() == b"mine"


def test_a_bell_that_a_crash_left_is_hung_anew_for_its_owner_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "node.bell", 0o666)
    ring(tmp_path)  # nobody hears it, and nobody waits for that
    with hang_bell(tmp_path) as bell:
        assert bell is not None
        assert (tmp_path / "node.bell").stat().st_mode & 0o777 == 0o600


def test_where_there_can_be_no_pipe_there_is_no_bell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(path, mode)

    monkeypatch.setattr(os, "mkfifo", refuse)
    with hang_bell(tmp_path) as bell:
        assert bell is None
