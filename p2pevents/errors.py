"""Every exception of the project, on one page, split by whose fault it is.

A message is one lower-case sentence without a full stop that names the file
and the field where there are any; `hint` is the way out, in the same manner.
"""

from __future__ import annotations

__all__ = [
    "ConfigError",
    "DraftError",
    "InputError",
    "KeyFileError",
    "LinkError",
    "LogDamagedError",
    "LogError",
    "LogNewerError",
    "NetworkError",
    "P2PEventsError",
    "ProtocolError",
    "RecordError",
    "StateError",
    "StrangerError",
    "UsageError",
    "reason_of",
]


class P2PEventsError(Exception):
    """Anything that this project raises on purpose.

    Args:
        message: what is wrong, in one lower-case sentence without a full stop.
        hint: the way out, in the same manner; empty where there is none.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


# --- the person's: what they typed, a file they gave, the state of their node ------------------


class InputError(P2PEventsError):
    """What a person gave cannot be used as it is: a value, a file, an id."""


class UsageError(InputError):
    """The command line itself: a command that there is not, options that exclude each other."""

    exit_code = 2


class DraftError(InputError):
    """An organiser's words do not make a record: an end before its start, a field too long."""


class LinkError(InputError):
    """A link that cannot be followed: its form, its chapter id, its check."""


class ConfigError(InputError):
    """The configuration file: an unknown key, a value out of its range."""


class KeyFileError(InputError):
    """A key on disk: missing, readable by others, under a passphrase that was not given."""


class StateError(P2PEventsError):
    """The request is sound, but this node is not in a state to fulfil it."""


# --- a stranger's: bytes from another peer or from a file of records ---------------------------


class StrangerError(P2PEventsError):
    """Bytes that no honest peer sends. Nobody is to see it as a traceback."""


class RecordError(StrangerError):
    """Bytes that are not a record.

    Args:
        rule: the short name of the rule that was broken, as in `docs/spec`.
        detail: what was found, in one lower-case sentence.
    """

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule
        self.detail = detail


class ProtocolError(StrangerError):
    """A peer that does not keep to the sync protocol: a message out of turn, a budget passed."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule
        self.detail = detail


# --- the network's ------------------------------------------------------------------------------


class NetworkError(P2PEventsError):
    """A peer cannot be reached, or a stream broke."""

    exit_code = 3


# --- the disk's ---------------------------------------------------------------------------------


class LogError(P2PEventsError):
    """The log cannot do what was asked: no room on the disk, no permission, locked too long."""


class LogDamagedError(LogError):
    """Bytes in the log are no longer what was written."""


class LogNewerError(LogError):
    """The log was written by a newer version of this program."""


def reason_of(error: OSError | UnicodeError) -> str:
    """Return what the system says is wrong, as the end of a message."""
    return (getattr(error, "strerror", None) or "no reason given").lower()
