"""The node: its behaviour as a pure core, and beside it configuration, ingest and the driver."""
