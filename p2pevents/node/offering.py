"""One offer on its way through the door: it halts where it is committed, and then goes on."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from p2pevents.errors import LogError
from p2pevents.log.protocol import Commit
from p2pevents.node.finding import Finding

__all__ = ["Offering"]


class Offering:
    """An offer, as far as it has come.

    Whoever began it either has each `commit` done on another thread, and goes on, or ends it
    here and now; somebody else who comes to the door meanwhile ends it too. All but the commits
    is for the log's one caller.
    """

    def __init__(self, steps: Generator[Commit, None, list[Finding]]) -> None:
        """Begin it.

        Args:
            steps: yields what is to be committed before it goes on, and returns its findings.
        """
        self._steps: Final = steps
        self._commit: Commit | None = None
        self._findings: list[Finding] = []
        self._error: LogError | None = None
        self._go_on()

    @property
    def commit(self) -> Commit | None:
        """What is to be committed before it goes on; None where it has ended."""
        return self._commit

    def go_on(self, commit: Commit) -> None:
        """Go on after a commit, which is done here unless it was; nothing if it went on already."""
        if commit is not self._commit:
            return
        try:
            commit()
        except LogError as error:
            self._fail(error)
        else:
            self._go_on()

    def end(self) -> None:
        """Bring it to its end, whatever that is: `findings` tells."""
        while self._commit is not None:
            self.go_on(self._commit)

    def findings(self) -> list[Finding]:
        """Return one finding an item, in order, once it has ended.

        Raises:
            LogError: nothing of the batch that failed was kept.
        """
        if self._error is not None:
            raise self._error
        return self._findings

    def _go_on(self) -> None:
        try:
            self._commit = next(self._steps)
        except StopIteration as stop:
            self._commit, self._findings = None, stop.value
        except LogError as error:
            self._commit, self._error = None, error

    def _fail(self, error: LogError) -> None:
        self._commit = None
        try:
            self._steps.throw(error)
        except LogError as told:
            self._error = told
