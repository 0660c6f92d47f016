"""Peer-to-peer event announcements: communities publish, attendees follow, no server between."""

__version__ = "0.1.0"
