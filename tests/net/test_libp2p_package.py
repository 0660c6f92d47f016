"""The package around libp2p: imported late, and without fastecdsa where that is missing."""

import subprocess
import sys
from importlib.metadata import distributions, version

import pytest

from p2pevents.errors import NetworkError
from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.libp2p.without_fastecdsa import NAMES, Absent
from tests.net.worlds import seed

RUN_S_MAX = 60

WITHOUT_FASTECDSA = """
from importlib.machinery import PathFinder

find = PathFinder.find_spec
PathFinder.find_spec = classmethod(
    lambda cls, name, path=None, target=None:
        None if name.partition(".")[0] == "fastecdsa" else find(name, path, target)
)

import sys, trio
from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.record.verdict import Verdict

async def main():
    heard = trio.Event()

    async def hear(sender, data):
        print("heard", data.decode())
        heard.set()
        return Verdict.ACCEPT

    async with open_libp2p_network(seed=b"a" * 32) as a, open_libp2p_network(seed=b"b" * 32) as b:
        await a.subscribe("t", hear)
        await b.subscribe("t", hear)
        await a.listen(["/ip4/127.0.0.1/tcp/0"])
        await b.dial(a.addresses()[0])
        while not (b.peers() and b.peers()[0].topics):
            await trio.sleep(0.01)
        await trio.sleep(0.2)
        await b.publish("t", b"without fastecdsa")
        with trio.fail_after(10):
            await heard.wait()

trio.run(main)
import fastecdsa.curve
print(type(fastecdsa.curve.P256).__name__)
import libp2p.crypto.ecc
try:
    libp2p.crypto.ecc.create_new_key_pair("P-256")
except ImportError as error:
    print(error)
"""


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        timeout=RUN_S_MAX,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_two_hosts_gossip_where_fastecdsa_is_missing() -> None:
    assert run(WITHOUT_FASTECDSA).splitlines() == [
        "heard without fastecdsa",
        "Absent",
        "fastecdsa.keys.gen_private_key was used, but fastecdsa is not installed",
    ]


def test_libp2p_is_imported_when_a_network_is_opened_and_not_before() -> None:
    program = (
        "import sys, p2pevents.net.libp2p, p2pevents.net.memory; print('libp2p' in sys.modules)"
    )
    assert run(program) == "False\n"


def test_a_libp2p_that_cannot_be_loaded_is_a_network_error() -> None:
    program = """
import sys, trio
sys.modules["libp2p"] = None
from p2pevents.errors import NetworkError
from p2pevents.net.libp2p import open_libp2p_network

async def main():
    try:
        async with open_libp2p_network(seed=b"a" * 32):
            pass
    except NetworkError as error:
        print(error.message.partition(":")[0])

trio.run(main)
"""
    assert run(program) == "libp2p cannot be loaded\n"


def test_every_use_of_a_placeholder_raises() -> None:
    absent = Absent("fastecdsa.keys.export_key")
    with pytest.raises(ImportError, match="export_key"):
        absent()
    with pytest.raises(ImportError, match="export_key"):
        _ = absent.anything


# Asked of the metadata: an import would find the placeholders themselves.
@pytest.mark.skipif(
    not list(distributions(name="fastecdsa")),
    reason="fastecdsa is not installed: nothing to compare with",
)
def test_the_placeholders_are_what_libp2p_takes_from_fastecdsa() -> None:
    program = "\n".join(
        [f"import {module}" for module in NAMES]
        + [f"{module}.{name}" for module, names in NAMES.items() for name in names]
    )
    assert run(program) == ""


async def test_another_release_of_libp2p_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_libp2p_network(seed=seed("a")):
        assert version("libp2p") == "0.8.1"
    monkeypatch.setattr("p2pevents.net.libp2p.opening.version", lambda _name: "0.9.0")
    with pytest.raises(NetworkError, match=r"0\.9\.0"):
        async with open_libp2p_network(seed=seed("a")):
            pass
