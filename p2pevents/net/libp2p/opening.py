"""Building a host, starting its parts in the one order that works, and stopping them."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Protocol, TypeVar

import trio
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.keys import KeyPair
from libp2p.crypto.x25519 import create_new_key_pair as create_noise_key_pair
from libp2p.custom_types import TProtocol
from libp2p.host.basic_host import BasicHost
from libp2p.network.config import ConnectionConfig, RetryConfig
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.peer.peerstore import PeerStore
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pubsub import Pubsub
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE, Transport as NoiseTransport
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX, Yamux
from libp2p.tools.anyio_service import background_trio_service
from libp2p.transport.tcp.tcp import TCP
from libp2p.transport.upgrader import TransportUpgrader
from libp2p.transport.websocket.transport import WebsocketTransport

from p2pevents.errors import NetworkError
from p2pevents.net.libp2p.guards.all import ALL
from p2pevents.net.libp2p.guards.bouncer import Bouncer
from p2pevents.net.libp2p.guards.guard import Guard, wear
from p2pevents.net.libp2p.network import Libp2pNetwork
from p2pevents.net.peer_id import SEED_BYTES
from p2pevents.net.proxy import Proxy

LIBP2P_RELEASE = "0.8.1"
"""The one release that the settings and guards of this package were measured on."""

CONNECTIONS_MAX = 256
CONNECTIONS_PER_PEER_MAX = 2
"""Two, so that the newer of two connections can stand before the older is closed."""

UPGRADE_S_MAX = 5.0
NEGOTIATE_S_MAX = 5.0
STOP_S_MAX = 5.0

MESH_DEGREE, MESH_DEGREE_MIN, MESH_DEGREE_MAX = 6, 4, 12
HEARTBEAT_S = 1
PRUNE_BACK_OFF_S = 15
SEEN_S = 600

logger = logging.getLogger(__name__)

# At import libp2p takes its logger out of the program's hands, and what it says then goes to
# stderr bare. Given back, so that whoever configured logging decides.
logging.getLogger("libp2p").setLevel(logging.NOTSET)
logging.getLogger("libp2p").propagate = True

T = TypeVar("T")


class Wear(Protocol):
    """Dresses a class of libp2p in the guards of one network."""

    def __call__(self, base: type[T], /) -> type[T]:
        """Return `base`, guarded."""


@asynccontextmanager
async def open_network(
    *, seed: bytes, guards: Sequence[Guard] = ALL, proxy: Proxy | None = None
) -> AsyncIterator[Libp2pNetwork]:
    """Run a host until the block is left. See `open_libp2p_network`.

    Args:
        seed: the node key.
        guards: what libp2p is worn behind; tests leave some out.
        proxy: through which all is dialled; None for directly.
    """
    if version("libp2p") != LIBP2P_RELEASE:
        raise NetworkError(
            f"libp2p {version('libp2p')} is installed, this needs {LIBP2P_RELEASE}",
            hint=f"pip install libp2p=={LIBP2P_RELEASE}",
        )
    if proxy is not None:
        from p2pevents.net.libp2p.proxied import proxied

        guards = (proxied(proxy), *guards)
    failure: BaseException | None = None
    async with trio.open_nursery() as nursery:
        running = _Running(seed, guards)
        network = await nursery.start(running.run)
        try:
            yield network
        except trio.Cancelled:
            raise
        except BaseException as error:
            # Carried out of the nursery, which would wrap it in a group.
            failure = error
        finally:
            running.stop.set()
            with trio.CancelScope(shield=True):
                await running.stopped.wait()
    if failure is not None:
        raise failure


class _Running:
    """One host and its services, from start to stop, in a task of their own.

    In a task of their own because their nurseries would wrap what the caller's
    block raises, and would be cancelled with it before the sockets are closed.
    """

    def __init__(self, seed: bytes, guards: Sequence[Guard]) -> None:
        self._bouncer = Bouncer()
        self._guards = guards
        self.stop = trio.Event()
        self.stopped = trio.Event()
        self._key_pair = _key_pair(seed)

    def _wear(self, base: type[T]) -> type[T]:
        return wear(base, self._guards, self._bouncer)

    async def run(self, task_status: trio.TaskStatus[Libp2pNetwork]) -> None:
        """Run until `stop`, then close every socket.

        Raises:
            NetworkError: libp2p failed; there is no network any more.
        """
        try:
            with trio.CancelScope(shield=True):
                await self._run(task_status)
        except Exception as error:
            # The one place above libp2p's service tree: whatever fell through.
            raise NetworkError("the network failed and has stopped") from error
        finally:
            self.stopped.set()

    async def _run(self, task_status: trio.TaskStatus[Libp2pNetwork]) -> None:
        swarm = _swarm(self._key_pair, self._wear)
        host = self._wear(BasicHost)(
            swarm,
            negotiate_timeout=int(NEGOTIATE_S_MAX),
            disable_identify_address_discovery=True,
        )
        gossip = _gossip(self._wear)
        pubsub = self._wear(Pubsub)(host, gossip, seen_ttl=SEEN_S, strict_signing=True)
        # Listening comes last, in Libp2pNetwork.listen: pubsub must not miss a peer.
        async with (
            host.run(listen_addrs=[]),
            background_trio_service(pubsub),
            background_trio_service(gossip),
            trio.open_nursery() as nursery,
        ):
            await pubsub.wait_until_ready()
            network = Libp2pNetwork(
                host=host, swarm=swarm, pubsub=pubsub, bouncer=self._bouncer, nursery=nursery
            )
            task_status.started(network)
            await self.stop.wait()
            network.close()
            # Before `host.run` is left, or sockets stay open.
            with trio.move_on_after(STOP_S_MAX):
                await host.close()
            nursery.cancel_scope.cancel()


def _key_pair(seed: bytes) -> KeyPair:
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a node key's seed has {SEED_BYTES} bytes")
    return create_new_key_pair(seed)


def _swarm(key_pair: KeyPair, worn: Wear) -> Swarm:
    """Return a swarm that offers noise and yamux alone, over TCP and WebSocket.

    Built by hand: `new_host` offers plaintext too, and adds a resource manager
    that leaks.
    """
    noise = NoiseTransport(key_pair, noise_privkey=create_noise_key_pair().private_key)
    upgrader = worn(TransportUpgrader)(
        secure_transports_by_protocol={NOISE: noise},
        muxer_transports_by_protocol={TProtocol(YAMUX): worn(Yamux)},
        negotiate_timeout=int(NEGOTIATE_S_MAX),
    )
    peer_id = ID.from_pubkey(key_pair.public_key)
    peerstore = PeerStore()
    peerstore.add_key_pair(peer_id, key_pair)
    return worn(Swarm)(
        peer_id,
        peerstore,
        upgrader,
        transports=[
            worn(TCP)(),
            worn(WebsocketTransport)(upgrader),
        ],
        # The node decides whom to dial, and when again.
        retry_config=RetryConfig(max_retries=0),
        connection_config=ConnectionConfig(
            max_connections=CONNECTIONS_MAX,
            min_connections=0,
            low_watermark=0,
            high_watermark=CONNECTIONS_MAX,
            max_connections_per_peer=CONNECTIONS_PER_PEER_MAX,
            inbound_upgrade_timeout=UPGRADE_S_MAX,
            outbound_upgrade_timeout=UPGRADE_S_MAX,
            inbound_stream_protocol_negotiation_timeout=NEGOTIATE_S_MAX,
            outbound_stream_protocol_negotiation_timeout=NEGOTIATE_S_MAX,
        ),
    )


def _gossip(worn: Wear) -> GossipSub:
    return worn(GossipSub)(
        # 1.2 adds IDONTWANT, which makes small messages two to three times slower.
        protocols=[TProtocol("/meshsub/1.1.0")],
        degree=MESH_DEGREE,
        degree_low=MESH_DEGREE_MIN,
        degree_high=MESH_DEGREE_MAX,
        heartbeat_interval=HEARTBEAT_S,
        prune_back_off=PRUNE_BACK_OFF_S,
        adaptive_gossip_enabled=False,
        spam_protection_enabled=False,
        eclipse_protection_enabled=False,
    )
