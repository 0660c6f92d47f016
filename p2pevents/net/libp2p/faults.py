"""Where every exception of libp2p ends: as a `NetworkError`, or as trio's word for a broken stream.

The excepts are wide on purpose. libp2p raises what its libraries raise
(cryptography's InvalidTag, ValueError, KeyError, OSError), and the list is
neither documented nor the same from release to release.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import trio
from libp2p.network.stream.exceptions import StreamEOF

from p2pevents.errors import NetworkError, P2PEventsError

CAUSES_MAX = 8
"""How far a chain of causes is followed."""


@contextmanager
def network_faults(doing: str, *, hint: str = "") -> Iterator[None]:
    """Turn whatever libp2p raises in the block into a `NetworkError` that begins with `doing`."""
    try:
        yield
    except P2PEventsError:
        raise
    except Exception as error:
        raise NetworkError(f"{doing}: {_reason(error)}", hint=hint) from error


@contextmanager
def stream_faults() -> Iterator[None]:
    """Turn whatever libp2p raises in the block into `trio.BrokenResourceError`, ends apart."""
    try:
        yield
    except (StreamEOF, trio.BrokenResourceError, trio.ClosedResourceError):
        raise
    except Exception as error:
        raise trio.BrokenResourceError(_reason(error)) from error


def _reason(error: BaseException) -> str:
    """Return in plain words why something failed, from the deepest cause that says."""
    told = ""
    for _ in range(CAUSES_MAX):
        text = str(error)
        if isinstance(error, trio.TooSlowError):
            return "no answer in time"
        if "Peer ID mismatch" in text:
            return "somebody else answers there"
        if isinstance(error, ConnectionRefusedError):
            return "nobody listens there"
        told = text or told or type(error).__name__
        deeper = _deeper(error)
        if deeper is None:
            break
        error = deeper
    return told.splitlines()[0] if told else "failed"


def _deeper(error: BaseException) -> BaseException | None:
    if isinstance(error, BaseExceptionGroup):
        return error.exceptions[0]
    return error.__cause__
