"""Every guard, in the order in which they are worn: the first is outermost."""

from p2pevents.net.libp2p.guards import own_dials_only, sole_port, sound_websocket, whole_frames

ALL = (
    own_dials_only.GUARD,
    sole_port.GUARD,
    sound_websocket.GUARD,
    whole_frames.GUARD,
)
