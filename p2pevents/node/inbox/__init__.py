"""The inbox: how a stranger's letter reaches the organisers of a chapter (docs/spec/inbox.md)."""
