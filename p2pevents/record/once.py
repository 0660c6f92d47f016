"""A property that is worked out once, when it is first asked for.

`functools.cached_property` is the same, in Python 3.11 with a lock around it that takes longer than
most of what is worked out: a calendar asks for some ten of them an event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

__all__ = ["once"]

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - it is read as a word beside `property`
    """A property whose value is kept in the object's own `__dict__` from then on.

    Two threads that ask at once may both work it out: it must come to the same.
    """

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, thing: None, owner: Any = None) -> once[T]: ...
    @overload
    def __get__(self, thing: object, owner: Any = None) -> T: ...
    def __get__(self, thing: object | None, owner: Any = None) -> once[T] | T:
        """Work it out; from then on the object's own attribute is found before this."""
        if thing is None:
            return self
        found = thing.__dict__[self._name] = self._work_out(thing)
        return found
