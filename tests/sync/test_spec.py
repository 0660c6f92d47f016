"""docs/spec/sync.md and gossip.md: what they show is made from the program, and kept equal."""

from __future__ import annotations

import re
from pathlib import Path

from p2pevents.sync import codec, messages
from p2pevents.sync.frames import HEAD_BYTES
from p2pevents.sync.inputs import Received
from p2pevents.sync.outside import NAME_BYTES
from p2pevents.sync.sketch import Sketch, pack_ids
from p2pevents.sync.sketching import Answering
from p2pevents.sync.turns import TURNS, Stage
from tests.sync.pair import pair_of, record_item, store

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "docs/spec/sync.md"
PLACES_SHOWN = 128


def block(name: str) -> str:
    """What stands between two markers of the page."""
    found = re.search(
        rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", SPEC.read_text("utf-8"), re.DOTALL
    )
    assert found
    return found[1]


def turns() -> str:
    lines = ["| stage | may come |", "| --- | --- |"]
    codes = [shape.make for _, shape in sorted(codec.SHAPES.items())]
    for stage, may_come in TURNS.items():
        if stage is not Stage.CLOSED:
            names = [each.__name__.lower() for each in codes if each in may_come]
            lines.append(f"| {stage.value} | {', '.join(names)} |")
    return "\n".join(lines) + "\n"


def example() -> str:
    """Every frame of one small comparison, in the order in which they cross."""
    pair = pair_of(store(b"empty"), store(b"one", record_item(1)))
    lines: list[str] = []
    while pair.left.sent or pair.right.sent:
        for name, here, there in (("empty", pair.left, pair.right), ("one", pair.right, pair.left)):
            while here.sent:
                data = here.sent.popleft()
                code = type(codec.decode_message(data[HEAD_BYTES:])).__name__.lower()
                lines.append(f"{name:5} {code:5} {data[HEAD_BYTES:].hex()}")
                there.give(Received(data=data))
    return "".join(f"    {line}\n" for line in wrapped(lines))


def scope() -> str:
    """One scope, by names that can be told apart."""
    one, two, three, four, five = (bytes([number]) * NAME_BYTES for number in range(1, 6))
    named = messages.Scope(chapters=(one, two), closed=(three,), keys=(four + five,))
    return "".join(
        f"    {line}\n" for line in wrapped(["scope       " + codec.encode_message(named).hex()])
    )


def sketch() -> str:
    """One id in a sketch, and its first symbols."""
    made = Sketch(salt=bytes(range(16)))
    made.add(pack_ids([b"\x11" * 32]))
    coded = made.symbols(also=pack_ids([]))
    answering, ask = Answering(coded), messages.Ask(upto=4)
    numbers = memoryview(coded.data).cast("Q")
    places = [str(at) for at, number in enumerate(numbers) if number and at < PLACES_SHOWN]
    lines = [
        f"value       {numbers[0]:016x}",
        f"symbols     {', '.join(places)}, none more below {PLACES_SHOWN}",
        f"ask         {codec.encode_message(ask).hex()}",
        f"symbols     {codec.encode_message(answering.answer(ask)).hex()}",
    ]
    return "".join(f"    {line}\n" for line in wrapped(lines))


def wrapped(lines: list[str]) -> list[str]:
    """Lines of at most 88 characters, what goes on indented under the bytes."""
    out = []
    for line in lines:
        head, rest = line[:12], line[12:]
        while rest:
            out.append(head + rest[:76])
            head, rest = " " * 12, rest[76:]
    return out


def test_the_turns_are_those_of_the_session() -> None:
    """SYNC-3."""
    assert block("turns") == turns()


def test_the_example_is_what_two_sessions_say() -> None:
    """SYNC-2, SYNC-3: in bytes."""
    assert block("example") == example()


def test_the_scope_is_shown_in_bytes() -> None:
    """SYNC-44."""
    assert block("scope") == scope()


def test_a_sketch_is_shown_in_numbers_and_in_bytes() -> None:
    """SYNC-38, SYNC-39."""
    assert block("sketch") == sketch()


def test_every_rule_of_the_pages_is_named_by_a_test() -> None:
    tests = "\n".join(
        path.read_text("utf-8")
        for folder in ("sync", "node_core", "node")
        for path in (ROOT / "tests" / folder).glob("*.py")
    )
    named = set(re.findall(r"(?:SYNC|GOSSIP)-\d+", tests))
    for first, prefix, last in re.findall(r"((SYNC|GOSSIP)-\d+) to (?:SYNC|GOSSIP)-(\d+)", tests):
        start = int(first.rpartition("-")[2])
        named |= {f"{prefix}-{number}" for number in range(start, int(last) + 1)}
    for page in ("sync.md", "gossip.md"):
        text = (ROOT / "docs/spec" / page).read_text("utf-8")
        rules = re.findall(r"\*\*((?:SYNC|GOSSIP)-\d+)\*\*", text)
        assert len(rules) == len(set(rules))
        assert set(rules) <= named, sorted(set(rules) - named)


def write() -> None:
    """Write what the page shows: `python -m tests.sync.test_spec`."""
    text = SPEC.read_text("utf-8")
    made_of = {"turns": turns, "example": example, "scope": scope, "sketch": sketch}
    for name, make in made_of.items():
        marks = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        text = text.replace(block(name).join(marks), make().join(marks))
    SPEC.write_text(text, "utf-8")


if __name__ == "__main__":
    write()
