"""What pages keep in memory, read behind them: on a thread and a connection of its own.

To read ten thousand records takes seconds. Until it is done, pages read the
days that they show.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection
from datetime import date

from p2pevents.node.charters import Charters
from p2pevents.node.home import Home
from p2pevents.node.keeping import Whole
from p2pevents.node.looking import ahead
from p2pevents.node.opening import open_log
from p2pevents.node.reading import Reader
from p2pevents.record.ids import ChapterId
from p2pevents.view.agenda import all_entries

__all__ = ["read_whole"]


def read_whole(
    home: Home,
    chapters: Collection[ChapterId],
    *,
    now_ms: Callable[[], int],
    today: date,
    for_others: bool,
) -> Whole:
    """Return all of some chapters, with the entries that pages will ask for first.

    Args:
        home: whose log is read.
        chapters: which.
        now_ms: the clock, in ms since 1970.
        today: the day on this machine.
        for_others: as `open_log` has it.

    Raises:
        LogError: the log cannot be read.
    """
    log = open_log(home, for_others=for_others)
    # To look through so many new things for garbage stops every thread, up to a second each time.
    # What is made here is no garbage, and is never looked through.
    gc.disable()
    try:
        whole = Whole(log, chapters)
        calendar = whole.read(Reader(log, Charters(log), now_ms=now_ms))
        for _ in all_entries(calendar, ahead(today)):
            pass  # each is kept with its family
    finally:
        gc.freeze()
        gc.enable()
        log.close()
    return whole
