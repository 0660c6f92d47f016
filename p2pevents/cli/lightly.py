"""What libraries import and a command that only reads never uses: read when it is first touched.

click imports `inspect`, which imports Python's own parser; `uuid`, which click and msgspec import,
asks `platform` for one word; `pathlib` imports `urllib.parse`, and that a library of IP
addresses; and msgspec takes from `typing_extensions` what `typing` has. Together that was a tenth
of an agenda.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
else:
    Loader = object  # to load `importlib.abc` would take longer than much of what is put off

__all__ = ["load_lightly", "load_the_rest"]

_NEEDLESS: Final = "typing_extensions"


def _cleandoc(doc: str) -> str:
    """Return what `inspect.cleandoc` does; of one line it is not needed for that."""
    if "\n" not in doc:
        return doc.expandtabs().lstrip()
    _read(sys.modules["inspect"])
    return str(sys.modules["inspect"].cleandoc(doc))


def _quote_from_bytes(data: bytes) -> str:
    """Quote bytes for a URI: `pathlib` asks for this at its start, and uses it next to never."""
    _read(sys.modules["urllib.parse"])
    return str(sys.modules["urllib.parse"].quote_from_bytes(data))


def _system() -> str:
    return os.uname().sysname


# By module: the names that are asked of it at every start.
_LATER: Final[dict[str, dict[str, Any]]] = {
    "inspect": {"cleandoc": _cleandoc},
    "ipaddress": {},
    "msgspec.inspect": {},
    "platform": {"system": _system},
    "textwrap": {},
    "urllib.parse": {"quote_from_bytes": _quote_from_bytes},
}


_ASKED_BY_IMPORT: Final = frozenset({"__cached__", "__file__", "__path__"})


class _Unread(ModuleType):
    """A module whose file is read when somebody asks it for anything else."""

    def __getattr__(self, name: str) -> Any:
        if name in _ASKED_BY_IMPORT:
            raise AttributeError(name)
        _read(self)
        return getattr(self, name)


def _read(module: ModuleType) -> None:
    """Read the file of a module, where it was not read yet."""
    spec = module.__spec__
    if type(module) is _Unread and spec is not None and isinstance(spec.loader, _Waiting):
        module.__class__ = ModuleType  # type: ignore[assignment]
        spec.loader.loader.exec_module(module)


class _Waiting(Loader):
    """A loader that makes a module and leaves its file unread."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module, with the names that it has before it is read."""
        module = _Unread(spec.name)
        vars(module).update(_LATER[spec.name])
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Leave it as it is."""


class _Finder:
    """Finds a few modules as Python does, to be read later."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load one of these modules; None of any other."""
        if name not in _LATER:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Waiting(spec.loader)
        return spec


def load_lightly() -> None:
    """Have these modules read when they are touched, and msgspec without what it can spare."""
    sys.meta_path.insert(0, _Finder)
    if _NEEDLESS in sys.modules:
        return
    sys.modules[_NEEDLESS] = None  # type: ignore[assignment]
    try:
        with suppress(ImportError):
            import msgspec  # noqa: F401
    finally:
        del sys.modules[_NEEDLESS]


def load_the_rest() -> None:
    """Read what was put off: before there are threads, of which two might touch it at once."""
    if _Finder in sys.meta_path:
        sys.meta_path.remove(_Finder)
    for name in _LATER:
        if name in sys.modules:
            _read(sys.modules[name])
