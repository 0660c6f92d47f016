"""Lets libp2p be imported where fastecdsa is not installed.

libp2p imports secio, secio imports fastecdsa, and fastecdsa has no wheel for
Linux: it wants a compiler, Python's headers and libgmp. secio is never offered
here (noise alone is), so that of fastecdsa only its names are needed. Each
placeholder raises when it is used. Measured: docs/adr/0002-without-fastecdsa.md.
"""

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import NoReturn

NAMES = {
    "fastecdsa": (),
    "fastecdsa.curve": ("Curve", "P256"),
    "fastecdsa.keys": ("PEMEncoder", "export_key", "gen_private_key", "get_public_key"),
    "fastecdsa.point": ("Point",),
    "fastecdsa.encoding": (),
    "fastecdsa.encoding.sec1": ("SEC1Encoder",),
    "fastecdsa.encoding.util": ("int_bytelen",),
}
"""What libp2p 0.8.1 takes from fastecdsa, in crypto/ecc.py and crypto/key_exchange.py."""


class Absent:
    """Stands for one name of a library that is not installed; any use of it raises."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *_args: object, **_kwargs: object) -> NoReturn:
        """Raise."""
        self._fail()

    def __getattr__(self, _attribute: str) -> NoReturn:
        self._fail()

    def _fail(self) -> NoReturn:
        raise ImportError(f"{self._name} was used, but fastecdsa is not installed")


def stand_in_for_fastecdsa() -> bool:
    """Put placeholders in fastecdsa's place unless it is installed.

    Returns whether there are placeholders now.
    """
    if "fastecdsa" in sys.modules:
        return isinstance(sys.modules["fastecdsa"], _Placeholder)
    if find_spec("fastecdsa") is not None:
        return False
    for module_name, names in NAMES.items():
        module = _Placeholder(module_name, "A placeholder: fastecdsa is not installed.")
        module.__path__ = []
        for name in names:
            setattr(module, name, Absent(f"{module_name}.{name}"))
        sys.modules[module_name] = module
        parent, _, child = module_name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
    return True


class _Placeholder(ModuleType):
    """A module of placeholders."""

    __path__: list[str]
