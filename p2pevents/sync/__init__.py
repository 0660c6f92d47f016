"""Set reconciliation and the sync session, as sans-IO state machines: bytes in, effects out."""
