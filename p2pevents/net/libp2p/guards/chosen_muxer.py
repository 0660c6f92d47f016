"""The muxer that was asked for is the one that is used.

libp2p negotiates among the classes it was given, and then makes its own Yamux
whatever class stands there. Without this, no guard of a connection is worn.
"""

from libp2p.abc import IMuxedConn, ISecureConn
from libp2p.peer.id import ID
from libp2p.protocol_muxer.exceptions import MultiselectClientError, MultiselectError
from libp2p.transport.exceptions import MuxerUpgradeFailure
from libp2p.transport.upgrader import TransportUpgrader

from p2pevents.net.libp2p.guards.guard import Guard


class ChosenMuxer(TransportUpgrader):
    """Makes the class that stands for the protocol agreed on."""

    async def upgrade_connection(self, conn: ISecureConn, peer_id: ID) -> IMuxedConn:
        """Return a connection that carries streams.

        Raises:
            MuxerUpgradeFailure: there is no protocol to agree on.
        """
        multistream = self.muxer_multistream
        try:
            protocol, muxer = await multistream._selector.select(
                conn, conn.is_initiator, multistream.negotiate_timeout
            )
        except (MultiselectError, MultiselectClientError) as error:
            raise MuxerUpgradeFailure("no muxer to agree on") from error
        return multistream._annotate_connection(muxer(conn, peer_id), conn, protocol)


GUARD = Guard(
    name="chosen muxer",
    holes=("stream_muxer/muxer_multistream.py:137 the class given for yamux is not used",),
    wears=(ChosenMuxer,),
)
