"""The node key: made once, the node's alone."""

from pathlib import Path
from threading import Barrier, Thread

import pytest

from p2pevents.errors import KeyFileError
from p2pevents.keys.key_file import KeyFile, KeyKind
from p2pevents.keys.node_key import load_node_key
from p2pevents.keys.passphrase import Cost
from p2pevents.keys.private_file import write_private
from p2pevents.keys.secret import Passphrase, Secret


def test_it_is_made_at_the_first_time_and_stays(tmp_path: Path) -> None:
    """KEY-9."""
    path = tmp_path / "home" / "node.key"
    first = load_node_key(path)
    assert load_node_key(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_node_key(tmp_path / "other") != first


def test_two_that_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    """KEY-9."""
    for turn in range(10):
        path, barrier = tmp_path / f"{turn}.key", Barrier(4)
        had: list[Secret] = []

        def make(path: Path = path, barrier: Barrier = barrier, had: list[Secret] = had) -> None:
            barrier.wait()
            had.append(load_node_key(path))

        threads = [Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(had) == 4
        assert all(key == load_node_key(path) for key in had)


def test_no_other_key_is_taken_for_it(
    tmp_path: Path, secret: Secret, passphrase: Passphrase, cheap: Cost
) -> None:
    """KEY-6."""
    daily, sealed = tmp_path / "daily", tmp_path / "sealed"
    write_private(daily, KeyFile.of(KeyKind.DAILY, secret, passphrase=None, cost=cheap).text)
    write_private(sealed, KeyFile.of(KeyKind.NODE, secret, passphrase=passphrase, cost=cheap).text)
    with pytest.raises(KeyFileError, match="daily: kind: is not node"):
        load_node_key(daily)
    with pytest.raises(KeyFileError, match="sealed: is under a passphrase"):
        load_node_key(sealed)
