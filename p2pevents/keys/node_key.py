"""The node key: what this node is called on the network. It signs no record."""

from __future__ import annotations

import os
from pathlib import Path

from p2pevents.errors import KeyFileError
from p2pevents.keys.key_file import KeyFile, KeyKind
from p2pevents.keys.passphrase import Cost
from p2pevents.keys.private_file import read_private, write_private
from p2pevents.keys.secret import Secret

__all__ = ["load_node_key"]


def load_node_key(path: Path) -> Secret:
    """Return the node's key, made at the first time; never under a passphrase.

    Of two processes that make it at once, one does, and both return that one.

    Raises:
        KeyFileError: it is damaged, open to others, or cannot be written.
    """
    if not os.path.lexists(path):
        new = KeyFile.of(KeyKind.NODE, Secret.generate(), passphrase=None, cost=Cost())
        write_private(path, new.text)
    file = str(path)
    node_key = KeyFile.parse(read_private(path), kind=KeyKind.NODE, file=file)
    if not isinstance(node_key.content, Secret):
        raise KeyFileError(
            f"{file}: is under a passphrase, which nobody could type for a node",
            hint="move it away: a new one is made, and peers know this node by a new name",
        )
    return node_key.content
