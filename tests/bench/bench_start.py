"""How soon a daemon's page answers and the daemon is ready, and what it takes while it rests.

    python -m tests.bench.bench_start [IDLE_SECONDS]

Times on the clock, beside a process that only imports libp2p, in interleaved rounds.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.bench.goal import environment, own_python, say

ROUNDS = 5
SECONDS_MAX = 60.0
IDLE_S = 60.0
BARE_HOST = """
import sys, trio
from p2pevents.net.libp2p import open_libp2p_network
async def main():
    async with open_libp2p_network(seed=bytes(31) + b"k") as network:
        await network.listen(("/ip4/127.0.0.1/tcp/0",))
        await trio.sleep(2)
        print(open("/proc/self/status").read(), flush=True)
trio.run(main)
"""


def import_s() -> float:
    """Seconds that a process takes which only imports libp2p."""
    program = own_python("-c", "import libp2p, libp2p.pubsub.gossipsub, libp2p.host.basic_host")
    began = time.perf_counter()
    subprocess.run(program, check=True, env=environment())
    return time.perf_counter() - began


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def daemon(home: Path, port: int) -> subprocess.Popen[str]:
    words = ["-m", "p2pevents.cli", "--json", "--home", str(home), "run", "--page", str(port)]
    return subprocess.Popen(
        own_python(*words, "--listen", "/ip4/127.0.0.1/tcp/0"),
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )


def page_s(port: int, began: float) -> float:
    """Seconds until the page answers."""
    while time.perf_counter() - began < SECONDS_MAX:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return time.perf_counter() - began
        except OSError:
            time.sleep(0.005)
    raise TimeoutError("the page did not answer")


def resident_mib(status: str) -> float:
    """Return how much memory /proc says that a process has."""
    line = next(each for each in status.splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    idle_s = float(sys.argv[1]) if len(sys.argv) > 1 else IDLE_S
    imported, paged, ready = [], [], []
    used, status = 0.0, ""
    with tempfile.TemporaryDirectory() as name:
        for number in range(ROUNDS + 1):
            import_took = import_s()
            port, began = free_port(), time.perf_counter()
            with daemon(Path(name) / f"home{number}", port) as process:
                page_took = page_s(port, began)
                assert process.stdout is not None
                seen = ""
                while not seen.rstrip().endswith("}"):
                    seen += process.stdout.readline()
                ready_took = time.perf_counter() - began
                assert json.loads(seen)["ready"]
                if number == ROUNDS:
                    time.sleep(5)
                    used = processor_s(process.pid)
                    time.sleep(idle_s)
                    used = processor_s(process.pid) - used
                    status = Path(f"/proc/{process.pid}/status").read_text("ascii")
                process.terminate()
            if number:  # the first round compiles
                imported.append(import_took)
                paged.append(page_took)
                ready.append(ready_took)
    base = statistics.median(imported)
    print(f"imports libp2p {base:.2f} s, page {statistics.median(paged):.2f} s")
    print(f"ready {statistics.median(ready):.2f} s")
    say("page answers / a process that imports libp2p", statistics.median(paged) / base, 0.5)
    say("daemon ready / a process that imports libp2p", statistics.median(ready) / base, 1.3)
    say("idle daemon, processor time", 100 * used / idle_s, 2, unit="%")
    host = subprocess.run(
        own_python("-c", BARE_HOST), check=False, capture_output=True, text=True, env=environment()
    )
    print(f"idle daemon {resident_mib(status):.0f} MiB")
    if host.returncode == 0:
        bare = resident_mib(host.stdout)
        print(f"bare host {bare:.0f} MiB")
        say("idle daemon's memory / a bare libp2p host's", resident_mib(status) / bare, 1.3)
    else:
        print("no bare host:", host.stderr.strip().splitlines()[-1:])


if __name__ == "__main__":
    main()
