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
        raise NetworkError(f"{doing}: {_reason(error)}", hint=_hint(error) or hint) from error


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
    for cause in _causes(error):
        text = str(cause)
        if isinstance(cause, P2PEventsError):
            return cause.message
        if isinstance(cause, trio.TooSlowError):
            return "no answer in time"
        if "Peer ID mismatch" in text:
            return "somebody else answers there"
        if isinstance(cause, ConnectionRefusedError):
            return "nobody listens there"
        told = text or told or type(cause).__name__
    return told.splitlines()[0] if told else "failed"


def _hint(error: BaseException) -> str:
    """Return the way out, where one of our own causes says it."""
    own = (each for each in _causes(error) if isinstance(each, P2PEventsError))
    return next((each.hint for each in own), "")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, then what it came from, down to the first of it."""
    deeper: BaseException | None = error
    for _ in range(CAUSES_MAX):
        if deeper is None:
            return
        yield deeper
        if isinstance(deeper, BaseExceptionGroup):
            deeper = deeper.exceptions[0]
        else:
            deeper = deeper.__cause__
