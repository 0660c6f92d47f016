"""Where a proxy is found that all outbound connections go through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from p2pevents.errors import InputError

__all__ = ["PROXY_CHARACTERS_MAX", "Proxy", "parse_proxy"]

PROXY_CHARACTERS_MAX: Final = 300
_HINT: Final = 'a proxy is like "socks5://127.0.0.1:9050"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A SOCKS5 proxy. Its password is in no text that is made of this object."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"Proxy(host={self.host!r}, port={self.port})"


def parse_proxy(text: str) -> Proxy:
    """Read `socks5://[USER:PASSWORD@]HOST:PORT`. Names are always resolved by the proxy.

    Raises:
        InputError: it is none; the text itself is not repeated, it may hold a password.
    """
    if len(text) > PROXY_CHARACTERS_MAX or not text.isascii() or not text.isprintable():
        raise InputError("this is not the address of a proxy", hint=_HINT)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InputError("this is not the address of a proxy", hint=_HINT) from None
    if parts.scheme not in ("socks5", "socks5h"):
        raise InputError(f"{parts.scheme[:20]!r} is no kind of proxy that is known", hint=_HINT)
    if not parts.hostname or not port or parts.path.strip("/") or parts.query or parts.fragment:
        raise InputError("a proxy has a host and a port, and nothing after them", hint=_HINT)
    return Proxy(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
