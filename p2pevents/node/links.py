"""Whether links lead anywhere: asked over HTTP when somebody wants to know, of public hosts alone.

An announced link may name any host. A check that followed it into the network of whoever checks
would be a stranger's hand there: what is not public is not dialled, wherever a name or a redirect
points, and no body is read.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import httpx

__all__ = ["LINKS_MAX", "LinkState", "check_links", "is_public_host", "links_of"]

LINKS_MAX: Final = 200
"""The most links of one check; the others are named as not looked at."""

AT_ONCE_MAX: Final = 4
TIMEOUT_S: Final = 10.0
REDIRECTS_MAX: Final = 5
_LOCKED: Final = frozenset({401, 402, 403, 407, 451})
_GONE: Final = frozenset({404, 410})
_SIGN_IN: Final = ("accounts.google.com", "login.microsoftonline.com", "login.live.com")


class LinkState(StrEnum):
    """What came of asking for a link."""

    THERE = "there"
    GONE = "gone"
    LOCKED = "locked"
    UNREACHED = "unreached"
    PRIVATE = "private"


def is_public_host(address: str) -> bool:
    """Return whether an IP address is one that anybody on the internet may be at."""
    found = ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global and not found.is_multicast


def check_links(
    links: Iterable[str], *, may_dial: Callable[[str], bool] = is_public_host
) -> dict[str, tuple[LinkState, str]]:
    """Return what came of each link, and why in a few words.

    Args:
        links: at most 200 are asked for; each once.
        may_dial: whether an IP address may be connected to.
    """
    import httpx

    wanted = list(dict.fromkeys(links))[:LINKS_MAX]
    with (
        httpx.Client(
            transport=_transport(may_dial),
            timeout=TIMEOUT_S,
            follow_redirects=True,
            max_redirects=REDIRECTS_MAX,
            headers={"User-Agent": "p2pevents (link check)", "Accept": "*/*"},
            trust_env=False,
        ) as client,
        ThreadPoolExecutor(max_workers=AT_ONCE_MAX) as pool,
    ):
        return dict(zip(wanted, pool.map(lambda link: _state(client, link), wanted), strict=True))


def _state(client: httpx.Client, link: str) -> tuple[LinkState, str]:
    import httpcore
    import httpx

    try:
        response = client.head(link)
        if response.status_code >= 400 and response.status_code not in _GONE:
            response = client.get(link)  # some servers answer only who asks for the whole
    except _NotPublicError as error:
        return LinkState.PRIVATE, str(error)
    except httpx.TooManyRedirects:
        return LinkState.UNREACHED, f"more than {REDIRECTS_MAX} redirects"
    except httpcore.TimeoutException:
        return LinkState.UNREACHED, f"no answer within {TIMEOUT_S:.0f} s"
    except (
        httpx.HTTPError,
        httpx.InvalidURL,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
        ValueError,
    ) as error:
        return LinkState.UNREACHED, " ".join(str(error).split())[:100] or type(error).__name__
    code, host = response.status_code, response.url.host
    if code in _GONE:
        return LinkState.GONE, f"answers {code}"
    if code in _LOCKED:
        return LinkState.LOCKED, f"answers {code}"
    if host in _SIGN_IN:
        return LinkState.LOCKED, f"asks to sign in at {host}"
    if code >= 400:
        return LinkState.UNREACHED, f"answers {code}"
    return LinkState.THERE, ""


class _NotPublicError(Exception):
    """A host that is not public; not the person's fault and not the network's."""


def _transport(may_dial: Callable[[str], bool]) -> httpx.BaseTransport:
    """Return a transport that dials the address that was judged and no other, and reads no body."""
    import httpcore
    import httpx

    class _Backend(httpcore.SyncBackend):
        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> httpcore.NetworkStream:
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                raise httpcore.ConnectError(f"no such host: {host}") from error
            addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
            allowed = [each for each in addresses if may_dial(each)]
            if not allowed:
                raise _NotPublicError(f"{host} is not a public host")
            # The name is asked for once: what was judged is what is dialled.
            return super().connect_tcp(allowed[0], port, timeout, local_address, socket_options)

    class _Transport(httpx.BaseTransport):
        def __init__(self) -> None:
            self._pool = httpcore.ConnectionPool(
                ssl_context=httpx.create_ssl_context(trust_env=False),
                network_backend=_Backend(),
                max_connections=AT_ONCE_MAX,
            )

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            url = httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            )
            headers, limits = request.headers.raw, request.extensions
            asked = httpcore.Request(request.method, url, headers=headers, extensions=limits)
            answer = self._pool.handle_request(asked)
            answer.close()
            return httpx.Response(status_code=answer.status, headers=answer.headers)

        def close(self) -> None:
            self._pool.close()

    return _Transport()


def links_of(fields: Mapping[str, Any]) -> list[str]:
    """Return the links in an object's fields, as plain data: pages, streams, covers, people's."""
    found = [link["href"] for link in (fields.get("links") or {}).values()]
    found += [(fields.get("stream") or {}).get("uri"), fields.get("cover")]
    found += [person.get("link") for person in (fields.get("participants") or {}).values()]
    return [link for link in found if link]
