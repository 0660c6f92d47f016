"""Every guard, in the order in which they are worn: the first is outermost."""

from p2pevents.net.libp2p.guards import (
    answer_once,
    chosen_muxer,
    inbound_slots,
    keepalive,
    mesh_bound,
    newest_connection,
    no_fatal_streams,
    offers_to_all,
    one_way_watchdog,
    outbound_queue,
    own_control_lists,
    own_dials_only,
    own_topics_only,
    quiet_identify,
    rpc_in_order,
    seen_messages,
    sequence,
    sole_port,
    sound_messages,
    sound_websocket,
    stream_windows,
    whole_frames,
)

ALL = (
    # connections
    sound_websocket.GUARD,
    inbound_slots.GUARD,
    newest_connection.GUARD,
    own_dials_only.GUARD,
    sole_port.GUARD,
    # frames and streams
    chosen_muxer.GUARD,
    whole_frames.GUARD,
    stream_windows.GUARD,
    keepalive.GUARD,
    no_fatal_streams.GUARD,
    quiet_identify.GUARD,
    # gossip
    one_way_watchdog.GUARD,
    rpc_in_order.GUARD,
    sound_messages.GUARD,
    seen_messages.GUARD,
    sequence.GUARD,
    outbound_queue.GUARD,
    own_topics_only.GUARD,
    mesh_bound.GUARD,
    answer_once.GUARD,
    offers_to_all.GUARD,
    own_control_lists.GUARD,
)
