"""Three nodes that write, meet, are cut off and restored, against a model that is three sets."""

from __future__ import annotations

from hypothesis import settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import Outcome
from p2pevents.sync.inputs import SendPush
from tests.sync.pair import Store, authority_item, pair_of, record_item, store

nodes = st.integers(0, 2)
limits = st.sampled_from([0, 2, 1000])


class Nodes(RuleBasedStateMachine):
    """What a node holds is what it wrote and what it was brought, in whatever order, once."""

    written = Bundle("written")

    def __init__(self) -> None:
        super().__init__()
        self.stores: list[Store] = [store(b"n%d" % number) for number in range(3)]
        self.model: list[set[Item]] = [set(), set(), set()]
        self.lives = 3

    @rule(target=written, node=nodes, number=st.integers(0, 60), is_authority=st.booleans())
    def write(self, node: int, number: int, is_authority: bool) -> Item:
        item = authority_item(number) if is_authority else record_item(number)
        self.stores[node].offer((item, item))
        self.model[node].add(item)
        return item

    @rule(left=nodes, right=nodes, chunk_bytes=st.integers(1, 500), since_ids_max=limits)
    def compare(self, left: int, right: int, chunk_bytes: int, since_ids_max: int) -> None:
        if left == right:
            return
        for number in (left, right):
            self.stores[number].since_ids_max = since_ids_max
        pair = pair_of(self.stores[left], self.stores[right], chunk_bytes=chunk_bytes).settle()
        assert [side.ended[-1].outcome for side in (pair.left, pair.right)] == [Outcome.EQUAL] * 2
        union = self.model[left] | self.model[right]
        self.model[left], self.model[right] = set(union), set(union)

    @rule(left=nodes, right=nodes, cut_after_bytes=st.integers(0, 2000), since_ids_max=limits)
    def compare_and_be_cut(
        self, left: int, right: int, cut_after_bytes: int, since_ids_max: int
    ) -> None:
        if left == right:
            return
        for number in (left, right):
            self.stores[number].since_ids_max = since_ids_max
        pair_of(self.stores[left], self.stores[right], cut_after_bytes=cut_after_bytes).settle()
        union = self.model[left] | self.model[right]
        for number in (left, right):
            came = set(self.stores[number].entered)
            assert self.model[number] <= came <= union
            self.model[number] = came

    @rule(left=nodes, right=nodes, item=written)
    def push(self, left: int, right: int, item: Item) -> None:
        if left == right or item not in self.model[left]:
            return
        self.compare(left, right, 500, 1000)
        pair = pair_of(self.stores[left], self.stores[right]).settle()
        pair.left.give(SendPush(items=(item,)))
        pair.settle()
        assert not pair.right.closed

    @rule(node=nodes)
    def gain_or_lose_numpy(self, node: int) -> None:
        self.stores[node].sketches = not self.stores[node].sketches

    @rule(node=nodes)
    def restore(self, node: int) -> None:
        """The log lives on under another incarnation, its positions given anew."""
        self.lives += 1
        old = self.stores[node]
        self.stores[node] = store(b"n%d" % self.lives, *reversed(old.entered))

    @invariant()
    def every_node_holds_what_the_model_says_once(self) -> None:
        for held, model in zip(self.stores, self.model, strict=True):
            assert set(held.entered) == model
            assert len(held.entered) == len(model)


TestNodes = Nodes.TestCase
TestNodes.settings = settings(stateful_step_count=20)
