"""One small file a hole of libp2p 0.8.1, each to be taken away when libp2p mends it.

A guard names the holes it closes and gives a subclass for each class of libp2p
that it changes. `wear` puts the subclasses of all guards over a class, so that
taking a guard away is leaving it out of `ALL`. Every guard has a test in
tests/net/guards that shows the fault without it; docs/upstream.md has the fix
to propose.
"""
