"""How delivery, redundancy and bytes grow with the number of nodes, in simulated time.

    python -m tests.bench.bench_scale [--nodes 10,100,1000] [--events 5]

Every node is the daemon's own code over a log in memory, of one shard; the network is made
up: each way takes 5 to 120 ms, one message in a hundred is lost. Each node dials four others,
so that it has eight peers on average, and gossip goes to each of them: gossipsub with a mesh
of eight, without what it saves by asking first. Figures are of virtual time and of bytes, and
so the same on every machine; processor time is this one's.

At the end: what a light client costs a day, as the difference between the bytes of two
carriers with one and of two carriers without.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from dataclasses import asdict, dataclass

from p2pevents.record.envelope import Verified
from p2pevents.testing import Simulation, Weather

DIALLED = 4
LOSS_RATIO = 0.01
SETTLE_S = 120
LOOK_S = 0.05
DELIVERY_S_MAX = 3600.0
QUIET_HOURS = 6  # before a quiet hour counts: the pauses between comparisons have grown by then
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
EVENTS_A_DAY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was found of one number of nodes.

    Attributes:
        delivery_half_s, delivery_99_s, delivery_all_s: from the moment of writing until half of
            the nodes had the record, 99 of 100, and all: medians of the events.
        gossip_copies: bytes of gossip, over the bytes that each node once would be.
        event_bytes: bytes that a node sent for one event, gossip and comparisons, in the two
            minutes after it.
        quiet_bytes: bytes that a node sends in an hour in which nothing is said.
        cpu_ms: processor time of a node for all that, of this machine.
        memory_kib: memory of a node.
    """

    nodes: int
    delivery_half_s: float
    delivery_99_s: float
    delivery_all_s: float
    gossip_copies: float
    event_bytes: int
    quiet_bytes: int
    cpu_ms: float
    memory_kib: int


def memory_kib() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def delivery_s(simulation: Simulation, record: Verified) -> tuple[float, float, float]:
    """Seconds until half of the nodes, 99 of 100 and all of them hold a record."""
    began_ms = simulation.now_ms
    lacking = list(simulation.honest)
    count = len(lacking)
    reached: dict[float, float] = {}
    while lacking:
        simulation.run_for(LOOK_S)
        lacking = [node for node in lacking if not node.log.has([record.id])]
        now_s = (simulation.now_ms - began_ms) / 1000
        for part in (0.5, 0.99, 1.0):
            if count - len(lacking) >= part * count:
                reached.setdefault(part, now_s)
        if now_s > DELIVERY_S_MAX:
            raise SystemExit(f"{len(lacking)} of {count} nodes have not got it in an hour")
    return reached[0.5], reached[0.99], reached[1.0]


def measure(nodes: int, events: int) -> Row:
    """Found a chapter, announce some events, and be quiet for some hours."""
    before_kib = memory_kib()
    began_s = time.process_time()
    simulation = Simulation(
        seed=nodes,
        nodes=nodes,
        outbound_peers=DIALLED,
        known_peers=DIALLED - 1,
        weather=Weather(loss_ratio=LOSS_RATIO),
    )
    simulation.run_for(SETTLE_S)
    writer = simulation.nodes["n00"]
    chapter = writer.found("Paris P2P")
    simulation.run_for(SETTLE_S)
    took: list[tuple[float, float, float]] = []
    copies: list[float] = []
    sent: list[float] = []
    for number in range(events):
        gossip, all_ = simulation.traffic.gossip_bytes, simulation.traffic.bytes
        record = writer.add(chapter, f"Evening {number}", f"2027-03-{number % 28 + 1:02}T18:30:00")
        began_ms = simulation.now_ms
        took.append(delivery_s(simulation, record))
        simulation.run_for(max(0.0, SETTLE_S - (simulation.now_ms - began_ms) / 1000))
        size = len(record.envelope) + len(record.body or b"")
        copies.append((simulation.traffic.gossip_bytes - gossip) / (size * nodes))
        sent.append((simulation.traffic.bytes - all_) / nodes)
    simulation.run_for(QUIET_HOURS * HOUR_S)
    quiet = simulation.traffic.bytes
    simulation.run_for(HOUR_S)
    quiet_bytes = round((simulation.traffic.bytes - quiet) / nodes)
    return Row(
        nodes=nodes,
        delivery_half_s=round(median([half for half, _, _ in took]), 2),
        delivery_99_s=round(median([most for _, most, _ in took]), 2),
        delivery_all_s=round(median([every for _, _, every in took]), 2),
        gossip_copies=round(median(copies), 2),
        event_bytes=round(median(sent)),
        quiet_bytes=quiet_bytes,
        cpu_ms=round((time.process_time() - began_s) * 1000 / nodes, 1),
        memory_kib=round((memory_kib() - before_kib) / nodes),
    )


def day_bytes(*, readers: int, events: int) -> int:
    """Bytes that two carriers and so many light clients send in a day with so many events."""
    simulation = Simulation(seed=1, nodes=2 + readers, readers=readers)
    writer = simulation.nodes["n00"]
    simulation.run_for(SETTLE_S)
    chapter = writer.found("Paris P2P")
    simulation.run_for(HOUR_S)
    before = simulation.traffic.bytes
    for number in range(events):
        writer.add(chapter, f"Evening {number}", f"2027-03-{number % 28 + 1:02}T18:30:00")
        simulation.run_for(DAY_S / events)
    if not events:
        simulation.run_for(DAY_S)
    return simulation.traffic.bytes - before


def main() -> None:
    """Print the figures as a table, and as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--nodes", default="10,100,1000", help="how many nodes, with commas")
    parser.add_argument("--events", type=int, default=5, help="how many events are announced")
    asked = parser.parse_args()
    rows = []
    print(f"{'nodes':>6} {'half':>7} {'99 %':>7} {'all':>7} {'copies':>7} {'B/event':>8}", end="")
    print(f" {'B/hour':>7} {'cpu ms':>7} {'KiB':>6}")
    for nodes in map(int, asked.nodes.split(",")):
        row = measure(nodes, asked.events)
        rows.append(row)
        print(
            f"{row.nodes:>6} {row.delivery_half_s:>6.2f}s {row.delivery_99_s:>6.2f}s"
            f" {row.delivery_all_s:>6.2f}s {row.gossip_copies:>7.2f} {row.event_bytes:>8}"
            f" {row.quiet_bytes:>7} {row.cpu_ms:>7.1f} {row.memory_kib:>6}",
            flush=True,
        )
    light = {
        str(events): day_bytes(readers=1, events=events) - day_bytes(readers=0, events=events)
        for events in (0, EVENTS_A_DAY)
    }
    for events, size in light.items():
        print(f"a light client, a day of {events} events: {size} B")
    print(json.dumps({"rows": [asdict(row) for row in rows], "light_day_bytes": light}))


if __name__ == "__main__":
    main()
