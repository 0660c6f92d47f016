"""Who may write by the page: whoever came in with a one-time token of this home.

The page leaves its address and a secret in a file that its user alone may read;
`p2pevents open` makes a token of the secret, which is good once and for two
minutes; the browser that shows it gets a cookie. Nothing of this is on the disk
but the secret, and that is another one each time the page starts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from p2pevents.errors import KeyFileError, StateError
from p2pevents.keys.private_file import read_private, write_private

__all__ = ["Doorkeeper", "leave_word", "read_word", "take_word_back", "token_of"]

TOKEN_MS_MAX: Final = 120_000
TOKENS_MAX: Final = 256  # used ones that are remembered until they have run out
SESSIONS_MAX: Final = 32
SECRET_BYTES: Final = 32
_NONCE_BYTES: Final = 16
_TIME_BYTES: Final = 8
_MAC_BYTES: Final = 32
_FILE: Final = "page.json"


class Doorkeeper:
    """Takes each token once, and knows the sessions that came of them.

    Attributes:
        secret: what tokens are made of.
    """

    def __init__(self, *, now_ms: Callable[[], int]) -> None:
        self.secret = secrets.token_bytes(SECRET_BYTES)
        self._now_ms = now_ms
        self._used: OrderedDict[bytes, int] = OrderedDict()
        self._sessions: OrderedDict[str, None] = OrderedDict()

    def enter(self, token: str) -> str | None:
        """Return a session for a token; None where it is none of ours, used, or too old."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii"))
        except ValueError:
            return None
        said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if len(said) != _NONCE_BYTES + _TIME_BYTES or not hmac.compare_digest(
            mac, _mac(self.secret, said)
        ):
            return None
        made_ms, now_ms = int.from_bytes(said[_NONCE_BYTES:], "big"), self._now_ms()
        if said in self._used or not made_ms - TOKEN_MS_MAX <= now_ms <= made_ms + TOKEN_MS_MAX:
            return None
        self._used = OrderedDict(
            (each, until) for each, until in self._used.items() if until >= now_ms
        )
        if len(self._used) >= TOKENS_MAX:
            return None
        self._used[said] = made_ms + TOKEN_MS_MAX
        session = secrets.token_urlsafe(SECRET_BYTES)
        self._sessions[session] = None
        if len(self._sessions) > SESSIONS_MAX:
            self._sessions.popitem(last=False)
        return session

    def knows(self, session: str) -> bool:
        """Tell whether a cookie is one that was given out."""
        return session in self._sessions


def token_of(secret: bytes, *, now_ms: int) -> str:
    """Return a token that is good once, until two minutes from now."""
    said = secrets.token_bytes(_NONCE_BYTES) + now_ms.to_bytes(_TIME_BYTES, "big")
    return base64.urlsafe_b64encode(said + _mac(secret, said)).decode("ascii")


def leave_word(folder: Path, *, url: str, secret: bytes) -> None:
    """Tell other programs of this home, and of this user alone, where the page is.

    Raises:
        KeyFileError: it cannot be written.
    """
    said = {"url": url, "secret": secret.hex()}
    write_private(folder / _FILE, json.dumps(said), replace=True)


def take_word_back(folder: Path) -> None:
    """Say no longer where the page is: it is not served."""
    (folder / _FILE).unlink(missing_ok=True)


def read_word(folder: Path) -> tuple[str, bytes]:
    """Return where the page of a home is, and the secret that its tokens are made of.

    Raises:
        StateError: it left no word, or one that cannot be read.
    """
    try:
        said: dict[str, Any] = json.loads(read_private(folder / _FILE))
        return str(said["url"]), bytes.fromhex(said["secret"])
    except (KeyFileError, ValueError, KeyError, TypeError):
        raise StateError(
            "the node of this home serves no page",
            hint="start it without --page off, or look at `page` in its configuration",
        ) from None


def _mac(secret: bytes, said: bytes) -> bytes:
    return hmac.new(secret, said, hashlib.sha256).digest()
