"""Reaching a node through another one: circuit relay v2, both sides, over our own streams.

The wire is libp2p's (specs/relay/circuit-v2.md), so that any libp2p program may
stand in between. libp2p 0.8.1's own service is not worn: docs/adr/0006-relay.md.
"""
