"""Finding nodes of the same local network by multicast DNS, for whom it is turned on.

A node says its addresses on that network, under a name that is new each time,
and nothing else. What it hears is a stranger's word: bounded, and believed only
as far as a dial goes.
"""

import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from typing import Final

import trio
from zeroconf import (
    Error as ZeroconfError,
    InterfaceChoice,
    IPVersion,
    ServiceBrowser,
    ServiceInfo,
    ServiceListener,
    Zeroconf,
)

from p2pevents.errors import InputError, NetworkError
from p2pevents.net.network import PeerId
from p2pevents.record.address import check_dial_address
from p2pevents.record.places import peer_of

__all__ = ["ADDRESSES_MAX", "PEERS_MAX", "SERVICE", "Found", "find_nearby"]

SERVICE: Final = "_p2pevents._udp.local."
PEERS_MAX: Final = 64  # told of in one run; a crowd or a prankster has no more
ASKED_MAX: Final = 1024  # names asked about in one run
ADDRESSES_MAX: Final = 4  # of one peer
NAME_BYTES: Final = 16
ASK_MS_MAX: Final = 1_000
CLOSE_S_MAX: Final = 3.0
TXT_BYTES_MAX: Final = 200

Found = Callable[[PeerId, tuple[str, ...]], None]
"""Told of a peer nearby, and where it says that it is."""

_logger = logging.getLogger(__name__)


async def find_nearby(
    peer_id: PeerId,
    *,
    addresses: Sequence[str],
    found: Found,
    interfaces: Sequence[str] | None = None,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Say where this node is and hear of others, until cancelled; started once it is said.

    Args:
        peer_id: this node's name.
        addresses: where it listens; those of the local network alone are said.
        found: told of each other node once.
        interfaces: IP addresses of this machine to speak on; None is all of them.
        task_status: trio's, for `Nursery.start`.

    Raises:
        NetworkError: there is no multicast here.
    """
    choice = InterfaceChoice.All if interfaces is None else list(interfaces)
    opened = partial(Zeroconf, interfaces=choice, ip_version=IPVersion.V4Only)
    try:
        zeroconf = await trio.to_thread.run_sync(opened)
    except (OSError, ZeroconfError) as error:
        raise NetworkError(f"nodes nearby cannot be found: {error}") from error
    browsers: list[ServiceBrowser] = []

    def close() -> None:
        for browser in browsers:
            browser.cancel()
        zeroconf.close()

    try:
        info = _told(peer_id, addresses)
        if info is not None:
            await trio.to_thread.run_sync(zeroconf.register_service, info)
        token = trio.lowlevel.current_trio_token()
        ear = _Ear(peer_id, lambda peer, at: token.run_sync_soon(found, peer, at))
        browsers.append(ServiceBrowser(zeroconf, SERVICE, listener=ear))
        task_status.started()
        await trio.sleep_forever()
    except (OSError, ZeroconfError) as error:
        raise NetworkError(f"nodes nearby cannot be found: {error}") from error
    finally:
        with trio.move_on_after(CLOSE_S_MAX, shield=True):
            await trio.to_thread.run_sync(close, abandon_on_cancel=True)


def _told(peer_id: PeerId, addresses: Sequence[str]) -> ServiceInfo | None:
    """Return what is said: addresses of the local network, and no name of anybody."""
    said = [each for each in addresses if _is_near(each) and each.endswith(f"/p2p/{peer_id}")]
    if not said:
        return None
    name = secrets.token_hex(NAME_BYTES)
    properties = {
        f"dnsaddr{number or ''}": each for number, each in enumerate(said[:ADDRESSES_MAX])
    }
    hosts = [ip_address(each.split("/")[2]).packed for each in said[:ADDRESSES_MAX]]
    return ServiceInfo(
        SERVICE,
        f"{name}.{SERVICE}",
        addresses=hosts,
        port=int(said[0].split("/")[4]),
        properties=properties,
        server=f"{name}.local.",
    )


def heard_of(properties: dict[bytes, bytes | None]) -> tuple[PeerId, tuple[str, ...]] | None:
    """Return who says so and where, as far as it is well formed and near; None otherwise."""
    taken: list[str] = []
    for key, value in list(properties.items())[: 2 * ADDRESSES_MAX]:
        if not key.startswith(b"dnsaddr") or value is None or len(value) > TXT_BYTES_MAX:
            continue
        with suppress(InputError, UnicodeDecodeError):
            address = check_dial_address(value.decode("ascii"))
            if _is_near(address):
                taken.append(address)
    if not taken:
        return None
    peer = peer_of(taken[0])
    own = [each for each in taken if each.endswith(f"/p2p/{peer}")]
    return PeerId(peer), tuple(dict.fromkeys(own))[:ADDRESSES_MAX]


def _is_near(address: str) -> bool:
    """Say whether an address is of a local network, or of this machine: never of the internet."""
    _, kind, host, *_ = (*address.split("/", 3), "", "", "")
    if kind != "ip4" or "/p2p-circuit" in address:
        return False
    try:
        found = ip_address(host)
    except ValueError:
        return False
    return found.is_private and not (found.is_multicast or found.is_unspecified)


class _Ear(ServiceListener):
    """Hears names, in a thread of zeroconf's."""

    def __init__(self, own: PeerId, found: Found) -> None:
        self._own = own
        self._found = found
        self._told: set[PeerId] = set()
        self._asked = 0

    def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        """Ask what a name that appeared says."""
        self._asked += 1
        if len(self._told) >= PEERS_MAX or self._asked > ASKED_MAX:
            return
        try:
            info = zc.get_service_info(type_, name, timeout=ASK_MS_MAX)
            heard = heard_of(info.properties) if info is not None else None
        except Exception as error:  # noqa: BLE001 - whatever a stranger's packet brings about
            _logger.debug("a name nearby is not understood: %s", error)
            return
        if heard is not None and heard[0] != self._own and heard[0] not in self._told:
            self._told.add(heard[0])
            with suppress(trio.RunFinishedError):
                self._found(*heard)

    def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        """Take a name that says something else for one that appeared."""
        self.add_service(zc, type_, name)

    def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        """Do nothing: a peer that is gone does not answer."""
