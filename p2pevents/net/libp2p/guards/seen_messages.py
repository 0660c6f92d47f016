"""What was seen is remembered within a bound, by a clock that only goes forward, and no thread."""

from collections import OrderedDict

import trio
from libp2p.pubsub.pubsub import Pubsub

from p2pevents.net.libp2p.guards.guard import Guard

SEEN_MAX = 32_768
"""Ids remembered, of some 200 bytes each with their place: a flood fills it within a minute."""


class SeenMessages:
    """The ids of messages seen, each for `ttl` seconds after it was last added."""

    def __init__(self, ttl: float) -> None:
        self._ttl = ttl
        self.cache: OrderedDict[bytes, float] = OrderedDict()

    def add(self, key: bytes) -> bool:
        """Remember an id; return whether it is new."""
        is_new = self.cache.pop(key, None) is None
        self.cache[key] = trio.current_time() + self._ttl
        if len(self.cache) > SEEN_MAX:
            self.cache.popitem(last=False)
        return is_new

    def has(self, key: bytes) -> bool:
        """Say whether an id is remembered, and forget what is due."""
        now_s = trio.current_time()
        while self.cache and next(iter(self.cache.values())) <= now_s:
            self.cache.popitem(last=False)
        return key in self.cache

    def stop(self) -> None:
        """Do nothing: there is no thread."""

    def length(self) -> int:
        """Return how many ids are remembered."""
        return len(self.cache)


class BoundedSeen(Pubsub):
    """Remembers by `SeenMessages`."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.seen_messages.stop()
        self.seen_messages = SeenMessages(self.seen_messages.ttl)  # type: ignore[assignment]


GUARD = Guard(
    name="seen messages",
    holes=(
        "pubsub/pubsub.py:453 what was seen grows without bound, by the wall clock",
        "tools/timed_cache/base_timed_cache.py:25 one thread for each host, never ended",
    ),
    wears=(BoundedSeen,),
)
