"""Every test of this room leaves no socket and no thread behind."""

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from p2pevents.net.libp2p.without_fastecdsa import stand_in_for_fastecdsa

# Tests of the guards import libp2p at their top, before anything of p2pevents could.
stand_in_for_fastecdsa()

FD_DIR = Path("/proc/self/fd")


def open_sockets() -> set[str]:
    """The sockets of this process, by the kernel's names; empty where it does not tell."""
    links = set()
    for entry in FD_DIR.iterdir() if FD_DIR.exists() else ():
        try:
            links.add(str(entry.readlink()))
        except OSError:
            continue
    return {link for link in links if link.startswith("socket:")}


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    gc.collect()
    sockets, threads = open_sockets(), set(threading.enumerate())
    yield
    assert open_sockets() <= sockets
    # trio keeps idle workers for ten seconds; they are nobody's leak.
    left = set(threading.enumerate()) - threads
    assert not [thread for thread in left if "Trio" not in thread.name]
